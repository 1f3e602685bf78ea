"""A redaction takes away what was said in its own room, and nothing in any other."""

from __future__ import annotations

from typing import Any

import pytest
from support.key_directory import machine_of
from support.vaults import NOW

from peerroom.matrix import event
from peerroom.matrix.ingest import Ingest, Written
from peerroom.store.drafts import Draft
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

HERE, THERE = "!here:example.org", "!there:example.org"
OWN, MALLORY = "@bob:example.org", "@mallory:example.org"
CREATE = {"room_version": "12"}


@pytest.fixture
def vault() -> Vault:
    vault = Vault.ephemeral()
    account = vault.accounts.add(
        homeserver="https://example.org", user_id=OWN, device_id="DEVICE", access_token="t"
    )
    for room_id in (HERE, THERE):
        vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
        vault.rooms.set_state(room_id, "m.room.create", "", CREATE)
    return vault


def redact(vault: Vault, room_id: str, target: str) -> Written:
    """Mallory's redaction arrives in the room."""
    ingest = Ingest(vault, machine_of(OWN, "DEVICE", vault=vault), OWN)
    raw = {
        "type": "m.room.redaction",
        "sender": MALLORY,
        "event_id": f"$redaction-of-{target}",
        "origin_server_ts": 1,
        "content": {"redacts": target},
    }
    events, _ = event.read_all([raw])
    start = (vault.events.latest_position(room_id) or 0) + 1
    written = Written()
    with vault.transaction():
        ingest.write_live(room_id, ingest.read(room_id, events), start, written)
    return written


def test_state_of_another_room_stays(vault: Vault) -> None:
    content = {"membership": "join", "displayname": "Quiet Heron"}
    vault.rooms.set_state(HERE, "m.room.member", OWN, content, event_id="$member")
    redact(vault, THERE, "$member")
    assert vault.rooms.state(HERE, "m.room.member", OWN) == content
    redact(vault, HERE, "$member")
    assert vault.rooms.state(HERE, "m.room.member", OWN) == {"membership": "join"}


def named(name: str) -> dict[str, str]:
    return {"membership": "join", "displayname": name}


def member(vault: Vault, event_id: str, **raw: Any) -> None:
    """Mallory's membership comes with the room's state."""
    ingest = Ingest(vault, machine_of(OWN, "DEVICE", vault=vault), OWN)
    raw = {
        "type": "m.room.member",
        "state_key": MALLORY,
        "sender": MALLORY,
        "event_id": event_id,
        "origin_server_ts": 1,
        **raw,
    }
    events, _ = event.read_all([raw])
    with vault.transaction():
        ingest.write_state(HERE, events, Written())


def test_who_redacts_their_own_coming_in_is_still_known_by_name(vault: Vault) -> None:
    """Moderators act by name: without it, nobody could mute them."""
    member(vault, "$in", content=named("Merry Rabbit"))
    redact(vault, HERE, "$in")
    assert vault.rooms.state(HERE, "m.room.member", MALLORY) == named("Merry Rabbit")
    stripped = {"redacted_because": {"sender": MALLORY}}
    member(vault, "$in", content={"membership": "join"}, unsigned=stripped)
    assert vault.rooms.state(HERE, "m.room.member", MALLORY) == named("Merry Rabbit")
    member(vault, "$out", content={"membership": "leave"})
    assert vault.rooms.state(HERE, "m.room.member", MALLORY) == {
        "membership": "leave",
        "displayname": "Merry Rabbit",
    }


def test_a_moderator_can_take_a_name_away(vault: Vault) -> None:
    vault.rooms.set_state(HERE, "m.room.member", OWN, named("foul words"), event_id="$in")
    redact(vault, HERE, "$in")
    assert vault.rooms.state(HERE, "m.room.member", OWN) == {"membership": "join"}


def test_who_gives_up_their_name_openly_has_none(vault: Vault) -> None:
    member(vault, "$in", content=named("Merry Rabbit"))
    member(vault, "$plain", content={"membership": "join"})
    assert vault.rooms.state(HERE, "m.room.member", MALLORY) == {"membership": "join"}


def test_drafts_in_another_room_stay(vault: Vault) -> None:
    for draft in (Draft("my answer", reply_to="$old"), Draft("better words", edit_of="$old")):
        vault.drafts.set(HERE, draft)
        redact(vault, THERE, "$old")
        assert vault.drafts.get(HERE) == draft
        redact(vault, HERE, "$old")
        assert vault.drafts.get(HERE) != draft


def said(event_id: str, position: int, **content: Any) -> StoredEvent:
    raw = {"event_id": event_id, "content": {"body": "hello", **content}}
    return StoredEvent(
        room_id=HERE, event_id=event_id, position=position, sender=OWN,
        type="m.room.message", origin_ts=1, raw=raw,
    )  # fmt: skip


def test_what_waits_to_be_sent_in_another_room_stays(vault: Vault) -> None:
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$old"}}
    vault.events.upsert(said("$old", 1))
    vault.outbox.add(1, HERE, "message", edit, now=NOW)
    redact(vault, THERE, "$old")
    assert len(vault.outbox.of_room(HERE)) == 1
    redact(vault, HERE, "$old")
    assert vault.outbox.of_room(HERE) == []


def test_events_of_another_room_stay(vault: Vault) -> None:
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$unknown"}}
    vault.events.upsert(said("$one", 1))
    vault.events.upsert(said("$edit", 2, **edit))
    for target in ("$one", "$unknown"):
        assert redact(vault, THERE, target).changed == []
    assert [one.status for one in vault.events.page(HERE)] == ["ok", "ok"]
    assert redact(vault, HERE, "$one").changed == ["$one"]
