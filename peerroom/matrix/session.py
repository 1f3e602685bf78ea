"""Accounts and their devices: registering, logging in, and requests that carry the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerroom.matrix.errors import About
from peerroom.matrix.transport import Json, Transport


@dataclass(frozen=True)
class Credentials:
    """What makes a request ours. The token is a secret: it is not in the repr."""

    user_id: str
    device_id: str
    access_token: str

    def __repr__(self) -> str:
        return "Credentials(…)"


async def login(
    transport: Transport, user: str, password: str, *, device_id: str | None = None
) -> Credentials:
    """Log in by password. The device gets no display name; its id is the server's choice.

    ``user`` is a localpart or a full id. Give ``device_id`` only to take up a device again whose
    token was lost. Raises `WrongPassword`, `RateLimited` (the wait can be minutes), `MatrixError`.
    """
    raise NotImplementedError


async def register(
    transport: Transport, username: str, password: str, registration_token: str | None
) -> Credentials:
    """Make an account (stages ``m.login.registration_token`` and ``m.login.dummy``).

    If the last answer is lost on the way, logging in with the same password tells whether the
    account was made. Raises `InviteUsedUp`, `RegistrationClosed`, `NameTaken`, `MatrixError`.
    """
    raise NotImplementedError


class Session:
    """Requests of one account.

    A path is the part below ``/_matrix/client/v3`` (``"/keys/upload"``), or a whole path when it
    begins with ``/_``; further segments are percent-encoded and appended:
    ``session.put("/rooms", room_id, "send", event_type, txn, json=content)``.
    Keywords are those of `Transport.request`. All raise `MatrixError`.
    """

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self.transport = transport
        self.credentials = credentials

    @property
    def user_id(self) -> str:
        """Our own Matrix id."""
        return self.credentials.user_id

    @property
    def device_id(self) -> str:
        """This device's id."""
        return self.credentials.device_id

    async def get(
        self,
        path: str,
        *segments: str,
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
        retry: bool = True,
        about: About = "other",
    ) -> Json:
        """GET."""
        raise NotImplementedError

    async def put(
        self,
        path: str,
        *segments: str,
        json: Mapping[str, object],
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
        retry: bool = True,
        about: About = "other",
    ) -> Json:
        """PUT."""
        raise NotImplementedError

    async def post(
        self,
        path: str,
        *segments: str,
        json: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
        retry: bool = True,
        repeatable: bool = False,
        about: About = "other",
    ) -> Json:
        """POST; say ``repeatable=True`` where the server may see it twice (``/keys/query``)."""
        raise NotImplementedError

    async def delete(self, path: str, *segments: str, retry: bool = True) -> Json:
        """DELETE."""
        raise NotImplementedError

    async def whoami(self) -> Credentials:
        """The user and device that the server knows this token for."""
        raise NotImplementedError

    async def server_versions(self) -> tuple[str, ...]:
        """The specification versions that the server speaks (``v1.15``)."""
        raise NotImplementedError

    async def change_password(self, old: str, new: str) -> None:
        """Give the account another password; other devices stay logged in."""
        raise NotImplementedError

    async def logout(self) -> None:
        """Take the token back and delete the device; already logged out is fine."""
        raise NotImplementedError

    async def deactivate(self, password: str, *, erase: bool = True) -> None:
        """Close the account for ever; ``erase`` asks the server to hide its messages from joiners."""
        raise NotImplementedError
