"""Names are the same everywhere, never taken twice, and never look like a moderator's."""

from __future__ import annotations

import unicodedata
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.pseudonym import names
from peerroom.pseudonym.words import CREATURES, MODIFIERS, QUALITIES


def test_a_name_is_the_same_wherever_it_is_computed() -> None:
    name = names.name_for("@k3v9:example.org", b"!room")
    assert name == names.name_for("@k3v9:example.org", b"!room")
    assert str(name) == f"{name.english} / {name.japanese}"
    assert name.shown("ja") == name.japanese
    assert name.shown("en") == name.shown("de") == name.english


def test_account_and_context_both_decide() -> None:
    by_account = {names.name_for(f"@u{n}:x", b"") for n in range(200)}
    by_context = {names.name_for("@u:x", str(n).encode()) for n in range(200)}
    assert len(by_account) > 190
    assert len(by_context) > 190


def test_the_boundary_between_account_and_context_is_unambiguous() -> None:
    assert names.name_for("@a:x", b"b") != names.name_for("@a:xb", b"")


@given(st.text(), st.binary())
def test_any_account_gets_a_name_that_is_not_taken(account: str, context: bytes) -> None:
    account = account.encode("utf-8", "ignore").decode()
    first = names.name_for(account, context)
    assert names.name_for(account, context, taken=[first.japanese]) != first
    assert names.name_for(account, context, taken=[first.english.upper()]) != first
    assert names.name_for(account, context, taken=[f" {first} "]) != first


def test_full_width_and_case_do_not_make_a_second_name() -> None:
    name = names.name_for("@a:x")
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name.english)
    assert unicodedata.normalize("NFKC", wide) == name.english
    assert names.name_for("@a:x", taken=[wide]) != name


def test_when_every_name_is_taken_it_is_said() -> None:
    first = MODIFIERS[0]
    everything = [
        f"{q} {first[0]} {c} / {qj}{first[1]}{cj}" for q, qj in QUALITIES for c, cj in CREATURES
    ]
    with pytest.raises(names.NoNameLeft):
        names.name_for("@a:x", taken=everything)


def test_draws_cover_the_space_evenly_enough() -> None:
    drawn = list(islice(names.draws(b"seed"), 4000))
    qualities = {name.english.split()[0] for name in drawn}
    assert len(qualities) == len(QUALITIES)


@given(st.text(), st.binary())
def test_a_generated_name_is_known_again(account: str, context: bytes) -> None:
    name = names.name_for(account.encode("utf-8", "ignore").decode(), context)
    assert names.read(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Quiet Amber Otter",
        "静かな琥珀のカワウソ",
        "Quiet Amber Otter / 静かな琥珀のスズメ",
        "Quiet Amber Otter / 静かな琥珀のカワウソ (simulated)",
        "quiet amber otter / 静かな琥珀のカワウソ",
        "Quiet Amber Otter/静かな琥珀のカワウソ",
    ],
)
def test_any_other_text_is_no_generated_name(text: str) -> None:
    assert names.read(text) is None
