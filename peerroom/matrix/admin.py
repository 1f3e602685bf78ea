"""What a host's admin account can ask of Synapse (its admin API, not the Matrix specification)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from peerroom.matrix.errors import BadAnswer, Forbidden, NotFound
from peerroom.matrix.session import Session

_ADMIN: Final = "/_synapse/admin"
_TOKENS: Final = f"{_ADMIN}/v1/registration_tokens"
_USERS: Final = f"{_ADMIN}/v1/users"
_ACCOUNTS: Final = f"{_ADMIN}/v2/users"
_PAGE: Final = 100
_PAGES_AT_MOST: Final = 1000


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


@dataclass(frozen=True)
class AdminAccount:
    """What the server's administrator knows of an account."""

    user_id: str
    created: datetime
    """To the second: Synapse keeps no more. Cut off, so never later than it was."""
    deactivated: bool
    admin: bool


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

    async def has_admin(self) -> bool:
        """Whether the server has this API and our account may use it."""
        try:
            answer = await self._session.get(_USERS, self._session.user_id, "admin")
        except (Forbidden, NotFound):
            return False
        return answer.get("admin") is True

    async def create_token(
        self, *, uses: int | None = 1, expires: datetime | None = None, token: str | None = None
    ) -> RegistrationToken:
        """Make a registration token, by default for one account; ``uses=None`` for any number.

        A registration that was begun and not finished keeps a use reserved for as long as the
        server keeps its session, so a token that strangers may see should not count its uses.
        ``expires`` must lie in the future (`Refused`).
        """
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

    async def account(self, user_id: str) -> AdminAccount:
        """How a local account stands. Raises `NotFound`."""
        answer = await self._session.get(_ACCOUNTS, user_id)
        account = _account(answer, per_second=1)  # in seconds here, in milliseconds in the list
        if account.user_id != user_id:
            raise BadAnswer
        return account

    async def accounts_since(
        self, moment: datetime, *, deactivated: bool = False
    ) -> list[AdminAccount]:
        """The accounts made at ``moment`` (cut off to its second) or later, the newest first.

        Closed ones are left out unless ``deactivated``. A list and not an iterator, because
        closing an account while the pages are read would move another one past the reader.
        """
        since = moment.replace(microsecond=0)
        query = {"order_by": "creation_ts", "dir": "b", "limit": str(_PAGE)}
        if deactivated:
            query["deactivated"] = "true"
        found: dict[str, AdminAccount] = {}
        start = "0"
        for _ in range(_PAGES_AT_MOST):
            answer = await self._session.get(_ACCOUNTS, query=query | {"from": start})
            users, following = answer.get("users"), answer.get("next_token")
            if not isinstance(users, list):
                raise BadAnswer
            page = [_account(user, per_second=1000) for user in users]
            # Accounts made meanwhile push others onto the next page: those come twice.
            found |= {one.user_id: one for one in page if one.created >= since}
            if following is None or not page or page[-1].created < since:
                return list(found.values())
            if not isinstance(following, str):
                raise BadAnswer
            start = following
        raise BadAnswer

    async def joined_rooms(self, user_id: str) -> tuple[str, ...]:
        """The ids of the rooms that a local account is in."""
        rooms = (await self._session.get(_USERS, user_id, "joined_rooms")).get("joined_rooms")
        if not isinstance(rooms, list):
            raise BadAnswer
        return tuple(room_id for room_id in rooms if isinstance(room_id, str))

    async def set_display_name(self, user_id: str, name: str) -> None:
        """Give a local account its display name.

        In rooms that the account is in this sends a new membership event; so call it before the
        account is in any where the change must not be seen. Raises `NotFound` for an account that
        is not there, which this path would otherwise make.
        """
        await self.account(user_id)
        await self._session.put(_ACCOUNTS, user_id, json={"displayname": name})

    async def deactivate(self, user_id: str, *, erase: bool = True) -> None:
        """Close an account for ever."""
        path = (f"{_ADMIN}/v1/deactivate", user_id)
        await self._session.post(*path, json={"erase": erase}, repeatable=True)


def _account(answer: object, *, per_second: int) -> AdminAccount:
    fields = answer if isinstance(answer, dict) else {}
    user_id, created = fields.get("name"), fields.get("creation_ts")
    deactivated, admin = fields.get("deactivated"), fields.get("admin")
    if not isinstance(user_id, str) or type(created) is not int:
        raise BadAnswer
    if not (isinstance(deactivated, bool) and isinstance(admin, bool)):
        raise BadAnswer
    return AdminAccount(user_id, _moment(created * 1000 // per_second), deactivated, admin)


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
