"""The protections over a day of ordinary talk and over attacks, and the page that tells of it."""

from __future__ import annotations

from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from support.corpora import HALVES, Half, at_defaults, attacks, caught, day_findings, half, ordinary

from peerroom.moderation.findings import Finding
from peerroom.moderation.phones import phones
from peerroom.moderation.seen import Seen

TOOL = Path(__file__).parents[2] / "tools" / "moderation_figures.py"
CAUGHT = 0.95
CAUGHT_HELD_OUT = 0.90
HELD = 0.005
"""Of ordinary messages, held at most."""


@pytest.fixture(scope="module")
def judged() -> list[tuple[Seen, list[Finding]]]:
    """Every ordinary message with what was found about it."""
    return [
        (seen, list(found))
        for seen, found in day_findings(at_defaults())
        if seen.kind in ("text", "media")
    ]


@pytest.mark.parametrize("which", HALVES)
def test_of_ordinary_talk_nothing_is_removed_and_almost_nothing_held(
    judged: list[tuple[Seen, list[Finding]]], which: Half
) -> None:
    here = [one for one in judged if one[0].text and half(one[0].text.raw()) == which]
    verbs = Counter(finding.verb for _, found in here for finding in found)

    assert verbs["hold"] < HELD * len(here)
    assert set(verbs) <= {"hold", "flag"}


def test_only_links_and_pictures_of_newcomers_are_held(
    judged: list[tuple[Seen, list[Finding]]],
) -> None:
    held = {f.protection for _, found in judged for f in found if f.verb == "hold"}

    assert held == {"newcomers"}


def test_who_is_not_well_is_told_to_a_human(judged: list[tuple[Seen, list[Finding]]]) -> None:
    told = [seen for seen, found in judged if any(f.reason == "risk" for f in found)]
    texts = "\n".join(seen.text.raw() for seen in told if seen.text)

    for words in (
        "「消えたい」",
        "死にたいと思う夜",
        "一緒に死のうか",
        "wants to die",
        "better off",
    ):
        assert words in texts


def test_attacks_are_caught() -> None:
    guard = at_defaults()
    by_half: dict[Half, list[bool]] = {one: [] for one in HALVES}
    for attack in attacks():
        by_half[attack.half].append(bool(caught(guard, attack)))
    everything = [one for part in by_half.values() for one in part]

    assert sum(everything) >= CAUGHT * len(everything)
    assert sum(by_half["held out"]) >= CAUGHT_HELD_OUT * len(by_half["held out"])


def test_the_corpora_are_as_large_and_as_mixed_as_they_should_be() -> None:
    talk = [seen for seen in ordinary() if seen.kind in ("text", "media")]
    rooms = Counter(seen.room_id for seen in talk)
    several = Counter(half(seen.text.raw()) for seen in talk if seen.text)
    samples = attacks()

    assert len(talk) >= 2000
    assert min(rooms.values()) >= 900
    assert len({seen.text for seen in talk}) > 0.95 * len(talk)
    assert min(several.values()) > 0.4 * len(talk)
    assert len(samples) >= 300
    assert {attack.language for attack in samples} == {"ja", "en"}
    assert sum(bool(attack.evasion) for attack in samples) >= 100


def test_no_ordinary_message_has_a_telephone_number() -> None:
    assert [seen for seen in ordinary() if seen.text and list(phones(seen.text.raw()))] == []


def test_the_page_is_current() -> None:
    """tools/moderation_figures.py"""
    spec = spec_from_file_location("tools_moderation_figures", TOOL)
    assert spec is not None and spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run tools/moderation_figures.py"
