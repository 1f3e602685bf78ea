"""Twice as much hostile JSON takes twice as long, and not four times."""

from __future__ import annotations

import time

import pytest

from peerroom.matrix.untrusted_json import NotJson, parse

pytestmark = [pytest.mark.bench]

_ALLOWED = 3.0


def seconds(data: bytes) -> float:
    """The fastest of five runs."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        with pytest.raises(NotJson):
            parse(data)
        times.append(time.perf_counter() - begun)
    return min(times)


@pytest.mark.parametrize("pattern", [b'\\"', b'"', b"[", b'{"a":', b'"\\', b'"\\"['])
def test_the_time_grows_with_the_length(pattern: bytes) -> None:
    once, twice = (b'"' + pattern * (size // len(pattern)) for size in (1_000_000, 2_000_000))
    ratio = seconds(twice) / seconds(once)
    print(f"\n{pattern!r}: {ratio:.2f} times as long for twice the length")
    assert ratio <= _ALLOWED
