"""Room state of any shape: it is kept or refused, and whoever reads it later never stumbles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.key_directory import machine_of

from peerroom.clock import SystemClock
from peerroom.matrix import event
from peerroom.matrix.delivery import Delivery
from peerroom.matrix.ingest import Ingest, Written
from peerroom.matrix.keyshare import KeyShare
from peerroom.matrix.outbound import Rotation
from peerroom.matrix.power import room_power
from peerroom.matrix.room_updates import RoomUpdates
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

ROOM, OWN, OTHER = "!circle:example.org", "@bob:example.org", "@mallory:example.org"


class Home:
    """One account with one room, and everything in `peerroom.matrix` that reads its state."""

    def __init__(self) -> None:
        self.vault = Vault.ephemeral()
        machine = machine_of(OWN, "DEVICE", vault=self.vault)
        (self.account,) = self.vault.accounts.all()
        self.vault.rooms.put(StoredRoom(ROOM, self.account.id, encrypted=True))
        clock = SystemClock()
        session: Any = None
        keyshare = KeyShare(machine, self.vault, session, clock=clock)
        self.ingest = Ingest(self.vault, machine, OWN)
        self.delivery = Delivery(self.vault, self.account, machine, keyshare, session, clock=clock)
        self.updates = RoomUpdates(self.vault, self.account, self.ingest)

    def take(self, *raws: dict[str, Any], live: bool = True) -> Written:
        written, (events, _) = Written(), event.read_all(raws)
        with self.vault.transaction():
            if live:
                start = (self.vault.events.latest_position(ROOM) or 0) + 1
                self.ingest.write_live(ROOM, self.ingest.read(ROOM, events), start, written)
            else:
                self.ingest.write_state(ROOM, events, written)
        return written

    def read_everything(self) -> None:
        self.delivery._readers(ROOM)
        Rotation.of(self.vault.rooms.state(ROOM, "m.room.encryption"))
        power = room_power(self.vault.rooms, ROOM)
        for user in (OWN, OTHER):
            assert power.may(user, "redact") in {True, False}
            assert power.may_send(user, "m.room.message") in {True, False}
        assert power.outranks(OWN, OTHER) in {True, False}
        self.updates._parting(ROOM)


@pytest.fixture
def home() -> Home:
    return Home()


def state(kind: str, content: Any, *, key: str = "", number: int = 0) -> dict[str, Any]:
    return {
        "type": kind,
        "state_key": key,
        "sender": OTHER,
        "event_id": f"${kind}-{key}-{number}",
        "origin_server_ts": 1,
        "content": content,
    }


MEMBERSHIPS: list[Any] = [["join"], {"join": 1}, 5, None, True, "", "JOIN", "owner"]


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("live", [True, False])
def test_a_membership_that_is_none_changes_nothing(home: Home, membership: Any, live: bool) -> None:
    home.take(state("m.room.member", {"membership": "join"}, key=OWN), live=live)
    home.take(state("m.room.member", {"membership": "join"}, key=OTHER), live=live)
    bad = state("m.room.member", {"membership": membership}, key=OTHER, number=1)
    assert home.take(bad, live=live).malformed == 1
    assert home.delivery._readers(ROOM) == {OWN, OTHER}


@pytest.mark.parametrize("membership", MEMBERSHIPS)
def test_a_membership_that_is_none_in_the_vault_stops_nobody_from_writing(
    home: Home, membership: Any
) -> None:
    """Vaults of before may hold one."""
    home.vault.rooms.set_state(ROOM, "m.room.member", OWN, {"membership": "join"})
    home.vault.rooms.set_state(ROOM, "m.room.member", OTHER, {"membership": membership})
    home.read_everything()
    assert home.delivery._readers(ROOM) == {OWN}


words = st.sampled_from([
    "join", "invite", "leave", "ban", "joined", "shared", "12", "1", "m.megolm.v1.aes-sha2",
    OWN, OTHER, "",
])  # fmt: skip
fields = st.sampled_from([
    "membership", "history_visibility", "room_version", "additional_creators", "creator", "users",
    "users_default", "events", "events_default", "state_default", "ban", "redact", "invite",
    "rotation_period_ms", "rotation_period_msgs", "algorithm", "is_direct", "redact_events",
    "org.matrix.msc4293.redact_events", "redacts", OWN, OTHER,
])  # fmt: skip
numbers = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
values = st.recursive(
    numbers | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(fields, inner, max_size=4),
    max_leaves=8,
)
kinds = st.sampled_from([
    "m.room.member", "m.room.power_levels", "m.room.create", "m.room.encryption",
    "m.room.history_visibility", "m.room.redaction",
])  # fmt: skip
HOME = Home()


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(kinds, st.sampled_from(["", OWN, OTHER]), values, st.booleans())))
def test_no_state_makes_a_reader_stumble(events: list[tuple[str, str, Any, bool]]) -> None:
    for number, (kind, key, content, stored_before) in enumerate(events):
        if stored_before and isinstance(content, dict) and _finite(content):
            HOME.vault.rooms.set_state(ROOM, kind, key, content, sender=OTHER)
        else:
            HOME.take(state(kind, content, key=key, number=number))
    HOME.read_everything()


def _finite(value: Any) -> bool:
    match value:
        case float():
            return abs(value) != float("inf")
        case list():
            return all(map(_finite, value))
        case dict():
            return all(map(_finite, value.values()))
    return True


def membership(target: str, by: str, what: str = "invite") -> dict[str, Any]:
    content = {"membership": what, "is_direct": True}
    return {**state("m.room.member", content, key=target), "sender": by}


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    "event",
    [
        membership(OTHER, OTHER, "join"),
        membership(OTHER, OTHER, "leave"),
        membership("@third:example.org", OTHER),
        membership(OWN, OTHER, "join"),
        membership(OTHER, OWN, "join"),
    ],
)
def test_no_member_makes_a_room_one_of_two(home: Home, event: dict[str, Any], live: bool) -> None:
    home.take(event, live=live)
    room = home.vault.rooms.get(ROOM)
    assert room is not None
    assert not room.is_direct


@pytest.mark.parametrize("event", [membership(OWN, OTHER), membership(OTHER, OWN)])
def test_an_invitation_to_us_or_by_us_says_that_a_room_is_one_of_two(
    home: Home, event: dict[str, Any]
) -> None:
    home.take(event)
    room = home.vault.rooms.get(ROOM)
    assert room is not None
    assert room.is_direct
