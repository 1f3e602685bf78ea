"""Nobody but moderators and the bot carries their names, however they are spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.text import reserved
from peerroom.text.reserved import is_reserved


@pytest.mark.parametrize("word", [*reserved.ANYWHERE, *reserved.ALONE])
def test_a_reserved_word_is_seen_in_any_dress(word: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
    spaced = " ".join(word)
    for text in (word, word.upper(), word.title(), wide, spaced, f"♥ {word} ♥", f"Anna ({word})"):
        assert is_reserved(text), text


@pytest.mark.parametrize(
    "name",
    [
        "Mоderator",  # Cyrillic о
        "Modérateur / Mod",
        "rnoderator",
        "M0derat0r",
        "m.o.d",
        "M O D",
        "AnnaMod",
        "Mod-Anna",
        "mod_anna",
        "mod42",
        "1337mod",
        "Adm1n",
        "ADM|N",
        "PeerRoomBot",
        "Peer Room",
        "Help Desk",
        "help-desk",
        "Unofficial helper",
        "School counsellor",
        "Anna, Counselor",
        "すたっふ",
        "ス夕ッフ",  # kanji 夕
        "ｽﾀｯﾌ",
        "もでれーたー",
        "カウンセラ",
        "カウンセラーの田中",
        "管 理 人",
        "見守り役",
        "みまもり隊",
        "公式アカウント",
        "運営です",
        "相談窓口",
        "管理人Mod",
    ],
)
def test_disguises_are_seen_through(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Quiet Amber Otter / 静かな琥珀のカワウソ",
        "Modest Rose Robin",
        "Bottle",
        "Botanist",
        "Badminton",
        "Abbott",
        "Ghosts",
        "Townhost2",
        "みまもる空",
        "公園の前",
        "理科",
        "\ud800",
        "♥♥♥",
    ],
)
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert not is_reserved(name)


@given(st.text())
def test_any_text_may_be_asked_about(text: str) -> None:
    assert is_reserved(text + "管理") is True
