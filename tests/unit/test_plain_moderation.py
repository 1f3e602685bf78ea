"""Members and moderators in the linear mode: thin lines over the client's desks."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC
from pathlib import Path
from random import Random

import pytest
from support.desks import BOT, CIRCLE, DESK, DOOR, OTHER, OWN, START, Place

from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.plain.commands import AT_THE_DESK, COMMANDS, MODERATION, Command, help_lines, parse
from peerroom.plain.moderation import Moderation
from peerroom.plain.voice import Voice
from peerroom.wire import member
from peerroom.wire.cases import Claimed, Line, Noted, Opened, Shown
from peerroom.wire.member import Appeal, AskModerator, Explained, Received, Reply, Report


class Talk:
    """Commands typed one by one, and what is said to each."""

    def __init__(self, place: Place, room_id: str | None = CIRCLE) -> None:
        self.place = place
        self.room_id = room_id
        self.out = io.StringIO()
        self.moderation = Moderation(place.client, Voice(self.out, UTC), place.clock)
        place.client.link.say("online", "Connected.")

    async def type(self, line: str) -> list[str]:
        command = parse(line)
        assert isinstance(command, Command) and command.word in MODERATION
        before = len(self.out.getvalue())
        await self.moderation.obey(self.room_id, command)
        return self.out.getvalue()[before:].splitlines()

    def asks(self) -> list[member.Ask]:
        rows = self.place.vault.outbox.of_room(DOOR)
        return [member.read_ask(row.content["content"]) for row in rows]


@pytest.fixture
def place() -> Place:
    return Place(desk=True)


@pytest.fixture
def talk(place: Place) -> Talk:
    return Talk(place)


async def test_reporting_by_number(place: Place, talk: Talk) -> None:
    assert await talk.type("/report") == ["-- Nobody else has written here yet."]
    for text in ("first", "second\nline", "third"):
        place.said(CIRCLE, OTHER, text)
    place.said(CIRCLE, OWN, "mine")
    assert await talk.type("/report") == [
        "1. Small Otter: third",
        "2. Small Otter: second / line",
        "3. Small Otter: first",
        "-- /report N reports number N; /report 2,3 and a few words says why, too.",
    ]
    place.said(CIRCLE, OTHER, "while one was typing")
    assert await talk.type("／report ２、3 they sell something") == [
        "-- The moderators are told in private, with what stood around it. Nobody here sees it."
    ]
    [ask] = talk.asks()
    assert isinstance(ask, Report) and ask.why == "they sell something"
    about = [line.text for line in ask.lines if line.about]
    assert about == ["first", "second\nline"]


@pytest.mark.parametrize("argument", ["9", "0", "x", "1,x", "99999999999", "²"])
async def test_a_number_that_is_none(place: Place, talk: Talk, argument: str) -> None:
    place.said(CIRCLE, OTHER, "hello")
    said = await talk.type(f"/report {argument}")
    assert said == ["-- Which message? /report alone numbers the last ones."]
    assert talk.asks() == []


async def test_where_nobody_could_read_a_report_that_is_said(place: Place) -> None:
    place.room("!other:example.org", {OWN: "Heron", OTHER: "Otter"}, maker=OTHER)
    [said] = await Talk(place, "!other:example.org").type("/report")
    assert said.startswith("-- No moderators of PeerRoom look after this room")
    assert await Talk(place, None).type("/report") == ["-- There is no room here yet."]


async def test_asking_for_help_and_a_private_word(place: Place, talk: Talk) -> None:
    said = await talk.type("/ask it is too much tonight")
    assert said == [
        "-- The moderators are told in private that you need them.",
        "-- /help-now has numbers to call, at any time.",
    ]
    assert (await talk.type("/moderators"))[0].endswith(
        "a call for help: it is too much tonight (on its way)"
    )
    await talk.type("/moderators May I post a link?")
    assert talk.asks() == [
        AskModerator(text="it is too much tonight", help=True),
        AskModerator(text="May I post a link?"),
    ]
    event = place.asked(AskModerator(text="and this?"))
    place.tell(Received(about=event.event_id))
    said = await talk.type("/moderators")
    assert any(line.endswith("and this? (the moderators have it)") for line in said)


async def test_without_a_connection_nothing_is_promised(place: Place, talk: Talk) -> None:
    place.client.link.say("offline", "The server is away.")
    assert await talk.type("/ask please") == [
        "-- Kept. It is sent when the connection is back.",
        "-- /help-now has numbers to call, at any time.",
    ]
    assert talk.asks() == [AskModerator(text="please", help=True)]


async def test_asking_works_in_any_room_one_has_moderators_for(place: Place) -> None:
    place.room("!other:example.org", {OWN: "Heron", OTHER: "Otter"}, maker=OTHER)
    talk = Talk(place, "!other:example.org")
    await talk.type("/ask")
    assert talk.asks() == [AskModerator(help=True)]


async def test_a_bot_that_is_not_itself_hears_nothing(place: Place, talk: Talk) -> None:
    place.vault.identities.pin(BOT, "B" * 43)
    [said] = await talk.type("/ask please")
    assert said.startswith("-- The moderators' program is not proven")
    assert talk.asks() == []


async def test_why_and_appeal(place: Place, talk: Talk) -> None:
    assert await talk.type("/why") == ["-- Nothing was done about what you wrote."]
    until = START + 3_600_000 + 26 * 3_600_000
    place.tell(
        Explained(deed=12, what="muted", reason="contact", text="See you tomorrow.", until=until)
    )
    first, last = await talk.type("/why")
    assert first == (
        "12. 2026-03-04 02:01 For now you can read here, and not write. "
        "Why: contact details or an address. Until Thursday 05:00. See you tomorrow."
    )
    assert last == "-- /appeal N asks the moderators to look again at number N."
    assert await talk.type("/appeal") == ["-- Which one? /why numbers what was done."]
    assert await talk.type("/appeal 12 it was a helpline") == [
        "-- The moderators are asked to look again; the answer comes in private."
    ]
    assert talk.asks() == [Appeal(deed=12, text="it was a helpline")]
    assert (await talk.type("/why"))[0].endswith("(you asked to look again)")
    [said] = await talk.type("/appeal 12")
    assert said.startswith("-- You have asked already")
    [said] = await talk.type("/appeal 13")
    assert said.startswith("-- There is nothing of yours with this number")


# at the desk


def case(place: Place) -> None:
    place.step(
        Opened(
            case=3,
            n=1,
            at=START,
            source="report",
            reason="report",
            room_id=CIRCLE,
            about=OTHER,
            name="Small Otter",
            cues=("two cues",),
            event_ids=("$x",),
        )
    )
    lines = (
        Line(name="Quiet Heron", text="hello", at=START, unsigned=True),
        Line(name="Small Otter", text="buy\nmy course", at=START, about=True),
    )
    place.step(Shown(case=3, n=2, at=START, lines=lines))
    place.heard(DESK)


async def test_who_is_no_moderator_hears_so() -> None:
    talk = Talk(Place())
    for word in AT_THE_DESK:
        assert await talk.type(f"/{word}") == [
            "-- This is for moderators, and you are in no room of theirs."
        ]


async def test_the_cases_and_one_of_them(place: Place, talk: Talk) -> None:
    assert (await talk.type("/cases"))[-1] == "-- No cases here."
    case(place)
    assert await talk.type("/cases") == [
        "3. 2026-03-04 02:00 reported by a member, Small Otter, Room circ",
        "-- Room circ: 3 people, and the bot is here.",
        "-- /case N shows number N.",
    ]
    assert await talk.type("/cases nonsense") == ["-- `/cases`, `/cases mine` or `/cases closed`."]
    said = await talk.type("/case 3")
    assert said == [
        "3. 2026-03-04 02:00 reported by a member, Small Otter, Room circ",
        "· two cues",
        "2026-03-04 02:00 reported by a member",
        "2026-03-04 02:00 the messages were kept",
        "-- 2 messages are covered; /case 3 show reads them out.",
        "-- /case 3 claim · /case 3 note",
    ]
    assert await talk.type("/case 3 show") == [
        "  2026-03-04 02:00 Quiet Heron (written from a device that is not confirmed): hello",
        "> 2026-03-04 02:00 Small Otter: buy / my course",
    ]
    assert "course" not in "".join(await talk.type("/case 3"))
    for wrong in ("", "99", "x"):
        assert await talk.type(f"/case {wrong}") == ["-- Which case? /cases numbers them."]


async def test_doing_something_waits_for_the_bot(place: Place, talk: Talk) -> None:
    case(place)
    typing = asyncio.ensure_future(talk.type("/case 3 note seen this before"))
    await place.clock.someone_sleeps()
    [row] = place.vault.outbox.of_room(DESK)
    assert row.content["content"]["body"] == "!note 3 seen this before"
    place.came_back(row.transaction_id)
    place.step(Noted(case=3, n=3, at=START, by=OWN, text="seen this before"))
    place.heard(DESK)
    assert await typing == ["-- Case 3: you left a note."]


async def test_any_command_and_its_confirmation(place: Place, talk: Talk) -> None:
    typing = asyncio.ensure_future(talk.type("/do remove Small Otter 14"))
    await place.clock.someone_sleeps()
    [row] = place.vault.outbox.of_room(DESK)
    place.came_back(row.transaction_id)
    notice = {"msgtype": "m.notice", "body": "14 messages by 1 person.\nConfirm with `yes 7k2`"}
    place.said(DESK, BOT, notice)
    place.heard(DESK)
    assert await typing == [
        "-- 14 messages by 1 person.",
        "-- Confirm with `yes 7k2`",
        "-- `/do yes 7k2` does it.",
    ]


async def test_the_log_is_read_out_and_written(place: Place, talk: Talk, tmp_path: Path) -> None:
    assert await talk.type("/audit") == ["-- Nothing is written down about that."]
    case(place)
    place.step(Claimed(case=3, n=3, at=START + 60_000, by=OWN))
    place.heard(DESK)
    assert await talk.type("/audit quiet heron") == [
        "2026-03-04 02:01 3. (Small Otter) Quiet Heron: looks after it"
    ]
    assert await talk.type("/audit export") == ["-- Where to? `/audit export FILE`"]
    path = tmp_path / "the log.csv"
    assert (await talk.type(f"/audit export {path}"))[0].startswith("-- 2 entries were written.")
    assert path.exists()
    [said] = await talk.type(f"/audit export {path}")
    assert said.startswith("-- The log could not be written there.")


async def test_what_is_new(place: Place, talk: Talk) -> None:
    case(place)
    assert await talk.type("/shift") == ["-- Since your last shift: 1 case, 1 open."]


def test_help_shows_the_desk_to_moderators_alone(place: Place) -> None:
    moderator, other = Talk(place).moderation.help(), Talk(Place()).moderation.help()
    assert other == help_lines()
    assert moderator == help_lines(moderates=True)
    assert [line.split()[0] for line in moderator] == [
        f"/{word}" for word in (*COMMANDS, *AT_THE_DESK)
    ]


async def test_what_the_moderators_wrote_can_be_read_after_names_changed(place: Place) -> None:
    place.tell(Reply(text="We are with you.\nCome back any time."))
    new = place.vault.accounts.add(
        homeserver="https://example.org", user_id="@new:example.org", device_id="B", access_token=""
    )
    place.account = new
    place.client = Client(place.vault, new, config=Config(), clock=place.clock, random=Random(1))
    said = await Talk(place).type("/moderators")
    assert said[0] == (
        "2026-03-04 02:01 the moderators wrote: We are with you. / Come back any time. "
        "(before your name changed)"
    )
