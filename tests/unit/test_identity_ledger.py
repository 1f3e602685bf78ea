"""Whose keys the circle's signed ledger names is not for the server to say."""

from __future__ import annotations

import pytest
from support.two_alices import ALICE, BOB, Scene

from peerroom.matrix.identity import CrossSigning, Identity
from peerroom.matrix.trust import Trust
from peerroom.store.identities import Identity as Pinned
from peerroom.store.vault import Vault


@pytest.fixture
async def scene() -> Scene:
    """Bob, before he has heard of Alice."""
    scene = Scene()
    scene.server.show(BOB, CrossSigning.create(), scene.bob)
    await scene.bob.upload_keys(scene.server)
    return scene


def identity_of(scene: Scene) -> Identity:
    (account,) = scene.vault.accounts.all()
    return Identity(scene.vault, account, scene.bob, scene.server)


async def test_who_is_in_the_ledger_is_never_taken_on_first_use(scene: Scene) -> None:
    assert identity_of(scene).expect_many({ALICE: scene.true.master_key}) == set()
    await scene.show_false(scene.evil)
    await scene.bring(scene.evil)
    assert scene.bob.devices.changed(ALICE)
    assert scene.trust(scene.evil, "$e") is Trust.IDENTITY_CHANGED
    (device,) = scene.bob.devices.current(ALICE)
    assert not scene.bob.devices.is_signed(device)
    await scene.show_true()
    await scene.bring(scene.alice)
    assert scene.trust(scene.alice, "$a") is Trust.SIGNED


async def test_the_ledger_corrects_what_was_taken_on_first_use(scene: Scene) -> None:
    await scene.show_false(scene.evil)
    await scene.bring(scene.evil)
    assert scene.trust(scene.evil, "$before") is Trust.SIGNED
    version = scene.bob.devices.version
    assert identity_of(scene).expect_many({ALICE: scene.true.master_key}) == {ALICE}
    assert scene.bob.devices.version > version  # whoever shares keys looks again
    assert scene.trust(scene.evil, "$after") is Trust.IDENTITY_CHANGED
    await scene.show_true()
    assert not scene.bob.devices.changed(ALICE)


async def test_what_was_right_on_first_use_stays_as_it_is(scene: Scene) -> None:
    await scene.show_true()
    assert identity_of(scene).expect_many({ALICE: scene.true.master_key}) == set()
    await scene.bring(scene.alice)
    assert scene.trust(scene.alice, "$a") is Trust.SIGNED
    assert scene.vault.identities.changed() == scene.vault.identities.retracted() == []


async def test_nothing_else_can_be_accepted(scene: Scene) -> None:
    identity = identity_of(scene)
    identity.expect_many({ALICE: scene.true.master_key})
    await scene.show_false(scene.evil)
    identity.accept(ALICE)
    scene.vault.identities.accept_change(ALICE, scene.false.master_key)
    known = scene.vault.identities.get(ALICE)
    assert known == Pinned(
        ALICE, scene.true.master_key, offered=scene.false.master_key, vouched=True
    )
    assert scene.bob.devices.changed(ALICE)


async def test_our_own_is_left_out(scene: Scene) -> None:
    identity_of(scene).expect_many({BOB: scene.false.master_key})
    assert scene.vault.identities.get(BOB) is None


def test_pinning_from_a_ledger_says_what_was_known() -> None:
    with Vault.ephemeral() as vault:
        pins = vault.identities
        assert pins.pin_from_ledger(ALICE, "m1") == "new"
        assert pins.pin_from_ledger(ALICE, "m1") == "same"
        assert pins.get(ALICE) == Pinned(ALICE, "m1", vouched=True)
        assert pins.pin(ALICE, "m2") == "changed"
        assert pins.pin_from_ledger(ALICE, "m1") == "same"
        assert pins.get(ALICE) == Pinned(ALICE, "m1", offered="m2", vouched=True)
        # A later ledger: the key that the server has shown all the while is right now.
        assert pins.pin_from_ledger(ALICE, "m2") == "changed"
        assert pins.get(ALICE) == Pinned(ALICE, "m2", vouched=True)
        assert pins.pin(ALICE, "m2") == "same"
        assert pins.pin_from_ledger(ALICE, "m3") == "changed"
        assert pins.get(ALICE) == Pinned(ALICE, "m3", offered="m2", vouched=True)
