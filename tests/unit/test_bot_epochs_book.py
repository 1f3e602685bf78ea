"""What the bot keeps of a change of names: all of it or nothing, and secrets only while needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.clock import FrozenClock

from peerroom.bot.epochs.book import ROWS, Book
from peerroom.bot.epochs.desk import Desk
from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.epochs.rhythm import policy_of
from peerroom.bot.epochs.signing import Signing
from peerroom.config import Bot as BotConfig
from peerroom.pseudonym.epochs import Policy, Weekly
from peerroom.pseudonym.registrar_effects import Effect, MakeKeys
from peerroom.pseudonym.registrar_facts import Began, SatOut
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.vault import Vault

LINEAGE = bytes(16)


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield vault


class Kept:
    """Effects that were decided on."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []

    def __call__(self, effect: Effect, office: Office) -> None:
        self.effects.append(effect)


def desk(vault: Vault, kept: Kept) -> Desk:
    return Desk(vault, LINEAGE, Policy(), kept, FrozenClock())


def begun() -> Began:
    return Began("!room:x", {"@a:x": 7, "@mod:x": None}, ("@mod:x",))


def test_an_office_is_kept_row_by_row(vault: Vault) -> None:
    kept = Kept()
    one = desk(vault, kept)
    assert one.tell(begun())
    assert [effect.key for effect in kept.effects] == ["keys:1", "keys:2"]
    assert all(isinstance(effect, MakeKeys) for effect in kept.effects)
    assert not one.tell(begun())  # told again it changes nothing
    assert set(vault.records.items(ROWS)) == {"office", "seats/@a:x", "seats/@mod:x"}
    assert one.tell(SatOut("@a:x"))
    again = desk(vault, Kept()).office
    assert again == one.office
    assert again.sat_out == {"@a:x": None}


def test_what_was_taken_back_was_never_known(vault: Vault) -> None:
    one = desk(vault, Kept())
    one.tell(begun())
    with pytest.raises(ZeroDivisionError), vault.transaction():
        one.tell(SatOut("@a:x"))
        raise ZeroDivisionError
    assert one.office.sat_out == {}
    one.tell(SatOut("@mod:x"))
    assert one.office.sat_out == {"@mod:x": None}
    assert desk(vault, Kept()).office == one.office


def test_a_vault_without_an_office(vault: Vault) -> None:
    assert Book(vault).read() is None


def test_secrets_of_an_epoch_end_with_it(vault: Vault) -> None:
    ring = Keyring(vault)
    first, second = ring.make_sealing_key(1), ring.make_sealing_key(2)
    assert ring.make_sealing_key(1).public == first.public
    ring.destroy(1)
    assert ring.sealing_key(1) is None
    kept = ring.sealing_key(2)
    assert kept is not None
    assert kept.public == second.public
    assert ring.signer_key() == Keyring(vault).signer_key()
    token = ring.draw_entry(1, 0)
    assert ring.draw_entry(1, 0) == token != ring.draw_entry(1, 1)
    ring.forget_entry(1, 0)
    assert ring.entry(1, 0) is None


def test_the_signers_files_lie_beside_the_vault(vault: Vault) -> None:
    assert Signing(vault, Keyring(vault), LINEAGE).folder is None


def test_names_that_began_to_rotate_go_on(vault: Vault) -> None:
    assert policy_of(BotConfig(), vault) is None
    config = BotConfig(rotate=True, switch_day="friday", switch_hour=4, window_hours=12, floor=3)
    wanted = Policy(Weekly(4, 4, "Asia/Tokyo"), timedelta(hours=12), floor=3)
    assert policy_of(config, vault) == wanted
    desk(vault, Kept()).tell(begun())
    assert policy_of(BotConfig(), vault) == Policy()
