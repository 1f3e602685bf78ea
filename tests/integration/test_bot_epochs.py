"""Whole epochs: the real bot, the real signer, a real server as a host of circles runs it."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from support.processes import descendants
from support.steering import Scene, steered

from peerroom.bot.epochs import points
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym import names
from peerroom.pseudonym.tokens import Token
from peerroom.wire.records import (
    Admitted,
    Carried,
    Declined,
    EpochOpened,
    Issued,
    Seated,
    Signed,
    Skipped,
    Stayed,
    Voided,
    encode_record,
)


@pytest.fixture
async def scene(circle_homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with steered(circle_homeserver) as scene:
        yield scene


async def test_everyone_gets_a_new_account_and_a_new_name(scene: Scene) -> None:
    old = await scene.people(3)
    scene.cut_off()
    new = await scene.all_redeemed(old)
    await scene.switch()
    for walker in new:
        await walker.arrive()
    [room] = {walker.room_id for walker in new}
    assert room == scene.circle.room_id
    assert room not in {walker.room_id for walker in old}
    opened = await new[0].sees(EpochOpened, epoch=2)
    ledger = await new[0].sees(Admitted, epoch=1)
    assert (ledger.issued, ledger.count) == (3, 3)
    assert new[0].chain().epoch == opened
    digest = sha256(encode_record(new[0].record_of(ledger))).digest()
    before = {name.index for walker in old if (name := names.read(walker.name()))}
    assert len(before) == 3
    given = names.assign([walker.user_id for walker in new], digest, before, {})
    members = new[0].vault.rooms.members(room)
    assert members.keys() == given.keys() | {scene.circle.bot_id}
    assert {u: new[0].name(u) for u in given} == {u: str(name) for u, name in given.items()}
    await new[0].say("good morning")
    for walker in new[1:]:
        await walker.until(lambda w=walker: "good morning" in w.bodies() or None)


async def test_nobody_can_write_before_all_are_there(scene: Scene) -> None:
    """What was written earlier could never be read by those who came in after it was encrypted."""
    old = await scene.people(3)
    scene.cut_off()
    new = await scene.all_redeemed(old)
    await scene.switch()
    await new[0].arrive()
    await scene.circle.bot.idle()
    room = quote(scene.circle.room_id)
    token = scene.circle.vault.accounts.all()[0].access_token
    path = f"/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=200"
    story = scene.circle.server.api(token).call("GET", path)["chunk"]
    levels = [
        (number, event["content"]["events_default"])
        for number, event in enumerate(story)
        if event["type"] == "m.room.power_levels"
    ]
    assert [level for _number, level in levels] == [100, 0]
    came = [
        number
        for number, event in enumerate(story)
        if event["type"] == "m.room.member"
        and event["content"]["membership"] == "join"
        and event["state_key"] in {walker.user_id for walker in new}
    ]
    assert len(came) == 3
    assert levels[0][0] < min(came) and max(came) < levels[1][0]


async def test_who_goes_on_under_which_name(scene: Scene) -> None:
    """Redeemed, signed and not redeemed, not signed because away, declined because banned."""
    moderator = await scene.moderator()
    old = await scene.people(4)
    late, banned = old.pop(), (await scene.people(1))[0]
    away = await scene.person()
    answer = await scene.command(moderator, f"!ban {banned.name()}: selling courses")
    assert "cannot come back" in answer
    await scene.until("Excluded", 1)
    scene.cut_off()
    issued = await away.sees(Issued)
    rows = away.rows(away.record_of(issued))
    assert {row.user_id for row in rows if isinstance(row, Declined)} == {banned.user_id}
    assert {row.user_id for row in rows if isinstance(row, Signed)} == {
        walker.user_id for walker in (*old, late)
    }
    new = await scene.all_redeemed(old)
    names_before = [walker.name() for walker in old]
    await scene.switch()
    for walker in new:
        await walker.arrive()
    for walker in (moderator, away):
        await walker.invited()
    ledger = await away.sees(Admitted, epoch=1)
    rows = away.rows(away.record_of(ledger))
    assert {row.user_id for row in rows if isinstance(row, Seated)} == {w.user_id for w in new}
    carried = {(row.user_id, row.why) for row in rows if isinstance(row, Carried)}
    assert carried == {(away.user_id, "away"), (moderator.user_id, "resident")}
    assert not {late.user_id, banned.user_id} & away.vault.rooms.members(away.room_id).keys()

    answer = await scene.command(moderator, f"!ban {names_before[0]}")
    assert "is a retired name" in answer
    before = scene.told["WantsToStay"]
    await late.stay()
    await scene.until("WantsToStay", before + 1)
    await late.invited()
    assert late.room_id == away.room_id
    assert (await late.sees(Stayed)).seat.user_id == late.user_id
    await late.say("I overslept")
    await away.until(lambda: "I overslept" in away.bodies() or None)
    answer = await scene.command(moderator, "!names")
    assert "Epoch 2" in answer and "Outside, and may come back: 0." in answer


async def test_a_token_is_good_once_and_only_as_it_was_signed(scene: Scene) -> None:
    moderator = await scene.moderator()
    cheat, *honest = await scene.people(3)
    scene.cut_off()
    await scene.all_redeemed([cheat])
    await scene.all_redeemed([cheat])  # the same token, under another account
    bent = honest[0]
    before = scene.told["Shown"]
    scene.kept(await bent.redeem(await scene.road(), bend=_bent))
    await scene.until("Shown", before + 1)
    assert len(scene.office.shown) == 1
    answer = await scene.command(moderator, "!status")
    assert "not in order: 2" in answer
    assert "How many new accounts came is said" in await scene.command(moderator, "!names")
    await scene.all_redeemed(honest)
    assert len(scene.office.shown) == 3


def _bent(token: Token) -> Token:
    return replace(token, signature=bytes([token.signature[0] ^ 1]) + token.signature[1:])


async def test_a_ban_in_the_window_costs_one_round(scene: Scene) -> None:
    moderator = await scene.moderator()
    banned, *others = await scene.people(3)
    scene.cut_off()
    new = await scene.all_redeemed([banned, *others])
    await scene.command(moderator, f"!ban {banned.name()}")
    await scene.until("Excluded", 1)
    assert others[0].last(Voided) is None  # nothing shows before the window ends
    assert scene.office.stage == "window"
    scene.end_window()
    voided = await others[0].sees(Voided)
    assert (voided.round, voided.why) == (0, "ban")
    second = await others[0].sees(Issued, round=1)
    rows = others[0].rows(others[0].record_of(second))
    assert {row.user_id for row in rows if isinstance(row, Signed)} == {o.user_id for o in others}
    assert [row.user_id for row in rows if isinstance(row, Declined)] == [banned.user_id]
    for walker in others:
        await walker.signed(1)
        await walker.entry(1)
    await scene.circle.bot.idle()
    assert all(scene.is_closed(walker) for walker in new)
    assert not any(scene.is_closed(walker) for walker in (*others, banned, moderator))


async def test_three_rounds_without_enough_people_and_names_stay(scene: Scene) -> None:
    people = await scene.people(3)
    room = scene.circle.room_id
    for round_ in range(3):
        scene.cut_off(round_)
        await people[0].sees(Issued, round=round_)
        scene.end_window(round_)
        assert (await people[0].sees(Voided, round=round_)).why == "too few"
    assert (await people[0].sees(Skipped)).why == "rounds"
    await people[0].sees(EpochOpened, epoch=2)
    assert people[0].chain().epoch == people[0].last(EpochOpened, epoch=2)
    assert scene.circle.room_id == room
    await people[0].say("still me")
    await people[1].until(lambda: "still me" in people[1].bodies() or None)


async def test_a_switch_waits_for_moderators(scene: Scene) -> None:
    moderator = await scene.moderator()
    old = await scene.people(2)
    scene.cut_off()
    new = await scene.all_redeemed(old)
    assert "2 hours" in await scene.command(moderator, "!hold 2")
    scene.end_window()
    await scene.until("Ticked", scene.told["Ticked"] + 1)
    assert scene.office.stage == "held"
    await old[0].say("people can go on writing")
    assert "New accounts that came: 2." in await scene.command(moderator, "!names")
    await scene.command(moderator, "!release")
    await scene.until("HoldReleased", 1)
    assert scene.office.stage == "frozen"
    scene.clock.go_to(scene.office.thaws)
    for walker in new:
        await walker.arrive()


def _is_signer(pid: int) -> bool:
    return b"peerroom.bot.signer.process" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the process in /proc")
async def test_the_signer_may_die_before_each_of_its_tasks(scene: Scene) -> None:
    """It is ended when the bot is about to ask it: another one takes over with the same keys."""
    deaths: list[str] = []

    def ends_signer(moment: points.Moment, key: str) -> None:
        scene.hears(moment, key)
        if moment == "begun" and key.partition(":")[0] in ("sign", "destroy", "keys"):
            for pid in filter(_is_signer, descendants(os.getpid())):
                os.kill(pid, signal.SIGKILL)
                deaths.append(key)

    with points.watched(ends_signer):
        old = await scene.people(2)
        scene.cut_off()
        new = await scene.all_redeemed(old)
        await scene.switch()
        for walker in new:
            await walker.arrive()
        await scene.circle.bot.idle()
    assert {"sign:1.0", "destroy:1", "keys:4"} <= set(deaths)
    assert len(scene.office.seats) == 2
