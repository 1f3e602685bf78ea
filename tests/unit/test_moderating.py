"""Commands of a moderator, and what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from support import patience
from support.desks import BOT, DESK, FELLOW, OWN, START, Place

from peerroom.client.casework import Casework
from peerroom.client.casework_views import Answer
from peerroom.client.moderating import PATIENCE
from peerroom.wire.cases import Claimed, Done, LetGo, Noted, Opened, Reminded


@pytest.fixture
def place() -> Place:
    place = Place(desk=True)
    place.step(Opened(case=3, n=1, at=START, source="report", reason="report"))
    return place


@pytest.fixture
def work(place: Place) -> Casework:
    [work] = place.client.casework()
    return work


class Asking:
    """A command that waits for its answer, and the hands of a scripted bot."""

    def __init__(self, place: Place, command: Coroutine[Any, Any, Answer]) -> None:
        self._place = place
        self.task = asyncio.ensure_future(command)

    async def sent(self) -> str:
        """Let the command go out and come back; returns its text."""
        async with asyncio.timeout(patience.PATIENCE):
            await self._place.clock.someone_sleeps()  # it waits for the answer
        [row] = self._place.vault.outbox.queued(self._place.account.id)
        assert row.room_id == DESK and row.content["type"] == "m.room.message"
        assert row.content["content"]["msgtype"] == "m.text"
        self.event = self._place.came_back(row.transaction_id)
        return str(row.content["content"]["body"])

    def says(self, text: str, **more: Any) -> None:
        notice = {"msgtype": "m.notice", "body": text, **more.pop("content", {})}
        self._place.said(DESK, more.pop("sender", BOT), notice, **more)
        self._place.heard(DESK)

    async def answer(self) -> Answer:
        async with asyncio.timeout(patience.PATIENCE):
            return await self.task


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda w: w.claim(3), "!claim 3"),
        (lambda w: w.drop(3), "!drop 3"),
        (lambda w: w.note(3, "two\nlines"), "!note 3 two lines"),
        (lambda w: w.ask_second(3), "!second 3"),
        (lambda w: w.opinion(3, True), "!agree 3"),
        (lambda w: w.opinion(3, False, "not so"), "!disagree 3 not so"),
        (lambda w: w.allow(3), "!allow 3"),
        (lambda w: w.remove(3), "!remove 3"),
        (lambda w: w.reply(3, "thanks"), "!reply 3 thanks"),
        (lambda w: w.tell(3, "contact"), "!tell 3 contact"),
        (lambda w: w.close(3), "!close 3"),
        (lambda w: w.close(3, "sat out"), "!close 3 sat out"),
        (lambda w: w.undo(12), "!undo 12"),
        (lambda w: w.confirm(Answer("asks", "", confirm="yes 7k2")), "!yes 7k2"),
        (lambda w: w.templates(), "!templates"),
        (lambda w: w.template("hello"), "!template hello"),
        (lambda w: w.ask_status(), "!status"),
        (lambda w: w.ask_audit("Small Otter"), "!audit Small Otter"),
        (lambda w: w.begin_shift(), "!shift on"),
        (lambda w: w.end_shift(), "!shift off"),
        (lambda w: w.command("mute Small Otter 2h"), "!mute Small Otter 2h"),
    ],
)
async def test_everything_done_is_a_command_that_anyone_could_type(
    place: Place, work: Casework, call: Any, line: str
) -> None:
    asking = Asking(place, call(work))
    assert await asking.sent() == line
    asking.says("so it is")
    assert await asking.answer() == Answer("said", "so it is")


async def test_a_step_in_ones_own_name_is_the_answer(place: Place, work: Casework) -> None:
    asking = Asking(place, work.claim(3))
    await asking.sent()
    for step in (
        Reminded(case=3, n=2, at=START),
        Claimed(case=3, n=3, at=START, by=FELLOW),
        Claimed(case=4, n=1, at=START, by=OWN),
        LetGo(case=3, n=4, at=START, lapsed=True),
    ):
        place.step(step)
    place.step(Claimed(case=3, n=5, at=START, by=OWN), trust="unsigned")
    place.heard(DESK)
    await asyncio.sleep(0)
    assert not asking.task.done()
    place.step(Claimed(case=3, n=5, at=START, by=OWN))
    place.heard(DESK)
    assert await asking.answer() == Answer("done", "Case 3: you look after it.", case=3)
    assert [row.number for row in work.cases("mine")] == [4, 3]


async def test_what_was_said_before_is_no_answer(place: Place, work: Casework) -> None:
    place.said(DESK, BOT, {"msgtype": "m.notice", "body": "earlier"})
    asking = Asking(place, work.ask_status())
    await asking.sent()
    asking.says("forged", sender=FELLOW)
    asking.says("forged", trust="unsigned")
    asking.says("forged", encrypted=False)
    await asyncio.sleep(0)
    assert not asking.task.done()
    asking.says("All is well.")
    assert await asking.answer() == Answer("said", "All is well.")


async def test_an_answer_to_somebody_else_is_not_ones_own(place: Place, work: Casework) -> None:
    def reply_to(event_id: str) -> dict[str, Any]:
        return {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}

    asking = Asking(place, work.command("mute Small Otter"))
    await asking.sent()
    asking.says("theirs", content=reply_to("$theirs"))
    await asyncio.sleep(0)
    assert not asking.task.done()
    asking.says("ours", content=reply_to(asking.event.event_id))
    assert (await asking.answer()).text == "ours"


@pytest.mark.parametrize("shown", ["`yes 7k2`", "!yes 7K2.", "“yes 7k2”"])
async def test_what_is_broad_has_to_be_confirmed(place: Place, work: Casework, shown: str) -> None:
    asking = Asking(place, work.command("remove Small Otter 14"))
    await asking.sent()
    asking.says(f"This removes 14 messages by 1 person. Confirm with {shown}")
    answer = await asking.answer()
    assert answer.kind == "asks" and answer.confirm is not None
    again = Asking(place, work.confirm(answer))
    assert (await again.sent()).casefold() == "!yes 7k2"
    place.step(Done(case=3, n=9, at=START, by=OWN, what="removed", deed=5))
    place.heard(DESK)
    assert (await again.answer()).kind == "done"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("clam 3", "I did not understand “!clam 3”. Try: !claim 3"),
        ("frobnicate", "I did not understand “!frobnicate”. Try: !help"),
        ("", "That is no command. `!help` lists them."),
        ("!!", "That is no command. `!help` lists them."),
    ],
)
async def test_what_is_no_command_is_not_sent(
    place: Place, work: Casework, typed: str, sentence: str
) -> None:
    assert await work.command(typed) == Answer("said", sentence)
    assert place.vault.outbox.queued(place.account.id) == []


async def test_silence_is_said_in_words(place: Place, work: Casework) -> None:
    asking = Asking(place, work.note(3, "hello"))
    await asking.sent()
    await place.clock.someone_sleeps()
    place.clock.advance(PATIENCE)
    answer = await asking.answer()
    assert answer == Answer("silent", "Kept. It is sent when the connection is back.")
    # What comes of it later is in the case all the same.
    place.step(Noted(case=3, n=2, at=START, by=OWN, text="hello"))
    place.heard(DESK)
    page = work.page(3)
    assert page is not None and page.history[-1].text == "hello"


async def test_a_command_that_cannot_be_sent_says_why(place: Place, work: Casework) -> None:
    asking = Asking(place, work.claim(3))
    await place.clock.someone_sleeps()
    [row] = place.vault.outbox.queued(place.account.id)
    place.vault.outbox.mark_sending(row.id, place.clock.now())
    place.vault.outbox.mark_failed(row.id, "The server says no.")
    place.heard(DESK)
    assert await asking.answer() == Answer("silent", "The server says no.")


async def test_a_draft_in_the_moderators_room_stays(place: Place, work: Casework) -> None:
    place.client.set_draft(DESK, "half a thought")
    asking = Asking(place, work.ask_status())
    await asking.sent()
    asking.says("well")
    await asking.answer()
    assert place.client.draft(DESK) == "half a thought"
