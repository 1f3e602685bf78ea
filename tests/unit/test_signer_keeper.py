"""The keeper of round keys: one batch a round, no key for an old epoch, nothing in clear."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.searching import Search
from support.token_keys import CIRCLE, flipped, round_key

from peerroom.bot.signer.errors import (
    KeysDestroyed,
    KeysNeverMade,
    OtherBatch,
    RoundsDiffer,
    SignerBusy,
    SignerDamaged,
    SignerKeyWrong,
)
from peerroom.bot.signer.keeper import JOURNAL, Keeper
from peerroom.bot.signer.shelf import FolderShelf, MemoryShelf, Wrapping
from peerroom.durable import UNFINISHED
from peerroom.pseudonym import blind
from peerroom.pseudonym.blind import fits
from peerroom.pseudonym.native import Integer, RsaKey
from peerroom.pseudonym.round_keys import PublicKey, SigningKey
from peerroom.pseudonym.token_errors import RequestMalformed, RequestOutOfRange, SigningFailed

KEY = bytes(range(32))
WRAPPING = Wrapping(KEY, CIRCLE)


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real keys, each new one another than the last, made once in a process: it takes a while."""
    drawn = itertools.cycle(range(6))
    keys = [round_key(number) for number in range(6)]
    monkeypatch.setattr(SigningKey, "generate", lambda: keys[next(drawn)])


class Circle:
    """A keeper, and the shelf that outlives it."""

    def __init__(self) -> None:
        self.shelf = MemoryShelf({})
        self.keeper = Keeper(self.shelf, WRAPPING)

    def restart(self, wrapping: Wrapping = WRAPPING) -> Keeper:
        """What a new process finds."""
        self.keeper = Keeper(MemoryShelf(self.kept()), wrapping)
        return self.keeper

    def kept(self) -> dict[str, bytes]:
        """All that lies on the shelf."""
        shelf = self.keeper._shelf
        return {name: shelf.get(name) or b"" for name in shelf.names()}

    def put(self, **kept: bytes | None) -> None:
        """Change what lies on the shelf, behind the keeper's back."""
        new = {**self.kept(), **{name.replace("_", "-"): data for name, data in kept.items()}}
        shelf = MemoryShelf({name: data for name, data in new.items() if data is not None})
        self.keeper._shelf = shelf


@pytest.fixture
def circle() -> Circle:
    return Circle()


def batch(seed: int, size: int = 2) -> list[bytes]:
    """Numbers that any key of ours can sign."""
    return [(1000 * seed + number + 2).to_bytes(384) for number in range(size)]


def test_the_keys_of_an_epoch_are_the_same_each_time(circle: Circle) -> None:
    made = circle.keeper.make(7, 2)
    assert len(made) == len(set(made)) == 2
    assert {len(key) for key in made} == {388}
    assert circle.keeper.make(7, 2) == made
    assert circle.restart().make(7, 2) == made
    assert circle.keeper.make(8, 1)[0] not in made
    with pytest.raises(RoundsDiffer):
        circle.keeper.make(7, 3)


def test_signatures_fit_the_key_of_the_round(circle: Circle) -> None:
    made = [PublicKey.decode(key) for key in circle.keeper.make(7, 2)]
    for round_, key in enumerate(made):
        signed = circle.keeper.sign(7, round_, batch(1))
        assert all(fits(key, *pair) for pair in zip(batch(1), signed, strict=True))
        assert not any(fits(made[1 - round_], *pair) for pair in zip(batch(1), signed, strict=True))


@pytest.mark.parametrize(
    "other",
    [
        batch(2),
        batch(1)[::-1],
        batch(1)[:1],
        [*batch(1), *batch(2)],
        [],
        [batch(1)[0] + batch(1)[1]],
        [batch(1)[0][:-1], batch(1)[0][-1:] + batch(1)[1]],
    ],
    ids=["others", "reordered", "fewer", "more", "none", "glued", "cut elsewhere"],
)
def test_a_round_signs_one_batch_for_ever(circle: Circle, other: list[bytes]) -> None:
    circle.keeper.make(7, 2)
    signed = circle.keeper.sign(7, 0, batch(1))
    for each in (circle.keeper, circle.restart()):
        with pytest.raises(OtherBatch):
            each.sign(7, 0, other)
        assert each.sign(7, 0, batch(1)) == signed
        assert each.held().signed == [(7, 0)]
    assert circle.keeper.sign(7, 1, batch(3)) != signed  # the next round is another one


def test_a_round_in_which_nobody_asked_is_over_too(circle: Circle) -> None:
    circle.keeper.make(7, 1)
    assert circle.keeper.sign(7, 0, []) == []
    with pytest.raises(OtherBatch):
        circle.restart().sign(7, 0, batch(1))


@pytest.mark.parametrize(
    ("request_", "error"),
    [(b"short", RequestMalformed), (bytes(384), RequestOutOfRange)],
)
def test_a_request_that_nobody_can_sign_spends_no_round(
    circle: Circle, request_: bytes, error: type[Exception]
) -> None:
    circle.keeper.make(7, 1)
    with pytest.raises(error):
        circle.keeper.sign(7, 0, [*batch(1), request_])
    assert circle.restart().held().signed == []
    assert len(circle.keeper.sign(7, 0, batch(2))) == 2


def test_a_fault_in_the_arithmetic_lets_nothing_out(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle.keeper.make(7, 1)
    right = blind.raw_private

    def wrong(key: RsaKey, number: Integer) -> bytes:
        return flipped(right(key, number), 3000)

    with monkeypatch.context() as patch:
        patch.setattr(blind, "raw_private", wrong)
        with pytest.raises(SigningFailed):
            circle.keeper.sign(7, 0, batch(1))
    assert circle.keeper.held().signed == []
    assert len(circle.keeper.sign(7, 0, batch(1))) == 2


def test_what_is_destroyed_never_comes_back(circle: Circle) -> None:
    for epoch in (3, 5, 8):
        circle.keeper.make(epoch, 1)
    circle.keeper.sign(5, 0, batch(1))
    circle.keeper.destroy(5)
    for each in (circle.keeper, circle.restart()):
        assert set(circle.kept()) == {JOURNAL, "keys-8"}
        for epoch in (0, 3, 4, 5):
            with pytest.raises(KeysDestroyed):
                each.make(epoch, 1)
            with pytest.raises(KeysDestroyed):
                each.sign(epoch, 0, batch(1))
            each.destroy(epoch)  # again changes nothing
        held = each.held()
        assert (held.destroyed, held.made, held.signed) == (5, [8], [])
    assert len(circle.keeper.sign(8, 0, batch(1))) == 2
    circle.keeper.destroy(8)
    assert set(circle.kept()) == {JOURNAL}
    with pytest.raises(KeysDestroyed):
        circle.restart().make(8, 1)
    assert circle.keeper.make(9, 1)


def test_nothing_is_done_for_an_epoch_that_has_no_keys(circle: Circle) -> None:
    with pytest.raises(KeysNeverMade):
        circle.keeper.destroy(1)
    circle.keeper.make(7, 1)
    with pytest.raises(KeysNeverMade):
        circle.keeper.make(6, 1)  # a time that is over
    with pytest.raises(KeysNeverMade):
        circle.keeper.sign(6, 0, [])
    with pytest.raises(KeysNeverMade):
        circle.keeper.sign(8, 0, [])
    with pytest.raises(KeysNeverMade):
        circle.keeper.sign(7, 1, [])
    with pytest.raises(KeysNeverMade):
        circle.keeper.destroy(8)
    assert circle.keeper.held().made == [7]


def test_keys_that_were_never_shown_are_removed(circle: Circle) -> None:
    """A crash between the key file and the journal; or between the journal and the removal."""
    made = circle.keeper.make(7, 1)
    circle.put(keys_8=circle.kept()["keys-7"])
    assert set(circle.restart().make(7, 1)) == set(made)
    assert set(circle.kept()) == {JOURNAL, "keys-7"}


def test_a_lost_journal_is_not_taken_for_a_new_circle(circle: Circle) -> None:
    circle.keeper.make(7, 1)
    circle.put(journal=None)
    before = circle.kept()
    with pytest.raises(SignerDamaged):
        circle.restart()
    assert circle.kept() == before


def test_lost_keys_are_not_made_anew(circle: Circle) -> None:
    circle.keeper.make(7, 1)
    circle.put(keys_7=None)
    for work in (
        lambda: circle.restart().make(7, 1),
        lambda: circle.restart().sign(7, 0, batch(1)),
    ):
        with pytest.raises(SignerDamaged):
            work()
    circle.restart().destroy(7)
    assert circle.restart().held().destroyed == 7


def test_a_file_is_good_in_its_own_place_only(circle: Circle) -> None:
    circle.keeper.make(7, 1)
    circle.keeper.make(8, 1)
    kept = circle.kept()
    circle.put(keys_8=kept["keys-7"])
    with pytest.raises(SignerDamaged):
        circle.restart().make(8, 1)
    assert circle.keeper.make(7, 1)
    circle.put(journal=kept["keys-7"])
    with pytest.raises(SignerDamaged):
        circle.restart()


def test_keys_that_the_journal_does_not_mean_are_not_used(circle: Circle) -> None:
    """Written by us, under the right name: and still not the ones that were published."""
    circle.keeper.make(7, 1)
    other = Circle()
    other.keeper.make(7, 1)
    circle.put(keys_7=other.kept()["keys-7"])
    with pytest.raises(SignerDamaged):
        circle.restart().make(7, 1)


@pytest.mark.parametrize("content", [b"", b"\x91\xc4\x02no", b"\xc1", b"\x05"])
@pytest.mark.parametrize("name", [JOURNAL, "keys-7"])
def test_content_that_makes_no_sense_is_damage(circle: Circle, name: str, content: bytes) -> None:
    circle.keeper.make(7, 1)
    circle.put(**{name.replace("-", "_"): WRAPPING.wrap(name, content)})
    with pytest.raises(SignerDamaged):
        circle.restart().make(7, 1)


def test_another_key_or_circle_is_told_from_damage(circle: Circle) -> None:
    circle.keeper.make(7, 1)
    before = circle.kept()
    for wrapping in (Wrapping(bytes(32), CIRCLE), Wrapping(KEY, bytes(16))):
        with pytest.raises(SignerKeyWrong):
            circle.restart(wrapping)
    assert circle.kept() == before
    assert circle.restart().held().made == [7]


# --- files ----------------------------------------------------------------------------------------


WRAPPED = WRAPPING.wrap("keys-7", b"a few bytes")


@given(bit=st.integers(0, len(WRAPPED) * 8 - 1))
def test_a_changed_bit_is_damage_wherever_it_is(bit: int) -> None:
    with pytest.raises(SignerDamaged):
        WRAPPING.unwrap("keys-7", flipped(WRAPPED, bit))


@given(length=st.integers(0, len(WRAPPED) - 1))
def test_a_file_that_was_cut_off_is_damage(length: int) -> None:
    with pytest.raises(SignerDamaged):
        WRAPPING.unwrap("keys-7", WRAPPED[:length])


@given(content=st.binary(max_size=100), name=st.sampled_from(["journal", "keys-7", "keys-71"]))
def test_a_file_opens_under_its_own_name(content: bytes, name: str) -> None:
    wrapped = WRAPPING.wrap(name, content)
    assert wrapped != WRAPPING.wrap(name, content)
    assert WRAPPING.unwrap(name, wrapped) == content
    with pytest.raises(SignerDamaged):
        WRAPPING.unwrap("keys-1", wrapped)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "signer"


@pytest.fixture
def shelf(folder: Path) -> Iterator[FolderShelf]:
    shelf = FolderShelf(folder)
    yield shelf
    shelf.close()


def test_what_is_put_on_the_shelf_is_private_and_comes_back(
    shelf: FolderShelf, folder: Path
) -> None:
    assert shelf.get("journal") is None
    shelf.put("journal", b"one")
    shelf.put("journal", b"two")
    shelf.put("keys-7", b"three")
    assert (shelf.get("journal"), shelf.get("keys-7")) == (b"two", b"three")
    assert shelf.names() == {"journal", "keys-7"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    shelf.remove("keys-7")
    shelf.remove("keys-7")
    assert shelf.names() == {"journal"}


def test_what_is_removed_is_overwritten_first(shelf: FolderShelf, folder: Path) -> None:
    shelf.put("keys-7", b"to be gone")
    (folder.parent / "another name of it").hardlink_to(folder / "keys-7")
    shelf.remove("keys-7")
    left = (folder.parent / "another name of it").read_bytes()
    assert len(left) == len(b"to be gone")
    assert left != b"to be gone"


def test_what_was_not_finished_goes_and_what_is_not_ours_stays(folder: Path) -> None:
    folder.mkdir()
    ours = [folder / f"{name}{UNFINISHED}" for name in ("journal", "keys-12")]
    others = [folder / name for name in ("Report.new", "notes 1.new", "a.b.new", "READ.me")]
    for path in (*ours, *others):
        path.write_bytes(b"words")
    shelf = FolderShelf(folder)
    assert shelf.names() == set()
    assert sorted(folder.iterdir()) == sorted(others)
    shelf.close()


def test_two_do_not_sign_from_one_folder(
    folder: Path, shelf: FolderShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerroom.bot.signer.shelf._PATIENCE", 0.0)
    with pytest.raises(SignerBusy):
        FolderShelf(folder)


def test_the_next_may_have_the_folder(folder: Path) -> None:
    for _ in range(2):
        FolderShelf(folder).close()


def test_nothing_in_the_folder_is_in_clear(shelf: FolderShelf, folder: Path) -> None:
    keeper = Keeper(shelf, WRAPPING)
    keeper.make(7, 2)
    keeper.sign(7, 0, batch(1))
    look = Search({**secret_parts(keeper), "wrapping key": KEY, "request": batch(1)[0]})
    assert look.in_folder(folder) == set()
    for name in shelf.names():  # what the search would find
        clear = WRAPPING.unwrap(name, shelf.get(name) or b"")
        (folder / f"{name}.clear").write_bytes(clear)
    found = {what for what, _where in look.in_folder(folder)}
    assert found == secret_parts(keeper).keys()


def secret_parts(keeper: Keeper) -> dict[str, bytes]:
    """What of the keys of epoch 7 nobody may read, and the digest of the batch."""
    parts = {"digest of the batch": keeper._journal.made[7].signed[0]}
    for number, key in enumerate(keeper._keys(7)):
        parts[f"key {number}"] = key.store()
        for name in ("p", "q", "d"):
            value = int(getattr(key.private, name))
            parts[f"{name} of key {number}"] = value.to_bytes((value.bit_length() + 7) // 8)
    return parts
