"""What a server and a network see of how long messages are."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.accounts import MakeAccount, TestAccount
from support.faults import FaultyServer
from support.lengths import megolm, whole
from support.members import People, meet, people_of

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import TooLarge
from peerroom.matrix.padding import BUCKETS, FILLING


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


def bodies(between: FaultyServer, part: str) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in between.seen if part in one.path]


async def test_all_lengths_of_messages_look_like_few(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        said = ["x" * n for n in (*range(40, 160, 9), 290, 700, 1500, 3000, 6000, 12_000, 24_000)]
        said += ["静" * n for n in (1, 20, 50, 90, 300, 900)] + ["🦊" * n for n in (1, 25, 200)]
        for one in said:
            await alice.say(room_id, one)
        sent = bodies(between, "/send/m.room.encrypted/")
        for member in (alice, bob):
            await member.turn()
            assert member.heard(room_id) == said
            assert FILLING not in json.dumps([one.clear for one in member.events(room_id)])
    assert len(sent) == len(said)
    assert {megolm(one["ciphertext"]) for one in sent} == {whole(bucket) for bucket in BUCKETS[:8]}
    assert len({len(json.dumps(one)) for one in sent}) == 8


async def test_what_is_no_message_looks_like_one(people: People, homeserver: Homeserver) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        wish = {"type": "org.peerroom.door.knock", "content": {"v": 1, "secret": "s3cr3t"}}
        now = alice.clock.now()
        add = alice.vault.outbox.add
        await alice.connection.deliver(add(alice.account.id, room_id, "message", wish, now=now))
        await alice.say(room_id, "hello")
        knock, hello = bodies(between, "/send/m.room.encrypted/")
    assert len(knock["ciphertext"]) == len(hello["ciphertext"])
    assert knock.keys() == hello.keys()


async def test_the_longest_message_goes_and_a_longer_one_says_why_not(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        # As long a name as a server can give, because it is in the event too.
        alice, bob = await people("a" * 230, server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        most = BUCKETS[-1]
        while True:
            try:
                row = alice.row(room_id, "x" * most)
                await alice.connection.deliver(row)
                break
            except TooLarge as error:
                assert error.status == 0, "the server had to say so"
                assert error.event_refused
                most -= 1
        (sent,) = bodies(between, "/send/m.room.encrypted/")
        assert megolm(sent["ciphertext"]) == whole(BUCKETS[-1])
        assert BUCKETS[-1] - most < 300
        answer = {"m.in_reply_to": {"event_id": "$" + "e" * 43}}
        reply = {"msgtype": "m.text", "body": "x" * (most - 200), "m.relates_to": answer}
        await alice.connection.deliver(alice.row(room_id, reply))
    await bob.turn()
    assert bob.heard(room_id) == ["x" * most, "x" * (most - 200)]


def alike(homeserver: Homeserver, count: int) -> list[TestAccount]:
    """Accounts whose names have one form, as pseudonyms have."""
    names = [f"p{secrets.token_hex(8)}" for _ in range(count)]
    made = [homeserver.register(name) for name in names]
    return [
        TestAccount(homeserver.base_url, new.user_id, name, new.password)
        for name, new in zip(names, made, strict=True)
    ]


async def test_room_keys_are_of_one_length_for_one_form_of_names(
    people: People, homeserver: Homeserver
) -> None:
    """What the to-device message says is always as long; it need not be filled up.

    Its length follows from the two user ids, the device ids, and whether the other device has
    answered before: all of that the server knows anyway.
    """
    lengths: dict[int, set[int]] = defaultdict(set)
    async with FaultyServer(upstream=homeserver.base_url) as between:
        names = [await people("", server=between.url, account=one) for one in alike(homeserver, 4)]
        for host in names:
            room_id = await meet(host, *(other for other in names if other is not host))
            for text in ("hi", "a longer greeting " * 30):
                await host.say(room_id, text)
            for other in names:
                await other.turn()
        for parcel in bodies(between, "/sendToDevice/m.room.encrypted/"):
            for devices in parcel["messages"].values():
                for sealed in devices.values():
                    (message,) = sealed["ciphertext"].values()
                    lengths[message["type"]].add(len(message["body"]))
    assert {kind: len(found) for kind, found in lengths.items()} == {0: 1, 1: 1}
