"""Waiting: longer and longer, never in step with others, and as long as the server asks."""

from __future__ import annotations

import random

import pytest

from peerroom.matrix.backoff import Backoff
from peerroom.matrix.errors import RateLimited, ServerFault

SOME = Backoff(first=1.0, longest=20.0, patience=60.0)


def test_waits_grow_to_a_limit_and_stay_there(seeded: random.Random) -> None:
    for failures, low, high in [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (6, 10, 20), (1000, 10, 20)]:
        for _ in range(50):
            wait = SOME.wait(failures, ServerFault(), seeded)
            assert wait is not None
            assert low <= wait <= high


def test_two_clients_do_not_come_back_together() -> None:
    one, other = random.Random(1), random.Random(2)
    pairs = [
        (SOME.wait(n, ServerFault(), one), SOME.wait(n, ServerFault(), other)) for n in range(1, 9)
    ]
    assert all(a != b for a, b in pairs)


@pytest.mark.parametrize("asked", [0.0, 0.2, 5.0, 60.0])
def test_what_the_server_asks_for_is_kept_to_the_full(asked: float, seeded: random.Random) -> None:
    for _ in range(50):
        wait = SOME.wait(1, RateLimited(retry_after=asked), seeded)
        assert wait is not None
        assert asked < wait <= asked * 1.1 + 0.5


def test_a_wait_beyond_our_patience_is_the_callers_decision(seeded: random.Random) -> None:
    assert SOME.wait(1, RateLimited(retry_after=332.0), seeded) is None


def test_without_a_number_a_rate_limit_is_backed_off_like_a_fault(seeded: random.Random) -> None:
    wait = SOME.wait(1, RateLimited(), seeded)
    assert wait is not None
    assert 0.5 <= wait <= 1.0
