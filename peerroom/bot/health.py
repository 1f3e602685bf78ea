"""Whether all is well, in a word and a sentence; and the same as numbers for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from peerroom.bot.figures import Figures
from peerroom.bot.keeper import Stage
from peerroom.i18n import _, ngettext

SILENT: Final = 180.0
"""Seconds without a turn of sync after which the server counts as away. One turn takes 30."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """How one circle's bot is doing. `reason` says why it does not work, if it is known."""

    stage: Stage
    figures: Figures | None = None
    reason: str = ""
    label: str = ""


def is_well(vitals: Vitals) -> bool:
    """Whether this bot looks after its room."""
    age = None if vitals.figures is None else vitals.figures.sync_age
    return vitals.stage == "working" and age is not None and age <= SILENT


def sentence(vitals: Vitals) -> str:
    """The same in words."""
    if is_well(vitals):
        return _("at work")
    match vitals.stage:
        case "starting":
            return _("starting, or waiting for the server")
        case "working" if vitals.figures is not None and vitals.figures.sync_age is not None:
            minutes = round(vitals.figures.sync_age / 60)
            return ngettext(
                "no answer from the server for {minutes} minute",
                "no answer from the server for {minutes} minutes",
                minutes,
            ).format(minutes=minutes)
        case "working":
            return _("starting, or waiting for the server")
        case "again":
            words = _("stopped, and trying again soon")
        case "safe":
            words = _("in safe mode; the moderators were asked how to go on")
        case "ended":
            words = _("ended; it needs you")
    return f"{words} – {vitals.reason}" if vitals.reason else words


def report(circles: Sequence[Vitals]) -> tuple[bool, str]:
    """Whether all circles are well, and one line for each."""
    lines = [f"{one.label}: {sentence(one)}" if one.label else sentence(one) for one in circles]
    return bool(circles) and all(map(is_well, circles)), "\n".join(lines) + "\n"


def exposition(circles: Sequence[Vitals]) -> bytes:
    """The figures in Prometheus' text format.

    Its own registry: the usual one also tells about the process and the machine. The one label
    beside a protection's name and verb is the host's own word for a circle.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(circles))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, circles: Sequence[Vitals]) -> None:
        self._circles = circles

    def collect(self) -> Iterator[Metric]:
        yield _gauge(
            "peerroom_bot_well",
            "1 while the bot looks after its room",
            [(one.label, float(is_well(one))) for one in self._circles],
        )
        known = [(one.label, one.figures) for one in self._circles if one.figures is not None]
        gauges: tuple[tuple[str, str, list[float]], ...] = (
            (
                "peerroom_bot_outbox_waiting",
                "Requests that wait to be carried out",
                [f.waiting for _label, f in known],
            ),
            (
                "peerroom_bot_outbox_failed",
                "Requests that could not be carried out",
                [f.failed for _label, f in known],
            ),
            (
                "peerroom_bot_events_unreadable",
                "Events that cannot be decrypted so far",
                [f.unreadable for _label, f in known],
            ),
            (
                "peerroom_bot_cases_open",
                "Cases that are not closed",
                [f.cases_open for _label, f in known],
            ),
            (
                "peerroom_bot_cases_unclaimed",
                "Cases that nobody looks after",
                [f.cases_unclaimed for _label, f in known],
            ),
            (
                "peerroom_bot_rooms",
                "Rooms that the bot looks after",
                [f.rooms for _label, f in known],
            ),
        )
        labels = [label for label, _figures in known]
        for name, words, values in gauges:
            yield _gauge(name, words, zip(labels, values, strict=True))
        yield _gauge(
            "peerroom_bot_last_sync_age_seconds",
            "Seconds since the server answered last",
            [(label, f.sync_age) for label, f in known if f.sync_age is not None],
        )
        yield _counter(
            "peerroom_bot_events_judged",
            "Events decided on since the start",
            [(label, f.judged) for label, f in known],
        )
        yield _counter(
            "peerroom_bot_events_unjudged",
            "Events that a mistake of the bot kept it from judging",
            [(label, f.unjudged) for label, f in known],
        )
        found = CounterMetricFamily(
            "peerroom_bot_findings",
            "What protections found since the start, trials among it",
            labels=("circle", "protection", "verb"),
        )
        for label, figures in known:
            for (protection, verb), count in sorted(figures.found.items()):
                found.add_metric((label, protection, verb), count)
        yield found


def _gauge(name: str, words: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=("circle",))
    for label, value in values:
        family.add_metric((label,), value)
    return family


def _counter(name: str, words: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = CounterMetricFamily(name, words, labels=("circle",))
    for label, value in values:
        family.add_metric((label,), value)
    return family
