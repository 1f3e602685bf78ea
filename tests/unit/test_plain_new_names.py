"""New names in the linear mode: one line each, and nothing lost."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from support import filled_vault, new_names, stopped
from support.clock import FrozenClock
from support.new_names import NEXT, ROOM
from support.patience import PATIENCE

from peerroom import plain
from peerroom.client.promise import PROMISE
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.plain.voice import Voice
from peerroom.pseudonym.names import by_index
from peerroom.store.vault import Vault

NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)
OLD, NEW = by_index(new_names.OLD_NAME).english, by_index(new_names.NEW_NAME).english
CHANGED = f"-- Everyone in the room has a new name. You are now {NEW}."
CHANGING = "-- The room is changing names. Reading goes on; writing waits a few minutes."
KEPT = "-- Kept for now: it goes with you to the new names."


class Talk:
    """A linear conversation over the filled vault, driven line by line."""

    def __init__(self, seeded: random.Random) -> None:
        self.vault = Vault.ephemeral()
        self.clock = FrozenClock(NIGHT)
        filled_vault.furnish(self.vault)
        filled_vault.say(self.vault, filled_vault.evening("en", NIGHT))
        new_names.rotate(self.vault, NIGHT, away=2)
        account = self.vault.accounts.current()
        assert account is not None
        self.client = Client(self.vault, account, config=Config(), clock=self.clock, random=seeded)
        self.out = io.StringIO()
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def _lines(self) -> AsyncIterator[str]:
        while (line := await self.lines.get()) is not None:
            yield line

    async def run(self, room: str | None = None) -> None:
        await plain.run(
            self.client,
            self._lines(),
            Voice(self.out, UTC),
            help_now=lambda: ["119 ambulance"],
            rules=list,
            clock=self.clock,
            room=room,
            patience=5.0,
        )

    async def hear(self, *typed: str) -> list[str]:
        """Type some lines; what was said until they are all dealt with."""
        before = len(self.out.getvalue())
        for line in typed:
            self.lines.put_nowait(line)
        # The loop goes round until nothing is left to do: the queue is taken, the listener told.
        for _turn in range(20):
            await asyncio.sleep(0)
        return self.out.getvalue()[before:].splitlines()


@pytest.fixture
async def talk(seeded: random.Random) -> AsyncIterator[Talk]:
    talk = Talk(seeded)
    running = asyncio.ensure_future(talk.run())
    await talk.hear()
    yield talk
    await talk.hear("/quit")
    async with asyncio.timeout(PATIENCE):
        await running
    talk.vault.close()


async def test_name_says_what_the_page_says(talk: Talk) -> None:
    said = await talk.hear("/name")
    assert said[0] == f"You are {OLD} until Saturday 20:00 · crowd 14"
    assert set(PROMISE) <= set(said)
    assert "-- What still links you" in said
    assert "2 people here were not renewed this week and keep their old names." in said


SURE = "-- Only if a moderator told you in another way that all is well."


def stop(talk: Talk) -> None:
    """Names stop changing."""
    stopped.stop(talk.vault, talk.client.account, ROOM)
    stopped.attend(talk.client, talk.vault, talk.clock)


async def test_after_a_stop_names_change_again_on_a_second_word(talk: Talk) -> None:
    stop(talk)
    assert (await talk.hear("/name"))[-1] == "-- Then type `/name again`."
    stopped.mend(talk.vault, ROOM)
    asked = [SURE, "-- `/name again yes` lets names change again."]
    assert await talk.hear("/name again yes") == asked  # nobody had asked yet
    assert await talk.hear("/name", "/name again yes") != []
    assert talk.client.pseudonym(ROOM).kind == "stopped"
    assert await talk.hear("/name again yes") == ["-- Names change again."]
    assert talk.client.pseudonym(ROOM).kind == "rotates"
    assert await talk.hear("/name again", "/name again yes") == ["-- Nothing has stopped here."] * 2


async def test_what_is_still_wrong_is_said(talk: Talk) -> None:
    stop(talk)
    said = await talk.hear("/name again", "/name again yes")
    assert said[-1] == "-- What did not add up is still there."
    assert talk.client.pseudonym(ROOM).kind == "stopped"
    talk.client.agent = None
    said = await talk.hear("/name again", "/name again yes")
    assert said[-1] == "-- That cannot be done at the moment. Please try again in a minute."


async def test_who_marks_whose_name_stays(talk: Talk) -> None:
    assert "Warm Rain Lantern, moderator, does not rotate" in await talk.hear("/who")


async def test_while_names_change_what_is_typed_is_kept(talk: Talk) -> None:
    new_names.close(talk.vault, talk.client)
    assert await talk.hear() == [CHANGING]
    assert await talk.hear("one", "two") == [KEPT, KEPT]
    assert talk.vault.outbox.of_room(ROOM) == []
    assert await talk.hear("/help-now") == ["119 ambulance"]
    talk.client.tell(Change("pseudonym"))
    assert await talk.hear() == []


async def test_the_change_is_one_line_and_what_was_kept_comes_along(talk: Talk) -> None:
    new_names.close(talk.vault, talk.client)
    await talk.hear("one", "two")
    await new_names.change(talk.client, talk.vault)
    said = await talk.hear()
    assert said[0] == CHANGED
    assert said[1].startswith("-- “Parents at night”, 3 people.")
    assert said[-1] == "-- Something was not sent before: /draft shows it."
    assert await talk.hear("/draft") == [
        "one / two",
        "-- `/draft send` sends it, `/draft drop` forgets it.",
    ]
    await talk.hear("/draft send")
    (row,) = talk.vault.outbox.of_room(NEXT)
    assert row.content["content"]["body"] == "one\ntwo"
    assert await talk.hear("/draft") == ["-- Nothing was begun here."]


async def test_a_draft_can_be_dropped(talk: Talk) -> None:
    talk.client.set_draft(ROOM, "never mind")
    assert await talk.hear("/draft drop") == ["-- Forgotten."]
    assert talk.client.draft(ROOM) == ""


async def test_old_rooms_are_read_and_nothing_is_said_there(talk: Talk) -> None:
    await new_names.change(talk.client, talk.vault)
    await talk.hear()
    rooms = await talk.hear("/rooms")
    assert rooms[1] == f"2. Parents at night, you were {OLD}, 30 May – 6 Jun"
    said = await talk.hear("/room 2")
    assert said[0] == (
        f"-- “Parents at night”, you were {OLD}, 30 May – 6 Jun. You can read here; "
        "/rooms leads back."
    )
    assert "17:16 you: I will try that on Monday." in said
    assert await talk.hear("hello?") == [
        "-- You were here under an earlier name; nothing was sent."
    ]
    assert talk.vault.outbox.of_room(ROOM) == []


async def test_who_reads_in_the_past_is_left_there(talk: Talk) -> None:
    await new_names.change(talk.client, talk.vault)
    await talk.hear("/room 2")
    talk.client._publish(Change("moved", NEXT, "Once more."))
    assert await talk.hear() == ["-- Once more."]


async def test_the_next_run_begins_where_one_lives(seeded: random.Random) -> None:
    talk = Talk(seeded)
    await new_names.change(talk.client, talk.vault)
    talk.lines.put_nowait("/quit")
    await talk.run(room=ROOM)
    assert talk.out.getvalue().startswith("-- “Parents at night”, 3 people.")


async def test_a_newcomer_is_told_once(seeded: random.Random) -> None:
    talk = Talk(seeded)
    new_names.rotate(talk.vault, NIGHT, newcomer=True)
    talk.vault.records.remove("rotation.names", filled_vault.OWN)
    for expected in (1, 0):
        talk.out.truncate(0)
        talk.out.seek(0)
        talk.lines.put_nowait("/quit")
        await talk.run()
        said = talk.out.getvalue()
        assert said.count("-- Today's newcomer is recognisable. At the next change") == expected
