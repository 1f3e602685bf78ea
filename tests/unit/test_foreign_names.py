"""Names that look alike are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.text.confusable import disambiguate, skeleton
from peerroom.text.foreign import ForeignText


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "Аlice"),  # Cyrillic А
        ("Heron", "Ηerоn"),  # Greek Η, Cyrillic о
        ("Quiet Heron", "Ｑｕｉｅｔ\u3000Ｈｅｒｏｎ"),
        ("Quiet Heron", "quiet  heron"),
        ("Ian", "lan"),
        ("b0b", "bob"),
        ("modern", "modem"),
        ("Savvy", "Sawy"),
        ("Renée", "Renee"),
        ("カニ", "力二"),  # kanji for katakana
        ("ヘビ", "へビ"),  # hiragana for katakana
        ("サギー", "サギ一"),
        ("が", "か\u3099"),
        ("サギ", "ｻｷﾞ"),
        ("a-b", "a–b"),
    ],
)
def test_look_alikes_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("はは", "ばば"), ("サギ", "サメ"), ("Heron", "Herons"), ("ツル", "シル")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_only_names_that_collide_show_an_id() -> None:
    shown = disambiguate(
        {
            "@a:example.org": ForeignText("Quiet Heron"),
            "@b:example.org": ForeignText("Quiet\u200b Нerоn"),
            "@c:example.org": ForeignText("静かなサギ"),
        }
    )
    assert shown == {
        "@a:example.org": "Quiet Heron (@a:example.org)",
        "@b:example.org": "Quiet Нerоn (@b:example.org)",
        "@c:example.org": "静かなサギ",
    }


@pytest.mark.parametrize("name", ["", " \n", "\u202e", "\u2800\u2800", None, 5, {"a": 1}])
def test_no_name_means_the_user_id(name: object) -> None:
    assert disambiguate({"@a:x.org": ForeignText(name)}) == {"@a:x.org": "@a:x.org"}


def test_a_name_cannot_carry_someone_elses_id() -> None:
    shown = disambiguate(
        {
            "@mod:x.org": ForeignText("Heron"),
            "@evil:x.org": ForeignText("Heron (@mod:x.org)"),
            "@worse:x.org": ForeignText("@mod:x.org"),
        }
    )
    assert shown["@mod:x.org"] == "Heron"
    assert shown["@evil:x.org"] == "Heron (@mod:x.org) (@evil:x.org)"
    assert shown["@worse:x.org"] == "@mod:x.org (@worse:x.org)"


user_ids = st.from_regex(r"@[a-z0-9]{1,6}:[a-z]{1,5}\.org", fullmatch=True)


@given(st.dictionaries(user_ids, st.text(max_size=12).map(ForeignText), max_size=6))
def test_no_two_members_are_shown_alike(names: dict[str, ForeignText]) -> None:
    shown = disambiguate(names)
    assert shown.keys() == names.keys()
    assert len(set(shown.values())) == len(names)
    assert all(text == ForeignText(text).line(400) for text in shown.values())
