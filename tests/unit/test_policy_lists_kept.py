"""Lists in the vault: read, kept ready, and told apart from rooms in which people talk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from support.clock import FrozenClock

from peerroom.bot import policies as kept
from peerroom.bot.ledger import is_followed
from peerroom.bot.policies import PolicyLists
from peerroom.bot.policy_views import Acls, Views
from peerroom.bot.reader import Reader
from peerroom.matrix import event
from peerroom.matrix.errors import ServerFault
from peerroom.matrix.event import Event
from peerroom.matrix.sync import RoomDelta, SyncBatch
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import policy

LIST, TALK = "!list:far.example", "!talk"
USER = "m.policy.rule.user"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        vault.accounts.add(homeserver="http://h", user_id="@bot:x", device_id="D", access_token="t")
        for room in (LIST, TALK):
            vault.rooms.put(StoredRoom(room, 1))
        vault.records.replace("bot.book.list", LIST, {"by": "@lead:x"})
        yield vault


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


def put(vault: Vault, entity: str, key: str | None = None, event_id: str = "$1") -> None:
    content = policy.content(entity, "spam")
    vault.rooms.set_state(LIST, USER, key or entity, content, event_id=event_id)


def changed(room: str = LIST, **more: Any) -> SyncBatch:
    return SyncBatch(rooms=(RoomDelta(room, state_changed=True, **more),))


def test_what_is_in_the_vault_counts_at_once(vault: Vault, clock: FrozenClock) -> None:
    put(vault, "@evil:far.example")
    vault.rooms.set_state(
        LIST, "m.room.rule.server", "", {"entity": "*.evil", "recommendation": "m.ban"}
    )
    vault.rooms.set_state(TALK, USER, "x", policy.content("@anna:x", ""))
    policies = PolicyLists(vault, clock).policies()
    assert len(policies) == 2
    assert policies.of_user("@evil:far.example")
    assert policies.of_user("@a:b.evil")
    assert policies.of_user("@anna:x") is None, "only what is followed counts"


def test_a_change_counts_from_the_turn_that_brought_it(vault: Vault, clock: FrozenClock) -> None:
    lists = PolicyLists(vault, clock)
    assert len(lists.policies()) == 0
    put(vault, "@evil:far.example")
    assert not lists.hear(changed(TALK))
    assert len(lists.policies()) == 0
    assert lists.hear(changed())
    assert len(lists.policies()) == 1
    assert lists.policies() is lists.policies()


def test_a_list_that_is_left_says_nothing(vault: Vault, clock: FrozenClock) -> None:
    put(vault, "@evil:far.example")
    lists = PolicyLists(vault, clock)
    assert len(lists.policies()) == 1
    vault.records.remove("bot.book.list", LIST)
    assert len(lists.policies()) == 0


def test_a_long_list_is_made_ready_now_and_then(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one that changes every second would leave no time for anything else."""
    slow = kept.Policies

    def takes_a_second(rules: Any = (), parts: Any = ()) -> Any:
        if not parts:
            clock.advance(1.0)
        return slow(rules, parts)

    lists = PolicyLists(vault, clock)
    monkeypatch.setattr(kept, "Policies", takes_a_second)
    assert len(lists.of(LIST)) == 0
    put(vault, "@evil:far.example")
    lists.hear(changed())
    assert len(lists.of(LIST)) == 0
    clock.advance(kept.SHARE)
    assert len(lists.of(LIST)) == 1


def test_a_list_is_shown_with_its_name_and_its_last_change(
    vault: Vault, clock: FrozenClock
) -> None:
    put(vault, "@evil:far.example")
    vault.rooms.set_state(LIST, "m.room.name", "", {"name": "Bad people"})
    for number, kind in enumerate((USER, "m.room.message")):
        raw = {"type": kind, "content": {}}
        vault.events.upsert(StoredEvent(LIST, f"${number}", number, "@a:b", kind, 1000, raw))
    views = Views(PolicyLists(vault, clock), vault)
    [view] = views.values()
    assert view.name is not None and view.name.line() == "Bad people"
    assert (view.entered, len(view.rules)) == (True, 1)
    assert view.changed is not None and view.changed.timestamp() == 1
    with pytest.raises(KeyError):
        views[TALK]


def test_nothing_said_in_the_room_of_a_list_is_a_fact(vault: Vault, clock: FrozenClock) -> None:
    reader = Reader(vault, "@bot:x", clock)
    clear = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "!ban Anna"}}
    raw = {"type": "m.room.encrypted", "content": {}}
    said = StoredEvent(LIST, "$s", 1, "@lead:x", "m.room.encrypted", 1000, raw, clear)
    assert reader.fact(said) is None
    assert reader.fact(StoredEvent(TALK, "$t", 1, "@lead:x", "m.room.encrypted", 1000, raw, clear))
    assert is_followed(vault, LIST) and not is_followed(vault, TALK)


# what the server has ------------------------------------------------------------------------------


def served(number: int, event_id: str, content: dict[str, Any] | None = None) -> Event:
    raw = {
        "type": USER,
        "state_key": f"@evil{number}:far.example",
        "event_id": event_id,
        "sender": "@a:b",
        "origin_server_ts": 1,
        "content": policy.content(f"@evil{number}:far.example", "") if content is None else content,
    }
    [[read], _] = event.read_all([raw])
    return read


class Connection:
    session = None


async def read_whole(
    lists: PolicyLists, monkeypatch: pytest.MonkeyPatch, *answers: Sequence[Event] | Exception
) -> bool:
    async def pages(*_: object) -> AsyncIterator[Sequence[Event]]:
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
            yield answer

    monkeypatch.setattr(kept, "pages", pages)
    return await lists._read_whole(Connection(), LIST)


async def test_a_whole_list_is_kept(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = PolicyLists(vault, clock)
    put(vault, "@evil0:far.example", event_id="$old")
    events = [served(number, f"${number}") for number in range(500)]
    assert await read_whole(lists, monkeypatch, events[:300], events[300:])
    assert len(vault.rooms.state_ids(LIST, USER)) == 500
    assert vault.rooms.state_ids(LIST, USER)["@evil0:far.example"] == "$0"
    assert not await read_whole(lists, monkeypatch, events), "nothing is new the second time"


async def test_what_came_while_it_was_read_is_newer(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = PolicyLists(vault, clock)
    put(vault, "@evil1:far.example", event_id="$1")

    async def pages(*_: object) -> AsyncIterator[Sequence[Event]]:
        vault.rooms.set_state(LIST, USER, "@evil1:far.example", {}, event_id="$3")
        yield [served(1, "$2"), served(2, "$4")]

    monkeypatch.setattr(kept, "pages", pages)
    await lists._read_whole(Connection(), LIST)
    assert vault.rooms.state(LIST, USER, "@evil1:far.example") == {}
    assert vault.rooms.state(LIST, USER, "@evil2:far.example")


async def test_a_list_that_could_not_be_read_or_has_a_gap_is_read_again(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = PolicyLists(vault, clock)
    with pytest.raises(ServerFault):
        await read_whole(lists, monkeypatch, [served(1, "$1")], ServerFault())
    assert LIST not in lists._read
    await read_whole(lists, monkeypatch, [served(1, "$1")])
    assert LIST in lists._read
    lists.hear(changed(limited=True))
    assert LIST not in lists._read and lists._wake.is_set()


def test_servers_count_only_where_others_can_take_part(vault: Vault) -> None:
    for room, federates in ((TALK, True), (LIST, False)):
        create = {} if federates else {"m.federate": False}
        vault.rooms.set_state(room, "m.room.create", "", create)
        vault.rooms.set_state(room, "m.room.server_acl", "", {"deny": ["evil.org", 7]})
    acls = Acls(vault, (TALK, LIST, "!unknown"))
    assert dict(acls) == {TALK: ("evil.org",)}
    vault.rooms.set_state(TALK, "m.room.server_acl", "", {"deny": "all"})
    assert dict(acls) == {TALK: ()}
