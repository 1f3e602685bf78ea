"""What a decision costs from event to actions, all protections on: on an ordinary day, in attacks,
and in a flood. Seconds of the processor; what else the machine does is not counted."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from support.corpora import BOT, MODERATORS, SIX, attacks, ordinary, room

from peerroom.bot.pulse import Pulse
from peerroom.moderation import actions as act
from peerroom.moderation.cases import fold
from peerroom.moderation.decide import decide
from peerroom.moderation.guard import Guard
from peerroom.moderation.policies import Policies
from peerroom.moderation.protection import Room
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.reading import reading
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import Health, State
from peerroom.wire.cases import Line
from peerroom.wire.policy import Rule

pytestmark = [pytest.mark.bench]

AT_LEAST = 10_000
"""Events a second."""
TIMES = 5
BEFORE, AFTER = 10, 5
"""Messages around one that stand in its case, as the bot shows them."""
WORDS = {"hold": [f"word{number}" for number in range(200)], "flag": ["/(?:buy|sell) .*now/"]}
RULES = [
    Rule("user", entity, "ban", entity=entity)
    for entity in (f"@spam{number}:evil{number % 300}.example" for number in range(20_000))
]
POLICIES = Policies(RULES)


@dataclass(frozen=True, slots=True)
class Scene:
    """Rooms with nothing behind them, and what happens there."""

    state: State
    events: Sequence[Seen]

    def fresh(self) -> Scene:
        """The same, before anything happened."""
        return scene(self.events, self.state.guards.values())


def guard() -> Guard:
    """All protections, also those that are off in a new room; what they find is counted, as the
    bot does."""
    counted = Pulse().counted(PROTECTIONS.values())
    return Guard(counted, dict.fromkeys(PROTECTIONS, "on"), {"words": WORDS})


def scene(events: Sequence[Seen], guards: Iterable[Guard] = ()) -> Scene:
    """A circle as large as they get, with nothing decided so far."""
    where = {one: [e for e in events if e.room_id == one] for one in {e.room_id for e in events}}
    rooms: dict[str, Room] = {
        one: replace(room(one, here), policies=POLICIES) for one, here in where.items()
    }
    armed = next(iter(guards), None) or guard()
    names = {event.sender: event.sender[1:].partition(":")[0] for event in events}
    state = State(
        bot=BOT,
        circle=min(rooms),
        management="!desk:example.org",
        via=("example.org",),
        desk=frozenset(MODERATORS),
        moderators=frozenset(MODERATORS),
        exempt=frozenset({*MODERATORS, BOT}),
        members=names,
        known={},
        seats=50,
        invites={},
        mutes={},
        banned=frozenset(),
        messages={},
        welcome={"en": "Welcome."},
        health=Health(since=SIX),
        protected=tuple(rooms),
        rooms=rooms,
        guards=dict.fromkeys(rooms, armed),
        people=names,
        inside=dict.fromkeys(rooms, frozenset(names)),
        authors={event.event_id: event.sender for event in events},
        context={key: lines for here in where.values() for key, lines in context(here).items()},
    )
    return Scene(state, events)


def context(events: Sequence[Seen]) -> Mapping[str, Sequence[Line]]:
    """What stands around each message."""
    lines = [
        Line(
            name=event.sender,
            text=event.text.raw() if event.text else "",
            at=int(event.at.timestamp() * 1000),
        )
        for event in events
    ]
    return {
        event.event_id: lines[max(0, at - BEFORE) : at + AFTER + 1]
        for at, event in enumerate(events)
    }


def kept(actions: Iterable[act.Action], state: State) -> State:
    """The circle after a decision, as far as the next one may ask."""
    moments, mutes, slowed = dict(state.moments), dict(state.mutes), dict(state.slowed)
    removed, rooms, cases = dict(state.removed), dict(state.rooms), state.cases
    for action in actions:
        match action:
            case act.NoteMoment(key=key, until=until):
                moments[key] = until
            case act.NoteMute(user_id=user, until=until):
                mutes[user] = until
            case act.NoteSlow(room_id=one, user_id=user, until=until):
                slowed[one, user] = until
            case act.NoteLock(room_id=one):
                rooms[one] = replace(rooms[one], locked=True)
            case act.RedactMessage(event_id=event_id):
                removed[event_id] = True
            case act.TakeStep(step=step):
                cases = fold(cases, step)
    return replace(
        state,
        moments=moments,
        mutes=mutes,
        slowed=slowed,
        removed=removed,
        rooms=rooms,
        cases=cases,
        next_case=max(cases, default=0) + 1,
    )


def decided(scenes: Sequence[Scene]) -> tuple[float, int]:
    """Seconds until all is decided on and remembered, and how many events led to anything."""
    fresh = [one.fresh() for one in scenes]
    reading.cache_clear()
    led, aside = 0, 0.0
    gc.collect()
    gc.freeze()  # the corpora, and all that tests need, are nothing the bot has
    begun = time.process_time()
    for one in fresh:
        state = one.state
        for event in one.events:
            if actions := decide(event, state):
                led += 1
                paused = time.process_time()
                state = kept(actions, state)
                aside += time.process_time() - paused
            state.rooms[event.room_id].window.add(event)
    seconds = time.process_time() - begun - aside
    gc.unfreeze()
    return seconds, led


def measure(what: str, scenes: Sequence[Scene]) -> float:
    """Events a second, the median of several."""
    decided(scenes)  # patterns build their tables
    count = sum(len(one.events) for one in scenes)
    runs = [decided(scenes) for _ in range(TIMES)]
    rate = count / statistics.median(seconds for seconds, _led in runs)
    print(f"\n{what}: {count:,} events, {runs[0][1]:,} led to something; {rate:,.0f} a second")
    return rate


def test_an_ordinary_day() -> None:
    day = sorted(ordinary(), key=lambda seen: seen.at)
    assert measure("an ordinary day", [scene(day)]) >= AT_LEAST


def test_attacks_alone() -> None:
    armed = [guard()]
    every = [scene(attack.events, armed) for attack in attacks()]
    assert measure("attacks alone", every) >= AT_LEAST


def test_a_flood() -> None:
    """More than a window holds within half an hour, and an attack in every twenty: nothing here
    may cost more the more there is."""
    said = [event for event in ordinary() if event.kind == "text"]
    evil = [event for attack in attacks() for event in attack.events if event.kind == "text"]
    assert len(said) > len(evil) > 500
    flood = [
        replace(
            evil[number // 20 % len(evil)] if number % 20 == 0 else said[number % len(said)],
            event_id=f"${number}",
            room_id="!room:example.org",
            sender=f"@parent{number % 60}:example.org",
            at=SIX + timedelta(seconds=number / 14),
        )
        for number in range(25_000)
    ]
    assert measure("a flood", [scene(flood)]) >= AT_LEAST
