"""The linear mode on a real vault, nothing connected."""

from __future__ import annotations

import asyncio
import io
import os
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from support.clock import FrozenClock
from support.conversation import OWN, ROOM, Conversation, hashed

from peerroom import plain
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.plain.asking import Asker, NoOneToAsk
from peerroom.plain.chat import NOT_SENT, SENT_ALL
from peerroom.plain.commands import COMMANDS, Command, Say, Unknown, help_lines, parse
from peerroom.plain.lines import LONGEST, Lines
from peerroom.plain.voice import Voice
from peerroom.store.rooms import StoredRoom


class Room:
    """A linear conversation, driven line by line."""

    def __init__(self, clock: FrozenClock, seeded: random.Random) -> None:
        self.talk = Conversation()
        self.talk.vault.rooms.set_state(ROOM, "m.room.name", "", {"name": "Kitchen table"})
        self.clock = clock
        self.client = Client(
            self.talk.vault, self.talk.account, config=Config(), clock=clock, random=seeded
        )
        self.out = io.StringIO()
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def _lines(self) -> AsyncIterator[str]:
        while (line := await self.lines.get()) is not None:
            yield line

    def start(self, *, piped: bool = False, kept: bool = True) -> asyncio.Task[int]:
        return asyncio.ensure_future(
            plain.run(
                self.client,
                self._lines(),
                Voice(self.out, UTC),
                help_now=lambda: ["119 ambulance"],
                rules=lambda: ["1. Be kind."],
                clock=self.clock,
                piped=piped,
                kept=kept,
                patience=5.0,
            )
        )

    async def hear(self, *typed: str | None) -> list[str]:
        """Type some lines; what was said until they are all dealt with."""
        before = len(self.out.getvalue())
        for line in typed:
            self.lines.put_nowait(line)
        # The loop goes round until nothing is left to do: the queue is taken, the listener told.
        for _turn in range(20):
            await asyncio.sleep(0)
        return self.out.getvalue()[before:].splitlines()


@pytest.fixture
def room(frozen_clock: FrozenClock, seeded: random.Random) -> Room:
    return Room(frozen_clock, seeded)


async def test_the_last_messages_are_read_out_first(room: Room) -> None:
    for number in range(15):
        room.talk.said(f"message {number}")
    running = room.start()
    said = await room.hear()
    assert said[0].startswith("-- “Kitchen table”, 2 people. /help")
    assert said[1] == "-- 2026-03-04"
    assert said[2] == "02:06 Small Otter: message 5"
    assert len(said) == 12
    room.lines.put_nowait("/quit")
    assert await running == SENT_ALL


async def test_every_event_is_one_line_and_said_once(room: Room) -> None:
    running = room.start()
    await room.hear()
    room.talk.said("two\nlines\n\nand \x1b[31mmore")
    room.client.timeline(ROOM)
    room.client._publish(Change("timeline", ROOM))
    said = await room.hear()
    assert said == ["-- 2026-03-04", "02:01 Small Otter: two / lines / and [31mmore"]
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == []
    room.lines.put_nowait("/quit")
    await running


async def test_changes_of_what_was_said_are_said(room: Room) -> None:
    event = room.talk.said("secret", status="undecryptable", trust="no_key")
    other = room.talk.said("regretted")
    running = room.start()
    assert "02:01 Small Otter (not decrypted yet): The key for this message" in (
        "\n".join(await room.hear())
    )
    clear = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "readable"}}
    room.talk.vault.events.set_clear(event.event_id, clear, "ok", "signed")
    room.talk.vault.events.redact(ROOM, other.event_id)
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == [
        "02:01 Small Otter: readable (readable now)",
        "02:02 Small Otter (deleted): This message was deleted.",
    ]
    room.lines.put_nowait("/quit")
    await running


def covered(text: str) -> dict[str, str]:
    """A message that is to be seen only by who opens it, as the bot shows evidence."""
    return {
        "msgtype": "m.notice",
        "body": text,
        "format": "org.matrix.custom.html",
        "formatted_body": f"<p><span data-mx-spoiler>{text}</span></p>",
    }


async def test_what_is_covered_is_read_out_only_to_who_asks(room: Room) -> None:
    first = room.talk.said(covered("an awful\nthing"))
    room.talk.said("hello")
    running = room.start()
    assert (await room.hear())[-2:] == [
        "02:01 Small Otter: Covered. /open reads it out.",
        "02:02 Small Otter: hello",
    ]
    room.talk.said(covered("worse"))
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == ["02:03 Small Otter: Covered. /open reads it out."]
    assert await room.hear("/open") == [
        "1. 02:03 Small Otter: Covered. /open reads it out.",
        "2. 02:01 Small Otter: Covered. /open reads it out.",
        "-- /open N reads out number N; 1 is the newest.",
    ]
    room.talk.said(covered("while one was typing"))
    assert await room.hear("/open 2") == ["02:01 Small Otter: an awful / thing"]
    assert await room.hear("/open 1") == ["02:03 Small Otter: worse"]
    for wrong in ("0", "3", "x"):
        said = await room.hear(f"/open {wrong}")
        assert said == ["-- Which message? /open alone numbers what is covered."]
    room.talk.vault.events.redact(ROOM, first.event_id)
    assert await room.hear("/open 2") == ["02:01 Small Otter (deleted): This message was deleted."]
    room.lines.put_nowait("/quit")
    await running


async def test_words_that_were_changed_to_covered_ones_are_not_said(room: Room) -> None:
    said = room.talk.said("first words")
    running = room.start()
    await room.hear()
    edit = {
        **covered("* an awful thing"),
        "m.new_content": covered("an awful thing"),
        "m.relates_to": {"rel_type": "m.replace", "event_id": said.event_id},
    }
    room.talk.said(edit)
    room.client._publish(Change("timeline", ROOM))
    [heard] = await room.hear()
    assert heard.startswith("-- Small Otter changed the message from 02:01")
    assert heard.endswith("Covered. /open reads it out.")
    assert await room.hear("/open 1") == ["02:01 Small Otter: an awful thing (edited)"]
    room.lines.put_nowait("/quit")
    await running


async def test_where_nothing_is_covered_nothing_is_opened(room: Room) -> None:
    room.talk.said("hello")
    running = room.start()
    await room.hear()
    assert await room.hear("/open") == ["-- Nothing is covered here."]
    room.lines.put_nowait("/quit")
    await running


async def test_a_changed_message_is_one_line_that_names_it(room: Room) -> None:
    room.talk.said("message 1", event_id=hashed("first"))
    for number in range(2, 13):
        room.talk.said(f"message {number}")
    running = room.start()
    last = room.talk.said("meet at 2, says Ann")
    mine = room.talk.said("fine", sender=OWN)
    await room.hear()
    room.talk.edited(last.event_id, "meet at 3\nin the kitchen")
    room.client._publish(Change("timeline", ROOM))
    # Not what it was before: that may be just what should not have been said.
    assert await room.hear() == [
        "-- Small Otter changed the message from 02:13: meet at 3 / in the kitchen"
    ]
    room.talk.edited(mine.event_id, "fine by me", sender=OWN)
    far = room.talk.edited(hashed("first"), "message from further up")
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == [
        "-- You changed your message from 02:14: fine by me",
        "-- Small Otter changed the message from 02:01: message from further up",
    ]
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == []
    room.talk.said("next")
    room.talk.vault.events.redact(ROOM, far.event_id)
    forged = room.talk.edited(last.event_id, "call 555", sender="@fox:example.org")
    room.client._publish(Change("timeline", ROOM))
    said = await room.hear()
    assert said[0].endswith("Small Otter: next")
    assert said[1].endswith(": * call 555") and "Otter" not in said[1]
    assert len(said) == 2 and forged.position < 99
    room.lines.put_nowait("/quit")
    await running


async def test_a_change_that_is_taken_back_is_said(room: Room) -> None:
    first = room.talk.said("one", event_id=hashed("first"))
    edit = room.talk.edited(first.event_id, "two")
    running = room.start()
    assert (await room.hear())[-1] == "02:01 Small Otter: two (edited)"
    room.talk.vault.events.redact(ROOM, edit.event_id)
    room.client._publish(Change("timeline", ROOM))
    reads = "-- Small Otter's message from 02:01 reads as it did at first: one"
    assert await room.hear() == [reads]
    room.lines.put_nowait("/quit")
    await running


async def test_changes_from_before_are_no_news(room: Room) -> None:
    for number in range(15):
        room.talk.said(f"message {number}")
    for number in range(1, 16):
        room.talk.edited(f"$event{number}", f"changed {number}")
    running = room.start()
    said = await room.hear()
    assert said[2:] == [f"02:{n:02} Small Otter: changed {n} (edited)" for n in range(6, 16)]
    assert "02:05 Small Otter: changed 5 (edited)" in await room.hear("/older")
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == []
    room.lines.put_nowait("/quit")
    await running


async def test_speaking_while_offline_is_kept_and_said_when_it_went(room: Room) -> None:
    running = room.start()
    await room.hear()
    assert await room.hear("good evening") == ["-- Kept. It is sent when the connection is back."]
    (row,) = room.talk.vault.outbox.of_room(ROOM)
    room.talk.said("good evening", sender=OWN, transaction_id=row.transaction_id)
    room.talk.vault.outbox.remove(row.id)
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == ["-- 2026-03-04", "02:01 you: good evening"]
    room.lines.put_nowait("/quit")
    assert await running == SENT_ALL


async def test_who_is_muted_hears_so_rather_than_that_it_will_go_out(room: Room) -> None:
    levels = {"users": {OWN: -1}}
    room.talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", levels)
    running = room.start()
    await room.hear()
    assert await room.hear("let me in") == [
        "-- You cannot write here for now. You can read; what you wrote is kept."
    ]
    assert len(room.talk.vault.outbox.of_room(ROOM)) == 1
    room.lines.put_nowait("/quit")
    await running


async def test_what_may_have_been_sent_says_so_and_offers_nothing(room: Room) -> None:
    running = room.start()
    await room.hear("perhaps")
    (row,) = room.talk.vault.outbox.of_room(ROOM)
    room.talk.vault.outbox.mark_sending(row.id, room.clock.now())
    room.talk.vault.outbox.mark_unsure(row.id, "It is not certain that this was sent.")
    room.client._publish(Change("outbox", ROOM))
    assert (await room.hear())[1:] == [
        "02:00 you: perhaps (It is not certain that this was sent.)",
    ]
    assert await room.hear("/retry") == ["-- Nothing waits to be sent again."]
    room.lines.put_nowait("/quit")
    assert await running == SENT_ALL


async def test_what_failed_says_why_and_how_to_go_on(room: Room) -> None:
    running = room.start()
    await room.hear("too much")
    (row,) = room.talk.vault.outbox.of_room(ROOM)
    room.talk.vault.outbox.mark_sending(row.id, room.clock.now())
    room.talk.vault.outbox.mark_failed(row.id, "This message is too long.", refused=True)
    room.client._publish(Change("outbox", ROOM))
    assert await room.hear() == [
        "-- 2026-03-04",
        "02:00 you: too much (not sent: This message is too long. /retry or /undo)",
    ]
    await room.hear("/retry")
    assert room.talk.vault.outbox.of_room(ROOM)[0].state == "queued"
    room.talk.vault.outbox.mark_sending(row.id, room.clock.now())
    room.talk.vault.outbox.mark_failed(row.id, "This message is too long.", refused=True)
    assert "-- Taken back: too much" in await room.hear("/undo")
    assert room.talk.vault.outbox.of_room(ROOM) == []
    room.lines.put_nowait("/quit")
    assert await running == SENT_ALL


async def test_deleting_by_number_means_what_was_listed(room: Room) -> None:
    room.talk.said("first", sender=OWN)
    room.talk.said("second", sender=OWN)
    running = room.start()
    await room.hear()
    assert await room.hear("/delete") == [
        "1. you: second",
        "2. you: first",
        "-- /delete N deletes number N; 1 is your last message.",
    ]
    room.talk.said("third", sender=OWN)
    room.client._publish(Change("timeline", ROOM))
    await room.hear("/delete 2")
    left = [view.body for view in room.client.timeline(ROOM).page() if view.state == "sent"]
    assert left == ["second", "third"]
    await room.hear("/delete last")
    left = [view.body for view in room.client.timeline(ROOM).page() if view.state == "sent"]
    assert left == ["second"]
    assert (await room.hear("/delete 99"))[-1].startswith("-- Which message?")
    room.lines.put_nowait("/quit")
    await running


async def test_older_messages_on_request(room: Room) -> None:
    for number in range(25):
        room.talk.said(f"message {number}")
    running = room.start()
    await room.hear()
    earlier = await room.hear("/older")
    assert earlier[0] == "-- Earlier:" and earlier[-1] == "-- Back to now."
    assert "message 0" in earlier[1] and len(earlier) == 17
    assert await room.hear("/older") == ["-- Nothing older is here yet."]
    room.talk.said("new")
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == ["02:26 Small Otter: new"]
    room.lines.put_nowait("/quit")
    await running


async def test_rooms_people_rules_and_help(room: Room) -> None:
    room.talk.vault.rooms.put(StoredRoom("!desk:example.org", room.talk.account.id))
    room.talk.vault.rooms.set_state("!desk:example.org", "m.room.name", "", {"name": "Desk"})
    room.talk.said("hello")
    running = room.start()
    await room.hear()
    assert await room.hear("/rooms") == ["1. Kitchen table", "2. Desk"]
    assert (await room.hear("/room 2"))[0].startswith("-- “Desk”, 0 people.")
    assert await room.hear("/room 7") == ["-- Which room? /rooms numbers them."]
    room.talk.said("news elsewhere")
    room.client._acting.roster.changed(ROOM)
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == ["-- Something new in “Kitchen table”: /room 1"]
    room.client._publish(Change("timeline", ROOM))
    assert await room.hear() == []
    await room.hear("/room 1")
    assert await room.hear("/who") == ["Quiet Heron (you)", "Small Otter"]
    assert await room.hear("/rules") == ["1. Be kind."]
    assert await room.hear("/help-now") == ["119 ambulance"]
    assert await room.hear("/help") == help_lines()
    assert await room.hear("/helpnow") == ["-- There is no such command. Did you mean /help-now?"]
    room.lines.put_nowait("/quit")
    await running


async def test_the_end_of_a_pipe_waits_and_then_says_what_was_not_sent(room: Room) -> None:
    running = room.start(piped=True, kept=False)
    await room.hear("one", "two", None)
    assert not running.done()
    await room.clock.someone_sleeps()
    room.clock.advance(5.1)
    assert await running == NOT_SENT
    assert room.out.getvalue().splitlines()[-1] == (
        "-- 2 messages were not sent, and nothing is kept on this computer."
    )


async def test_a_pipe_that_sent_everything_ends_well(room: Room) -> None:
    running = room.start(piped=True)
    await room.hear("one", None)
    (row,) = room.talk.vault.outbox.of_room(ROOM)
    room.talk.vault.outbox.mark_sending(row.id, room.clock.now())
    room.talk.vault.outbox.mark_sent(row.id, "$sent")
    room.client._rows.set()
    assert await running == SENT_ALL
    assert "02:00 you: one" in room.out.getvalue()


async def test_a_handed_over_vault_ends_the_conversation(room: Room) -> None:
    running = room.start()
    await room.hear()
    room.client._asked()
    assert await running == SENT_ALL
    assert "opened elsewhere" in room.out.getvalue()


async def test_without_a_room_it_waits_for_one(room: Room) -> None:
    room.talk.vault.rooms.set_membership(ROOM, "invite")
    running = room.start()
    assert await room.hear("hello") == ["-- There is no room to say it in yet."]
    room.talk.vault.rooms.set_membership(ROOM, "join")
    room.client._acting.roster.changed(ROOM)
    room.client._publish(Change("rooms"))
    assert (await room.hear())[0].startswith("-- “Kitchen table”")
    room.talk.vault.rooms.set_membership(ROOM, "ban")
    room.client._acting.roster.changed(ROOM)
    assert await room.hear("hello?") == ["-- You are not in this room any more; nothing was sent."]
    room.lines.put_nowait("/quit")
    await running


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("", None),
        ("   ", None),
        ("hello", Say("hello")),
        ("/help", Command("help")),
        ("／rooms", Command("rooms")),
        ("/people", Command("who")),
        ("/poeple", Unknown("poeple", "people")),
        ("/ROOM 3", Command("room", "3")),
        ("/me waves", Say("/me waves")),
        ("/me", None),
        ("// not a command", Say("// not a command")),
        ("/ neither", Say("/ neither")),
        ("/", Say("/")),
        ("/quti", Unknown("quti", "quit")),
        ("/zzz", Unknown("zzz", None)),
    ],
)
def test_what_is_typed(line: str, meaning: object) -> None:
    assert parse(line) == meaning


@pytest.mark.parametrize(
    ("argument", "number"),
    [("1", 1), ("last", 1), ("LAST", 1), ("0", None), ("-1", None), ("x", None), ("9" * 99, None)],
)
def test_numbers(argument: str, number: int | None) -> None:
    assert Command("delete", argument).number == number


def test_help_lists_every_command() -> None:
    assert [line.split()[0] for line in help_lines()] == [f"/{word}" for word in COMMANDS]


def lines_of(data: bytes) -> Lines:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return Lines(reading)


def test_lines_are_read_whatever_their_bytes() -> None:
    lines = lines_of("one\r\nzwei\n三\n\xff".encode("latin-1", "replace") + b"\xff last")
    assert [lines.next(), lines.next()] == ["one", "zwei"]
    rest = list(iter(lines.next, None))
    assert rest[-1].endswith(" last")
    os.close(lines.fd)


def test_an_endless_line_is_cut(tmp_path: object) -> None:
    lines = lines_of(b"x" * 60_010)
    assert lines.next() == "x" * LONGEST
    assert lines.next() is None
    os.close(lines.fd)


async def test_the_rest_comes_as_a_stream() -> None:
    lines = lines_of(b"answer\nfirst\nsecond")
    assert lines.next() == "answer"
    assert [line async for line in lines.stream()] == ["first", "second"]
    os.close(lines.fd)


def asker(data: bytes, *secrets: str) -> tuple[Asker, io.StringIO]:
    out = io.StringIO()
    typed = iter(secrets)

    def secret(question: str) -> str:
        out.write(question + "\n")
        return next(typed)

    return Asker(lines_of(data), Voice(out, UTC), lambda: ["119 ambulance"], secret), out


def test_help_now_works_at_every_question() -> None:
    asks, out = asker(b"/help-now\n2\n", "/help-now", "words")
    assert asks.choose("Which?", ["a", "b"]) == 1
    assert asks.secret("Passphrase:") == "words"
    assert out.getvalue().count("119 ambulance") == 2
    os.close(asks.lines.fd)


def test_questions_and_their_ends() -> None:
    asks, _out = asker("yes\nはい\nno\n\n7\nx\n1\n".encode())
    assert [asks.yes("?"), asks.yes("?"), asks.yes("?")] == [True, True, False]
    assert asks.choose("?", ["a", "b"], default=1) == 1
    assert asks.choose("?", ["a", "b"]) == 0
    with pytest.raises(NoOneToAsk):
        asks.ask("?")
    os.close(asks.lines.fd)


def test_times_are_the_readers(room: Room) -> None:
    from zoneinfo import ZoneInfo

    room.talk.said("late")
    out = io.StringIO()
    Voice(out, ZoneInfo("Asia/Tokyo")).message(room.client.timeline(ROOM).page()[0])
    assert out.getvalue() == "-- 2026-03-04\n11:01 Small Otter: late\n"
    assert room.clock.now() == datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
