"""A text as protections read it, and words found in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.long_texts import HOSTILE
from support.watching import seen

from peerroom.moderation.patterns import Literals, Patterns
from peerroom.moderation.reading import read, reading
from peerroom.text.confusable import latin

SPAM = Literals([("line", "line"), ("crypto", "crypto"), ("副業", "副業"), ("らいん", "らいん")])


@pytest.mark.parametrize(
    "text",
    [
        "join my LINE now",
        "ｌｉｎｅで",
        "L I N E",
        "l.i.n.e please",
        "L・I・N・E",
        "L - I - N - E",
        "LI\u200bNE",
        "L\u00adI\u00adN\u00adE",
        "LІNE",  # Cyrillic І
        "ℓιnе",
        "l1ne",
        "L!NE",
        "L\u0337I\u0337N\u0337E\u0337",
        "𝗟𝗜𝗡𝗘",
        "🅻🅸🅽🅴",
        "🇱🇮🇳🇪",
        "LIIIIINE",
        "ĹÍNÈ",
    ],
)
def test_a_word_is_found_however_it_is_disguised(text: str) -> None:
    assert SPAM.found(reading(text).folded) == ("line",)


@pytest.mark.parametrize(
    "text", ["副業", "副 業", "副・業", "副*業", "副\u200b業", "この副業は", "副　業"]
)
def test_so_is_one_in_kanji(text: str) -> None:
    assert SPAM.found(reading(text).folded) == ("副業",)


@pytest.mark.parametrize("text", ["ライン", "ﾗｲﾝ", "らいん", "ラ イ ン", "ラ・イ・ン"])
def test_kana_are_one(text: str) -> None:
    assert SPAM.found(reading(text).folded) == ("らいん",)


@pytest.mark.parametrize("text", ["online", "lines", "a liner", "cryptography", "1 in 5", "li ne"])
def test_a_latin_word_counts_only_by_itself(text: str) -> None:
    assert SPAM.found(reading(text).folded) == ()


def test_a_star_lifts_that() -> None:
    starred = Literals([("scam*", "scam*"), ("*coin", "*coin")])

    assert starred.found("these scammers love a memecoin") == ("scam*", "*coin")
    assert starred.found("ascam coins") == ()


def test_the_same_word_with_and_without_a_star() -> None:
    both = Literals([("scam", "scam"), ("scam*", "scam*")])

    assert both.found("scammer") == ("scam*",)
    assert both.found("scam") == ("scam", "scam*")


def test_nothing_to_look_for_finds_nothing() -> None:
    assert Literals([]).found("anything") == ()
    assert Literals([("none", "")]).found("anything") == ()
    assert Patterns([]).found("anything") == ()


def test_hits_are_named_once_and_few() -> None:
    many = Literals([(str(n), str(n)) for n in range(100)])

    assert SPAM.found("line line crypto line") == ("line", "crypto")
    assert len(many.found(" ".join(map(str, range(100))))) == 8


def test_an_ordinary_text_has_one_form() -> None:
    text = "今日は学校に行けませんでした。3年2組、2026-04-08、40%。Good night, all!"

    assert "\n" not in reading(text).folded
    assert reading("Café at 8.30").folded.split("\n")[0] == "café at 8.30"


def test_what_is_no_text_has_no_form() -> None:
    assert read(seen(None)) is None


@pytest.mark.parametrize(("text", "spelt"), [("b1ock", "biock"), ("раypаl", "paypal"), ("é", "e")])
def test_look_alikes_spell_latin_letters(text: str, spelt: str) -> None:
    assert latin(text, "i") == spelt
    assert latin("te1egram", "l") == "telegram"


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_read(text: str) -> None:
    forms = reading(text)

    forms.folded.encode()  # RE2 takes no lone surrogates
    forms.plain.encode()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long_to_read(text: str) -> None:
    begun = time.perf_counter()
    reading.__wrapped__(text)
    assert time.perf_counter() - begun < 2.0  # milliseconds; quadratic steps would take minutes


def test_patterns_look_at_every_text_anew() -> None:
    """They remember the last one, also where nothing was found."""
    patterns = Patterns([("low", "a+"), ("high", "b")])
    texts = ["", "aab", "aab", "", "c", "c", "b"]
    fresh = [Patterns([("low", "a+"), ("high", "b")]).found(text) for text in texts]
    assert [patterns.found(text) for text in texts] == fresh
    assert fresh == [(), ("low", "high"), ("low", "high"), (), (), (), ("high",)]
