"""Each reader sees a generated name in their own language, and nobody can pass for another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from peerroom import i18n
from peerroom.client.invitations import remember_bot
from peerroom.client.names import Names
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

ROOM = "!kitchen"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        vault.accounts.add(homeserver="http://h", user_id="@me:x", device_id="D", access_token="t")
        vault.rooms.put(StoredRoom(ROOM, 1, encrypted=True))
        yield vault


def join(vault: Vault, user_id: str, name: object, membership: str = "join") -> None:
    vault.rooms.set_state(
        ROOM, "m.room.member", user_id, {"membership": membership, "displayname": name}
    )


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "Quiet Amber Otter"), ("ja", "静かな琥珀のカワウソ")]
)
def test_a_generated_name_is_shown_in_the_readers_language(
    vault: Vault, language: str, shown: str
) -> None:
    join(vault, "@a:x", "Quiet Amber Otter / 静かな琥珀のカワウソ")
    i18n.set_language(language)
    assert Names(vault, ROOM).of("@a:x") == shown


@pytest.mark.parametrize(
    "half",
    ["Quiet Amber Otter", "ｑｕｉｅｔ amber otter", "Quiet Amber Otter / 静かな琥珀のカワウソ"],
)
def test_taking_half_a_name_does_not_make_one_pass_for_its_owner(vault: Vault, half: str) -> None:
    join(vault, "@a:x", "Quiet Amber Otter / 静かな琥珀のカワウソ")
    join(vault, "@b:x", half)
    names = Names(vault, ROOM)
    assert "@a:x" in names.of("@a:x")
    assert "@b:x" in names.of("@b:x")


def test_someone_who_left_does_not_pass_for_someone_here(vault: Vault) -> None:
    join(vault, "@a:x", "Quiet Amber Otter / 静かな琥珀のカワウソ")
    join(vault, "@gone:x", "Quiet Amber Otter", "leave")
    names = Names(vault, ROOM)
    assert names.of("@a:x") == "Quiet Amber Otter"
    assert "@gone:x" in names.of("@gone:x")


@pytest.mark.parametrize("name", [None, 5, "", [], {"a": 1}])
def test_a_name_that_is_none_falls_back_to_the_address(vault: Vault, name: object) -> None:
    join(vault, "@a:x", name)
    assert "@a:x" in Names(vault, ROOM).of("@a:x")


# --- names that only moderators may carry ---------------------------------------------------------


def powers(vault: Vault, **users: int) -> None:
    vault.rooms.set_state(ROOM, "m.room.create", "", {"room_version": "12"}, sender="@bot:x")
    levels = {"users": {f"@{user}:x": level for user, level in users.items()}}
    vault.rooms.set_state(ROOM, "m.room.power_levels", "", levels, sender="@bot:x")


@pytest.mark.parametrize(
    ("language", "name", "shown"),
    [
        ("en", "Moderator", "Moderator (not a moderator)"),
        ("en", "Mоd Anna", "Mоd Anna (not a moderator)"),  # Cyrillic о
        ("en", "相談員", "相談員 (not a moderator)"),
        ("ja", "管理人", "管理人 (見守り役ではない方)"),
    ],
)
def test_who_calls_themselves_a_moderator_and_is_none_is_marked(
    vault: Vault, language: str, name: str, shown: str
) -> None:
    powers(vault, mod=50, a=49)
    join(vault, "@a:x", name)
    i18n.set_language(language)
    assert Names(vault, ROOM).of("@a:x") == shown


def test_moderators_and_the_bot_are_not_marked(vault: Vault) -> None:
    powers(vault, mod=50)
    join(vault, "@mod:x", "Moderator Anna")
    join(vault, "@bot:x", "Moderator bot")
    names = Names(vault, ROOM)
    assert (names.of("@mod:x"), names.of("@bot:x")) == ("Moderator Anna", "Moderator bot")


def test_in_a_room_of_two_only_the_bot_that_let_us_in_is_one(vault: Vault) -> None:
    """There, power says nothing: whoever makes the room has it."""
    vault.rooms.put(StoredRoom(ROOM, 1, encrypted=True, is_direct=True))
    powers(vault, other=100)
    remember_bot(vault, "@bot:x")
    join(vault, "@bot:x", "Moderator bot")
    join(vault, "@other:x", "Moderator")
    names = Names(vault, ROOM)
    assert names.of("@bot:x") == "Moderator bot"
    assert names.of("@other:x") == "Moderator (not a moderator)"


def test_a_long_name_does_not_push_the_mark_off_the_line(vault: Vault) -> None:
    join(vault, "@a:x", "Moderator " * 6)
    join(vault, "@b:x", "Moderator " * 5)
    names = Names(vault, ROOM)
    assert names.of("@a:x") == "Moderator Moderator Mod… (not a moderator) (@a:x)"
    assert names.of("@b:x") == "Moderator Moderator Mod… (not a moderator) (@b:x)"


def test_someone_gone_is_marked_too(vault: Vault) -> None:
    powers(vault)
    join(vault, "@a:x", "Admin", "leave")
    assert Names(vault, ROOM).of("@a:x") == "Admin (not a moderator)"


def test_the_mark_goes_when_someone_becomes_a_moderator(vault: Vault) -> None:
    powers(vault)
    join(vault, "@a:x", "Moderator Anna")
    names = Names(vault, ROOM)
    assert names.of("@a:x") == "Moderator Anna (not a moderator)"
    powers(vault, a=50)
    names.forget()
    assert names.of("@a:x") == "Moderator Anna"
