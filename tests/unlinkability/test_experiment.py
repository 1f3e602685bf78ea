"""The experiment in small: `make lab` plays it in large, and writes down what it finds.

Seeds are fixed, so nothing here can come out differently by chance; what is asked for leaves room
for changes of the protocol that change what is drawn.
"""

from __future__ import annotations

import pytest
from support.paper_mint import RealMint
from support.token_keys import round_key
from unlinkability import page
from unlinkability.experiment import Case, Crowd, Inquiry, Outcome, Renewal, cases, run
from unlinkability.hours import Hours
from unlinkability.live import Live
from unlinkability.referee import Tally
from unlinkability.report import inquiries
from unlinkability.simulate import play
from unlinkability.trails import View
from unlinkability.worlds import World

ALWAYS = Crowd(10, "always on")
LAPTOPS = Crowd(10, "laptops")
QUIET = "nobody writes"
SERVER: tuple[View, ...] = ("homeserver",)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """A few circles of ten, all arms that the tests ask for."""
    always = cases("rename", QUIET, views=("member",)) + cases("at once", QUIET, views=("member",))
    for arm in ("two visits", "in answer", "logs out", "no tor"):
        always += cases(arm, QUIET, views=SERVER)
    always += cases("in order", QUIET, views=("network",)) + cases("peerroom", QUIET)
    laptops = cases("two visits", QUIET, views=SERVER) + cases("peerroom", QUIET)
    return run([Inquiry(ALWAYS, always, 6, 5, 5), Inquiry(LAPTOPS, laptops, 6, 5, 5)])


def of(outcome: Outcome, arm: str, view: View, crowd: Crowd = ALWAYS) -> Tally:
    return outcome.results[crowd, Case(arm, QUIET, view)]


def test_renaming_hides_nothing(outcome: Outcome) -> None:
    assert of(outcome, "rename", "member").share >= 0.95


def test_a_new_account_at_once_hides_little(outcome: Outcome) -> None:
    assert of(outcome, "at once", "member").share >= 0.6


@pytest.mark.parametrize("crowd", [ALWAYS, LAPTOPS])
def test_two_visits_instead_of_one_are_linked(outcome: Outcome, crowd: Crowd) -> None:
    assert of(outcome, "two visits", "homeserver", crowd).share >= 0.8


@pytest.mark.parametrize(
    ("arm", "view"),
    [("in answer", "homeserver"), ("logs out", "homeserver"), ("in order", "network")],
)
def test_what_each_precaution_is_for(outcome: Outcome, arm: str, view: View) -> None:
    without = of(outcome, arm, view)

    assert not without.at_chance
    assert without.share >= 2 * of(outcome, "peerroom", view).share


def test_an_address_links_everyone(outcome: Outcome) -> None:
    assert of(outcome, "no tor", "homeserver").share == 1.0


@pytest.mark.parametrize("view", ["member", "bot", "homeserver", "network"])
def test_with_agents_always_on_nobody_finds_more_than_by_guessing(
    outcome: Outcome, view: View
) -> None:
    found = of(outcome, "peerroom", view)

    assert found.rotations == 30
    assert found.at_chance
    assert found.effective >= 0.9
    assert found.worst <= 3.0


@pytest.mark.parametrize("view", ["member", "bot", "network"])
def test_with_laptops_only_the_homeserver_does(outcome: Outcome, view: View) -> None:
    found = of(outcome, "peerroom", view, LAPTOPS)

    assert found.rotations >= 10
    assert found.at_chance
    assert found.effective >= 0.9
    assert of(outcome, "peerroom", "homeserver", LAPTOPS).share > 0.5


def test_a_circle_with_real_tokens_does_as_those_with_paper_ones() -> None:
    """The same people renew their names in the same epochs; only what is signed differs."""
    world = World.drawn(1, 6, 2, "always on")

    real = play(world, mint=RealMint([round_key(number) for number in range(6)]))

    assert len(real.rotations) == real.epochs == 2
    assert real.renewed == real.seats == 12
    assert [len(rotation.members) for rotation in play(world).rotations] == [6, 6]


def test_the_page_can_be_written_from_every_outcome_of_the_lab() -> None:
    """With results that break every promise: nothing is claimed that was not found."""
    asked = inquiries(10)
    linked = Tally(10, 200, 10.0, 20.0, ((1.0, True),) * 200)
    outcome = Outcome(
        {(inquiry.crowd, case): linked for inquiry in asked for case in inquiry.cases},
        {inquiry.crowd: Renewal(10, 10, 200, 200) for inquiry in asked},
    )

    live = Live(linked, linked, ("profiles.displayname",))
    text = page.written(outcome, Renewal(0, 10, 0, 200), live, "2026-11-23")

    assert text.count("**does not hold**") == 3
    assert text.count("| holds |") == 3
    assert "somebody finds more than guessing" in text
    assert "more than guessing gives" in text
    assert "`profiles.displayname`" in text
    assert "{" not in text


@pytest.mark.parametrize("hours", ["always on", "laptops"])
def test_the_same_seed_is_the_same_circle(hours: Hours) -> None:
    one, two = (play(World.drawn(3, 6, 2, hours)) for _ in range(2))

    assert one == two
    assert one.rotations != play(World.drawn(4, 6, 2, hours)).rotations
