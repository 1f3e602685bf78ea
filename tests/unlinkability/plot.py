"""The picture: how much of a circle each view links, arm by arm. Matplotlib, in `make lab` only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure
from unlinkability.arms import ARMS, OTHERS, WITHOUT
from unlinkability.experiment import Case, Crowd, Results
from unlinkability.hours import HOURS, Hours
from unlinkability.referee import Tally
from unlinkability.trails import VIEWS, View
from unlinkability.worlds import Writing

MARKERS: Final[dict[View, tuple[str, str]]] = {
    "member": ("o", "#4477aa"),
    "bot": ("s", "#228833"),
    "homeserver": ("D", "#cc3311"),
    "network": ("^", "#aa7700"),
}
MEMBERS: Final = 20

Row = tuple[str, dict[View, Tally]]


def draw(results: Results, file: Path) -> None:
    """Write the picture as SVG; the same results give the same bytes."""
    mpl.rcParams.update({"svg.hashsalt": "peerroom", "svg.fonttype": "path", "font.size": 9})
    rows = _rows(results)
    figure = Figure(figsize=(8.0, 0.34 * len(rows) + 1.3), layout="constrained")
    axes = figure.add_subplot()
    for height, (_, found) in enumerate(reversed(rows)):
        for shift, view in enumerate(VIEWS):
            if view in found:
                marker, colour = MARKERS[view]
                axes.plot(
                    100 * found[view].share,
                    height + 0.24 - 0.16 * shift,
                    marker,
                    color=colour,
                    markersize=5,
                    clip_on=False,
                    label=view if height == len(rows) - 1 else None,
                )
    axes.axvline(100 / MEMBERS, color="#777777", linewidth=1, linestyle="--", zorder=0)
    axes.text(100 / MEMBERS, len(rows) - 0.35, " guessing", color="#555555", fontsize=8)
    for height in range(1, len(rows), 2):
        axes.axhspan(height - 0.5, height + 0.5, color="#f4f4f4", zorder=-1)
    axes.set_yticks(range(len(rows)), [words for words, _ in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.1)
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"correctly linked accounts in circles of {MEMBERS}, in percent")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=4, frameon=False)
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _rows(results: Results) -> list[Row]:
    rows: list[Row] = [
        (f"{arm.words}, always on", _found(results, arm.name, "always on")) for arm in OTHERS
    ]
    rows += [(f"PeerRoom, {hours}", _found(results, "peerroom", hours)) for hours in HOURS]
    rows += [
        (f"{arm.words}, {hours}", _found(results, arm.name, hours))
        for arm in WITHOUT
        for hours in ("always on", "laptops")
    ]
    rows += [
        (
            f"PeerRoom, {hours}, people write",
            _found(results, "peerroom", hours, "everyone writes as they do"),
        )
        for hours in HOURS
    ]
    return [row for row in rows if row[1]]


def _found(
    results: Results, arm: str, hours: Hours, writing: Writing = "nobody writes"
) -> dict[View, Tally]:
    crowd = Crowd(MEMBERS, hours)
    cases = {view: Case(ARMS[arm].name, writing, view) for view in VIEWS}
    return {view: results[crowd, case] for view, case in cases.items() if (crowd, case) in results}
