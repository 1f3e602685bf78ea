"""Each reader sees a generated name in their own language, and nobody can pass for another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from peerroom import i18n
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
