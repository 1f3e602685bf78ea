"""Going on under another name: what goes along, what stays, and what nobody may ask for again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation

from peerroom import i18n
from peerroom.client import epoch_rooms, moving
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.sending import NamesChanging
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.matrix.sync import SyncBatch
from peerroom.pseudonym.names import by_index
from peerroom.store.accounts import Account
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

NEXT = "!next:example.org"
WREN = "@wren:example.org"
OPENED = datetime(2026, 11, 8, 20, 0, tzinfo=UTC)
UNTIL = OPENED + timedelta(days=7)


@pytest.fixture
def talk() -> Iterator[Conversation]:
    talk = Conversation()
    talk.vault.rooms.set_state(ROOM, "m.room.name", "", {"name": "Kitchen table"})
    epoch_rooms.keep(talk.vault, ROOM, EpochRoom(3, OPENED, UNTIL, crowd=14))
    yield talk
    talk.vault.close()


@pytest.fixture
def wren(talk: Conversation) -> Account:
    return add(talk.vault, WREN)


@pytest.fixture
def client(talk: Conversation, frozen_clock: FrozenClock, seeded: random.Random) -> Client:
    return client_of(talk.vault, talk.account, frozen_clock, seeded)


def client_of(vault: Vault, account: Account, clock: FrozenClock, chance: random.Random) -> Client:
    return Client(vault, account, config=Config(), clock=clock, random=chance)


def add(vault: Vault, user_id: str) -> Account:
    return vault.accounts.add(
        homeserver="https://example.org",
        user_id=user_id,
        device_id="THERE",
        access_token="other",
        current=False,
    )


def furnish(vault: Vault, account: Account, room_id: str = NEXT) -> None:
    """The next room as a sync leaves it."""
    vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
    vault.rooms.set_state(room_id, "m.room.name", "", {"name": "Kitchen table"})
    for user_id, name in ((account.user_id, "ignored"), ("@lark:example.org", "Soft Lark")):
        content = {"membership": "join", "displayname": name}
        vault.rooms.set_state(room_id, "m.room.member", user_id, content)
    epoch_rooms.keep(vault, room_id, EpochRoom(4, UNTIL, UNTIL + timedelta(days=7), crowd=14))


async def test_the_same_client_is_another_account(
    talk: Conversation, client: Client, wren: Account
) -> None:
    heard: list[Change] = []
    client.subscribe(heard.append)
    await client.move(wren)
    assert client.user_id == WREN
    assert talk.vault.accounts.current() == wren
    assert [change.kind for change in heard] == ["moving", "moved"]
    assert heard[-1].room_id is None
    await client.move(wren)
    assert len(heard) == 2


async def test_until_the_next_room_is_known_this_is_where_we_are(
    talk: Conversation, client: Client, wren: Account, frozen_clock: FrozenClock
) -> None:
    talk.said("good evening")
    await client.move(wren)
    for reader in (client, client_of(talk.vault, wren, frozen_clock, random.Random(1))):
        [room] = reader.rooms()
        assert (room.room_id, room.changing, room.may_write) == (ROOM, True, False)
        assert room.former is None and room.own_name == "Quiet Heron"
        assert reader.pseudonym(ROOM).kind == "between"


async def test_then_the_old_room_is_history_below_the_new_one(
    talk: Conversation, client: Client, wren: Account
) -> None:
    talk.said("good evening")
    talk.said("mine", sender=OWN)
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    new, old = client.rooms()
    assert (new.room_id, new.former, new.joined) == (NEXT, None, True)
    assert old.room_id == ROOM
    assert (old.unread, old.joined, old.may_write) == (0, False, False)
    assert old.former is not None
    assert (old.former.name, old.former.room) == ("Quiet Heron", "Kitchen table")
    assert (old.former.begin, old.former.end) == (OPENED, UNTIL)
    page = client.timeline(ROOM).page()
    assert [(view.body, view.own) for view in page] == [("good evening", False), ("mine", True)]
    assert [member.name for member in client.members(ROOM) if member.own] == ["Quiet Heron"]


async def test_arriving_says_the_new_name_once(
    talk: Conversation, client: Client, wren: Account
) -> None:
    await client.move(wren)
    epoch_rooms.keep_names(talk.vault, {WREN: 7})
    furnish(talk.vault, wren)
    heard: list[Change] = []
    client.subscribe(heard.append)
    client.arrive(ROOM, NEXT)
    client.arrive(ROOM, NEXT)
    moved = [change for change in heard if change.kind == "moved"]
    name = by_index(7).english
    words = f"Everyone in the room has a new name. You are now {name}."
    assert moved == [Change("moved", NEXT, words)]


async def test_what_was_not_sent_and_what_was_begun_go_along(
    talk: Conversation, client: Client, wren: Account, frozen_clock: FrozenClock
) -> None:
    client.send(ROOM, "never tried")
    tried = client.send(ROOM, "perhaps out")
    row = talk.vault.outbox.by_transaction(tried)
    assert row is not None
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    client.set_draft(ROOM, "half a th")
    await client.move(wren)
    client.set_draft(ROOM, "half a thought")  # one may go on typing meanwhile
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    assert client.draft(NEXT) == "never tried\n\nhalf a thought"
    assert client.draft(ROOM) == ""
    assert talk.vault.outbox.queued(talk.account.id) == []
    [unsure] = client.timeline(ROOM).page()
    assert (unsure.body, unsure.state) == ("perhaps out", "unsure")


async def test_a_resident_goes_along_under_the_same_account(
    talk: Conversation, client: Client
) -> None:
    client.send(ROOM, "not sent")
    furnish(talk.vault, talk.account)
    heard: list[Change] = []
    client.subscribe(heard.append)
    client.arrive(ROOM, NEXT)
    assert heard[-1].text == "The others in the room have new names. You are still ignored."
    assert client.draft(NEXT) == "not sent"
    assert [(room.room_id, room.former is not None) for room in client.rooms()] == [
        (NEXT, False),
        (ROOM, True),
    ]


async def test_a_deletion_that_did_not_get_through_is_said(
    talk: Conversation, client: Client, wren: Account
) -> None:
    client.delete(ROOM, talk.said("in haste", sender=OWN).event_id)
    await client.move(wren)
    furnish(talk.vault, wren)
    assert "may still be there for the others" in moving.welcome(talk.vault, ROOM, NEXT)


async def test_only_the_circle_s_rooms_are_history(
    talk: Conversation, client: Client, wren: Account
) -> None:
    talk.vault.rooms.put(StoredRoom("!door:x", talk.account.id, is_direct=True))
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    assert [room.room_id for room in client.rooms()] == [NEXT, ROOM]
    assert client.room("!door:x") is None


async def test_history_is_not_hidden_by_somebodys_word_that_the_room_was_of_two(
    talk: Conversation, client: Client, wren: Account
) -> None:
    talk.member("@lark:example.org", "Soft Lark")
    talk.vault.rooms.set_direct(ROOM, True)
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    assert [room.room_id for room in client.rooms()] == [NEXT, ROOM]


async def test_nothing_can_be_done_to_what_is_history(
    talk: Conversation, client: Client, wren: Account
) -> None:
    mine = talk.said("mine", sender=OWN)
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    assert not client.delete(ROOM, mine.event_id)
    assert [view.body for view in client.timeline(ROOM).page()] == ["mine"]


async def test_nothing_is_sent_to_a_room_that_was_left_behind(
    talk: Conversation, client: Client, wren: Account
) -> None:
    await client.move(wren)
    with pytest.raises(NamesChanging):
        client.send(ROOM, "still typing")
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    with pytest.raises(NamesChanging):
        client.send(ROOM, "still typing")
    assert talk.vault.outbox.of_room(ROOM) == []
    assert client.send(NEXT, "at last")


async def test_a_face_hands_over_what_it_has_not_told_before_it_crosses(
    talk: Conversation, client: Client, wren: Account
) -> None:
    texts = iter(["first", "second"])

    def face(change: Change) -> None:
        if change.kind == "moving":
            client.set_draft(ROOM, next(texts))

    client.subscribe(face)
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    assert client.draft(NEXT) == "second"


async def test_the_new_account_asks_nothing_about_the_old_room(
    client: Client, wren: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Watched:
        async def load_older(self, room_id: str, limit: int) -> bool:
            raise AssertionError(room_id)

    await client.move(wren)
    monkeypatch.setattr(client.link, "_connection", Watched())
    assert not await client.load_older(ROOM)


async def test_older_names_stand_below_newer_ones(
    talk: Conversation, client: Client, wren: Account
) -> None:
    talk.said("long ago")
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    lark = add(talk.vault, "@third:example.org")
    await client.move(lark)
    furnish(talk.vault, lark, "!third:example.org")
    client.arrive(NEXT, "!third:example.org")
    rooms = client.rooms()
    assert [room.room_id for room in rooms] == ["!third:example.org", NEXT, ROOM]
    assert [former.begin for former in client.pseudonym(rooms[0].room_id).former] == [
        UNTIL,
        OPENED,
    ]


async def test_a_retired_account_s_room_is_history(
    talk: Conversation, client: Client, wren: Account, frozen_clock: FrozenClock
) -> None:
    talk.said("mine", sender=OWN)
    await client.move(wren)
    furnish(talk.vault, wren)
    client.arrive(ROOM, NEXT)
    talk.vault.accounts.retire(talk.account.id, frozen_clock.now())
    again = client_of(talk.vault, wren, frozen_clock, random.Random(1))
    [old] = [room for room in again.rooms() if room.former]
    assert [view.own for view in again.timeline(old.room_id).page()] == [True]


def test_a_room_that_is_about_to_change_names(talk: Conversation, client: Client) -> None:
    closed = {"events_default": 100, "users": {"@mod:example.org": 50}}
    talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", closed)
    [room] = client.rooms()
    assert (room.changing, room.may_write, room.joined) == (True, False, True)


def test_a_muted_person_s_room_is_not_changing(talk: Conversation, client: Client) -> None:
    talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", {"users": {OWN: -1}})
    [room] = client.rooms()
    assert (room.changing, room.may_write) == (False, False)


def test_a_room_that_never_rotates_is_not_changing_when_it_is_read_only(
    talk: Conversation, client: Client
) -> None:
    talk.vault.records.remove("rotation.rooms", ROOM)
    talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", {"events_default": 100})
    [room] = client.rooms()
    assert (room.changing, room.may_write) == (False, False)


def test_a_ledger_s_name_stands_above_any_other(talk: Conversation, client: Client) -> None:
    epoch_rooms.keep_names(talk.vault, {OTHER: 5})
    talk.member(OTHER, "Moderator")
    talk.member("@fake:example.org", str(by_index(5)))
    names = {member.user_id: member.name for member in client.members(ROOM)}
    assert names[OTHER] == by_index(5).english
    assert names["@fake:example.org"] == f"{by_index(5).english} (@fake:example.org)"
    i18n.set_language("ja")
    client.tell(Change("pseudonym"))
    assert {member.name for member in client.members(ROOM)} >= {by_index(5).japanese}


def test_someone_who_left_keeps_the_ledger_s_name(talk: Conversation, client: Client) -> None:
    talk.said("good night")
    talk.member(OTHER, None, "leave")
    epoch_rooms.keep_names(talk.vault, {OTHER: 5})
    [view] = client.timeline(ROOM).page()
    assert view.sender_name == by_index(5).english


@pytest.mark.parametrize(("listed", "why"), [("away", "away"), ("residents", "resident")])
def test_whose_name_did_not_change_is_marked(
    talk: Conversation, client: Client, listed: str, why: str
) -> None:
    marked: dict[str, Any] = {listed: frozenset({OTHER})}
    epoch_rooms.keep(talk.vault, ROOM, EpochRoom(3, OPENED, UNTIL, crowd=14, **marked))
    kept = {member.user_id: member.keeps_name for member in client.members(ROOM)}
    assert kept == {OWN: "", OTHER: why}


async def test_that_the_old_room_is_closed_behind_us_is_no_news(
    talk: Conversation, client: Client, wren: Account
) -> None:
    heard: list[Change] = []
    client.subscribe(heard.append)
    talk.vault.rooms.set_membership(ROOM, "leave")
    client._take(SyncBatch(left=(ROOM,)))
    assert [change.kind for change in heard] == ["notice", "rooms"]
    heard.clear()
    await client.move(wren)
    client._take(SyncBatch(left=(ROOM,)))
    assert "notice" not in [change.kind for change in heard]
