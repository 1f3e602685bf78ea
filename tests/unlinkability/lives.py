"""What really happened in a rotation, with names: the truth from which every view is cut.

Times are seconds of the circle's local time since a Monday 00:00 (`unlinkability.hours`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from unlinkability.hours import Span, Spans


@dataclass(frozen=True, slots=True)
class Life:
    """One account in one epoch.

    ``online`` are its connections to the server, ``acts`` what it did when: ``ledger`` (was given
    the issue ledger), ``request``, ``register``, ``redeem``, ``stay``, ``message``, ``join``,
    ``leave``, ``logout``. ``sizes`` are the bytes of its encrypted messages, in order; ``marks``
    what everyone in the room sees of it that can be compared: ``name``, and ``place`` in what is
    published, a number.
    """

    online: Spans = ()
    acts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()
    marks: Mapping[str, float | str] = field(default_factory=dict)

    def doing(self, kind: str, *moments: float) -> Life:
        """The same life, in which ``kind`` was done at these moments and no others."""
        return replace(self, acts={**self.acts, kind: tuple(moments)})

    def marked(self, kind: str, mark: float | str) -> Life:
        """The same life with this mark."""
        return replace(self, marks={**self.marks, kind: mark})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in one rotation: the old account, the new one, and the ``address`` of the line on
    which both were used. ``awake`` is when the program ran, from a week before to a week after."""

    old: Life
    new: Life
    address: str
    awake: Spans

    def uploads(self) -> tuple[float, ...]:
        """When something the size of a message left this line."""
        return tuple(
            sorted(
                moment
                for life in (self.old, self.new)
                for kind in ("message", "request", "stay")
                for moment in life.acts.get(kind, ())
            )
        )

    def bursts(self) -> tuple[float, ...]:
        """When something the size of a new account's keys left this line."""
        moments = {
            moment for kind in ("register", "redeem") for moment in self.new.acts.get(kind, ())
        }
        return tuple(sorted(moments))


@dataclass(frozen=True, slots=True)
class Rotation:
    """One change of names: everyone who changed theirs, and when."""

    switched: float
    members: tuple[Member, ...]


def span_at(spans: Spans, moment: float) -> Span | None:
    """The one of ``spans`` that holds ``moment``."""
    return next((span for span in spans if span[0] <= moment <= span[1]), None)


def next_within(spans: Spans, moment: float) -> float | None:
    """The first moment not before ``moment`` that lies in one of ``spans``, which are in order."""
    for begin, end in spans:
        if end >= moment:
            return max(begin, moment)
    return None
