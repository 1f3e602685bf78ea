"""What somebody who watches one rotation knows about each account: the adversary's only food.

A `Sight` is one rotation in one view. Old and new accounts stand in an order that tells nothing;
which belongs to which is in ``truth``, which only the referee reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from unlinkability.hours import Spans

View = Literal["member", "bot", "homeserver", "network"]
BY_WRITING: Final = "line by writing"
BY_TURN: Final = "line by turn"
"""Marks that the network's view puts on accounts: the line on which they are probably used."""
VIEWS: Final[tuple[View, ...]] = ("member", "bot", "homeserver", "network")


@dataclass(frozen=True, slots=True)
class Trail:
    """One account in one view. Times in seconds relative to the switch, local hours by `hour`.

    ``online`` when it was connected, ``acts`` when it did what (``request``, ``register``,
    ``redeem``, ``message`` …), ``sizes`` of what it sent in bytes, ``marks`` whatever else tells
    accounts apart, by kind (an address, a display name, an order in a list).
    """

    online: Spans = ()
    acts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()
    marks: Mapping[str, float | str] = field(default_factory=dict)

    def first(self, kind: str) -> float | None:
        """When it first did ``kind``; None if it was not seen to."""
        return min(self.acts.get(kind, ()), default=None)


@dataclass(frozen=True, slots=True)
class Sight:
    """One rotation: ``truth[j]`` is the index among ``old`` of whoever is ``new[j]``.

    ``switched`` is the switch in seconds of local time since a Monday 00:00.
    """

    old: tuple[Trail, ...]
    new: tuple[Trail, ...]
    truth: tuple[int, ...]
    switched: float = 0.0

    @classmethod
    def shuffled(
        cls, pairs: Sequence[tuple[Trail, Trail]], random: Random, switched: float = 0.0
    ) -> Sight:
        """Pairs of old and new as the adversary gets them: both sides in an order of their own."""
        left, right = list(range(len(pairs))), list(range(len(pairs)))
        random.shuffle(left)
        random.shuffle(right)
        place = {owner: index for index, owner in enumerate(left)}
        return cls(
            tuple(pairs[owner][0] for owner in left),
            tuple(pairs[owner][1] for owner in right),
            tuple(place[owner] for owner in right),
            switched,
        )
