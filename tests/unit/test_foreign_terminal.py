"""The last wall: what it replaces, and what it leaves alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.text.cells import cell_width
from peerroom.text.foreign import ForeignText
from peerroom.text.terminal import scrub


@given(st.text(alphabet=st.characters(codec=None)))
def test_no_control_and_no_direction_gets_past(text: str) -> None:
    scrubbed = scrub(text)
    assert len(scrubbed) == len(text)
    for character in scrubbed:
        assert character == "\n" or unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        }


@given(st.text(alphabet=st.characters(codec=None)))
def test_what_came_through_the_gate_is_not_touched(text: str) -> None:
    for shown in (ForeignText(text).block(), ForeignText(text).line()):
        assert scrub(shown) == shown


@pytest.mark.parametrize("character", "\x00\x07\t\r\x1b\x7f\x80\x9b\x9f\u061c\u200e\u200f\u2028")
def test_each_becomes_one_cell_that_can_be_seen(character: str) -> None:
    assert scrub(f"a{character}b") == "a\ufffdb"
    assert cell_width(scrub(character)) == 1


def test_honest_text_and_line_breaks_stay() -> None:
    text = "静かなサギ: 👩‍👩‍👧 ❤️\nQuiet Heron — “hello”"
    assert scrub(text) == text
