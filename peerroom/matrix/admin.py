"""What a host's admin account can ask of Synapse (its admin API, not the Matrix specification)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from peerroom.matrix.errors import BadAnswer, NotFound
from peerroom.matrix.session import Session

_ADMIN: Final = "/_synapse/admin"
_TOKENS: Final = f"{_ADMIN}/v1/registration_tokens"
_USERS: Final = f"{_ADMIN}/v1/users"


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
        version = (await self._session.get(f"{_ADMIN}/v1/server_version")).get("server_version")
        if not isinstance(version, str):
            raise BadAnswer
        return version

    async def create_token(
        self, *, uses: int = 1, expires: datetime | None = None, token: str | None = None
    ) -> RegistrationToken:
        """Make a registration token, by default for one account."""
        request: dict[str, object] = {"uses_allowed": uses}
        if expires is not None:
            request["expiry_time"] = int(expires.timestamp() * 1000)
        if token is not None:
            request["token"] = token
        # With a token of our own choosing a repetition is refused, never a second token.
        return _token(await self._session.post(f"{_TOKENS}/new", json=request))

    async def token(self, token: str) -> RegistrationToken | None:
        """How a token stands, or None when the server does not know it."""
        try:
            return _token(await self._session.get(_TOKENS, token))
        except NotFound:
            return None

    async def tokens(self) -> list[RegistrationToken]:
        """Every token that the server knows."""
        listed = (await self._session.get(_TOKENS)).get("registration_tokens")
        if not isinstance(listed, list):
            raise BadAnswer
        return [_token(item) for item in listed]

    async def delete_token(self, token: str) -> bool:
        """Take a token back; False when the server did not know it."""
        try:
            await self._session.delete(_TOKENS, token)
        except NotFound:
            return False
        return True

    async def lift_rate_limit(self, user_id: str) -> None:
        """Free an account (the bot's) from the message rate limit: ``override_ratelimit`` 0/0."""
        await self._session.post(
            _USERS,
            user_id,
            "override_ratelimit",
            json={"messages_per_second": 0, "burst_count": 0},
            repeatable=True,
        )

    async def rate_limit(self, user_id: str) -> Mapping[str, int] | None:
        """The account's own limit (``messages_per_second``, ``burst_count``), None without one."""
        answer = await self._session.get(_USERS, user_id, "override_ratelimit")
        limits = {key: value for key, value in answer.items() if isinstance(value, int)}
        return limits or None

    async def join(self, room_id: str, user_id: str) -> None:
        """Put a local user into a room that we are in and may invite to."""
        path = (f"{_ADMIN}/v1/join", room_id)
        await self._session.post(*path, json={"user_id": user_id}, repeatable=True)

    async def deactivate(self, user_id: str, *, erase: bool = True) -> None:
        """Close an account for ever."""
        path = (f"{_ADMIN}/v1/deactivate", user_id)
        await self._session.post(*path, json={"erase": erase}, repeatable=True)


def _token(answer: object) -> RegistrationToken:
    fields = answer if isinstance(answer, dict) else {}
    token, expires = fields.get("token"), fields.get("expiry_time")
    allowed = fields.get("uses_allowed")
    pending, completed = fields.get("pending"), fields.get("completed")
    if not (isinstance(token, str) and isinstance(pending, int) and isinstance(completed, int)):
        raise BadAnswer
    return RegistrationToken(
        token=token,
        uses_allowed=allowed if isinstance(allowed, int) else None,
        pending=pending,
        completed=completed,
        expires=_moment(expires) if isinstance(expires, int) else None,
    )


def _moment(milliseconds: int) -> datetime:
    """Raises `BadAnswer` for a moment that no calendar has."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadAnswer from error
