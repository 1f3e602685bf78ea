"""Names are the same everywhere, never taken twice, and never alike in one room."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from itertools import combinations, islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.pseudonym import names
from peerroom.pseudonym.words import CREATURES, MODIFIERS, QUALITIES

DIGEST = bytes(range(32))
NAMES = st.integers(0, names.SPACE - 1)
ACCOUNTS = st.lists(st.from_regex(r"@[a-z0-9]{1,8}:x", fullmatch=True), max_size=30, unique=True)
DIGESTS = st.binary(min_size=32, max_size=32)
KEPT = st.dictionaries(st.from_regex(r"@kept[0-9]{1,3}:x", fullmatch=True), NAMES, max_size=10)


def parts(index: int) -> set[str]:
    return set(names.by_index(index).english.split(" "))


def alike(one: int, other: int) -> bool:
    return len(parts(one) & parts(other)) > 1


# --- a name ---------------------------------------------------------------------------------------


def test_a_name_is_one_thing_in_two_languages() -> None:
    name = names.read("Quiet Amber Otter / 静かな琥珀のカワウソ")
    assert name is not None
    assert (name.english, name.japanese) == ("Quiet Amber Otter", "静かな琥珀のカワウソ")
    assert str(name) == "Quiet Amber Otter / 静かな琥珀のカワウソ"
    assert name.shown("ja") == name.japanese
    assert name.shown("en") == name.shown("de") == name.english
    assert names.by_index(name.index) == name


@given(NAMES)
def test_every_number_is_a_name_that_is_known_again(index: int) -> None:
    assert names.read(str(names.by_index(index))) == names.by_index(index)


@pytest.mark.parametrize("index", [-1, names.SPACE])
def test_there_are_no_other_numbers(index: int) -> None:
    with pytest.raises(ValueError, match="no such name"):
        names.by_index(index)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " / ",
        "  ",
        "Quiet Amber Otter",
        "静かな琥珀のカワウソ",
        "Quiet Otter / 静かなカワウソ",
        "Quiet Amber Otter / 静かな琥珀のスズメ",
        "Quiet Amber Otter / 静かな琥珀のカワウソ (simulated)",
        "Quiet Amber Otter / 静かな琥珀のカワウソ / x",
        "Amber Quiet Otter / 静かな琥珀のカワウソ",
        "quiet amber otter / 静かな琥珀のカワウソ",
        "Quiet  Amber Otter / 静かな琥珀のカワウソ",
        "Quiet Amber Otter/静かな琥珀のカワウソ",
        "Quiet Amber Otter / 静かな琥珀のカワウソ\n",
        "Quiet Amber Otter / " * 100_000,
        "\ud800",
    ],
)
def test_any_other_text_is_no_generated_name(text: str) -> None:
    assert names.read(text) is None


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    assert names.read(text) is None


# --- for one who comes in alone -------------------------------------------------------------------


def test_a_name_is_the_same_wherever_it_is_computed() -> None:
    assert names.name_for("@k3v9:example.org", b"!room") == names.name_for(
        "@k3v9:example.org", b"!room"
    )


def test_account_and_context_both_decide() -> None:
    assert len({names.name_for(f"@u{n}:x", b"") for n in range(200)}) == 200
    assert len({names.name_for("@u:x", str(n).encode()) for n in range(200)}) == 200


def test_the_boundary_between_account_and_context_is_unambiguous() -> None:
    assert names.name_for("@a:x", b"b") != names.name_for("@a:xb", b"")


@given(st.text(), st.binary())
def test_any_account_gets_a_name_that_is_not_taken(account: str, context: bytes) -> None:
    first = names.name_for(account, context)
    assert names.name_for(account, context, taken=[first.japanese]) != first
    assert names.name_for(account, context, taken=[first.english.upper()]) != first
    assert names.name_for(account, context, taken=[f" {first} "]) != first


def test_full_width_and_look_alikes_do_not_make_a_second_name() -> None:
    name = names.name_for("@a:x")
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name.english)
    assert unicodedata.normalize("NFKC", wide) == name.english
    assert names.name_for("@a:x", taken=[wide]) != name
    cyrillic = name.english.replace("e", "е").replace("o", "о").replace("a", "а")
    assert cyrillic != name.english
    assert names.name_for("@a:x", taken=[cyrillic]) != name


def test_a_newcomers_name_shares_no_two_parts_with_one_that_is_taken() -> None:
    first = names.name_for("@a:x").index
    rest, creature = divmod(first, len(CREATURES))
    other_creature = rest * len(CREATURES) + (creature + 1) % len(CREATURES)
    assert alike(first, other_creature)
    found = names.name_for("@a:x", taken=[str(names.by_index(other_creature))])
    assert not alike(found.index, other_creature)


def test_when_no_draw_fits_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_PATIENCE", 3)
    taken: list[str] = []
    with pytest.raises(names.NoNameLeft):
        for _ in range(4):
            taken.append(str(names.name_for("@a:x", taken=taken)))
    assert len(taken) == 3


def test_draws_reach_every_word() -> None:
    drawn = list(islice(names.draws(b"seed"), 6000))
    for number, words in enumerate((QUALITIES, MODIFIERS, CREATURES)):
        assert {name.english.split()[number] for name in drawn} == {word for word, _ in words}


# --- for all of one ledger ------------------------------------------------------------------------


@given(ACCOUNTS, DIGESTS, st.frozensets(NAMES, max_size=50), KEPT, st.randoms())
def test_everyone_computes_the_same_from_the_ledger(
    accounts: list[str], digest: bytes, recent: frozenset[int], kept: dict[str, int], random: Random
) -> None:
    given_names = names.assign(accounts, digest, recent, kept)
    shuffled = random.sample(accounts, len(accounts))
    kept_otherwise = dict(random.sample(sorted(kept.items()), len(kept)))
    again = names.assign([*shuffled, *shuffled[:3]], digest, sorted(recent), kept_otherwise)
    assert again == given_names
    assert given_names.keys() == set(accounts)


@given(ACCOUNTS, DIGESTS, KEPT, st.data())
def test_no_name_was_used_lately(
    accounts: list[str], digest: bytes, kept: dict[str, int], data: st.DataObject
) -> None:
    before = names.assign(accounts, digest, (), kept)
    drawn = sorted(name.index for name in before.values())
    recent = data.draw(st.sets(st.sampled_from(drawn))) if drawn else set[int]()
    after = names.assign(accounts, digest, recent, kept)
    assert recent.isdisjoint(name.index for name in after.values())


@given(ACCOUNTS, DIGESTS, KEPT, st.data())
def test_a_new_name_is_like_no_other_in_the_room(
    accounts: list[str], digest: bytes, kept: dict[str, int], data: st.DataObject
) -> None:
    if accounts:  # a name that the draw would meet
        in_the_way = names.assign(accounts[:1], digest, (), {})[accounts[0]].index
        kept = {**kept, "@kept:x": data.draw(st.sampled_from(neighbours(in_the_way)))}
    new = [name.index for name in names.assign(accounts, digest, (), kept).values()]
    assert not [pair for pair in combinations(new, 2) if alike(*pair)]
    assert not [(one, other) for one in new for other in kept.values() if alike(one, other)]


def neighbours(index: int) -> list[int]:
    """The name itself and three that share two parts with it."""
    rest, creature = divmod(index, len(CREATURES))
    quality, modifier = divmod(rest, len(MODIFIERS))
    return [
        ((quality + q) % len(QUALITIES) * len(MODIFIERS) + (modifier + m) % len(MODIFIERS))
        * len(CREATURES)
        + (creature + c) % len(CREATURES)
        for q, m, c in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    ]


def test_a_name_is_bound_to_account_and_digest() -> None:
    one = names.assign(["@a:x", "@b:x"], DIGEST, (), {})
    assert one["@a:x"] != one["@b:x"]
    assert names.assign(["@a:x"], DIGEST[::-1], (), {})["@a:x"] != one["@a:x"]


def test_those_who_keep_their_name_keep_it() -> None:
    kept = {"@mod:x": 5, "@away:x": 123_456}
    given_names = names.assign(["@a:x", "@mod:x"], DIGEST, {5}, kept)
    assert given_names["@mod:x"] == names.by_index(5)
    assert given_names.keys() == {"@a:x", "@mod:x"}


def test_who_gives_way_is_no_matter_of_the_order_in_the_list() -> None:
    """Of two accounts whose first draws are alike the digest chooses who draws again: over many
    ledgers each does about as often."""
    gave_way = {"first": 0, "second": 0}
    for digest, one, other in collisions(40):
        given_names = names.assign([one, other], digest, (), {})
        assert given_names == names.assign([other, one], digest, (), {})
        alone = {
            account: names.assign([account], digest, (), {})[account] for account in (one, other)
        }
        [moved] = [account for account in (one, other) if given_names[account] != alone[account]]
        gave_way["first" if moved == one else "second"] += 1
    assert min(gave_way.values()) > 8


def collisions(wanted: int) -> Iterable[tuple[bytes, str, str]]:
    """Digests, and of the accounts of each two whose first draws share two parts."""
    number = 0
    while wanted:
        digest = number.to_bytes(32, "big")
        number += 1
        seen: dict[tuple[int, int], str] = {}
        for account in (f"@u{n}:x" for n in range(400)):
            index = next(names.draws(digest + account.encode())).index
            pair = index // len(CREATURES) // len(MODIFIERS), index % len(CREATURES)
            if pair in seen:
                wanted -= 1
                one, other = sorted((seen[pair], account))
                yield digest, one, other
                break
            seen[pair] = account


@pytest.mark.parametrize("people", [200, 5_000])
def test_a_large_circle_finds_names_after_eight_epochs(people: int) -> None:
    random = Random(people)
    recent = frozenset(random.sample(range(names.SPACE), 8 * people))
    kept = {f"@kept{n}:x": random.randrange(names.SPACE) for n in range(people // 10)}
    given_names = names.assign([f"@u{n}:x" for n in range(people)], DIGEST, recent, kept)
    indexes = {name.index for name in given_names.values()}
    assert len(indexes) == people
    assert indexes.isdisjoint(recent)


@pytest.mark.parametrize(
    ("people", "recent"), [(12_000, range(0)), (1, range(names.SPACE // 2))], ids=["people", "used"]
)
def test_where_names_run_out_it_is_said_at_once(people: int, recent: range) -> None:
    with pytest.raises(names.NoNameLeft):
        names.assign([f"@u{n}:x" for n in range(people)], DIGEST, recent, {})


def test_an_account_may_be_any_text() -> None:
    assert names.assign(["\ud800", ""], DIGEST, (), {}).keys() == {"\ud800", ""}


@pytest.mark.parametrize("digest", [b"", DIGEST[:-1], DIGEST + b"\0"])
def test_only_a_whole_digest_will_do(digest: bytes) -> None:
    with pytest.raises(ValueError, match="digest"):
        names.assign(["@a:x"], digest, (), {})


@pytest.mark.parametrize("index", [-1, names.SPACE, 2**32 - 1])
def test_a_ledger_that_keeps_a_name_that_there_is_not_is_refused(index: int) -> None:
    with pytest.raises(names.NamesMalformed):
        names.assign(["@a:x"], DIGEST, (), {"@kept:x": index})


# --- packed numbers -------------------------------------------------------------------------------


@given(st.sets(NAMES, max_size=40), st.randoms())
def test_packed_numbers_come_back(indexes: set[int], random: Random) -> None:
    packed = names.pack(random.sample(sorted(indexes), len(indexes)))
    assert len(packed) == 4 * len(indexes)
    assert names.unpack(packed) == indexes


def test_packed_numbers_are_ascending_and_big_endian() -> None:
    assert names.pack([258, 1, 258]) == bytes([0, 0, 0, 1, 0, 0, 1, 2])


@given(st.binary(max_size=40))
def test_there_is_one_way_to_pack_and_no_other_is_read(data: bytes) -> None:
    try:
        indexes = names.unpack(data)
    except names.NamesMalformed:
        return
    assert names.pack(indexes) == data


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\1",
        b"\0\0\0\2\0\0\0\1",
        b"\0\0\0\1\0\0\0\1",
        names.SPACE.to_bytes(4, "big"),
        b"\xff" * 4,
    ],
    ids=["cut off", "descending", "twice", "no such name", "far away"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(names.NamesMalformed):
        names.unpack(data)


@pytest.mark.parametrize("index", [-1, names.SPACE])
def test_a_number_that_is_no_name_is_not_packed(index: int) -> None:
    with pytest.raises(ValueError, match="no such name"):
        names.pack([0, index])


@pytest.mark.parametrize("error", [names.NoNameLeft, names.NamesMalformed])
def test_errors_say_what_to_do(error: Callable[[], Exception]) -> None:
    assert str(error()).count(".") >= 2
