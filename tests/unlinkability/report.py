"""`make lab`: the whole experiment, its table, its picture and its page.

    python -m unlinkability.report [--circles N] [--switches N] [--processes N] [--date …]

Writes ``docs/unlinkability.md`` and ``docs/images/unlinkability.svg``. The same seeds give the same
numbers on any machine; only the date is taken from the clock, and the real server is never twice
the same.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from unlinkability import page
from unlinkability.arms import OTHERS, WITHOUT
from unlinkability.experiment import Crowd, Inquiry, cases, narrow, run
from unlinkability.hours import HOURS
from unlinkability.live import Live, live

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs/unlinkability.md"
PICTURE: Final = ROOT / "docs/images/unlinkability.svg"


MANY: Final = {
    "always on": 1.0,
    "always on, lines fail": 0.2,
    "half always on": 0.8,
    "laptops": 2.4,  # every third epoch of theirs ends without a switch
}
"""How many circles of twenty are looked at; those that the promise is about most often."""


def inquiries(circles: int) -> list[Inquiry]:
    """The questions of the lab: ``circles`` of twenty with ten switches each carry the promise."""
    few = max(2, circles * 3 // 50)
    asked = []
    for hours in HOURS:
        twenty = Crowd(20, hours)
        quiet = cases("peerroom", "nobody writes")
        if hours == "always on":
            quiet += cases("peerroom", "everyone writes alike")
        asked.append(Inquiry(twenty, quiet, max(2, round(circles * MANY[hours])), few))
        compared = cases("peerroom", "everyone writes as they do")
        if hours == "always on":
            compared += cases("no padding", "everyone writes as they do")
        for arm in (*OTHERS, *(arm for arm in WITHOUT if arm.padding)):
            compared += cases(arm.name, "nobody writes")
        asked.append(Inquiry(twenty, compared, few, few))
        quiet = cases("peerroom", "nobody writes")
        asked.append(Inquiry(Crowd(10, hours), quiet, few, few))
        asked.append(Inquiry(Crowd(50, hours), quiet, few // 2, few // 2))
    return asked


def main() -> None:
    """Run, show progress, write."""
    parser = argparse.ArgumentParser(description="Who can be linked across a change of names?")
    parser.add_argument("--circles", type=int, default=200)
    parser.add_argument("--switches", type=int, default=12, help="on a real server; 0: none")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat())
    chosen = parser.parse_args()
    begun = time.monotonic()

    def told(words: str) -> None:
        print(
            f"\r\033[K{time.monotonic() - begun:5.0f} s  {words}",
            end="",
            file=sys.stderr,
            flush=True,
        )

    asked = inquiries(chosen.circles)
    outcome = run(asked, processes=chosen.processes, told=told)
    told("laptops with a shorter window")
    shorter = narrow(max(1, chosen.circles // 50))
    found = _live(chosen.switches, told) if chosen.switches else None
    took = time.monotonic() - begun
    told("done\n")
    PICTURE.parent.mkdir(exist_ok=True)
    from unlinkability import plot  # matplotlib is there for `make lab` alone

    plot.draw(outcome.results, PICTURE)
    PAGE.write_text(page.written(outcome, shorter, found, chosen.date), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)} written after {took:.0f} s")


def _live(switches: int, told: Callable[[str], None]) -> Live:
    with tempfile.TemporaryDirectory(prefix="peerroom-lab-") as folder:
        return live(Path(folder), members=8, switches=switches, told=told)


if __name__ == "__main__":
    main()
