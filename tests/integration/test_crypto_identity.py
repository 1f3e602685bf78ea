"""Our own identity on a real server, and the identities of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.faults import Fault, FaultyServer
from support.members import Hurried, Member, People, connect, meet, people_of
from support.tampering import lying_server

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import BadAnswer, MatrixError
from peerroom.matrix.identity import (
    CrossSigning,
    Identity,
    IdentityMismatch,
    OwnDeviceUnknown,
    OwnIdentityUnknown,
)


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


async def shown_master(viewer: Member, user_id: str) -> str | None:
    """The master key that the server shows ``viewer`` for somebody."""
    viewer.machine.devices.mark_outdated([user_id])
    await viewer.machine.learn(viewer.session, [user_id])
    master: str | None = viewer.machine.devices.master(user_id)
    return master


async def is_signed(viewer: Member, owner: Member) -> bool:
    await shown_master(viewer, owner.user_id)
    devices = viewer.machine.devices.current(owner.user_id)
    signed = [
        viewer.machine.devices.is_signed(d) for d in devices if d.device_id == owner.device_id
    ]
    return signed == [True]


async def replace_keys(member: Member, keys: dict[str, Any]) -> None:
    """Replace cross-signing keys on the server, as any client may that knows the password."""
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": member.user_id},
        "password": member.account.password,
    }
    await member.session.post("/keys/device_signing/upload", json={**keys, "auth": auth})


async def reset(member: Member) -> str:
    """A new identity for the account; its master key."""
    fresh = CrossSigning.create()
    await replace_keys(member, fresh.key_objects(member.user_id))
    member.vault.accounts.set_cross_signing(member.account.id, fresh.seeds)
    return fresh.master_key


async def test_others_see_a_signed_device_and_a_restart_costs_one_request(
    people: People, homeserver: Homeserver, tmp_path: Path
) -> None:
    alice, bob = await people("alice", folder=tmp_path / "vault"), await people("bob")
    assert await shown_master(bob, alice.user_id) == alice.connection.identity.master_key
    assert await is_signed(bob, alice)
    alice.machine.close()
    async with FaultyServer(upstream=homeserver.base_url) as between:
        account = replace(alice.vault.accounts.get(alice.account.id), homeserver=between.url)
        again = await connect(alice.vault, account)
        await again.machine.upload_keys(again.session)
        await again.connection.identity.establish()
        assert between.paths() == ["/_matrix/client/v3/keys/query"]
        await again.connection.close()


@pytest.mark.parametrize(
    "path", ["/keys/upload", "/keys/device_signing/upload", "/keys/signatures"]
)
@pytest.mark.parametrize("fault", ["500", "reset after"])
async def test_a_start_that_was_cut_short_is_taken_up_again(
    people: People, homeserver: Homeserver, path: str, fault: Fault
) -> None:
    bob = await people("bob")
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url, clock=Hurried(), start=False)
        between.fail(fault, path=path)
        with pytest.raises(MatrixError):
            await alice.connection.start()
        stored = alice.vault.accounts.get(alice.account.id).cross_signing
        between.heal()
        await alice.connection.start()
    if stored is not None:
        assert alice.connection.identity.master_key == CrossSigning(stored).master_key
    assert await shown_master(bob, alice.user_id) == alice.connection.identity.master_key
    assert await is_signed(bob, alice)


async def test_an_identity_made_elsewhere_is_never_reset(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("alice")
    first = await people("alice", account=account)
    second = await people("alice", account=account, start=False)
    with pytest.raises(OwnIdentityUnknown) as raised:
        await second.connection.start()
    assert "another computer" in raised.value.sentence()
    assert await shown_master(first, first.user_id) == first.connection.identity.master_key
    assert not await is_signed(first, second)


async def test_a_server_that_hides_our_identity_does_not_make_us_reset_it(
    people: People, make_account: MakeAccount, homeserver: Homeserver
) -> None:
    account = make_account("alice")
    first = await people("alice", account=account)

    def hide(path: str, body: Any) -> Any:
        return {**body, "master_keys": {}, "self_signing_keys": {}} if "query" in path else body

    async with lying_server(homeserver.base_url, hide) as liar:
        second = await people("alice", account=account, server=liar.url, start=False)
        with pytest.raises(OwnIdentityUnknown):
            await second.connection.start()
    assert await shown_master(first, first.user_id) == first.connection.identity.master_key


async def test_a_lost_crypto_store_is_said(people: People, tmp_path: Path) -> None:
    alice = await people("alice", folder=tmp_path / "vault")
    alice.machine.close()
    for file in (tmp_path / "vault" / "crypto").iterdir():
        file.unlink()
    other = await connect(alice.vault, alice.account)
    assert other.machine.ed25519 != alice.machine.ed25519
    with pytest.raises(OwnDeviceUnknown):
        await other.connection.start()
    await other.connection.close()
    bob = await people("bob")
    await shown_master(bob, alice.user_id)
    (device,) = bob.machine.devices.current(alice.user_id)
    assert device.ed25519 == alice.machine.ed25519  # nothing was uploaded over it


async def test_a_self_signing_key_that_somebody_replaced_is_said(people: People) -> None:
    alice = await people("alice")
    seeds = alice.vault.accounts.get(alice.account.id).cross_signing
    assert seeds is not None
    other = CrossSigning(seeds[:32] + CrossSigning.create().seeds[32:])
    keys = other.key_objects(alice.user_id)
    await replace_keys(alice, {"self_signing_key": keys["self_signing_key"]})
    with pytest.raises(OwnIdentityUnknown):
        await alice.connection.start()


async def test_the_identity_in_an_invite_is_the_one_that_counts(people: People) -> None:
    bot, parent = await people("bot"), await people("parent")
    identity: Identity = parent.connection.identity
    key = bot.connection.identity.master_key
    assert key is not None
    await identity.expect(bot.user_id, key)
    await identity.expect(bot.user_id, key)
    with pytest.raises(IdentityMismatch):
        await identity.expect(bot.user_id, CrossSigning.create().master_key)
    assert parent.vault.identities.get(bot.user_id).master == key


async def test_a_server_that_is_silent_about_the_bot_is_not_called_another_bot(
    people: People, homeserver: Homeserver
) -> None:
    bot = await people("bot")

    def hide(path: str, body: Any) -> Any:
        return {"device_keys": {}, "failures": {"x": {}}} if path.endswith("/keys/query") else body

    async with lying_server(homeserver.base_url, hide) as liar:
        parent = await people("parent", server=liar.url, start=False)
        key = bot.connection.identity.master_key
        assert key is not None
        with pytest.raises(BadAnswer):
            await parent.connection.identity.expect(bot.user_id, key)


async def test_a_server_with_another_bot_than_the_invite_s_is_caught(people: People) -> None:
    impostor, parent = await people("bot"), await people("parent")
    promised = CrossSigning.create().master_key
    with pytest.raises(IdentityMismatch):
        await parent.connection.identity.expect(impostor.user_id, promised)
    assert not parent.machine.devices.stands(impostor.user_id)
    room_id = await meet(parent, impostor)
    await parent.say(room_id, "my secret")
    await impostor.turn()
    assert impostor.heard(room_id) == []


async def test_a_changed_identity_gets_no_keys_until_it_is_accepted(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "one")
    master = await reset(bob)
    await bob.connection.identity.establish()
    await alice.turn()
    await alice.say(room_id, "two")
    await bob.say(room_id, "it is me")
    await alice.turn()
    assert alice.last(room_id).trust == "identity_changed"
    report = alice.connection.keyshare.report(room_id)
    assert report.changed == {bob.user_id}
    assert report.sentence() == (
        "The encryption identity of 1 person here has changed, so they get no keys."
    )
    assert alice.connection.identity.changed() == [bob.user_id]
    await bob.turn()
    assert bob.heard(room_id) == ["one", "it is me"]
    alice.connection.identity.accept(bob.user_id)
    assert alice.vault.identities.get(bob.user_id).master == master
    await alice.say(room_id, "three")
    await bob.turn()
    assert bob.heard(room_id) == ["one", "it is me", "three"]
    assert alice.connection.keyshare.report(room_id).changed == frozenset()
