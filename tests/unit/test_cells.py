"""Widths, wrapping and cutting, against wcwidth and against the rules of Japanese lines."""

from __future__ import annotations

import re
import subprocess
import sys
import timeit
import unicodedata

import pytest
import wcwidth
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth.grapheme import GCB, _grapheme_cluster_break

from peerroom.text.cells import cell_width, truncate, wrap
from peerroom.text.foreign import ForeignText
from peerroom.text.repertoire import NARROW, WIDE

FAMILY = "👩‍👩‍👧‍👦"
clean_text = st.text(max_size=80).map(lambda text: ForeignText(text).block())
japanese = st.text(alphabet="今日は。、「」（）学校ーっゃABc de1😀", max_size=80)
texts = clean_text | japanese


@pytest.mark.parametrize(("characters", "width"), [(NARROW, 1), (WIDE, 2)], ids=["narrow", "wide"])
def test_the_plain_repertoire_is_what_it_says(characters: str, width: int) -> None:
    plain = re.compile(f"[{characters}]")
    alone = {GCB.OTHER, GCB.LV, GCB.LVT}
    found = [c for c in map(chr, range(sys.maxunicode + 1)) if plain.match(c)]
    assert len(found) > 1000
    for character in found:
        assert wcwidth.wcwidth(character) == width
        assert _grapheme_cluster_break(ord(character)) in alone
        category = unicodedata.category(character)  # Cn: newer than this Python's tables
        assert category[0] not in "MC" or category == "Cn"


@given(st.text(alphabet=st.from_regex(f"[{NARROW}{WIDE}]", fullmatch=True)) | clean_text)
def test_widths_are_those_of_wcwidth(text: str) -> None:
    line = text.replace("\n", "")
    assert cell_width(line) == wcwidth.width(line, control_codes="ignore")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("abc", 3),
        ("日本語", 6),
        ("ｻｷﾞ", 3),
        (FAMILY, 2),
        ("❤️", 2),
        ("か\u3099", 2),
        ("…", 1),
    ],
)
def test_widths(text: str, cells: int) -> None:
    assert cell_width(text) == cells


@given(texts, st.integers(2, 40))
@example("ᄀ" * 9, 4)  # one grapheme, wider than the line
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert len(lines) >= 1
    assert max(map(cell_width, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(texts, st.integers(2, 40))
def test_what_fits_is_left_alone(text: str, width: int) -> None:
    for line in wrap(text, width):
        assert wrap(line, width) == [line]


@given(st.lists(st.sampled_from(["a", " ", "学", "❤️", FAMILY, "か\u3099", "🇯🇵"]), max_size=30))
def test_no_grapheme_is_broken(graphemes: list[str]) -> None:
    text = "".join(graphemes)
    broken = [unit for line in wrap(text, 7) for unit in wcwidth.iter_graphemes(line)]
    whole = list(wcwidth.iter_graphemes(text))
    assert [unit for unit in broken if unit != " "] == [unit for unit in whole if unit != " "]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one\n\ntwo", 10, ["one", "", "two"]),
        ("a quiet heron", 8, ["a quiet", "heron"]),
        ("a quiet   heron", 7, ["a quiet", "heron"]),
        ("words and a verylongword", 10, ["words and", "a", "verylongwo", "rd"]),
        ("  indented text here", 10, ["  indented", "text here"]),
        ("  averylongword", 8, ["  averyl", "ongword"]),
        ("          ", 4, [""]),
        ("今日は晴れ", 4, ["今日", "は晴", "れ"]),
        ("今日は。明日も", 6, ["今日", "は。明", "日も"]),  # no 。 at the start of a line
        ("言う「はい」と", 6, ["言う", "「は", "い」と"]),  # no 「 at the end, no 」 at the start
        ("。。。。。。", 4, ["。。", "。。", "。。"]),  # where no rule can be kept, the width is
        ("I said はい and went", 10, ["I said は", "い and", "went"]),
        ("日本語", 1, ["日", "本", "語"]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(texts.map(lambda text: text.replace("\n", "")), st.integers(0, 30))
@example("က\u10870", 2)  # a mark without width of its own that takes a cell behind a letter
def test_cutting(text: str, cells: int) -> None:
    cut = truncate(text, cells)
    assert cell_width(cut) <= cells
    if cell_width(text) <= cells:
        assert cut == text
    elif cells:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
        assert cell_width(cut) >= cells - 1 or len(list(wcwidth.iter_graphemes(text))) < len(text)


def test_wrapping_costs_less_than_with_the_library_alone() -> None:
    talk = (
        "今日も学校に行けませんでした。朝、お腹が痛いと言って布団から出ない。「大丈夫」と言いたい。"
    )
    words = "every morning is the same argument and I do not know whether to push or let him rest "
    messages = [(talk + words + FAMILY + "❤️")[start : start + 120] for start in range(100)]

    def ours() -> None:  # 1 ms; the library alone takes four
        for message in messages:
            wrap(message, 80)

    def theirs() -> None:
        for message in messages:
            wcwidth.wrap(message, 80)

    assert min(timeit.repeat(ours, number=1)) < min(timeit.repeat(theirs, number=1))


def test_plain_text_is_measured_without_loading_tables() -> None:
    code = """
import sys
from peerroom.text.cells import cell_width, truncate, wrap
from peerroom.text.foreign import ForeignText
text = ForeignText("いのちの電話 – open 24 hours 😀").block()
print(cell_width(text), wrap(text, 8), truncate(text, 5), "wcwidth" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.endswith("False\n")
