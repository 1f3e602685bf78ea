"""The words of names: none hurts, none is like another, and whole names stay apart.

That two different names never look or sound alike is a matter of their parts: no quality begins
another quality and no modifier another modifier, so a name can only be taken apart in one way,
with or without spaces.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.pseudonym import names
from peerroom.pseudonym.words import CREATURES, MODIFIERS, QUALITIES
from peerroom.text import reserved
from peerroom.text.cells import cell_width
from peerroom.text.confusable import skeleton

LISTS = (QUALITIES, MODIFIERS, CREATURES)
READINGS: dict[str, str] = json.loads(
    Path(__file__).with_name("data").joinpath("name_readings.json").read_text("utf-8")
)
"""How words with kanji are read; the others are read as they are written."""

TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
KANJI = re.compile("[々一-鿿]")

UNKIND = (
    "しね", "ころす", "ばか", "あほ", "くそ", "うんこ", "うんち", "ちんこ", "ちんぽ", "まんこ",
    "おなに", "きちがい", "がいじ", "びょうき", "いじめ", "さぼ", "なまけ", "こもり", "とうこう",
    "がっこう", "じさつ", "おちこぼれ", "らくだい", "げり", "まひ", "ごみ", "くず", "ぶさいく",
    "めいわく", "だめ",
)  # fmt: skip
HARMLESS = {"おんがくずきな"}
"""Readings in which an unkind word is heard by nobody."""


def look(text: str) -> str:
    """Equal for texts with equal skeletons, and put together as the texts are: a skeleton is not,
    as it makes one letter of "r" and "n" where two words meet."""
    return skeleton(text).replace("m", "rn").replace("w", "vv")


def sound(japanese: str) -> str:
    return READINGS.get(japanese, japanese).translate(TO_HIRAGANA)


FORMS: dict[str, Callable[[tuple[str, str]], str]] = {
    "English": lambda word: look(word[0]),
    "Japanese": lambda word: look(word[1]),
    "spoken Japanese": lambda word: sound(word[1]),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_name_can_be_taken_apart_in_one_way_only(form: Callable[[tuple[str, str]], str]) -> None:
    for words in (QUALITIES, MODIFIERS):
        # Of sorted texts one that begins another stands right before some text that it begins.
        begun = [
            (one, other)
            for one, other in pairwise(sorted(map(form, words)))
            if other.startswith(one)
        ]
        assert begun == []
    assert len({form(word) for word in CREATURES}) == len(CREATURES)


@given(st.integers(0, names.SPACE - 1))
def test_a_whole_name_looks_like_its_parts_together(index: int) -> None:
    name = names.by_index(index)
    assert look(name.english) == "".join(map(look, name.english.split(" ")))
    rest, creature = divmod(index, len(CREATURES))
    quality, modifier = divmod(rest, len(MODIFIERS))
    parts = QUALITIES[quality], MODIFIERS[modifier], CREATURES[creature]
    assert look(name.japanese) == "".join(look(japanese) for _, japanese in parts)


def test_there_are_names_enough() -> None:
    assert names.SPACE == len(QUALITIES) * len(MODIFIERS) * len(CREATURES) >= 2**24


def test_no_name_is_wider_than_28_cells() -> None:
    english = [max(len(english) for english, _ in words) for words in LISTS]
    japanese = [max(cell_width(japanese) for _, japanese in words) for words in LISTS]
    assert sum(english) + 2 <= 28
    assert sum(japanese) <= 28


def test_words_have_the_form_that_their_place_asks_for() -> None:
    for english, _japanese in (word for words in LISTS for word in words):
        assert re.fullmatch("[A-Z][a-z]{2,8}", english)
    for _english, japanese in QUALITIES:
        assert re.search("[いなるうくぐすつぬぶむただ]$", japanese), japanese
    for _english, japanese in MODIFIERS:
        # Hiragana behind the hiragana of a quality would run into one word.
        assert re.fullmatch("[お一-鿿ァ-ヶ].*の", japanese), japanese
    for _english, japanese in CREATURES:
        assert re.match("[一-鿿ァ-ヶ]", japanese), japanese


def test_no_two_words_of_a_list_are_one_typing_error_apart() -> None:
    close = [
        (one, other)
        for words in LISTS
        for (one, _), (other, _) in combinations(words, 2)
        if _one_apart(one.lower(), other.lower())
    ]
    assert close == []


def _one_apart(one: str, other: str) -> bool:
    """Whether a letter changed, added or left out makes one word of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    skips = {(same + 1, same + 1), (same, same + 1), (same + 1, same)}
    return any(one[i:] == other[j:] for i, j in skips)


def test_no_word_stands_in_two_lists() -> None:
    english = [word.lower() for words in LISTS for word, _ in words]
    japanese = [word.removesuffix("の") for words in LISTS for _, word in words]
    assert len(set(english)) == len(english)
    assert len(set(japanese)) == len(japanese)


def test_every_kanji_has_a_reading() -> None:
    written = {japanese for words in LISTS for _, japanese in words if KANJI.search(japanese)}
    assert written == READINGS.keys()
    assert not any(KANJI.search(reading) for reading in READINGS.values())


def test_no_unkind_word_is_heard_in_a_name() -> None:
    spoken = [[sound(japanese) for _, japanese in words] for words in LISTS]
    inside = [
        (word, unkind)
        for words in spoken
        for word in words
        for unkind in UNKIND
        if unkind in word and word not in HARMLESS
    ]
    assert inside == []
    assert [seam for unkind in UNKIND for seam in _seams(unkind, spoken)] == []


def test_no_name_holds_a_reserved_word() -> None:
    for words in LISTS:
        for english, japanese in words:
            assert not reserved.is_reserved(english)
            assert not reserved.is_reserved(japanese)
    for language in (0, 1):
        looks = [[skeleton(word[language]) for word in words] for words in LISTS]
        for word in map(skeleton, reserved.ANYWHERE):
            assert not any(middle in word for middle in looks[1])  # so none spans three parts
            assert list(_seams(word, looks)) == []


def _seams(word: str, lists: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    """Pairs of neighbouring parts at whose meeting ``word`` would be read."""
    for left, right in pairwise(lists):
        for cut in range(1, len(word)):
            endings = [part for part in left if part.endswith(word[:cut])]
            beginnings = [part for part in right if part.startswith(word[cut:])]
            yield from ((ending, beginning) for ending in endings for beginning in beginnings)


def test_the_words_are_those_that_everyone_else_computes_with() -> None:
    """Two clients with different words see two names for one person. Whoever changes a word changes
    `names.DOMAIN` as well, so that no client takes the old for the new."""
    digest = hashlib.sha256(json.dumps([names.DOMAIN.hex(), *LISTS]).encode()).hexdigest()
    assert digest == "cb29bb10529afda57dc525188c3c3c2404a53019dedee1530fcd5e42146ae542"
