"""A circle's weeks: who is in it, and when their programs run and their people write.

One world serves several arms and several ways of writing: what the protocol does depends on when
programs run, never on what people say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from unlinkability.hours import (
    DAY,
    HOUR,
    WEEK,
    Hours,
    Person,
    Spans,
    agent_online,
    at_the_screen,
    clipped,
    draw_people,
    length_of_message,
    writing,
    writing_alike,
)
from unlinkability.lives import Life, Rotation

from peerroom.matrix.padding import padded

Writing = Literal["nobody writes", "everyone writes alike", "everyone writes as they do"]
WRITING: Final[tuple[Writing, ...]] = (
    "nobody writes",
    "everyone writes alike",
    "everyone writes as they do",
)
ALIKE: Final = 2.5
"""Messages a day of each member, if all write alike."""
FREEZE: Final = HOUR / 2


def switch_of(epoch: int) -> float:
    """When the epoch with this number (from 1) ends: Sundays at five."""
    return (epoch - 1) * WEEK + 6 * DAY + 5 * HOUR


@dataclass(frozen=True, slots=True)
class World:
    """``epochs`` switches are lived through; ``awake`` is when each program runs, ``sittings`` when
    its person is there."""

    seed: int
    hours: Hours
    epochs: int
    people: tuple[Person, ...]
    awake: tuple[Spans, ...]
    sittings: tuple[Spans, ...]

    @classmethod
    def drawn(cls, seed: int, members: int, epochs: int, hours: Hours) -> World:
        """The world with this seed: the same each time, another for other people and hours."""
        random = Random(f"world {seed} {members} {hours}")
        people = draw_people(random, members, hours)
        end = switch_of(epochs + 1)
        sittings = tuple(at_the_screen(random, person, 0.0, end) for person in people)
        awake = tuple(
            agent_online(random, person, there, 0.0, end)
            for person, there in zip(people, sittings, strict=True)
        )
        return cls(seed, hours, epochs, people, awake, sittings)

    def random(self, purpose: str) -> Random:
        """Chance for one purpose, apart from all others."""
        return Random(f"{purpose} {self.seed} {len(self.people)} {self.hours}")

    def address(self, member: int) -> str:
        """The line of a member."""
        return f"line {self.seed}.{member}"


def written(
    world: World, rotations: Sequence[Rotation], how: Writing, *, padding: bool = True
) -> list[Rotation]:
    """The same rotations, with messages: ``old`` and ``new`` of one member write in one way.

    Nobody writes while the room is read-only before a switch, and nobody who has no account in it.
    """
    if how == "nobody writes":
        return list(rotations)
    result = []
    for number, rotation in enumerate(rotations):
        random = world.random(f"{how} {number} {padding}")
        members = []
        for index, member in enumerate(rotation.members):
            old, new = (
                _writes(random, world, index, life, begin, end, how, padding)
                for life, begin, end in (
                    (member.old, rotation.switched - WEEK, rotation.switched - FREEZE),
                    (member.new, rotation.switched, rotation.switched + WEEK - FREEZE),
                )
            )
            members.append(replace(member, old=old, new=new))
        result.append(replace(rotation, members=tuple(members)))
    return result


def _writes(
    random: Random,
    world: World,
    index: int,
    life: Life,
    begin: float,
    end: float,
    how: Writing,
    padding: bool,
) -> Life:
    person = world.people[index]
    if how == "everyone writes alike":
        moments = writing_alike(random, begin, end, ALIKE)
        lengths = [round(random.lognormvariate(4.5, 0.8)) + 1 for _ in moments]
    else:
        moments = writing(random, person, clipped(world.sittings[index], begin, end))
        lengths = [length_of_message(random, person) for _ in moments]
    # What is written while the program is not connected goes out when it is.
    sent = [
        moment
        for moment in moments
        if any(since <= moment <= until for since, until in life.online)
    ]
    return replace(
        life.doing("message", *sent),
        sizes=tuple(_size(length, padding) for length in lengths[: len(sent)]),
    )


def _size(characters: int, padding: bool) -> int:
    """Bytes of what is encrypted; ``characters`` of three bytes, as in Japanese."""
    content = {"msgtype": "m.text", "body": "あ" * characters}
    room = "!" + "r" * 43
    plain = len(padded("m.room.message", content, room))
    return plain if padding else 3 * characters + 100
