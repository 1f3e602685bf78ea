"""A room is followed only where its owners lead, and what holds in it comes along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.vaults import NOW

from peerroom.bot.circle import NAMESPACE, current
from peerroom.bot.ledger import Ledger
from peerroom.bot.standings import move
from peerroom.bot.upgrades import Upgrade, announced, expected, is_linked
from peerroom.moderation import actions as act
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

BOT, OWNER, MOD = "@bot:x", "@recovery:x", "@mod:x"
CIRCLE, DESK, LIBRARY, NEW = "!circle", "!desk", "!library", "!new"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        vault.accounts.add(homeserver="http://h", user_id=BOT, device_id="D", access_token="t")
        for room in (CIRCLE, DESK, LIBRARY, NEW):
            vault.rooms.put(StoredRoom(room, 1, encrypted=True))
            create = {"room_version": "12", "additional_creators": [OWNER]}
            vault.rooms.set_state(room, "m.room.create", "", create, sender=BOT)
            levels = {"users": {MOD: 100}}
            vault.rooms.set_state(room, "m.room.power_levels", "", levels, sender=BOT)
        for role, room in (("circle", CIRCLE), ("management", DESK)):
            vault.records.replace(NAMESPACE, role, room)
        Ledger(vault, invite_days=7).apply(act.AddRoom(LIBRARY), NOW)
        yield vault


def tombstone(vault: Vault, room: str, by: str | None = OWNER, new: object = NEW) -> None:
    content = {"replacement_room": new, "body": "moved"}
    vault.rooms.set_state(room, "m.room.tombstone", "", content, sender=by)


@pytest.mark.parametrize("room", [CIRCLE, DESK, LIBRARY])
def test_an_owners_word_is_followed_in_every_room_of_ours(vault: Vault, room: str) -> None:
    assert list(announced(vault, rotating=False)) == []
    tombstone(vault, room)
    assert list(announced(vault, rotating=False)) == [Upgrade(room, NEW, OWNER)]


@pytest.mark.parametrize("by", [MOD, "@member:x", None])
def test_nobody_elses_is(vault: Vault, by: str | None) -> None:
    tombstone(vault, CIRCLE, by)
    assert list(announced(vault, rotating=False)) == []


@pytest.mark.parametrize("new", [None, 7, "", "#alias:x", [NEW], DESK, CIRCLE])
def test_nonsense_leads_nowhere(vault: Vault, new: object) -> None:
    tombstone(vault, CIRCLE, new=new)
    assert list(announced(vault, rotating=False)) == []


def test_a_circle_whose_names_change_gets_its_rooms_from_that_alone(vault: Vault) -> None:
    tombstone(vault, CIRCLE)
    tombstone(vault, DESK)
    assert [one.old for one in announced(vault, rotating=True)] == [DESK]


def test_rooms_of_older_versions_have_owners_by_level(vault: Vault) -> None:
    vault.rooms.set_state(LIBRARY, "m.room.create", "", {"room_version": "10"}, sender=BOT)
    tombstone(vault, LIBRARY, MOD)
    assert [one.by for one in announced(vault, rotating=False)] == [MOD]
    tombstone(vault, LIBRARY, "@member:x")
    assert list(announced(vault, rotating=False)) == []


@pytest.mark.parametrize(
    ("content", "sender", "linked"),
    [
        ({"predecessor": {"room_id": CIRCLE}}, OWNER, True),
        ({"predecessor": {"room_id": CIRCLE}}, "@else:x", False),
        ({"predecessor": {"room_id": DESK}}, OWNER, False),
        ({"predecessor": CIRCLE}, OWNER, False),
        ({}, OWNER, False),
    ],
)
def test_the_new_room_has_to_say_so_too(
    vault: Vault, content: dict[str, object], sender: str, linked: bool
) -> None:
    vault.rooms.set_state(NEW, "m.room.create", "", content, sender=sender)
    assert is_linked(vault, Upgrade(CIRCLE, NEW, OWNER)) is linked


def test_a_room_without_encryption_is_no_next_room(vault: Vault) -> None:
    vault.rooms.put(StoredRoom("!open", 1, encrypted=False))
    content = {"predecessor": {"room_id": CIRCLE}}
    vault.rooms.set_state("!open", "m.room.create", "", content, sender=OWNER)
    assert not is_linked(vault, Upgrade(CIRCLE, "!open", OWNER))


@pytest.mark.parametrize(("old", "role"), [(CIRCLE, "circle"), (LIBRARY, None)])
def test_what_holds_in_a_room_comes_along(vault: Vault, old: str, role: str | None) -> None:
    ledger = Ledger(vault, invite_days=7)
    ledger.apply(act.SetProtection("pace", old, mode="trial", settings={"messages": 5}), NOW)
    ledger.apply(act.SetProtection("raid", None, mode="off"), NOW)
    ledger.apply(act.NoteLock(old, None, 0, ""), NOW)
    ledger.apply(act.NoteSlow(old, MOD, NOW), NOW)
    before = ledger.standings.standings()
    move(vault, old, NEW, role)
    after = ledger.standings.standings()
    assert after["pace", NEW] == before["pace", old] and ("pace", old) not in after
    assert after["raid", None] == before["raid", None]
    assert set(ledger.standings.locks()) == {NEW}
    assert set(ledger.standings.slowed()) == {(NEW, MOD)}
    assert NEW in ledger.standings.rooms() and old not in ledger.standings.rooms()


def test_the_moderators_room_is_another_one(vault: Vault) -> None:
    move(vault, DESK, NEW, "management")
    assert current(vault).management == NEW and current(vault).circle == CIRCLE


def test_who_was_in_the_old_room_may_come_at_once(vault: Vault) -> None:
    vault.rooms.set_state(CIRCLE, "m.room.member", MOD, {"membership": "join"})
    vault.rooms.set_state(CIRCLE, "m.room.member", "@gone:x", {"membership": "leave"})
    assert expected(vault, NEW) == frozenset()
    vault.records.replace("bot.came_from", NEW, CIRCLE)
    assert expected(vault, NEW) == {MOD}
