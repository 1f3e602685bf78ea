"""When things happen in an epoch. Moments are aware datetimes; the clock is the caller's.

    opened … cut-off │ window of round 0 │ (window of round 1 …) │ hold │ freeze │ switch
                       ¼ distribution, then visits until 11/12

A round that comes to nothing costs one more window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from peerroom.wire.records import ROUNDS, EpochOpened

SKEW: Final = timedelta(minutes=10)
"""A record from further in the future means that a clock is wrong: nothing is redeemed then."""
REMEMBERED: Final = 8
"""Epochs for which names are not used again, and for which an unused token lets its owner stay."""

_ZERO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Switches at ``hour`` o'clock of one ``weekday`` (0 is Monday) in ``zone``, every week.

    The local hour is kept when clocks change: a week is then 167 or 169 hours long. An hour that
    the change leaves out, or brings twice, is read as `zoneinfo` does (its first occurrence).
    """

    weekday: int = 6
    hour: int = 5
    zone: str = "Asia/Tokyo"

    def after(self, moment: datetime) -> datetime:
        """The first switch later than ``moment``, in UTC."""
        zone = ZoneInfo(self.zone)
        local = moment.astimezone(zone)
        day = local.date() + timedelta(days=(self.weekday - local.weekday()) % 7)
        while True:
            found = datetime(day.year, day.month, day.day, self.hour, tzinfo=zone).astimezone(UTC)
            if found > moment:
                return found
            day += timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Every:
    """Switches ``length`` after one another: for the demo and for tests."""

    length: timedelta

    def after(self, moment: datetime) -> datetime:
        """``moment`` and one length."""
        return moment + self.length


Rhythm = Weekly | Every


@dataclass(frozen=True, slots=True)
class Policy:
    """What a host decides about epochs.

    ``window``: from the cut-off to its end; ``freeze``: read-only before the switch; ``floor``:
    fewest accounts for which a switch is made; ``hold``: longest wait for open reports.
    Raises ValueError for lengths that leave no room.
    """

    rhythm: Rhythm = Weekly()
    window: timedelta = timedelta(hours=36)
    freeze: timedelta = timedelta(minutes=30)
    floor: int = 8
    hold: timedelta = timedelta(hours=48)

    def __post_init__(self) -> None:
        if self.window <= timedelta(0) or self.freeze < timedelta(0) or self.floor < 1:
            raise ValueError("an epoch needs a window and a floor")

    def times(self, opened: datetime) -> tuple[datetime, datetime]:
        """Cut-off and planned switch of an epoch that opens now. At least a window lies before
        the cut-off, so that everyone has time to ask."""
        switch = self.rhythm.after(opened)
        while switch - self.window - self.freeze < opened + self.window:
            switch = self.rhythm.after(switch)
        return switch - self.window - self.freeze, switch


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of an epoch, from its record."""

    opened: datetime
    cut_off: datetime
    window: timedelta
    freeze: timedelta

    @classmethod
    def of(cls, record: EpochOpened) -> Times:
        """What the record says."""
        return cls(
            moment(record.opened),
            moment(record.cut_off),
            timedelta(milliseconds=record.window),
            timedelta(milliseconds=record.freeze),
        )

    def begins(self, round_: int) -> datetime:
        """When the round's ledger is due."""
        return self.cut_off + round_ * self.window

    def ends(self, round_: int) -> datetime:
        """When the round's window ends; what is shown later is not taken."""
        return self.begins(round_ + 1)

    def visits(self, round_: int) -> tuple[datetime, datetime]:
        """Between which moments of the round accounts may be made and tokens shown."""
        begin = self.begins(round_)
        return begin + self.window / 4, begin + self.window * 11 / 12

    def switch(self, round_: int) -> datetime:
        """When the names change if this round is the one that counts (and nothing is held)."""
        return self.ends(round_) + self.freeze

    def draw_request(self, random: Random, now: datetime) -> datetime:
        """A random moment between now and the cut-off, in answer to nothing: not in the last
        twentieth of the epoch, where a slow server could make it late."""
        latest = self.cut_off - (self.cut_off - self.opened) / 20
        begin = max(now, self.opened)
        return begin if begin >= latest else begin + random.random() * (latest - begin)

    def draw_visits(self, random: Random) -> tuple[datetime, ...]:
        """An absolute moment for the visit of each round, drawn before any ledger is seen: a
        ledger that comes late to one member then moves nothing."""
        slots = []
        for round_ in range(ROUNDS):
            first, last = self.visits(round_)
            slots.append(first + random.random() * (last - first))
        return tuple(slots)


def moment(milliseconds: int) -> datetime:
    """A record's time as an aware datetime; one beyond the calendar is its last day."""
    try:
        return _ZERO + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def milliseconds(when: datetime) -> int:
    """An aware datetime as a record's time; a part of a millisecond is left out."""
    return (when - _ZERO) // timedelta(milliseconds=1)
