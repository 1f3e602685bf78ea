"""What a host's admin account can ask of Synapse (its admin API, not the Matrix specification)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from peerroom.matrix.session import Session


@dataclass(frozen=True)
class RegistrationToken:
    """A registration token and how much of it is left. The token is a secret."""

    token: str
    uses_allowed: int | None
    pending: int
    completed: int
    expires: datetime | None

    def __repr__(self) -> str:
        return f"RegistrationToken(…, {self.completed}/{self.uses_allowed} used)"


class Admin:
    """Synapse's admin API for one admin account. All raise `MatrixError`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def server_version(self) -> str:
        """Synapse's version (``1.163.2``)."""
        raise NotImplementedError

    async def create_token(
        self, *, uses: int = 1, expires: datetime | None = None, token: str | None = None
    ) -> RegistrationToken:
        """Make a registration token, by default for one account."""
        raise NotImplementedError

    async def token(self, token: str) -> RegistrationToken | None:
        """How a token stands, or None when the server does not know it."""
        raise NotImplementedError

    async def tokens(self) -> list[RegistrationToken]:
        """Every token that the server knows."""
        raise NotImplementedError

    async def delete_token(self, token: str) -> bool:
        """Take a token back; False when the server did not know it."""
        raise NotImplementedError

    async def lift_rate_limit(self, user_id: str) -> None:
        """Free an account (the bot's) from the message rate limit: ``override_ratelimit`` 0/0."""
        raise NotImplementedError

    async def rate_limit(self, user_id: str) -> Mapping[str, int] | None:
        """The account's own limit (``messages_per_second``, ``burst_count``), None without one."""
        raise NotImplementedError

    async def join(self, room_id: str, user_id: str) -> None:
        """Put a local user into a room that we are in and may invite to."""
        raise NotImplementedError

    async def deactivate(self, user_id: str, *, erase: bool = True) -> None:
        """Close an account for ever."""
        raise NotImplementedError
