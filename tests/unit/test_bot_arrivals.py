"""Another server's clock is no way past what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.clock import FrozenClock
from support.serverless_bot import CIRCLE, DESK, MOD, bot_for, filled, put

from peerroom.bot.arrivals import Arrivals
from peerroom.bot.runtime import Bot
from peerroom.matrix.room_updates import RoomDelta
from peerroom.matrix.sync import SyncBatch
from peerroom.store.vault import Vault


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault)


def batch(*event_ids: str, filled: bool = False) -> SyncBatch:
    return SyncBatch(rooms=(RoomDelta(CIRCLE, new_events=event_ids),), filled=filled)


def turn(bot: Bot, *event_ids: str, filled: bool = False) -> None:
    """What a turn of sync does before the bot judges."""
    bot._reader.arrivals.turn(batch(*event_ids, filled=filled))


def comes(vault: Vault, number: int, at: int) -> str:
    user = f"@raider{number}:far.example"
    content = {"membership": "join", "displayname": f"Raider {number}"}
    raw = {"type": "m.room.member", "state_key": user, "content": content}
    fields = {"room_id": CIRCLE, "sender": user, "type": "m.room.member", "origin_ts": at}
    return put(vault, number, raw=raw, clear=None, trust=None, **fields).event_id


def ago(clock: FrozenClock, hours: float) -> int:
    return int((clock.now() - timedelta(hours=hours)).timestamp() * 1000)


def locked(vault: Vault) -> bool:
    return any(row.content.get("type") == "SetRoomLevel" for row in vault.outbox.queued(1))


@pytest.mark.parametrize("apart", [0.0, 0.4])
def test_a_raid_that_claims_to_be_old_locks_the_room(
    vault: Vault, clock: FrozenClock, apart: float
) -> None:
    """At one moment of yesterday, or each at another one, so that never many are together."""
    bot = bot_for(vault, clock)
    turn(bot)
    clock.advance(7)
    turn(bot, *(comes(vault, number, ago(clock, 24 - number * apart)) for number in range(30)))
    bot._judge()
    assert locked(vault)


def test_what_came_in_the_course_of_an_outage_is_no_raid(vault: Vault, clock: FrozenClock) -> None:
    bot = bot_for(vault, clock)
    turn(bot)
    clock.advance(timedelta(hours=24).total_seconds())
    turn(bot, *(comes(vault, number, ago(clock, 20 - number * 0.5)) for number in range(30)))
    bot._judge()
    assert not locked(vault)


def test_nor_is_what_was_there_before_the_bot_came_back(vault: Vault, clock: FrozenClock) -> None:
    events = [comes(vault, number, ago(clock, 20 - number * 0.5)) for number in range(30)]
    bot = bot_for(vault, clock)
    turn(bot, *events)
    bot._judge()
    assert not locked(vault)


def test_a_command_that_was_on_its_way_for_a_day_is_still_not_carried_out(
    vault: Vault, clock: FrozenClock
) -> None:
    bot = bot_for(vault, clock)
    turn(bot)
    put(vault, 1, "!lock 5m", room_id=DESK, sender=MOD, origin_ts=ago(clock, 24))
    turn(bot, "$1")
    bot._judge()
    assert not locked(vault)


def test_one_old_time_does_not_hide_what_was_before_it(vault: Vault, clock: FrozenClock) -> None:
    for number in range(20):
        put(vault, number, room_id=CIRCLE, sender="@anna:x", origin_ts=ago(clock, 0.01))
    for number in range(20, 40):
        put(vault, number, room_id=CIRCLE, sender="@raider:far.example", origin_ts=0)
    bot_for(vault, clock)._judge()
    again = bot_for(vault, clock)
    assert len(again._watching.window(CIRCLE)) == 40
    assert len(again._watching.past(CIRCLE)) == 40


def test_what_fills_a_gap_is_from_before(clock: FrozenClock) -> None:
    arrivals = Arrivals(clock)
    first = clock.now()
    arrivals.turn(batch("$a"))
    clock.advance(7)
    arrivals.turn(batch("$old", filled=True))
    arrivals.turn(batch("$b"))
    assert arrivals.earliest("$a") is None
    assert arrivals.earliest("$old") is None
    assert arrivals.earliest("$b") == first
    arrivals.judged("$b")
    assert arrivals.earliest("$b") is None
