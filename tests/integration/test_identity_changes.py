"""Someone's encryption identity changes, in front of a real client: said, and accepted or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.accounts import TestAccount
from support.circle import Circle, Guest, until
from support.members import connect, log_in

from peerroom.client.views import Change
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.identity import CrossSigning
from peerroom.store.vault import Vault


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


def notices(guest: Guest) -> list[str]:
    """What the client says from now on."""
    heard: list[str] = []

    def hear(change: Change) -> None:
        if change.kind == "notice" and change.text is not None:
            heard.append(change.text)

    guest.client.subscribe(hear)
    return heard


async def reset(guest: Guest) -> None:
    """A new identity for the account, as any client can make one that knows the password."""
    account, connection = guest.vault.accounts.current(), guest.client.link.connection
    assert account is not None and connection is not None
    fresh = CrossSigning.create()
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": account.user_id},
        "password": account.password,
    }
    keys = {**fresh.key_objects(account.user_id), "auth": auth}
    await connection.session.post("/keys/device_signing/upload", json=keys)
    guest.vault.accounts.set_cross_signing(account.id, fresh.seeds)
    await connection.identity.establish()


async def second_device(guest: Guest) -> None:
    """A device that a server could have made: it has keys, and no signature of its owner."""
    mine = guest.vault.accounts.current()
    assert mine is not None and mine.password is not None
    localpart = mine.user_id[1:].partition(":")[0]
    found = TestAccount(mine.homeserver, mine.user_id, localpart, mine.password)
    device = await log_in(found)
    with Vault.ephemeral() as vault:
        kept = vault.accounts.add(
            homeserver=mine.homeserver,
            user_id=device.user_id,
            device_id=device.device_id,
            access_token=device.access_token,
        )
        other = await connect(vault, kept)
        await other.machine.upload_keys(other.session)
        await other.connection.close()


async def test_a_new_identity_is_said_and_gets_no_keys_until_it_is_accepted(circle: Circle) -> None:
    heron, otter = await circle.guest(), await circle.guest()
    heard = notices(heron)
    heron.say("one")
    await otter.sees("one")
    await reset(otter)
    otter.say("it is me")
    seen = await heron.sees("it is me")
    assert seen.trust is not None and "identity has changed" in seen.trust
    await until(heron.client, lambda: heard)
    assert len(heard) == 1 and "has a new encryption identity and gets no keys" in heard[0]

    heron.say("for the old friend only")
    await until(otter.client, lambda: otter.messages()[-1].state == "undecryptable")
    assert len(heard) == 1
    said = heron.client.cannot_read(heron.room_id)
    assert said is not None and said.startswith("The encryption identity of 1 person here")

    [change] = heron.client.changed_identities(heron.room_id)
    assert change.name == seen.sender_name
    assert heron.client.accept_identity(change)
    heron.say("there you are")
    await otter.sees("there you are")
    otter.say("here I am")
    assert (await heron.sees("here I am")).trust is None
    assert heron.client.changed_identities(heron.room_id) == []
    assert heron.client.cannot_read(heron.room_id) is None
    assert len(heard) == 1


async def test_a_device_that_its_owner_has_not_confirmed_is_said_once(circle: Circle) -> None:
    heron, otter = await circle.guest(), await circle.guest()
    heard = notices(heron)
    await second_device(otter)
    heron.say("one")
    heron.say("two")
    await otter.sees("two")
    await until(heron.client, lambda: not heron.client.unsent())
    words = "1 device here cannot read along: its owner has not confirmed it."
    assert heard == [words]
    assert heron.client.cannot_read(heron.room_id) == words
    # The bot's device, and our own, are no news to anyone.
    assert heron.client.changed_identities(heron.room_id) == []
