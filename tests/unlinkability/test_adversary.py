"""The adversary must find what is there, and nothing else: else all its silence means nothing."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from unlinkability.adversary import Adversary, Verdict, judge, trained
from unlinkability.assignment import assign
from unlinkability.hours import DAY, HOUR, WEEK, agent_online, at_the_screen, draw_people
from unlinkability.referee import Tally, poisson_quantile, tally
from unlinkability.trails import Sight, Trail

TRAIN, TEST = 30, 60
MEMBERS = 10


def played(seed: int, leak: str, count: int) -> list[Sight]:
    """Rotations in which nothing but ``leak`` links the old with the new."""
    random = Random(f"{leak} {seed}")
    return [_rotation(random, leak) for _ in range(count)]


def _rotation(random: Random, leak: str) -> Sight:
    pairs = []
    people = draw_people(random, MEMBERS, "laptops")
    places = [float(place) for place in range(MEMBERS)]
    random.shuffle(places)
    for number, person in enumerate(people):
        before = at_the_screen(random, person, -WEEK, 0)
        after = at_the_screen(random, person, 0, WEEK)
        asked = random.uniform(-6 * DAY, -DAY)
        shown = random.uniform(-DAY, 0)
        match leak:
            case "hours":
                pair = Trail(online=before), Trail(online=after)
            case "writing":
                pair = (
                    Trail(acts={"message": tuple(begin for begin, _ in before)}),
                    Trail(acts={"message": tuple(begin for begin, _ in after)}),
                )
            case "answer":
                left = random.uniform(0, HOUR)
                pair = (
                    Trail(acts={"leave": (left,)}),
                    Trail(acts={"join": (left + random.uniform(1, 9),)}),
                )
            case "awake":
                since, until = random.choice(before)
                pair = (
                    Trail(online=before),
                    Trail(acts={"redeem": (random.uniform(since, until),)}),
                )
            case "place":
                pair = (
                    Trail(acts={"request": (asked,)}, marks={"place": places[number]}),
                    Trail(acts={"redeem": (shown,)}, marks={"place": places[number]}),
                )
            case "mark":
                pair = Trail(marks={"address": str(number)}), Trail(marks={"address": str(number)})
            case _:
                pair = (
                    Trail(before, {"request": (asked,)}, (256, 512), {"place": places[number]}),
                    Trail(
                        agent_online(random, random.choice(people), (), 0, WEEK),
                        {"redeem": (shown,)},
                        (256,),
                        {"place": float(random.randrange(MEMBERS))},
                    ),
                )
        pairs.append(pair)
    return Sight.shuffled(pairs, random)


def faced(leak: str) -> tuple[Adversary, Tally]:
    """Training on some seeds and trial on others."""
    adversary = trained(played(1, leak, TRAIN))
    return adversary, tally((sight, judge(adversary, sight)) for sight in played(2, leak, TEST))


@pytest.mark.parametrize(
    ("leak", "share"),
    [
        ("hours", 0.3),
        ("writing", 0.2),
        ("answer", 0.95),
        ("awake", 0.4),
        ("place", 1.0),
        ("mark", 1.0),
    ],
)
def test_it_finds_a_leak_that_was_planted(leak: str, share: float) -> None:
    found = faced(leak)[1]

    assert not found.at_chance
    assert found.share >= share
    assert found.precision >= found.share


def test_it_finds_nothing_where_nothing_is() -> None:
    found = faced("nothing")[1]

    assert found.at_chance
    assert found.correct >= 30  # of 60 expected: it does guess
    assert found.effective >= 0.9
    assert found.worst <= 3


def test_its_probabilities_are_right_as_often_as_they_say() -> None:
    adversary = trained(played(1, "hours", TRAIN))
    said = happened = 0.0
    for sight in played(3, "hours", TEST):
        for belief, true in zip(judge(adversary, sight).beliefs, sight.truth, strict=True):
            said += max(belief)
            happened += belief.index(max(belief)) == true

    assert said == pytest.approx(happened, rel=0.15)


def test_a_tie_tells_nobody_the_answer() -> None:
    """All pairs alike: whoever pairs in order would be right each time, were the order kept."""
    random = Random(5)
    nobody = Adversary((), (), ())
    sights = [Sight.shuffled([(Trail(), Trail())] * MEMBERS, random) for _ in range(300)]

    found = tally((sight, judge(nobody, sight)) for sight in sights)

    assert found.at_chance
    assert 240 <= found.correct <= 360
    assert found.effective == pytest.approx(1.0)
    assert 0.05 <= found.precision <= 0.15


def test_who_is_sure_of_all_alike_is_not_called_precise_by_the_order_of_the_list() -> None:
    """All links are equally sure, so the surest are all of them."""
    sight = Sight((Trail(),) * 20, (Trail(),) * 20, tuple(range(20)))
    even = tuple([0.05] * 20)
    found = tally([(sight, Verdict((*range(10), *range(11, 20), 10), (even,) * 20))])

    assert found.precision == 0.5


def test_the_assignment_is_the_best_there_is() -> None:
    random = Random(3)
    for size in range(1, 7):
        for _ in range(20):
            table = [
                [random.choice((0.0, random.gauss(0, 3))) for _ in range(size)] for _ in range(size)
            ]

            chosen = assign(table)

            assert sorted(chosen) == list(range(size))
            best = max(
                sum(table[row][column] for row, column in enumerate(order))
                for order in itertools.permutations(range(size))
            )
            assert sum(table[row][column] for row, column in enumerate(chosen)) == pytest.approx(
                best
            )


@pytest.mark.parametrize(("mean", "bound"), [(1, 4), (10, 18), (200, 234), (2000, 2105)])
def test_the_bound_of_chance(mean: int, bound: int) -> None:
    """Tables of the Poisson distribution; for large means, mean + 2.326 √mean and a half."""
    assert abs(poisson_quantile(mean, 0.99) - bound) <= 1
