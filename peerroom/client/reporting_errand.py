"""What works behind the member's desk: the room of two is made where it is needed, what waits is
handed over, and what the moderators said is told once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from peerroom.client import reporting_kept as kept
from peerroom.client.door import Door, SomeoneElse
from peerroom.client.explained import all_told, explanation
from peerroom.client.invitations import bots
from peerroom.client.reporting_pause import resume
from peerroom.client.reporting_room import is_proven, open_room
from peerroom.client.reporting_views import BotNotItself
from peerroom.client.views import Change
from peerroom.client.wording import event_time
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.matrix.errors import Forbidden, MatrixError, NotFound
from peerroom.wire.member import ASK, Explained, Received

if TYPE_CHECKING:
    from datetime import datetime

    from peerroom.client.session import Client
    from peerroom.store.vault import Vault
    from peerroom.wire.member import Tell

_TOLD: Final = "member.told"
_PAUSE: Final = 15.0
"""Seconds until a room of two is tried again that the server did not make."""
_PATIENCE: Final = 180.0
"""Seconds for one turn. One that is cut short may leave a room that nothing is ever said in."""


def queue(
    client: Client, vault: Vault, room_id: str, bot: str, key: str, content: Any, now: datetime
) -> None:
    """Put an ask into the outbox, for the bot alone, in place of what waited under its key."""
    account = client.account
    with vault.transaction():
        vault.outbox.add(
            account.id,
            room_id,
            "message",
            # Whoever comes in between our look and the sending gets no key.
            {"type": ASK, "content": content, "readers": [account.user_id, bot]},
            now=now,
            transaction_id=key,
        )
        kept.forget(vault, key)
    client.queued(room_id)


class Errands:
    """One turn after the other, for whatever account the client is."""

    def __init__(self, client: Client, vault: Vault) -> None:
        self._client = client
        self._vault = vault
        self._told_as: int | None = None
        """For which account everything was looked through, that of earlier names too."""
        self._made: dict[tuple[int, str], str] = {}
        """Rooms of two that were made, until sync has brought them."""

    async def turn(self) -> float | None:
        """Do what can be done now; seconds until it should be tried again, None for when something
        changes."""
        if self._client.heard:  # what is said once waits for somebody to hear it
            self._forget_earlier()
            self._tell_news()
        resume(self._client, self._vault)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._come_in()
                await self._hand_over()
        except (MatrixError, TimeoutError):
            return _PAUSE  # the transport has told `connection` already
        return None

    async def _come_in(self) -> None:
        """Go where a bot that let us in asks us into a room of two: it has something to tell.

        That it was the bot is the server's word. It learns nothing by our coming, and what is said
        in there counts, and is said, only under the bot's own keys.
        """
        account, connection = self._client.account, self._client.link.connection
        if connection is None or self._client.connection.kind != "online":
            return
        for room in self._vault.rooms.all(account.id):
            if room.membership != "invite" or not (room.is_direct and room.encrypted):
                continue
            asked = self._vault.rooms.state_event(room.room_id, "m.room.member", account.user_id)
            if asked is not None and asked.sender in bots(self._vault):
                try:
                    await connection.rooms.join(room.room_id)
                except (Forbidden, NotFound):
                    self._vault.rooms.set_membership(room.room_id, "leave")  # it was taken back

    async def _hand_over(self) -> None:
        """Raises `MatrixError`."""
        for ask in kept.waiting(self._vault):
            if ask.account != self._client.account.id or ask.problem:
                continue
            try:
                room_id = await self._room_of_two(ask.bot)
            except MatrixError:
                raise
            except PeerRoomError as error:
                kept.keep(self._vault, ask._replace(problem=error.sentence()))
                self._client.tell(Change("notice", None, error.sentence()))
                continue
            if room_id is None or ask.account != self._client.account.id:
                return  # the next turn of sync tells
            when = event_time(ask.at)
            queue(self._client, self._vault, room_id, ask.bot, ask.key, ask.content, when)

    async def _room_of_two(self, bot: str) -> str | None:
        """The room of two, made if there is none; None while the bot, or we, are not in it yet.

        Raises `MatrixError`, `SomeoneElse`, `BotNotItself`.
        """
        account, connection = self._client.account, self._client.link.connection
        if not is_proven(self._vault, bot):
            raise BotNotItself
        if (room_id := open_room(self._vault, account, bot)) is not None:
            return room_id
        if connection is None or self._client.connection.kind != "online":
            return None
        door = Door(self._vault, account, connection, bot)
        name = (account.id, bot)
        self._made[name] = await door.make(self._made.get(name))
        if not door.is_of_two():
            raise SomeoneElse
        return None  # it opens when the bot has come in

    def _tell_news(self) -> None:
        """Say what the moderators have said since; each thing once.

        What came just before names changed may not have been told yet, and nothing comes for
        earlier names later: those are looked through once under each new one.
        """
        told: list[str] = self._vault.settings.get(_TOLD, [])
        known, account_id = set(told), self._client.account.id
        only = account_id if account_id == self._told_as else None
        self._told_as = account_id
        news = [each for each in all_told(self._vault, only) if each[0].event_id not in known]
        if not news:
            return
        ids = [event.event_id for event, _said in news]
        self._vault.settings.set(_TOLD, [*told, *ids])
        for event, said in sorted(news, key=lambda each: (each[0].origin_ts, each[0].position)):
            self._client.tell(_news(event.room_id, said))
            for room_id in self._rooms_of(said):
                self._client.tell(Change("timeline", room_id))  # there it now says why

    def _rooms_of(self, said: Tell) -> set[str]:
        """Where the messages stand that an explanation is about."""
        about = said.event_ids if isinstance(said, Explained) else ()
        events = map(self._vault.events.get, about)
        return {event.room_id for event in events if event is not None}

    def _forget_earlier(self) -> None:
        """What was to be said under an earlier name is not said any more: the bot would learn that
        the two names are one person."""
        account_id, lost = self._client.account.id, 0
        with self._vault.transaction():
            for ask in kept.waiting(self._vault):
                if ask.account != account_id:
                    kept.forget(self._vault, ask.key)
                    lost += 1
            for room in self._vault.rooms.all():
                if room.account_id == account_id:
                    continue
                for row in self._vault.outbox.of_room(room.room_id):
                    if row.content.get("type") == ASK and self._vault.outbox.withdraw(row.id):
                        lost += 1
        if lost:
            words = _(
                "What you wrote to the moderators had not gone out when names changed, "
                "and was not sent. Write it again if it still matters."
            )
            self._client.tell(Change("notice", None, words))


def _news(room_id: str, said: Tell) -> Change:
    match said:
        case Received():
            words = _("The moderators have what you sent them.")
            return Change("notice", room_id, words, "received")
        case Explained():
            return Change("notice", room_id, explanation(said, event_time(0)).sentence)
        case _:
            words = _("The moderators have written to you in private.")
            return Change("notice", room_id, words, "answer")
