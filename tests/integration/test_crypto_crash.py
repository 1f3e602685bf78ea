"""kill -9 between a sync's answer and its handling: nio's second defect, and ours at each point."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.accounts import MakeAccount
from support.arms import Arm, Ours
from support.bare_nio import BareNio
from support.members import meet, people_of
from support.one_life import Life, live

from peerroom.matrix.commit_points import POINTS

SEND_POINTS = [point for point in POINTS if point.startswith(("share:", "send:"))]
SYNC_POINTS = [point for point in POINTS if point.startswith("sync:")]


@pytest.fixture(params=["bare nio", "peerroom"])
async def arm(
    request: pytest.FixtureRequest, make_account: MakeAccount, tmp_path: Path
) -> AsyncIterator[Arm]:
    async with people_of(make_account) as people, AsyncExitStack() as stack:
        yield Arm(request.param, make_account, people, stack, tmp_path)


@pytest.mark.parametrize("crash", [False, True], ids=["no crash", "crash"])
async def test_a_crash_while_a_room_key_arrives_loses_no_message(arm: Arm, crash: bool) -> None:
    speaker, victim = await arm.player("speaker"), await arm.player("victim", keeps=True)
    room_id = await arm.scene(speaker, victim)
    life = await last_will(arm, victim, room_id)
    await speaker.say(room_id, "before the crash")
    for point in (SYNC_POINTS if arm.ours else ["token saved"]) if crash else []:
        assert await asyncio.to_thread(live, life.killed(point)) is None, point
    await speaker.say(room_id, "after the crash")
    heard = await asyncio.to_thread(live, life)
    lost = crash and not arm.ours
    assert heard == ([] if lost else ["before the crash", "after the crash"])


async def test_a_crash_while_a_message_leaves_neither_loses_nor_doubles_it(
    make_account: MakeAccount, tmp_path: Path
) -> None:
    async with people_of(make_account) as people:
        speaker = await people("speaker", folder=tmp_path / "vault")
        reader = await people("reader")
        room_id = await meet(speaker, reader)
        arm = Arm("peerroom", make_account, people, AsyncExitStack(), tmp_path)
        speaker.row(room_id, "one")
        life = await last_will(arm, Ours(speaker), room_id)
        for point in SEND_POINTS:
            assert await asyncio.to_thread(live, life.killed(point)) is None, point
        assert await asyncio.to_thread(live, life) == ["one"]
        await reader.turn()
        assert reader.heard(room_id) == ["one"]
        assert len(reader.events(room_id)) == 1


async def last_will(arm: Arm, victim: Ours | BareNio, room_id: str) -> Life:
    """End the victim's life in this process, and what another process needs to go on with it."""
    token, vault_key = victim.token, ""
    if isinstance(victim, Ours):
        member = victim.member
        vault_key, folder = member.vault.data_key.hex(), str(member.vault.folder)
        homeserver = member.account.homeserver
        await member.close()
    else:
        folder, homeserver = victim.client.store_path, victim.client.homeserver
        await victim.close()
    return Life(
        arm.name, folder, homeserver, victim.user_id, victim.device_id, token, room_id, vault_key
    )
