"""Every way a homeserver can say no, as typed errors; `from_response` is the one place.

Texts that the server wrote are kept as `ForeignText` for the debug log. What a user reads is ours.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.text.foreign import ForeignText

Reach = Literal["online", "waiting", "refused", "offline", "logged_out"]
"""How things stand with the server: it answers; it asks us to wait or is in trouble (429, 5xx);
it refuses connections; it cannot be reached or is silent; it no longer knows this device."""

About = Literal["login", "register", "join", "upload", "other"]
"""What a request was for, where the same answer means different things."""

_LONGEST_RETRY_AFTER: Final = 24 * 3600.0


class MatrixError(PeerRoomError):
    """Something between us and the homeserver went wrong.

    ``reach`` is what the error says about the connection; None when the server simply answered.
    ``status`` is the HTTP status (0 without an answer), ``errcode`` the Matrix code (empty when
    there is none), ``server_text`` the server's own words, which are never shown.
    """

    reach: ClassVar[Reach | None] = None

    def __init__(
        self,
        *,
        status: int = 0,
        errcode: str = "",
        server_text: ForeignText | None = None,
        **fields: str | int,
    ) -> None:
        super().__init__(**fields)
        self.status = status
        self.errcode = errcode
        self.server_text = server_text


# Without an answer ------------------------------------------------------------------------------


class ServerUnreachable(MatrixError):
    """No connection could be made, or it broke, or nothing came back in time.

    ``sent`` is False when it is certain that the server never saw the request.
    """

    what = N_("The server cannot be reached.")
    next_step = N_("PeerRoom keeps trying; what you write is kept and sent later.")
    reach = "offline"

    def __init__(self, *, sent: bool = True, **fields: str | int) -> None:
        super().__init__(**fields)
        self.sent = sent


class ServerRefused(ServerUnreachable):
    """The machine is there, but nothing listens."""

    what = N_("The server is not taking connections right now.")
    reach = "refused"


class ServerSilent(ServerUnreachable):
    """The connection stands, but no answer came in time (half-open, overloaded, suspended)."""

    what = N_("The server has stopped answering.")


class UntrustedServer(ServerUnreachable):
    """TLS failed: the certificate is not this server's."""

    what = N_("The server could not prove that it is the right one, so nothing was sent to it.")
    next_step = N_("Check the network you are on and this computer's clock, or ask your host.")
    reach = "refused"


class ProxyUnreachable(ServerUnreachable):
    """The proxy is down or refuses; nothing went out without it."""

    what = N_("The proxy cannot be reached, and nothing is sent without it.")
    next_step = N_("Start the proxy (for example Tor), or change `privacy.proxy`.")
    reach = "refused"


class InsecureAddress(MatrixError):
    """A plain ``http`` address that is neither loopback nor an onion service."""

    what = N_("This server address is not encrypted, so PeerRoom does not use it.")
    next_step = N_("Use the address that starts with https://.")


class BadAddress(MatrixError):
    """Not a server address at all."""

    what = N_("This is not a server address.")
    next_step = N_("It looks like https://example.org; ask your host for it.")


class BadProxy(MatrixError):
    """The proxy setting is not a proxy address."""

    what = N_("The proxy setting is not a proxy address.")
    next_step = N_("It looks like socks5h://127.0.0.1:9050; change `privacy.proxy`.")


# With an answer that is not a Matrix answer -------------------------------------------------------


class BadAnswer(MatrixError):
    """The answer is not what the Matrix specification says: no JSON, wrong types, a redirect."""

    what = N_("The server gave an answer that PeerRoom does not understand.")
    next_step = N_("Check the server address, or try again later.")
    reach = "waiting"


class AnswerTooLarge(BadAnswer):
    """The answer is larger than any honest one."""


class ServerFault(MatrixError):
    """The server is in trouble (5xx)."""

    what = N_("The server is having trouble.")
    next_step = N_("PeerRoom keeps trying; what you write is kept and sent later.")
    reach = "waiting"


class RateLimited(MatrixError):
    """The server asks us to slow down; ``retry_after`` is in seconds, None when it did not say."""

    what = N_("The server asks us to slow down.")
    next_step = N_("PeerRoom waits and then goes on by itself.")
    reach = "waiting"

    def __init__(
        self, *, retry_after: float | None = None, status: int = 429, errcode: str = "",
        server_text: ForeignText | None = None,
    ) -> None:
        super().__init__(status=status, errcode=errcode, server_text=server_text)
        self.retry_after = retry_after


# Matrix answers ----------------------------------------------------------------------------------


class Refused(MatrixError):
    """The server understood and said no, for a reason that has no class of its own."""

    what = N_("The server did not accept this.")
    next_step = N_("Run `peerroom doctor`, or ask your host.")


class Forbidden(Refused):
    """Not allowed for this account."""

    what = N_("This account may not do that here.")
    next_step = N_("Ask a moderator if you think it should.")


class Banned(Forbidden):
    """This account was banned from the room."""

    what = N_("This name cannot enter this room.")
    next_step = N_("A moderator decided so; the help numbers stay open to you.")


class NotFound(Refused):
    """There is no such thing on the server."""

    what = N_("The server does not have this.")


class LoggedOut(Refused):
    """The access token no longer counts; ``soft`` when the device itself still does."""

    what = N_("The server has ended this session.")
    next_step = N_("Your messages here stay readable. Join again with a new invite, or ask your host.")
    reach = "logged_out"

    def __init__(
        self, *, soft: bool = False, status: int = 401, errcode: str = "",
        server_text: ForeignText | None = None,
    ) -> None:
        super().__init__(status=status, errcode=errcode, server_text=server_text)
        self.soft = soft


class AccountClosed(Refused):
    """The account was deactivated, locked or suspended by the server."""

    what = N_("The server has closed this account.")
    next_step = N_("Ask your host, or join again with a new invite.")
    reach = "logged_out"


class WrongPassword(Refused):
    """The password (or the account's name) is not right."""

    what = N_("The server does not know this name with this password.")
    next_step = N_("Check both and try again.")


class RegistrationClosed(Refused):
    """The server takes no new accounts, or only by ways that PeerRoom does not walk."""

    what = N_("This server does not take new members this way.")
    next_step = N_("Ask the person who invited you for a new invite.")


class InviteUsedUp(Refused):
    """The registration token is unknown, used or expired; the server does not say which."""

    what = N_("This invite was already used, or it has expired.")
    next_step = N_("Ask the person who invited you for a new one.")


class NameTaken(Refused):
    """The localpart exists already."""

    what = N_("This name is already taken on the server.")
    next_step = N_("Choose another one.")


class BadName(Refused):
    """The server does not take this localpart."""

    what = N_("The server does not accept this name.")
    next_step = N_("Choose another one.")


class TooLarge(Refused):
    """The event is larger than 64 KiB, or the server's limit."""

    what = N_("This message is too long for the server.")
    next_step = N_("Send it in two parts.")


class ServerFull(Refused):
    """A limit of the server, such as its number of members, is reached."""

    what = N_("The server is full.")
    next_step = N_("Ask your host.")


class UserInteractiveAuthRequired(Refused):
    """The server asks for another proof first (spec: User-Interactive Authentication API)."""

    what = N_("The server asks for the password again.")
    next_step = N_("Try again and give it.")

    def __init__(
        self, *, session: str, flows: tuple[tuple[str, ...], ...], completed: tuple[str, ...],
        status: int = 401, errcode: str = "", server_text: ForeignText | None = None,
    ) -> None:
        super().__init__(status=status, errcode=errcode, server_text=server_text)
        self.session = session
        self.flows = flows
        self.completed = completed


def from_response(
    status: int, body: object, *, about: About = "other", retry_after: str | None = None
) -> MatrixError:
    """The error that an HTTP answer with ``status`` >= 300 means.

    ``body`` is the parsed JSON, whatever it is, or None; ``retry_after`` the HTTP header of that
    name (seconds). Total: any body gives an error, never an exception.
    """
    raise NotImplementedError
