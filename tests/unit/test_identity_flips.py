"""A homeserver that shows another identity for a while, and then the true one again."""

from __future__ import annotations

import pytest
from support.key_directory import machine_of, room_key
from support.two_alices import ALICE, BOB, Scene

from peerroom.clock import SystemClock
from peerroom.matrix.devices import Devices
from peerroom.matrix.identity import CrossSigning
from peerroom.matrix.trust import Trust


@pytest.fixture
async def scene() -> Scene:
    scene = Scene()
    await scene.begin()
    return scene


async def test_a_device_of_an_identity_that_was_shown_for_a_moment_is_never_signed(
    scene: Scene,
) -> None:
    await scene.show_false(scene.evil)
    await scene.bring(scene.evil)
    assert scene.trust(scene.evil, "$during") is Trust.IDENTITY_CHANGED
    await scene.show_true()
    assert not scene.bob.devices.changed(ALICE)
    assert scene.trust(scene.evil, "$after") is Trust.IDENTITY_CHANGED


async def test_nor_after_a_restart(scene: Scene) -> None:
    await scene.show_false(scene.evil)
    await scene.bring(scene.evil)
    await scene.show_true()
    bob = scene.bob
    again = Devices(bob._store, scene.vault.identities, BOB, SystemClock())
    for device, trust in ((scene.evil, Trust.IDENTITY_CHANGED), (scene.alice, Trust.SIGNED)):
        assert again.trust(ALICE, device.curve25519, device.ed25519) is trust
    assert again.current(ALICE) == bob.devices.current(ALICE)


async def test_nor_a_device_that_only_sent_its_keys_along(scene: Scene) -> None:
    """MSC4147: a device that no list shows, signed by an identity that is shown for a moment."""
    scene.evil.device_keys = scene.false.sign_device(scene.evil.device_keys)
    came = scene.bob.handle_to_device([await room_key(scene.server, scene.evil, BOB)])
    scene.server.show(ALICE, scene.false)
    await scene.bob.learn(scene.server, {ALICE} | came.stale_users)
    assert scene.trust(scene.evil, "$during") is not Trust.SIGNED
    await scene.show_true()
    assert scene.trust(scene.evil, "$after") is not Trust.SIGNED


async def test_nor_a_device_that_is_said_to_be_our_own(scene: Scene) -> None:
    bob, server = scene.bob, scene.server
    own = CrossSigning.create()
    scene.vault.identities.pin(BOB, own.master_key)
    server.show(BOB, own, bob)
    other = machine_of(BOB, "OTHER")
    came = await room_key(server, other, BOB)
    server.show(BOB, scene.false, bob, other)
    bob.device_lists([BOB], [])
    bob.handle_to_device([came])
    await bob.learn(server, [BOB])
    assert scene.trust(other, "$during") is Trust.IDENTITY_CHANGED
    server.show(BOB, own, bob)
    bob.device_lists([BOB], [])
    await bob.learn(server, [BOB])
    assert scene.trust(other, "$after") is Trust.IDENTITY_CHANGED


async def test_the_true_device_is_not_harmed(scene: Scene) -> None:
    await scene.bring(scene.alice)
    assert scene.trust(scene.alice, "$before") is Trust.SIGNED
    await scene.show_false(scene.evil)
    assert scene.trust(scene.alice, "$during") is Trust.IDENTITY_CHANGED
    await scene.show_true()
    assert scene.trust(scene.alice, "$after") is Trust.SIGNED


async def test_a_device_that_logged_out_while_another_identity_was_shown_is_still_signed() -> None:
    """Its keys object (MSC4147) waits for the identity that Bob knows."""
    scene = Scene()
    scene.vault.identities.pin(ALICE, scene.true.master_key)
    scene.server.show(BOB, CrossSigning.create(), scene.bob)
    await scene.bob.upload_keys(scene.server)
    scene.alice.device_keys = scene.true.sign_device(scene.alice.device_keys)
    scene.server.show(ALICE, scene.false)
    await scene.bring(scene.alice)
    scene.server.show(ALICE, scene.true)
    scene.bob.device_lists([ALICE], [])
    await scene.bob.learn(scene.server, [ALICE])
    assert scene.trust(scene.alice, "$after") is Trust.SIGNED


async def test_an_accepted_identity_counts_and_the_one_before_it_no_more(scene: Scene) -> None:
    await scene.bring(scene.alice)
    await scene.show_false(scene.evil)  # Alice has made herself a new identity, in truth
    await scene.bring(scene.evil)
    scene.vault.identities.accept_change(ALICE, scene.false.master_key)
    scene.bob.devices.reconsider()
    assert scene.trust(scene.evil, "$new") is Trust.SIGNED
    assert scene.trust(scene.alice, "$old") is Trust.IDENTITY_CHANGED


async def test_that_another_identity_was_shown_is_told_once(scene: Scene) -> None:
    identities = scene.vault.identities
    await scene.show_false(scene.evil)
    assert [one.user_id for one in identities.changed()] == [ALICE]
    assert identities.retracted() == []
    await scene.show_true()
    assert identities.changed() == []
    assert [one.user_id for one in identities.retracted()] == [ALICE]
    identities.told(ALICE)
    assert identities.retracted() == []
    await scene.show_true()
    assert identities.retracted() == []
