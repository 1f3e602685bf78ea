"""Text that strangers wrote: what comes out of the gate, and what never does."""

from __future__ import annotations

import json
import logging
import sys
import timeit
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from peerroom.text.cleaning import EMOJI_PER_SEQUENCE, MARKS_PER_BASE
from peerroom.text.foreign import ForeignText

ZWNJ, ZWJ, VS15, VS16 = "\u200c", "\u200d", "\ufe0e", "\ufe0f"
FAMILY = "👩‍👩‍👧‍👦"

# What attackers and keyboards really send, next to what hypothesis thinks of.
PIECES = [
    "\x00", "\x07", "\x1b[31m", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\",
    "\x7f", "\x85", "\x90", "\x9b2J", "\r", "\r\n", "\n", "\t", "\v", "\f", "\u2028", "\u2029",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
    "\u061c", "\u200e", "\u200f", "\u200b", ZWNJ, ZWJ, "\u2060", "\u2064", "\ufeff", VS15, VS16,
    "\u00ad", "\u034f", "\u115f", "\u3164", "\u180e", "\U000e0041", "\U000e007f", "\U000e0100",
    "\U000e01f5", "\ufff9", "\ud800", "\udfff", "\u0301", "\u20e3", "\u0488", "\u3099",
    "\U00011134", "[red]x[/]", "a", "か", "葛", "1", "क", "्", "م", "❤", "😀", "🏻", "🏴", "🇯", "👩",
    " ", "\u3000",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
anything = st.text(alphabet=st.characters(codec=None), max_size=60) | hostile
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=8,
)


# Signs that stand before or under Arabic, Syriac and Kaithi numbers, and hieroglyphs' joiners: they
# have the category of format characters, and can be seen.
VISIBLE_FORMATS = {
    *map(chr, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]),
    *map(chr, range(0x13430, 0x13440)),
}


def is_fit(character: str) -> bool:
    """Whether a terminal may be sent this character at all, by its Unicode category alone."""
    if unicodedata.category(character) == "Cf":
        return character in {ZWNJ, ZWJ} or character in VISIBLE_FORMATS
    return character == "\n" or unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}


def test_no_control_or_format_character_of_unicode_comes_out() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    controls = [c for c in every if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    for control in controls:
        block = ForeignText(f"a{control}b").block()
        assert block in {"ab", "a\nb", "a    b", "a\ufffdb"} or control in VISIBLE_FORMATS


@given(anything)
def test_nothing_unfit_comes_out(text: str) -> None:
    assert [c for c in ForeignText(text).block() if not is_fit(c)] == []
    assert [c for c in ForeignText(text).line() if not is_fit(c) or c == "\n"] == []
    ForeignText(text).block().encode()


@given(anything)
@example(f"a{VS16}{ZWJ}👩")
@example(f"{ZWJ}{ZWNJ}{ZWJ}")
@example("👩" + f"{ZWJ}👩" * 30)
@example("क" + f"\u0902{ZWJ}" * 30)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    block, line = ForeignText(text).block(), ForeignText(text).line()
    assert ForeignText(block).block() == block
    assert ForeignText(line).line() == line


@given(anything, st.integers(1, 50))
def test_the_limits_hold(text: str, limit: int) -> None:
    foreign = ForeignText(text)
    for shown in (foreign.line(limit), foreign.block(limit)):
        assert len(shown) <= limit
    if len(foreign.block()) > limit:
        assert foreign.block(limit).endswith("…")


@given(json_values)
def test_every_json_value_is_text_or_says_that_it_is_not(value: object) -> None:
    foreign = ForeignText(value)
    assert foreign.malformed is not isinstance(value, str)
    assert isinstance(foreign.line(), str)
    assert isinstance(foreign.block(), str)
    assert foreign.raw() == (value if isinstance(value, str) else "")


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"], max_codepoint=0xFFFF)))
def test_ordinary_letters_of_every_script_stay(text: str) -> None:
    fillers = str.maketrans("", "", "\u115f\u1160\u3164\uffa0")  # letters that cannot be seen
    text = text.translate(fillers)
    letters = [c for c in ForeignText(text).block() if c != "\u25cc"]
    # Hangul jamo join without width and count as marks; beyond four in a row they go.
    assert len(letters) == len(text) or any("\u1160" <= c <= "\ud7fb" for c in text)


@pytest.mark.parametrize(
    "text",
    [
        "お疲れさまです。今日はどうでしたか？",
        "tabs are not here, but “quotes” – and dashes… are",
        FAMILY,
        "❤️ and ❤︎",
        "🏳️‍🌈",
        "🏴‍☠️",
        "👩🏻‍❤️‍💋‍👩🏿",
        "1️⃣ #️⃣",
        "🇯🇵🇬🇧",
        "葛󠄀城市",  # an ideographic variation, as in family names
        "か\u3099",  # a decomposed が, as macOS writes it
        "می‌خواهم",  # Persian needs its ZWNJ
        "क्‍ष",  # and Devanagari its ZWJ
        "สวัสดี שָׁלוֹם Tiếng Việt",
        "two\n\nparagraphs",
    ],
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert ForeignText(text).block() == text


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("\x9b31mred", "31mred"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("a\u200bb\u2060c\ufeffd", "abcd"),
        (f"a{ZWJ}b{VS16}c", "abc"),
        (f"{ZWJ}😀{ZWJ}", "😀"),
        (f"😀{VS16}{VS16}", f"😀{VS16}"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴"),
        ("one\r\ntwo\rthree\u2028four\u2029five", "one\ntwo\nthree\nfour\nfive"),
        ("a\tb", "a    b"),
        ("\ud83d alone", "\ufffd alone"),
        ("\u0301x\n\u0301y", "\u25cc\u0301x\n\u25cc\u0301y"),
        ("a" + "\u0301" * 9 + "b", "a" + "\u0301" * MARKS_PER_BASE + "b"),
        ("👩" + f"{ZWJ}👩" * 9, ZWJ.join("👩" * EMOJI_PER_SEQUENCE) * 2),
        ("😀" + "🏻" * 5, "😀🏻"),
        ("up\n\n \n\n\n\ndown", "up\n\n\ndown"),
        ("soft\u00adhyphen", "softhyphen"),
        ("", ""),
    ],
)
def test_what_hides_or_moves_is_taken_out(text: str, block: str) -> None:
    assert ForeignText(text).block() == block


@given(st.lists(st.sampled_from(["\u0301", "\u0902", ZWJ, VS16, "\U00011134", "क", "👩"])))
def test_marks_never_pile_up(pieces: list[str]) -> None:
    for cluster in iter_graphemes(ForeignText("x" + "".join(pieces)).block()):
        marks = 0
        for character in cluster:
            marks = marks + 1 if unicodedata.category(character) == "Mn" else 0
            assert marks <= MARKS_PER_BASE


def test_a_line_is_one_line() -> None:
    assert ForeignText(" Quiet\nHeron\t\u2028 ").line() == "Quiet Heron"
    assert ForeignText("x" * 300).line() == "x" * 199 + "…"
    assert ForeignText(FAMILY).line(3) == "👩…"


def test_it_reaches_no_screen_and_no_log_by_accident(caplog: pytest.LogCaptureFixture) -> None:
    secret = ForeignText("a secret")
    for show in (str, "{}".format, lambda text: f"{text}", lambda text: f"{text:>9}"):
        with pytest.raises(TypeError, match=r"\.line\(\)"):
            show(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    logging.getLogger("x").warning("%r", secret)
    assert repr(secret) == "ForeignText(<8 characters>)"
    assert "a secret" not in caplog.text


def test_it_does_not_change_and_compares_by_what_was_received() -> None:
    text = ForeignText("one")
    for name in ("_raw", "_malformed", "other"):
        with pytest.raises(AttributeError):
            setattr(text, name, "two")
    with pytest.raises(AttributeError):
        del text._raw
    assert text == ForeignText("one")
    assert {text: 1}[ForeignText("one")] == 1
    assert text != ForeignText("two")
    assert text != "one"
    assert ForeignText("") != ForeignText(None)


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "これはテストです。",
        "\x1b[31m",
        "\u0301",
        "a\u0301\u0301\u0301\u0301\u0301",
        f"a{ZWJ}",
        f"👩{ZWJ}",
        "\n",
        " \n ",
        f"क\u094d{ZWJ}ष",
        "\ud800a",
    ],
    ids=ascii,
)
def test_ten_times_the_text_costs_about_ten_times_as_much(piece: str) -> None:
    line = ForeignText((piece * 60_000)[:60_000])
    tenth = ForeignText((piece * 6_000)[:6_000])
    costs = {}
    for text in (tenth, line):  # 60,000 characters cost 0.1 to 7 ms
        text.block()
        costs[text] = min(timeit.repeat(text.block, number=1, repeat=5))
    assert costs[line] < 40 * costs[tenth] + 0.001


@settings(max_examples=20)
@given(st.sampled_from(PIECES), st.integers(0, 3000))
def test_any_piece_may_come_in_any_number(piece: str, times: int) -> None:
    assert len(ForeignText(piece * times).block()) <= 10_000
