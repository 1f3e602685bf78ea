"""A step that cannot be read back is never kept, and stops nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.clock import FrozenClock
from support.serverless_bot import BOT, DESK, bot_for, filled, put

from peerroom.bot.casebook import CASES, Casebook
from peerroom.bot.runtime import Bot
from peerroom.moderation import case_timers, docket
from peerroom.moderation.cases import Case
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import cases as wire
from peerroom.wire.content import BadContent

ANNA, BEN, DOOR = "@anna:x", "@ben:x", "!door"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault, (ANNA, BEN))


def asks(vault: Vault, clock: FrozenClock, number: int, sender: str, door: str = DOOR) -> None:
    vault.rooms.put(StoredRoom(door, 1, encrypted=True, is_direct=True))
    for user in (BOT, sender):
        vault.rooms.set_state(door, "m.room.member", user, {"membership": "join"})
    at = int(clock.now().timestamp() * 1000)
    put(vault, number, f"please {number}", room_id=door, sender=sender, origin_ts=at)


def ticked(bot: Bot, clock: FrozenClock) -> None:
    assert bot._judging is not None
    for _n in range(100):
        if not bot._judging.tick(clock.now()):
            return
        clock.advance(0.001)
    pytest.fail("time never stood still")


def test_a_case_with_many_messages_is_cleared_and_the_bot_goes_on(
    vault: Vault, clock: FrozenClock
) -> None:
    bot = bot_for(vault, clock)
    for number in range(1, 62):
        asks(vault, clock, number, ANNA)
        bot._judge()
        clock.advance(600)
    shown = [step for step in bot.ledger.casebook.steps(1) if isinstance(step, wire.Shown)]
    assert len(shown) == 61
    clock.advance(timedelta(days=31).total_seconds())
    ticked(bot, clock)
    assert bot.ledger.counts() == {}
    assert not any(isinstance(step, wire.Shown) for step in bot.ledger.casebook.steps(1))
    again = bot_for(vault, clock).ledger.casebook
    assert again.cases() == bot.ledger.casebook.cases()
    assert again.cases()[1].complete


def test_what_could_not_be_read_back_is_not_kept(vault: Vault) -> None:
    book = Casebook(vault.records)
    book.take(wire.Opened(case=1, n=1, at=1, source="request", reason="request"))
    with pytest.raises(BadContent):
        book.take(wire.Noted(case=1, n=2, at=1, by=BOT, text="x" * 4_001))
    assert [step.n for step in book.steps(1)] == [1]
    assert book.cases() == Casebook(vault.records).cases()


def test_what_an_earlier_version_kept_and_nobody_can_read_stops_nothing(vault: Vault) -> None:
    book = Casebook(vault.records)
    book.take(wire.Opened(case=1, n=1, at=1, source="request", reason="request"))
    kept = vault.records.get(CASES, "1")
    note = {**wire.content(wire.Noted(case=1, n=2, at=1, by=BOT, text="")), "text": "x" * 4_001}
    vault.records.replace(CASES, "1", [*kept, note])
    again = Casebook(vault.records)
    assert again.cases()[1].source == "request"
    again.take(wire.Claimed(case=1, n=3, at=2, by=ANNA))
    assert [step.n for step in again.steps(1)] == [1, 3]


def test_a_decision_that_cannot_be_kept_is_counted_and_nothing_else_stops(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = bot_for(vault, clock)
    asks(vault, clock, 1, ANNA)
    bot._judge()
    long = wire.Noted(case=1, n=3, at=1, by=BOT, text="x" * 4_001)
    monkeypatch.setattr(docket.Docket, "steps", property(lambda _self: (long,)))
    put(vault, 2, "!note 1 hello", origin_ts=int(clock.now().timestamp() * 1000))
    bot._judge()
    monkeypatch.undo()
    assert bot.ledger.counts() == {"event could not be judged": 1}
    assert bot_for(vault, clock).ledger.casebook.cases() == bot.ledger.casebook.cases()
    put(vault, 3, "!note 1 hello", origin_ts=int(clock.now().timestamp() * 1000))
    bot._judge()
    assert bot.ledger.casebook.cases()[1].notes[0].text == "hello"


def test_a_mistake_about_one_case_leaves_the_others_their_turn(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = bot_for(vault, clock)
    asks(vault, clock, 1, ANNA)
    asks(vault, clock, 2, BEN, "!other")
    bot._judge()
    forgotten = case_timers._is_forgotten

    def broken(case: Case, at: Any) -> bool:
        if case.number == 1:
            raise BadContent
        return forgotten(case, at)

    monkeypatch.setattr(case_timers, "_is_forgotten", broken)
    clock.advance(timedelta(hours=13).total_seconds())
    ticked(bot, clock)
    cases = bot.ledger.casebook.cases()
    assert cases[2].reminded_at is not None
    assert cases[1].reminded_at is None
    assert bot._picture is not None
    assert bot._picture.take().health.unjudged == 1
    ticked(bot, clock)
    assert bot._picture.take().health.unjudged == 1  # said once, while it lasts
    said = [row.content["content"]["body"] for row in vault.outbox.queued(1) if row.room_id == DESK]
    assert any("Nobody looks after it yet" in words for words in said)
    monkeypatch.undo()
    ticked(bot, clock)
    assert bot.ledger.casebook.cases()[1].reminded_at is not None
