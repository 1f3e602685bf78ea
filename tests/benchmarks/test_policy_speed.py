"""What policy lists cost: many rules against everyone in large rooms, and to have them ready."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from peerroom.moderation.policies import Policies
from peerroom.wire import policy
from peerroom.wire.policy import Rule

pytestmark = pytest.mark.bench

PEOPLE = [f"@parent{number}:server{number % 50}.example" for number in range(10_000)]
LITERALS, GLOBS = 100_000, 5_000
ALLOWED_LITERAL = 0.010
ALLOWED_GLOBS = 0.200
ALLOWED_READY = 2.0
"""Seconds."""


def rules(entities: Iterable[str]) -> list[Rule]:
    return [Rule("user", entity, "ban", entity=entity) for entity in entities]


def asked(policies: Policies) -> tuple[float, int]:
    """Seconds to ask about everyone, the best of three, and how many are listed."""
    best, found = float("inf"), 0
    for _ in range(3):
        begun = time.perf_counter()
        found = sum(1 for _ in policies.matching(PEOPLE))
        best = min(best, time.perf_counter() - begun)
    return best, found


def first(policies: Policies) -> tuple[float, int]:
    """The same for the first time, when nothing is compiled yet."""
    begun = time.perf_counter()
    found = sum(1 for _ in policies.matching(PEOPLE))
    return time.perf_counter() - begun, found


def test_many_rules_against_many_people() -> None:
    begun = time.perf_counter()
    read = [
        policy.read(
            "m.policy.rule.user",
            f"rule:{number}",
            {"entity": f"@spam{number}:evil.example", "recommendation": "m.ban", "reason": "spam"},
        )
        for number in range(LITERALS)
    ]
    literal = Policies([rule for rule in read if rule is not None] + rules([PEOPLE[7]]))
    ready = time.perf_counter() - begun
    alike = Policies(
        rules(f"@*spam{number}:server{number % 50}.example" for number in range(GLOBS))
    )
    apart = Policies(rules(f"@spam{number}*:*.evil{number}.example" for number in range(GLOBS)))
    hit = Policies(rules(f"@parent{number}*:server*" for number in range(GLOBS)))

    literally, one = asked(literal)
    print(f"\n{LITERALS:,} literal rules: ready in {ready:.2f} s,", end=" ")
    print(f"against {len(PEOPLE):,} people {literally * 1e3:.1f} ms")
    assert one == 1
    for name, policies in (("one server's", alike), ("all apart", apart), ("all hit", hit)):
        seconds, found = first(policies)
        print(f"{GLOBS:,} patterns, {name}: {seconds * 1e3:.1f} ms at first, {found:,} listed")
        assert seconds < ALLOWED_GLOBS
    assert literally < ALLOWED_LITERAL
    assert ready < ALLOWED_READY
