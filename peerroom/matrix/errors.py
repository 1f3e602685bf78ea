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
    ) -> None:
        super().__init__()
        self.status = status
        self.errcode = errcode
        self.server_text = server_text
        self.event_refused = False
        """This answered the very event that was to be sent (`Delivery`): it is not there."""


# Without an answer ------------------------------------------------------------------------------


class ServerUnreachable(MatrixError):
    """No connection could be made, or it broke, or nothing came back in time.

    ``sent`` is False when it is certain that the server never saw the request.
    """

    what = N_("The server cannot be reached.")
    next_step = N_("PeerRoom keeps trying; what you write is kept and sent later.")
    next_step_alone = N_("Please try again in a while.")
    reach: ClassVar[Reach | None] = "offline"

    def __init__(self, *, sent: bool = True) -> None:
        super().__init__()
        self.sent = sent


class ServerRefused(ServerUnreachable):
    """The machine is there, but nothing listens."""

    what = N_("The server is not taking connections right now.")
    reach: ClassVar[Reach | None] = "refused"


class ServerSilent(ServerUnreachable):
    """The connection stands, but no answer came in time (half-open, overloaded, suspended)."""

    what = N_("The server has stopped answering.")


class UntrustedServer(ServerUnreachable):
    """TLS failed: the certificate is not this server's."""

    what = N_("The server could not prove that it is the right one, so nothing was sent to it.")
    next_step = N_("Check the network you are on and this computer's clock, or ask your host.")
    next_step_alone = ""
    reach: ClassVar[Reach | None] = "refused"


class ProxyUnreachable(ServerUnreachable):
    """The proxy is down or refuses; nothing went out without it."""

    what = N_("The proxy cannot be reached, and nothing is sent without it.")
    next_step = N_("Start the proxy (for example Tor), or change `privacy.proxy`.")
    next_step_alone = ""
    reach: ClassVar[Reach | None] = "refused"


class InsecureAddress(MatrixError):
    """A plain ``http`` address that is neither loopback nor an onion service."""

    what = N_("This server address is not encrypted, so PeerRoom does not use it.")
    next_step = N_("Use the address that starts with https://.")


class OnionNeedsProxy(MatrixError):
    """An onion service, and no proxy that knows the way: ordinary DNS would hear its name."""

    what = N_("This server is reached by Tor alone, so nothing was sent without it.")
    next_step = N_("Start Tor and set `privacy.proxy`, for example to socks5h://127.0.0.1:9050.")


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
    reach: ClassVar[Reach | None] = "waiting"


class AnswerTooLarge(BadAnswer):
    """The answer is larger than any honest one."""


class ServerFault(MatrixError):
    """The server is in trouble (5xx)."""

    what = N_("The server is having trouble.")
    next_step = N_("PeerRoom keeps trying; what you write is kept and sent later.")
    next_step_alone = N_("Please try again in a while.")
    reach: ClassVar[Reach | None] = "waiting"


class RateLimited(MatrixError):
    """The server asks us to slow down; ``retry_after`` is in seconds, None when it did not say."""

    what = N_("The server asks us to slow down.")
    next_step = N_("PeerRoom waits and then goes on by itself.")
    reach: ClassVar[Reach | None] = "waiting"

    def __init__(
        self,
        *,
        retry_after: float | None = None,
        status: int = 429,
        errcode: str = "",
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
    next_step = N_(
        "Your messages here stay readable. Join again with a new invite, or ask your host."
    )
    reach: ClassVar[Reach | None] = "logged_out"

    def __init__(
        self,
        *,
        soft: bool = False,
        status: int = 401,
        errcode: str = "",
        server_text: ForeignText | None = None,
    ) -> None:
        super().__init__(status=status, errcode=errcode, server_text=server_text)
        self.soft = soft


class AccountClosed(Refused):
    """The account was deactivated, locked or suspended by the server."""

    what = N_("The server has closed this account.")
    next_step = N_("Ask your host, or join again with a new invite.")
    reach: ClassVar[Reach | None] = "logged_out"


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
        self,
        *,
        session: str,
        flows: tuple[tuple[str, ...], ...],
        completed: tuple[str, ...],
        status: int = 401,
        errcode: str = "",
        server_text: ForeignText | None = None,
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
    fields = body if isinstance(body, dict) else {}
    errcode = _text(fields.get("errcode"))[:80]
    said = ForeignText(fields["error"]) if "error" in fields else None
    if status == 429 or errcode == "M_LIMIT_EXCEEDED":
        return RateLimited(
            retry_after=_retry_after(fields, retry_after),
            status=status,
            errcode=errcode,
            server_text=said,
        )
    if status >= 500:
        return ServerFault(status=status, errcode=errcode, server_text=said)
    if status == 401 and isinstance(fields.get("flows"), list):
        return _unfinished_auth(fields, errcode, said, about)
    if errcode == "M_UNKNOWN_TOKEN":
        return LoggedOut(
            soft=fields.get("soft_logout") is True,
            status=status,
            errcode=errcode,
            server_text=said,
        )
    kind: type[MatrixError]
    if about == "join" and _speaks_of_a_ban(said):
        kind = Banned
    elif errcode == "M_FORBIDDEN":
        kind = _forbidden(about)
    elif errcode:
        kind = _BY_ERRCODE.get(errcode, NotFound if status == 404 else Refused)
    else:
        # No Matrix server answers like this; 413 is a reverse proxy in front of one.
        kind = TooLarge if status == 413 else BadAnswer
    return kind(status=status, errcode=errcode, server_text=said)


_BY_ERRCODE: Final[dict[str, type[MatrixError]]] = {
    "M_MISSING_TOKEN": LoggedOut,
    "M_USER_DEACTIVATED": AccountClosed,
    "M_USER_LOCKED": AccountClosed,
    "M_USER_SUSPENDED": AccountClosed,
    "ORG_MATRIX_EXPIRED_ACCOUNT": AccountClosed,
    "M_NOT_FOUND": NotFound,
    "M_UNRECOGNIZED": NotFound,
    "M_TOO_LARGE": TooLarge,
    "M_USER_IN_USE": NameTaken,
    "M_EXCLUSIVE": BadName,
    "M_INVALID_USERNAME": BadName,
    "M_UNAUTHORIZED": Forbidden,
    "M_BAD_STATE": Forbidden,
    "M_GUEST_ACCESS_FORBIDDEN": Forbidden,
    "M_UNABLE_TO_AUTHORISE_JOIN": Forbidden,
    "M_RESOURCE_LIMIT_EXCEEDED": ServerFull,
}


def _forbidden(about: About) -> type[MatrixError]:
    """M_FORBIDDEN is said of nearly everything; only the request tells what was meant."""
    if about == "login":
        return WrongPassword
    return RegistrationClosed if about == "register" else Forbidden


def _speaks_of_a_ban(said: ForeignText | None) -> bool:
    # The specification has no code for a ban: Synapse says M_FORBIDDEN or M_BAD_STATE, by room.
    return said is not None and "banned" in said.raw().lower()


def _unfinished_auth(
    fields: dict[str, object], errcode: str, said: ForeignText | None, about: About
) -> MatrixError:
    """A 401 of the User-Interactive Authentication API: a stage failed, or more are to come."""
    if errcode == "M_FORBIDDEN":
        return WrongPassword(status=401, errcode=errcode, server_text=said)
    if errcode and about == "register":
        return InviteUsedUp(status=401, errcode=errcode, server_text=said)
    flows = fields.get("flows")
    stages = [flow.get("stages") for flow in _list(flows) if isinstance(flow, dict)]
    return UserInteractiveAuthRequired(
        session=_text(fields.get("session")),
        flows=tuple(_texts(stage) for stage in stages),
        completed=_texts(fields.get("completed")),
        errcode=errcode,
        server_text=said,
    )


def _retry_after(fields: dict[str, object], header: str | None) -> float | None:
    """Seconds; the header came with spec 1.10 and wins over ``retry_after_ms``."""
    wanted: float | None = None
    milliseconds = fields.get("retry_after_ms")
    if header is not None and header.isascii() and header.strip().isdecimal():
        wanted = float(header.strip()[:10])
    elif isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool):
        wanted = milliseconds / 1000 if abs(milliseconds) < 1e12 else _LONGEST_RETRY_AFTER
    return None if wanted is None else min(max(wanted, 0.0), _LONGEST_RETRY_AFTER)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in _list(value) if isinstance(item, str))
