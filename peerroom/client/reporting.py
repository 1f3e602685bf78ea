"""What a member says to the moderators in private, and what comes back.

All of it goes to the bot alone, encrypted, in a room of two with it (`reporting_room`). What is
said is in the vault before anything here returns; if there is no room of two yet, it waits beside
the outbox until there is one (`reporting_errand`).

What was said under one name is never sent under another: names would be linked by it. What did not
get out before names changed is forgotten, and the person is told.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from peerroom.client.reporting_views import (
    AnswerView,
    AppealedAlready,
    AskView,
    BotNotItself,
    EarlierName,
    ExplanationView,
    NobodyToTell,
    NoSuchDeed,
    NothingToReport,
    NothingToSay,
    TooLongToSay,
)
from peerroom.client.views import Change
from peerroom.errors import PeerRoomError

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.vault import Vault
    from peerroom.wire.member import Ask

# What reads and writes the messages themselves is loaded when it is first needed, not before the
# first picture.

_LONGEST: Final = 4_000
"""Characters of one's own words in one ask."""


class MemberDesk:
    """The member's side of moderation, of the account that the client is now."""

    def __init__(self, client: Client, vault: Vault, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._look = asyncio.Event()
        client.watch(self._hear)

    def obstacle(self, room_id: str) -> PeerRoomError | None:
        """Why nothing of this room could be said to moderators now; None if it can.

        `NobodyToTell`, `BotNotItself` or `EarlierName`: a face says its sentence.
        """
        try:
            self._bot(room_id)
        except (NobodyToTell, BotNotItself, EarlierName) as error:
            return error
        return None

    # saying

    def report(self, room_id: str, keys: Sequence[str], why: str = "") -> str:
        """Report messages (keys or event ids as in `MessageView`), with what stands around them
        on this screen. Returns the key of the ask.

        Raises what `obstacle` names, `NothingToReport`, `TooMuchToReport`, `TooLongToSay`.
        """
        from peerroom.client.reporting_lines import chosen, lines_of
        from peerroom.wire.member import Report

        bot = self._bot(room_id)
        if self._vault.rooms.is_of_two(room_id):
            raise NothingToReport
        timeline = self._client.timeline(room_id)
        views = chosen(timeline, keys)
        said = Report(
            room_id=room_id,
            event_ids=tuple(view.event_id for view in views if view.event_id is not None),
            lines=lines_of(timeline, views),
            why=_fitting(why),
        )
        return self._say(bot, said)

    def ask_for_help(self, text: str = "", room_id: str | None = None) -> str:
        """Say that one needs somebody, now; returns the key. Without ``room_id`` to the moderators
        of the room that was entered last. Raises as `report`."""
        from peerroom.wire.member import AskModerator

        return self._say(self._bot(room_id), AskModerator(text=_fitting(text), help=True))

    def ask_moderators(self, text: str, room_id: str | None = None) -> str:
        """A private word to the moderators; returns the key. Raises as `report`, `NothingToSay`."""
        from peerroom.wire.member import AskModerator

        words = _fitting(text)
        if not words:
            raise NothingToSay
        return self._say(self._bot(room_id), AskModerator(text=words))

    def appeal(self, deed: int, text: str = "") -> str:
        """Ask to look again at what was done; returns the key.

        Raises `NoSuchDeed`, `AppealedAlready`, and as `report`.
        """
        from peerroom.client.explained import all_told
        from peerroom.wire.member import Appeal, Explained

        view = next((view for view in self.explanations() if view.deed == deed), None)
        if view is None or not (view.may_appeal or view.appealed):
            raise NoSuchDeed
        if view.appealed:
            raise AppealedAlready
        rooms = [
            event.room_id
            for event, said in all_told(self._vault, self._client.account.id)
            if isinstance(said, Explained) and said.deed == deed
        ]
        # To the bot that did it, and no other.
        return self._say(self._bot(rooms[0]), Appeal(deed=deed, text=_fitting(text)))

    def retry(self, key: str) -> None:
        """Try again what was not sent."""
        from peerroom.client import reporting_kept as kept

        for ask in kept.waiting(self._vault):
            if ask.key == key:
                kept.keep(self._vault, ask._replace(problem=None))
                self._look.set()
                return
        self._client.retry(key)

    def _bot(self, room_id: str | None) -> str:
        from peerroom.client.reporting_room import bot_for

        return bot_for(self._vault, self._client.account, room_id)

    def _say(self, bot: str, ask: Ask) -> str:
        """Keep ``ask`` until the bot has it; returns the transaction id that it will have."""
        from peerroom.client import reporting_kept as kept
        from peerroom.client.reporting_errand import queue
        from peerroom.client.reporting_room import open_room
        from peerroom.wire.member import content

        key, now = secrets.token_urlsafe(16), self._clock.now()
        account = self._client.account
        room_id = open_room(self._vault, account, bot)
        if room_id is not None:
            queue(self._client, self._vault, room_id, bot, key, content(ask), now)
        else:
            at = round(now.timestamp() * 1000)
            kept.keep(self._vault, kept.Waiting(key, account.id, bot, at, content(ask)))
            self._client.tell(Change("outbox"))
            self._look.set()
        return key

    # looking

    def asks(self) -> list[AskView]:
        """What was said to the moderators under the present name, the newest first."""
        from peerroom.client.reporting_kept import asks

        return asks(self._vault, self._client.account)

    def explanations(self) -> list[ExplanationView]:
        """What was done about oneself under the present name, the newest first."""
        from peerroom.client.explained import explanations
        from peerroom.client.reporting_kept import appealed

        account = self._client.account
        return explanations(self._vault, account.id, appealed(self._vault, account))

    def answers(self) -> list[AnswerView]:
        """What the moderators wrote, the newest first, also what was for earlier names of one's
        own: it may have come just before they changed."""
        from peerroom.client.explained import answers

        return answers(self._vault, self._client.account.id)

    def why(self, room_id: str, key: str) -> ExplanationView | None:
        """Why this message of one's own is not there any more; by key or event id."""
        view = self._client.timeline(room_id).find(key)
        event_id = key if view is None or view.event_id is None else view.event_id
        about = (each for each in self.explanations() if event_id in each.event_ids)
        return next(about, None)

    # working

    async def run(self) -> None:
        """Make the room of two where one is needed, hand over what waits, and tell what is new
        ("notice"). Runs beside the client, whatever account it becomes (`Client.accompany`)."""
        # Only once there was news: what this loads has no place before the first picture.
        await self._look.wait()
        from peerroom.client.reporting_errand import Errands

        errands = Errands(self._client, self._vault)
        while True:
            self._look.clear()
            pause = await errands.turn()
            if pause is not None:
                await self._client.link.pause_until_back(pause)
            else:
                await self._look.wait()

    def _hear(self, change: Change) -> None:
        if change.kind in ("connection", "rooms", "moved"):
            self._look.set()
        elif change.kind == "timeline" and change.room_id is not None:
            room = self._vault.rooms.get(change.room_id)
            if room is not None and room.is_direct:
                self._look.set()


def _fitting(text: str) -> str:
    """Raises `TooLongToSay`."""
    words = text.strip()
    if len(words) > _LONGEST:
        raise TooLongToSay
    return words
