"""The passphrase: how it is read, what it costs, how it is changed."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from support.vaults import CHEAP, PASSPHRASE, furnish, new_vault, snapshot

from peerroom.errors import PeerRoomError
from peerroom.store import errors, keys
from peerroom.store.vault import Vault


def test_a_change_rewrites_the_key_file_alone(tmp_path: Path) -> None:
    with new_vault(tmp_path) as vault:
        furnish(vault)
        key = vault.data_key
    before = snapshot(tmp_path)
    keys.change_passphrase(tmp_path, PASSPHRASE, "other words", cost=CHEAP)
    after = snapshot(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} == {"vault.key"}
    assert set(after) == set(before)
    assert keys.unlock(tmp_path, "other words") == key
    with pytest.raises(errors.WrongPassphrase):
        keys.unlock(tmp_path, PASSPHRASE)


def test_a_change_works_while_the_vault_is_open(tmp_path: Path) -> None:
    with new_vault(tmp_path) as vault:
        keys.change_passphrase(tmp_path, PASSPHRASE, "other words", cost=CHEAP)
        vault.settings.set("still", "open")
    Vault.open(tmp_path, "other words").close()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("not it", "other words", errors.WrongPassphrase),
        (PASSPHRASE, "", errors.EmptyPassphrase),
        (PASSPHRASE, " \u3000", errors.EmptyPassphrase),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    tmp_path: Path, old: str, new: str, error: type[PeerRoomError]
) -> None:
    new_vault(tmp_path).close()
    before = snapshot(tmp_path)
    with pytest.raises(error):
        keys.change_passphrase(tmp_path, old, new, cost=CHEAP)
    assert snapshot(tmp_path) == before


def test_what_looks_the_same_opens_the_same(tmp_path: Path) -> None:
    """Composed or not, full-width or not: the person cannot see it."""
    typed = "Café が ｆｕｌｌ　width ガ"
    Vault.create(tmp_path, typed, cost=CHEAP).close()
    forms = {unicodedata.normalize(form, typed) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len(forms) == 4
    for form in forms:
        assert keys.unlock(tmp_path, form)
    with pytest.raises(errors.WrongPassphrase):
        keys.unlock(tmp_path, typed.lower())


@pytest.mark.parametrize("passphrase", ["x" * 100_000, "nul \0 inside", "bytes \udcff", "🦊" * 9])
def test_any_passphrase_can_be_used(tmp_path: Path, passphrase: str) -> None:
    Vault.create(tmp_path, passphrase, cost=CHEAP).close()
    Vault.open(tmp_path, passphrase).close()
    with pytest.raises(errors.WrongPassphrase):
        keys.unlock(tmp_path, passphrase + "x")


def test_two_vaults_under_one_passphrase_share_nothing(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        with new_vault(tmp_path / name) as vault:
            found.append((vault.data_key, (tmp_path / name / "vault.key").read_bytes()))
    (first, first_file), (second, second_file) = found
    assert first != second
    assert first_file[22:150] != second_file[22:150]


def test_the_cost_is_the_one_that_rfc_9106_recommends(tmp_path: Path) -> None:
    """Section 4, second option: 64 MiB, three passes, four lanes. It is kept in the file."""
    Vault.create(tmp_path, PASSPHRASE).close()
    header = (tmp_path / "vault.key").read_bytes()
    numbers = [int.from_bytes(header[at : at + 4], "big") for at in (10, 14, 18)]
    assert numbers == [64 * 1024, 3, 4]
    Vault.open(tmp_path, PASSPHRASE).close()


def test_every_error_is_one_line_without_holes() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.VaultError)
    ]
    assert len(kinds) > 10
    for kind in kinds:
        sentence = kind().sentence()
        assert "\n" not in sentence
        assert "{" not in sentence
