"""The timeline's order, what may change about an event and what may not, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.vaults import ROOM, furnish, message

from peerroom.store.events import EventStatus, StoredEvent
from peerroom.store.gaps import WIDTH, Gap
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

OTHER = "!other:example.org"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        vault.rooms.put(StoredRoom(OTHER, account.id))
        yield vault


def _positions(events: list[StoredEvent]) -> list[int]:
    return [event.position for event in events]


def test_pages_in_every_direction(vault: Vault) -> None:
    for number in (5, -3, 0, 9, 1_000_009, 7):
        assert vault.events.upsert(message(number))
    page = vault.events.page
    assert _positions(page(ROOM)) == [-3, 0, 5, 7, 9, 1_000_009]
    assert _positions(page(ROOM, limit=2)) == [9, 1_000_009]
    assert _positions(page(ROOM, before=9, limit=2)) == [5, 7]
    assert _positions(page(ROOM, after=0, limit=2)) == [5, 7]
    assert _positions(page(ROOM, after=-3, before=9, limit=2)) == [5, 7]
    assert page(ROOM, before=-3) == page(ROOM, after=1_000_009) == page(ROOM, limit=0) == []
    assert page(OTHER) == page("!unknown:x") == []
    assert (vault.events.first_position(ROOM), vault.events.latest_position(ROOM)) == (-3, 1000009)
    assert vault.events.first_position(OTHER) is vault.events.latest_position(OTHER) is None


@settings(max_examples=50, deadline=None)
@given(
    positions=st.lists(st.integers(-(10**15), 10**15), unique=True, max_size=30),
    limit=st.integers(1, 7),
    forward=st.booleans(),
)
def test_walking_by_pages_meets_every_event_once_in_order(
    positions: list[int], limit: int, forward: bool
) -> None:
    with Vault.ephemeral() as vault:
        furnish(vault)
        for position in positions:
            vault.events.upsert(message(position))
        walked: list[int] = []
        if forward:
            page = vault.events.page(ROOM, after=-(10**16), limit=limit)
            while page:
                walked += _positions(page)
                page = vault.events.page(ROOM, after=walked[-1], limit=limit)
        else:
            page = vault.events.page(ROOM, limit=limit)
            while page:
                walked = _positions(page) + walked
                page = vault.events.page(ROOM, before=walked[0], limit=limit)
        assert walked == sorted(positions)


def test_an_event_comes_back_as_it_was(vault: Vault) -> None:
    event = message(1, "こんにちは 🦊", transaction_id="txn", trust="signed")
    vault.events.upsert(event)
    assert vault.events.get("$event-1") == event
    assert vault.events.get("$unknown") is None


def test_the_same_event_again_keeps_its_place_and_is_counted_once(vault: Vault) -> None:
    assert vault.events.upsert(message(1))
    assert not vault.events.upsert(replace(message(1), position=77))
    assert vault.events.page(ROOM) == [message(1)]
    assert vault.events.count(ROOM) == 1


@pytest.mark.parametrize("known", ["ok", "undecryptable", "unattributable", "malformed"])
@pytest.mark.parametrize("arriving", ["ok", "undecryptable", "unattributable", "malformed"])
def test_what_was_readable_is_never_replaced(
    vault: Vault, known: EventStatus, arriving: EventStatus
) -> None:
    vault.events.upsert(message(1, "before", status=known))
    vault.events.upsert(message(1, "after", status=arriving))
    event = vault.events.get("$event-1")
    assert event is not None
    assert event.clear is not None
    body = event.clear["content"]["body"]
    assert (body, event.status) == (("before", "ok") if known == "ok" else ("after", arriving))


def test_an_event_id_in_another_room_does_not_touch_the_first(vault: Vault) -> None:
    vault.events.upsert(message(1, "here", status="undecryptable"))
    forged: dict[str, Any] = {"room_id": OTHER}
    assert not vault.events.upsert(message(1, "there", **forged))
    assert not vault.events.upsert(message(1, "there", status="redacted", **forged))
    assert vault.events.get("$event-1") == message(1, "here", status="undecryptable")
    assert vault.events.page(OTHER) == []


def test_a_redacted_event_says_nothing_again(vault: Vault) -> None:
    vault.events.upsert(message(1))
    assert vault.events.redact(ROOM, "$event-1", by="@calm-fox:example.org")
    bare = vault.events.get("$event-1")
    for attempt in (message(1, "again"), message(1, "again", status="undecryptable")):
        vault.events.upsert(attempt)
    vault.events.set_clear("$event-1", {"type": "m.room.message", "content": {"body": "again"}})
    assert (
        vault.events.get("$event-1")
        == bare
        == replace(
            message(1),
            raw={
                "event_id": "$event-1",
                "type": "m.room.encrypted",
                "sender": "@brave-otter:example.org",
                "origin_server_ts": 1_772_589_600_001,
                "content": {},
                "unsigned": {"redacted_because": {"sender": "@calm-fox:example.org"}},
            },
            clear=None,
            status="redacted",
            session_id=None,
        )
    )
    assert vault.events.redact(ROOM, "$event-1")
    assert not vault.events.redact(ROOM, "$unknown")


def test_what_the_server_says_is_redacted_is_redacted_here_too(vault: Vault) -> None:
    stripped = {
        "type": "m.room.encrypted",
        "content": {"body": "a server that forgot to take this out"},
        "unsigned": {"redacted_because": {"sender": "@calm-fox:x", "content": {"reason": "words"}}},
    }
    vault.events.upsert(message(1))
    for number in (1, 2):
        vault.events.upsert(message(number, status="redacted", raw=stripped))
        event = vault.events.get(f"$event-{number}")
        assert event is not None
        assert (event.status, event.clear, event.raw["content"]) == ("redacted", None, {})
        assert event.raw["unsigned"] == {"redacted_because": {"sender": "@calm-fox:x"}}


def test_keys_that_arrive_later_open_what_waited_for_them(vault: Vault) -> None:
    for number, session in ((3, "a"), (1, "a"), (2, "b")):
        waiting = message(number, clear=None, status="undecryptable", session_id=session)
        vault.events.upsert(waiting)
    assert [e.position for e in vault.events.undecryptable(ROOM, "a")] == [1, 3]
    clear = {"type": "m.room.message", "content": {"body": "now readable"}}
    vault.events.set_clear("$event-1", clear, trust="signed")
    vault.events.set_clear("$event-3", None, status="malformed")
    vault.events.set_clear("$unknown", clear)
    assert vault.events.undecryptable(ROOM, "a") == []
    event = vault.events.get("$event-1")
    assert event is not None
    assert (event.clear, event.status, event.trust) == (clear, "ok", "signed")


def test_the_sync_names_the_transaction_of_an_event_that_was_known(vault: Vault) -> None:
    vault.events.upsert(message(1))
    vault.events.upsert(message(1, transaction_id="txn"))
    vault.events.upsert(message(1, transaction_id="another"))
    event = vault.events.get("$event-1")
    assert event is not None
    assert event.transaction_id == "txn"


def test_counting(vault: Vault) -> None:
    for number in range(10):
        vault.events.upsert(message(number))
    vault.events.upsert(message(10, type="m.room.member"))
    vault.events.upsert(message(11, sender="@me:x"))
    vault.events.upsert(message(12, room_id=OTHER))
    vault.events.redact(ROOM, "$event-9")
    assert vault.events.count(ROOM) == 12
    assert vault.events.count("!unknown:x") == 0
    assert vault.events.unread(ROOM, None, "@me:x") == 9
    assert vault.events.unread(ROOM, 4, "@me:x") == 4
    assert vault.events.unread(ROOM, None, "@me:x", limit=3) == 3
    vault.rooms.remove(OTHER)
    assert vault.events.count(OTHER) == 0
    assert vault.events.get("$event-12") is None
    assert vault.rooms.get(OTHER) is None


def test_the_newest_of_one_sender_for_a_moderator(vault: Vault) -> None:
    for number in range(6):
        vault.events.upsert(message(number, sender="@a:x" if number % 2 else "@b:x"))
    vault.events.redact(ROOM, "$event-5")
    assert [e.position for e in vault.events.of_sender(ROOM, "@a:x", 5)] == [3, 1]
    assert [e.position for e in vault.events.of_sender(ROOM, "@b:x", 2)] == [4, 2]


@pytest.mark.parametrize("claimed", [True, None, "soon", 2**70, -(2**70), 1.5])
def test_a_clock_that_a_stranger_made_up_is_kept_within_bounds(
    vault: Vault, claimed: object
) -> None:
    vault.events.upsert(message(1, origin_ts=claimed))
    event = vault.events.get("$event-1")
    assert event is not None
    assert abs(event.origin_ts) < 2**53


def test_a_gap_is_left_filled_and_closed(vault: Vault) -> None:
    assert vault.gaps.open(ROOM, "older") is None
    vault.events.upsert(message(1))
    gap = vault.gaps.open(ROOM, "t1")
    assert gap == Gap(gap.id if gap else 0, ROOM, 1, 1 + WIDTH, "t1")
    assert gap.free == WIDTH - 1
    vault.events.upsert(message(gap.newer))
    second = vault.gaps.open(ROOM, "t2")
    assert second is not None
    assert vault.gaps.of_room(ROOM) == [second, gap]
    vault.events.upsert(message(gap.newer - 1))
    gap = vault.gaps.shrink(gap, gap.newer - 1, "t3")
    assert (gap.free, gap.token) == (WIDTH - 2, "t3")
    assert vault.gaps.of_room(ROOM) == [second, gap]
    vault.gaps.close(gap)
    assert vault.gaps.of_room(ROOM) == [second]
    assert vault.gaps.of_room(OTHER) == []
