"""Opening hours: the small grammar helplines are written in, and what it means at a moment.

``24/7`` · ``varies`` · ``unknown`` · ``closed`` · or rules with one time zone at the end::

    Mon-Fri 09:00-12:00,13:00-16:30; Sat 10:00-14:00; Dec 29-Jan 3 off; PH off Asia/Tokyo

A rule names week days (``Mon-Fri``, ``Tue,Thu``), days of the month (``10``) or, with ``off``,
dates without service. ``24:00`` may stand as an end; an end before its start is on the next day.
``PH off`` means closed on public holidays: no calendar of them is shipped, so it is told, not
computed. The ``off`` rules follow the opening_hours specification of OpenStreetMap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

State = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a line's hours mean at one moment.

    ``until``: when it closes, if open and not around the clock; ``opens``: when it opens next, if
    closed and that is within two weeks. Both are aware, in the line's own zone. ``holidays_off``:
    closed on public holidays, which `state` does not know. ``published``: the hours as written.
    """

    state: State
    around_the_clock: bool = False
    until: datetime | None = None
    opens: datetime | None = None
    holidays_off: bool = False
    published: str = ""


def opening(hours: str, now: datetime, zone: tzinfo | None = None) -> Opening:
    """What ``hours`` mean at ``now`` (aware); total: hours that cannot be read are ``unknown``.

    ``zone`` is used where the rules name none (a family's own numbers).
    """
    raise NotImplementedError
