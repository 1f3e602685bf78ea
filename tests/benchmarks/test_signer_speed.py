"""What a cut-off costs when the signing process does it, and what it costs the bot meanwhile."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path

import pytest

from peerroom.bot.signer.client import Signer
from peerroom.pseudonym.blind import fits
from peerroom.pseudonym.round_keys import PublicKey

pytestmark = pytest.mark.bench

MEMBERS, ROUNDS = 200, 3
ALLOWED = 4.0
"""Seconds for the requests of `MEMBERS` for `ROUNDS` rounds: signed, checked, noted, brought."""
ALLOWED_STALL = 0.1
"""Seconds for which the bot may do nothing else."""


async def longest_stall(work: asyncio.Task[object]) -> float:
    """The longest time between two turns of the loop until ``work`` is done."""
    longest, last = 0.0, time.perf_counter()
    while not work.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


async def test_a_cut_off_is_quick_and_the_bot_goes_on(tmp_path: Path) -> None:
    begun = time.perf_counter()
    signer = await Signer.start(tmp_path / "signer", secrets.token_bytes(32), bytes(16))
    started = time.perf_counter() - begun
    begun = time.perf_counter()
    keys = [PublicKey.decode(key) for key in await signer.make(1, ROUNDS)]
    made = time.perf_counter() - begun

    batches = [[secrets.token_bytes(383).rjust(384, b"\0") for _ in range(MEMBERS)] for _ in keys]

    async def cut_off() -> list[list[bytes]]:
        return [await signer.sign(1, number, batch) for number, batch in enumerate(batches)]

    begun = time.perf_counter()
    work = asyncio.create_task(cut_off())
    stall = await longest_stall(work)
    signed = time.perf_counter() - begun
    for key, batch, answers in zip(keys, batches, work.result(), strict=True):
        assert all(fits(key, *pair) for pair in zip(batch, answers, strict=True))

    begun = time.perf_counter()
    await signer.destroy(1)
    destroyed = time.perf_counter() - begun
    await signer.close()
    print(f"\nstart {started:.2f} s, {ROUNDS} keys {made:.2f} s, destroy {destroyed:.2f} s")
    print(f"{MEMBERS} x {ROUNDS} requests: {signed:.2f} s; longest stall {stall * 1e3:.0f} ms")
    assert signed < ALLOWED
    assert stall < ALLOWED_STALL
