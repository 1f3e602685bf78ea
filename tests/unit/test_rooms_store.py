"""Accounts, rooms and their state; drafts, settings, identities, key shares, records."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3
from support.vaults import PASSPHRASE, ROOM, furnish, message, new_vault

from peerroom.store.accounts import Account
from peerroom.store.drafts import Draft
from peerroom.store.identities import Identity
from peerroom.store.rooms import StateEvent, StoredRoom
from peerroom.store.vault import Vault

OTHER = "!other:example.org"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        furnish(vault)
        yield vault


def _second(vault: Vault, *, current: bool = True) -> Account:
    return vault.accounts.add(
        homeserver="https://example.org",
        user_id="@calm-fox:example.org",
        device_id="SECOND",
        access_token="token",
        display_name="Calm Fox / 静かなキツネ",
        current=current,
    )


def test_accounts_come_with_keys_of_their_own(vault: Vault) -> None:
    first = vault.accounts.get(1)
    second = _second(vault, current=False)
    assert vault.accounts.all() == [first, second]
    assert len({first.crypto_file, second.crypto_file}) == 2
    keys = {first.crypto_key, first.pickle_key, second.crypto_key, second.pickle_key}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert "heron" not in first.crypto_file
    assert second.cross_signing is second.next_batch is second.password is None


def test_one_account_is_current(vault: Vault) -> None:
    first = vault.accounts.get(1)
    assert vault.accounts.current() == first
    second = _second(vault)
    assert vault.accounts.current() == second
    vault.accounts.set_current(first.id)
    assert vault.accounts.current() == first
    vault.accounts.remove(first.id)
    assert vault.accounts.current() is None
    with pytest.raises(KeyError):
        vault.accounts.get(first.id)


def test_the_same_pseudonym_is_not_kept_twice(vault: Vault) -> None:
    with pytest.raises(sqlcipher3.IntegrityError):
        furnish(vault)
    assert vault.accounts.current() == vault.accounts.get(1)


def test_what_changes_about_an_account(vault: Vault) -> None:
    before = vault.accounts.get(1)
    seeds = secrets.token_bytes(96)
    vault.accounts.update_token(1, "new token")
    vault.accounts.set_next_batch(1, "s1")
    vault.accounts.set_cross_signing(1, seeds)
    vault.accounts.set_password(1, None)
    vault.accounts.set_display_name(1, "Quiet Heron")
    changed = {
        "access_token": "new token",
        "next_batch": "s1",
        "cross_signing": seeds,
        "password": None,
        "display_name": "Quiet Heron",
    }
    assert vault.accounts.get(1) == replace(before, **changed)
    with pytest.raises(ValueError, match="96"):
        vault.accounts.set_cross_signing(1, bytes(32))
    assert vault.accounts.get(1).cross_signing == seeds


def test_an_account_goes_with_its_rooms_and_its_crypto_store(tmp_path: Path) -> None:
    with new_vault(tmp_path) as vault:
        account = furnish(vault)
        other = _second(vault)
        path, kept = vault.crypto_path(account), vault.crypto_path(other)
        assert isinstance(path, Path)
        assert isinstance(kept, Path)
        path.with_name(path.name + "-wal").touch()
        vault.events.upsert(message(1))
        vault.accounts.remove(account.id)
        assert [entry.name for entry in path.parent.iterdir()] == [kept.name]
        assert vault.rooms.all() == []
        assert vault.events.get("$event-1") is None
    with Vault.open(tmp_path, PASSPHRASE) as vault:
        assert vault.accounts.all() == [other]
        assert vault.crypto_path(other) == kept


def test_rooms_are_kept_and_changed(vault: Vault) -> None:
    room = StoredRoom(OTHER, 1, membership="invite", is_direct=True, prev_batch="p")
    vault.rooms.put(room)
    assert vault.rooms.get(OTHER) == room
    assert vault.rooms.get("!unknown:x") is None
    vault.rooms.set_membership(OTHER, "join")
    vault.rooms.set_direct(OTHER, False)
    vault.rooms.set_prev_batch(OTHER, None)
    assert vault.rooms.get(OTHER) == StoredRoom(OTHER, 1)
    second = _second(vault)
    vault.rooms.put(StoredRoom(OTHER, second.id, read_position=7))
    assert [r.room_id for r in vault.rooms.all()] == [ROOM, OTHER]
    assert [r.room_id for r in vault.rooms.all(second.id)] == [OTHER]


def test_putting_a_room_again_keeps_what_was_said_in_it(vault: Vault) -> None:
    vault.events.upsert(message(1))
    vault.drafts.set(ROOM, Draft("half"))
    vault.rooms.set_state(ROOM, "m.room.topic", "", {"topic": "t"})
    vault.rooms.put(StoredRoom(ROOM, 1, membership="leave"))
    assert vault.events.count(ROOM) == len(vault.events.page(ROOM)) == 1
    assert vault.drafts.get(ROOM) == Draft("half")
    assert vault.rooms.state(ROOM, "m.room.topic") == {"topic": "t"}


def test_reading_never_goes_back(vault: Vault) -> None:
    for position, kept in ((-5, -5), (3, 3), (1, 3), (4, 4)):
        vault.rooms.set_read_position(ROOM, position)
        room = vault.rooms.get(ROOM)
        assert room is not None
        assert room.read_position == kept


def test_an_encrypted_room_stays_encrypted_whatever_happens(vault: Vault) -> None:
    vault.rooms.put(StoredRoom(OTHER, 1, encrypted=False))
    assert not vault.rooms.is_encrypted(OTHER)
    vault.rooms.set_state(OTHER, "m.room.encryption", "", {})
    vault.rooms.clear_state(OTHER)
    vault.rooms.put(StoredRoom(OTHER, 1, encrypted=False))
    vault.rooms.remove(OTHER)
    vault.accounts.remove(1)
    second = _second(vault)
    vault.rooms.put(StoredRoom(OTHER, second.id, encrypted=False))
    room = vault.rooms.get(OTHER)
    assert room is not None
    assert room.encrypted
    assert vault.rooms.is_encrypted(OTHER)
    for sql in ("DELETE FROM encrypted_rooms", "UPDATE encrypted_rooms SET room_id = 'x'"):
        with pytest.raises(sqlcipher3.IntegrityError, match="stays encrypted"):
            vault._db.run(sql)
    assert vault.rooms.is_encrypted(OTHER)


def test_state(vault: Vault) -> None:
    set_state = vault.rooms.set_state
    set_state(ROOM, "m.room.member", "@a:x", {"membership": "join"}, sender="@a:x", event_id="$1")
    set_state(ROOM, "m.room.member", "@b:x", {"membership": "ban"})
    set_state(ROOM, "m.room.create", "", {"room_version": "12"}, sender="@b:x", event_id="$2")
    set_state(ROOM, "m.room.create", "", {"room_version": "12", "x": 1}, sender="@b:x")
    assert vault.rooms.members(ROOM) == {
        "@a:x": {"membership": "join"},
        "@b:x": {"membership": "ban"},
    }
    created = StateEvent("m.room.create", "", {"room_version": "12", "x": 1}, "@b:x")
    assert vault.rooms.state_event(ROOM, "m.room.create") == created
    assert vault.rooms.state(ROOM, "m.room.create") == created.content
    assert vault.rooms.state(ROOM, "m.room.name") is None
    assert vault.rooms.state_event(ROOM, "m.room.member", "@c:x") is None
    assert len(vault.rooms.state_events(ROOM)) == 3
    vault.rooms.clear_state(ROOM)
    assert vault.rooms.state_events(ROOM) == []


@pytest.mark.parametrize(
    ("kind", "content", "left"),
    [
        ("m.room.member", {"membership": "join", "displayname": "x"}, {"membership": "join"}),
        ("m.room.topic", {"topic": "x"}, {}),
        ("m.room.create", {"room_version": "12"}, {"room_version": "12"}),
        ("m.room.power_levels", {"users": {"@a:x": 50}, "x": 1}, {"users": {"@a:x": 50}}),
        ("m.room.join_rules", {"join_rule": "invite", "x": 1}, {"join_rule": "invite"}),
    ],
)
def test_of_redacted_state_the_room_keeps_what_it_stands_on(
    vault: Vault, kind: str, content: dict[str, object], left: dict[str, object]
) -> None:
    vault.rooms.set_state(ROOM, kind, "", content, event_id="$state")
    vault.rooms.set_state(ROOM, kind, "other", content, event_id="$another")
    raw = {"type": kind, "state_key": "", "content": content, "event_id": "$state"}
    vault.events.upsert(message(1, event_id="$state", type=kind, raw=raw, clear=None))
    assert vault.events.redact(ROOM, "$state")
    event = vault.events.get("$state")
    assert event is not None
    assert vault.rooms.state(ROOM, kind) == event.raw["content"] == left
    assert vault.rooms.state(ROOM, kind, "other") == content


def test_a_redaction_of_state_that_has_no_event_here(vault: Vault) -> None:
    vault.rooms.set_state(ROOM, "m.room.name", "", {"name": "x"}, event_id="$state")
    assert vault.events.redact(ROOM, "$state")
    assert vault.rooms.state(ROOM, "m.room.name") == {}


def test_drafts(vault: Vault) -> None:
    assert vault.drafts.get(ROOM) is None
    for draft in (Draft("half"), Draft("a thought", reply_to="$1"), Draft("x", edit_of="$2")):
        vault.drafts.set(ROOM, draft)
        assert vault.drafts.get(ROOM) == draft
    vault.drafts.set(ROOM, Draft("", reply_to="$1"))
    assert vault.drafts.get(ROOM) is None
    vault.drafts.set(ROOM, Draft("x"))
    vault.drafts.set(ROOM, None)
    assert vault.drafts.get(ROOM) is None


def test_a_draft_that_answers_a_redacted_message_stays_without_it(vault: Vault) -> None:
    vault.events.upsert(message(1))
    vault.drafts.set(ROOM, Draft("my answer", reply_to="$event-1"))
    vault.events.redact(ROOM, "$event-1")
    assert vault.drafts.get(ROOM) == Draft("my answer")


def test_settings(vault: Vault) -> None:
    assert vault.settings.get("x") is None
    assert vault.settings.get("x", "JP") == "JP"
    for value in ("ja", {"a": [1, None, True]}, None, 0, False):
        vault.settings.set("x", value)
        assert vault.settings.get("x", "default") == value
    vault.settings.remove("x")
    vault.settings.remove("x")
    assert vault.settings.get("x", 1) == 1


def test_an_identity_is_pinned_and_a_change_waits_for_a_decision(vault: Vault) -> None:
    identities = vault.identities
    assert identities.get("@a:x") is None
    assert [identities.pin("@a:x", "m1"), identities.pin("@a:x", "m1")] == ["new", "same"]
    assert identities.pin("@b:x", "m1") == "new"
    assert [identities.pin("@a:x", "m2"), identities.pin("@a:x", "m2")] == ["changed", "changed"]
    assert identities.changed() == [Identity("@a:x", "m1", "m2")]
    assert identities.retracted() == []
    assert identities.pin("@a:x", "m1") == "same"
    assert identities.changed() == []
    assert identities.retracted() == [Identity("@a:x", "m1", retracted="m2")]
    assert identities.pin("@a:x", "m1") == "same"
    assert identities.retracted() == [Identity("@a:x", "m1", retracted="m2")]
    identities.told("@a:x")
    assert identities.retracted() == []
    identities.pin("@a:x", "m2")
    identities.pin("@a:x", "m3")
    identities.accept_change("@a:x", "m2")  # what the user was shown; m3 came meanwhile
    assert identities.get("@a:x") == Identity("@a:x", "m2", "m3")
    identities.accept_change("@a:x", "m3")
    assert identities.get("@a:x") == Identity("@a:x", "m3")
    assert [identities.pin("@a:x", "m3"), identities.pin("@a:x", "m1")] == ["same", "changed"]


def test_key_shares(vault: Vault) -> None:
    shares = vault.key_shares
    shares.record(ROOM, "s1", "@a:x", "D1", "no_key")
    shares.record(ROOM, "s1", "@a:x", "D2", "withheld")
    shares.record(ROOM, "s2", "@a:x", "D1", "withheld")
    shares.record(ROOM, "s1", "@a:x", "D1", "sent")
    shares.record(ROOM, "s1", "@a:x", "D1", "no_key")
    assert shares.of_session(ROOM, "s1") == {("@a:x", "D1"): "sent", ("@a:x", "D2"): "withheld"}
    shares.record("!other:example.org", "s3", "@a:x", "D1", "sent")
    shares.forget(ROOM)
    assert shares.of_session(ROOM, "s1") == shares.of_session(ROOM, "s2") == {}
    assert shares.of_session("!other:example.org", "s3") == {("@a:x", "D1"): "sent"}


def test_records(vault: Vault) -> None:
    records = vault.records
    numbers = [records.append("audit", {"n": n}) for n in range(3)]
    records.append("other", "x")
    assert numbers == sorted(set(numbers))
    assert records.log("audit") == [(number, {"n": n}) for n, number in enumerate(numbers)]
    assert records.log("audit", after=numbers[0], limit=1) == [(numbers[1], {"n": 1})]
    records.replace("audit", "key", 1)
    records.replace("audit", "another", None)
    records.replace("audit", "key", 2)
    assert records.items("audit") == {"key": 2, "another": None}
    assert records.get("audit", "key") == 2
    assert records.get("audit", "another", "default") is None
    assert records.get("audit", "missing", "default") == "default"
    assert len(records.log("audit")) == 3
    assert records.remove("audit", "key")
    assert not records.remove("audit", "key")
    assert records.items("other") == {}


def test_a_room_is_of_two_only_while_nobody_third_is_in_it_or_asked(vault: Vault) -> None:
    def member(user_id: str, membership: str) -> None:
        vault.rooms.set_state("!r", "m.room.member", user_id, {"membership": membership})

    vault.rooms.put(StoredRoom("!r", 1, encrypted=True))
    member("@a:x", "join")
    member("@b:x", "invite")
    assert not vault.rooms.is_of_two("!r")
    vault.rooms.set_direct("!r", True)
    assert vault.rooms.is_of_two("!r")
    member("@c:x", "leave")
    assert vault.rooms.is_of_two("!r")
    member("@c:x", "invite")
    assert not vault.rooms.is_of_two("!r")
    assert not vault.rooms.is_of_two("!never seen")
