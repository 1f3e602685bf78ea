"""What the simulated members say, and when."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from functools import partial

import pytest
from support.clock import FrozenClock

from peerroom.demo.conversation import (
    BEFORE_REPLY,
    BEFORE_WELCOME,
    BETWEEN_EXCHANGES,
    BETWEEN_LINES,
    Conversation,
)
from peerroom.demo.talk import Talk
from peerroom.i18n import LANGUAGES


def every_line(talk: Talk) -> Iterator[str]:
    for speaker, text in [*talk.welcome, *(line for part in talk.exchanges for line in part)]:
        assert speaker in (0, 1, 2)
        yield text
    yield from talk.replies


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_enough_to_say_and_none_of_it_can_mislead(language: str) -> None:
    lines = list(every_line(Talk.load(language)))
    assert len(lines) >= 40
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert not re.search(r"\d|https?:|@", line), line
        assert not re.search(r"doctor|medic|pill|diagnos|薬|診断|病院|医者", line, re.IGNORECASE), (
            line
        )


def test_the_languages_say_as_much_as_each_other() -> None:
    shapes = {
        language: [[speaker for speaker, _ in part] for part in Talk.load(language).exchanges]
        for language in LANGUAGES
    }
    assert shapes["en"] == shapes["ja"]


class Room:
    """Three speakers, and who said what."""

    def __init__(self, clock: FrozenClock) -> None:
        self.said: list[tuple[int, str]] = []
        self.clock = clock
        self.talk = Talk.load("en")
        self.open = asyncio.Event()
        self.open.set()
        speakers = [partial(self.say, number) for number in range(3)]
        self.conversation = Conversation(self.talk, speakers, clock=clock, random=random.Random(7))

    async def say(self, speaker: int, text: str) -> None:
        await self.open.wait()
        self.said.append((speaker, text))

    async def until_said(self, count: int) -> None:
        while len(self.said) < count:
            await self.clock.someone_sleeps()
            self.clock.advance(0.5)
            await settle()


async def settle() -> None:
    """Let every task run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_user_is_welcomed_and_then_the_talk_goes_on(frozen_clock: FrozenClock) -> None:
    room = Room(frozen_clock)
    task = asyncio.create_task(room.conversation.run())
    welcome = len(room.talk.welcome)
    await room.until_said(welcome)
    assert tuple(room.said) == room.talk.welcome
    longest = BEFORE_WELCOME[1] + (welcome - 1) * (BETWEEN_LINES[1] + 1)
    assert frozen_clock.monotonic() <= longest
    in_all = sum(len(part) for part in room.talk.exchanges)
    await room.until_said(welcome + in_all)
    assert len(set(room.said)) == welcome + in_all, "every exchange comes once before any repeats"
    task.cancel()


async def test_whoever_writes_is_answered_soon_and_once(frozen_clock: FrozenClock) -> None:
    room = Room(frozen_clock)
    task = asyncio.create_task(room.conversation.run())
    welcome = len(room.talk.welcome)
    await room.until_said(welcome)
    room.conversation.hear()
    room.conversation.hear()
    spoken_at = frozen_clock.monotonic()
    await settle()
    await room.until_said(welcome + 1)
    assert room.said[welcome][1] in room.talk.replies
    assert frozen_clock.monotonic() - spoken_at <= BEFORE_REPLY[1] + 0.5
    await room.until_said(welcome + 2)
    assert room.said[welcome + 1][1] not in room.talk.replies
    assert frozen_clock.monotonic() - spoken_at <= BEFORE_REPLY[1] + BETWEEN_EXCHANGES[1] + 1
    task.cancel()


async def test_while_nobody_can_write_the_talk_waits_and_nothing_is_left_out(
    frozen_clock: FrozenClock,
) -> None:
    room = Room(frozen_clock)
    task = asyncio.create_task(room.conversation.run())
    await room.until_said(1)
    room.open.clear()
    for _number in range(200):
        frozen_clock.advance(1.0)
        await settle()
    assert len(room.said) == 1
    room.open.set()
    await room.until_said(len(room.talk.welcome))
    assert tuple(room.said) == room.talk.welcome
    task.cancel()
