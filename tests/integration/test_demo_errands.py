"""A moderator of the demo removes people: that is what it is for, and it ends nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from peerroom.clock import SystemClock
from peerroom.demo import errands
from peerroom.demo.desk import Desk
from peerroom.demo.errands import Errands
from peerroom.demo.rhythm import SHIFT
from peerroom.demo.world import World, _voice
from peerroom.store.vault import Vault


@pytest.mark.soak
async def test_who_is_banned_takes_neither_talk_nor_errands_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "BEFORE_FIRST", (0.0, 0.1))
    monkeypatch.setattr(errands, "BETWEEN", (0.0, 0.1))
    clock, chance = SystemClock(), random.Random(3)
    world = World(tmp_path, clock=clock, random=chance)
    try:
        await world.start_server(lambda _seconds: None)
        await world.start_moderator(SHIFT)
        await world.bring_members()
        you = await world.enter(Vault.ephemeral(), "moderator")
        desk = await Desk.of(you)
        reporter = world.members[0]
        await desk.order(f"ban {reporter.account.user_id}")
        await reporter.when(reporter.is_silenced)
        # Whoever should report the last message never sees it.
        await Errands(world.members, clock=clock, random=chance).run()
        await _voice(reporter)("nobody waits for this")
        await _voice(world.members[1])("still here")
        await you.sees(errands.marked("still here"))
    finally:
        await world.close()
