"""What judging an event costs, with all protections on, beside taking its JSON apart."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence

import pytest
from support.corpora import at_defaults, ordinary, room

from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Room
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.reading import reading
from peerroom.moderation.seen import Seen

pytestmark = [pytest.mark.bench]

PAIRS = 7
ALLOWED = 20.0
"""Times what `json.loads` needs for the same events."""
AT_LEAST = 10_000
"""Events a second."""
READING = ("scam", "newcomers", "contact", "words", "risk")
READING_AT_MOST = 40e-6
"""Seconds for an ordinary message, all that read together; of the processor."""


def as_json(seen: Seen) -> bytes:
    """An event as it comes out of decryption."""
    body = seen.text.raw() if seen.text else ""
    event = {
        "type": "m.room.message",
        "event_id": "$" + "x" * 43,
        "room_id": "!" + "r" * 43,
        "sender": seen.sender,
        "origin_server_ts": 1795435806883,
        "content": {"msgtype": "m.text", "body": body, "m.mentions": {"user_ids": []}},
        "unsigned": {"age": 42, "transaction_id": "m1795435806883.1"},
    }
    return json.dumps(event, ensure_ascii=False).encode()


def judged(guard: Guard, where: Room, events: Sequence[Seen]) -> float:
    """Seconds to judge and remember them all."""
    reading.cache_clear()
    begun = time.process_time()
    for event in events:
        guard.judge(event, where)
        where.window.add(event)
    return time.process_time() - begun


def parsed(bodies: Sequence[bytes]) -> float:
    begun = time.process_time()
    for body in bodies:
        json.loads(body)
    return time.process_time() - begun


def best(times: Callable[[], float]) -> float:
    return min(times() for _ in range(3))


def test_a_day_is_judged_at_ten_thousand_events_a_second() -> None:
    events = sorted(ordinary(), key=lambda seen: seen.at)
    bodies = [as_json(seen) for seen in events]
    guard = at_defaults()
    judged(guard, room("!r:example.org", events), events)  # patterns build their tables
    ratios, rates = [], []
    for _ in range(PAIRS):
        ours = best(lambda: judged(guard, room("!r:example.org", events), events))
        ratios.append(ours / best(lambda: parsed(bodies)))
        rates.append(len(events) / ours)
    ratio, rate = statistics.median(ratios), statistics.median(rates)
    print(f"\njudged / parsed: {ratio:.1f}; {rate:,.0f} events a second (median of {PAIRS})")
    assert ratio <= ALLOWED
    assert rate >= AT_LEAST


def test_reading_costs_microseconds() -> None:
    events = [seen for seen in ordinary() if seen.kind == "text"]
    guard = Guard([PROTECTIONS[name] for name in READING], {}, {})
    where = room("!r:example.org", events)

    def read() -> float:
        reading.cache_clear()
        begun = time.process_time()
        for event in events:
            guard.judge(event, where)
        return time.process_time() - begun

    each = best(read) / len(events)
    print(f"\nall that read: {each * 1e6:.1f} µs a message")
    assert each <= READING_AT_MOST
