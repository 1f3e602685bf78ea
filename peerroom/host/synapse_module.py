"""The doorkeeper: a Synapse module. Who is in no circle can reach nobody but the bot.

Anyone with an invite link can make an account before the bot has seen them, and a switch makes one
for every member. Such an account could otherwise invite, knock and ping whom it likes, and use up
the limits of its victims. An account is *admitted* while it is joined to a room that a bot made;
until then, and after it was removed, it may

- make a room that invites a bot and nobody else, and speak in it while nobody else is there,
- go into rooms that a bot invited it to, and leave any room,
- set its display name: nobody shares a room with it who could see it; the name shows when the bot
  lets it in, like any member's.

What no hook of Synapse covers, and what an account that was not admitted can therefore still do:
send to-device events and ask for the one-time keys of accounts whose ids it knows, set the profile
of its own that nobody sees, report a room or user to the administrator, and, where the host lets
the server federate, knock on rooms of other servers.

Synapse loads this file in its own process, and hands over all that is used of it as ``api``.
Nothing of Synapse is imported here: it is AGPL, and PeerRoom is not. Nor is anything else of
PeerRoom, so that a host's Synapse needs none of PeerRoom's libraries. For Synapse 1.132 and later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

DOORS: Final = 5
"""So many rooms with a bot an account makes before it is admitted, and no more. It needs one, and
the bot has to look at each."""

_ADMITTED: Final = """
    SELECT 1 FROM local_current_membership AS inside
    INNER JOIN rooms ON rooms.room_id = inside.room_id
    WHERE inside.user_id = ? AND inside.membership = 'join' AND rooms.creator IN ({marks})
    LIMIT 1
"""

_DOORS: Final = """
    SELECT COUNT(DISTINCT rooms.room_id) FROM local_current_membership AS bot
    INNER JOIN rooms ON rooms.room_id = bot.room_id
    WHERE rooms.creator = ? AND bot.user_id IN ({marks})
"""

_INVITER: Final = """
    SELECT event.sender FROM local_current_membership AS inside
    INNER JOIN room_memberships AS event ON event.event_id = inside.event_id
    WHERE inside.user_id = ? AND inside.room_id = ? AND inside.membership = 'invite'
"""

State = Mapping[tuple[str, str], "Event"]
"""A room's state, from event type and state key."""


class Event(Protocol):
    """What is read of Synapse's events."""

    @property
    def type(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def state_key(self) -> str: ...
    @property
    def content(self) -> Mapping[str, Any]: ...
    def is_state(self) -> bool: ...


class Cursor(Protocol):
    """What is used of a database transaction; ``?`` is the placeholder on every database."""

    def execute(self, sql: str, args: tuple[object, ...]) -> object: ...
    def fetchone(self) -> tuple[Any, ...] | None: ...


class Api(Protocol):
    """What is used of Synapse's ``ModuleApi``."""

    def get_qualified_user_id(self, username: str) -> str: ...
    def is_mine(self, id: str) -> bool: ...  # noqa: A002 - Synapse's name
    def is_user_admin(self, user_id: str) -> Awaitable[bool]: ...
    def run_db_interaction(
        self, desc: str, func: Callable[..., Any], *args: object
    ) -> Awaitable[Any]: ...
    def register_spam_checker_callbacks(self, **callbacks: Callable[..., Any]) -> None: ...
    def register_third_party_rules_callbacks(self, **callbacks: Callable[..., Any]) -> None: ...
    def register_ratelimit_callbacks(self, **callbacks: Callable[..., Any]) -> None: ...
    def register_media_repository_callbacks(self, **callbacks: Callable[..., Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """The module's configuration: localparts or whole user ids."""

    bots: tuple[str, ...]
    """Whose rooms are circles."""
    allowed: tuple[str, ...]
    """Who is as free as an administrator, the recovery account for instance."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What Synapse reads of a rate limit of our own."""

    per_second: float
    burst_count: int


NOTHING: Final = Limit(per_second=1 / 3600, burst_count=0)
"""Never, and to be asked again in an hour. Not 0 a second: Synapse divides by it."""


class Doorkeeper:
    """Made once by each process of Synapse. A rule that fails refuses; the bots ask no rule."""

    def __init__(self, config: Keeping, api: Api) -> None:
        self._api = api
        self._bots = frozenset(api.get_qualified_user_id(name) for name in config.bots)
        self._free = self._bots | {api.get_qualified_user_id(name) for name in config.allowed}
        marks = ", ".join("?" * len(self._bots))
        self._admitted = _ADMITTED.format(marks=marks)
        self._doors = _DOORS.format(marks=marks)
        api.register_spam_checker_callbacks(
            user_may_create_room=self.may_create_room,
            user_may_invite=self.may_invite,
            user_may_join_room=self.may_join,
            user_may_send_3pid_invite=self.may_invite_by_address,
            user_may_create_room_alias=self.may_publish,
            user_may_publish_room=self.may_publish,
            check_username_for_spam=self.is_hidden,
        )
        api.register_third_party_rules_callbacks(check_event_allowed=self.may_send)
        api.register_ratelimit_callbacks(get_ratelimit_override_for_user=self.limit)
        api.register_media_repository_callbacks(
            is_user_allowed_to_upload_media_of_size=self.may_upload
        )

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Keeping:
        """Raises ValueError for what would lock everyone out or let everyone in."""
        unknown = set(config) - {"bots", "allowed"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(map(str, unknown)))}")
        bots, allowed = _names(config, "bots"), _names(config, "allowed")
        if not bots:
            raise ValueError("bots: name at least one")
        return Keeping(bots, allowed)

    async def may_create_room(self, user_id: str, room: Mapping[str, Any]) -> bool:
        """``room`` is the request; an upgrade comes without invitations, so it is refused too."""
        if await self._is_free(user_id):
            return True
        if not (
            isinstance(room.get("invite"), list)
            and len(room["invite"]) == 1
            and room["invite"][0] in self._bots
            and not room.get("invite_3pid")
            and not room.get("room_alias_name")
            and room.get("visibility") != "public"
        ):
            return False
        found = await self._look(self._doors, user_id, *self._bots)
        return found is not None and int(found[0]) < DOORS

    async def may_invite(self, inviter: str, invitee: str, _room_id: str) -> bool:
        return invitee in self._bots or await self._is_free(inviter)

    async def may_join(self, user_id: str, room_id: str, _is_invited: bool) -> bool:
        if await self._is_free(user_id):
            return True
        found = await self._look(_INVITER, user_id, room_id)
        return found is not None and found[0] in self._bots

    async def may_invite_by_address(
        self, inviter: str, _medium: str, _address: str, _room_id: str
    ) -> bool:
        return await self._is_free(inviter)

    async def may_publish(self, user_id: str, _what: object) -> bool:
        return await self._is_free(user_id)

    async def may_upload(self, user_id: str, _size: int) -> bool:
        return await self._is_free(user_id)

    async def is_hidden(self, _profile: Mapping[str, Any], requester: str) -> bool:
        """Whether to leave someone out of what ``requester`` finds in the user directory."""
        return not await self._is_free(requester)

    async def limit(self, user_id: str, limiter: str) -> Limit | None:
        """None for Synapse's own limit.

        Synapse counts an invitation against whom it names before it asks `may_invite`. So those
        that would be refused are refused here, uncounted; otherwise five of them would keep the
        bot's own invitation from its addressee for minutes.
        """
        if limiter == "rc_invites.per_user" and not await self._is_free(user_id):
            return NOTHING
        return None

    async def may_send(self, event: Event, state: State) -> tuple[bool, None]:
        """Every event that an account of this server is about to add to a room, whatever it is."""
        return await self._may_send(event, state), None

    async def _may_send(self, event: Event, state: State) -> bool:
        sender, made = event.sender, state.get(("m.room.create", ""))
        maker = sender if made is None else made.sender  # the first event has no state before it
        if sender in self._free or not self._api.is_mine(sender):
            return True
        if maker in self._bots and _is_inside(state, sender):
            return True  # in a circle: the usual case, without a look into the database
        if await self._is_free(sender):
            return True
        if event.type == "m.room.member" and event.is_state():
            return self._may_change(event, state, maker)
        return maker == sender and all(
            person.state_key == sender or person.state_key in self._bots
            for (kind, _), person in state.items()
            if kind == "m.room.member" and _wanted(person) in ("join", "invite", "knock")
        )

    def _may_change(self, event: Event, state: State, maker: str) -> bool:
        """Whether someone who is not admitted may change this membership."""
        sender, wanted = event.sender, _wanted(event)
        if event.state_key != sender:
            # A removal or ban is an event of its own for whom it names, with words of the sender's.
            return maker == sender and event.state_key in self._bots and wanted == "invite"
        if wanted == "join":
            before = state.get(("m.room.member", sender))
            if before is not None and _wanted(before) == "invite" and before.sender in self._bots:
                return True
            return maker == sender
        return wanted == "leave"

    async def _is_free(self, user_id: str) -> bool:
        """Whether no rule concerns this account: it is admitted, named, or an administrator.

        Asked anew each time, so that nothing is remembered of someone who was just removed.
        """
        if user_id in self._free:
            return True
        if await self._look(self._admitted, user_id, *self._bots) is not None:
            return True
        return await self._api.is_user_admin(user_id)

    async def _look(self, sql: str, *args: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = await self._api.run_db_interaction(
            "peerroom_doorkeeper", _first, sql, args
        )
        return row


def _first(cursor: Cursor, sql: str, args: tuple[object, ...]) -> tuple[Any, ...] | None:
    cursor.execute(sql, args)
    return cursor.fetchone()


def _wanted(member: Event) -> object:
    return member.content.get("membership")


def _is_inside(state: State, user_id: str) -> bool:
    member = state.get(("m.room.member", user_id))
    return member is not None and _wanted(member) == "join"


def _names(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = config.get(key, [])
    if not (isinstance(names, list) and all(isinstance(name, str) and name for name in names)):
        raise ValueError(f"{key}: must be a list of localparts or user ids")
    return tuple(names)
