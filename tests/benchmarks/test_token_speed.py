"""What a renewal costs: one member's request, and a whole circle's cut-off."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from support.token_keys import SCOPE, round_key

from peerroom.pseudonym import tokens
from peerroom.pseudonym.blind import fits
from peerroom.pseudonym.blind_selftest import self_test

pytestmark = pytest.mark.bench

MEMBERS, ROUNDS = 200, 3
ALLOWED_BATCH = 4.0
"""Seconds for the requests of `MEMBERS` for `ROUNDS` rounds, signed and checked."""
ALLOWED_MEMBER = 0.005
"""Seconds to make a request and to open its answer."""


def median(step: Callable[[int], object], times: int = 200) -> float:
    """Seconds that ``step`` takes, the median of so many."""
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        step(number)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def test_a_request_and_a_cut_off_are_quick() -> None:
    begun = time.perf_counter()
    self_test()
    tested = time.perf_counter() - begun

    key, public = round_key(), round_key().public
    pendings = [tokens.request(public, SCOPE) for _ in range(200)]
    answers = [tokens.sign(key, pending.request) for pending in pendings]
    finished = [tokens.finish(public, *pair) for pair in zip(pendings, answers, strict=True)]
    blind = median(lambda _: tokens.request(public, SCOPE))
    sign = median(lambda n: tokens.sign(key, pendings[n].request))
    finish = median(lambda n: tokens.finish(public, pendings[n], answers[n]))
    check = median(lambda n: tokens.check(finished[n], public, SCOPE))

    keys = [round_key(n) for n in range(ROUNDS)]
    asked = [
        (each, tokens.request(each.public, SCOPE).request) for each in keys for _ in range(MEMBERS)
    ]
    begun = time.perf_counter()
    signed = [(each, request, tokens.sign(each, request)) for each, request in asked]
    batch = time.perf_counter() - begun
    assert all(fits(each.public, request, answer) for each, request, answer in signed)

    print(f"\nself-test, once a process: {tested * 1e3:.0f} ms")
    for name, seconds in (
        ("request (prepare and blind)", blind),
        ("sign and check s^e = m", sign),
        ("finish (finalize)", finish),
        ("check (verify)", check),
    ):
        print(f"{name}: {seconds * 1e3:.2f} ms (median of 200, RSA-3072)")
    print(f"{len(asked)} requests signed and checked: {batch:.2f} s")
    assert batch < ALLOWED_BATCH
    assert blind + finish < ALLOWED_MEMBER
