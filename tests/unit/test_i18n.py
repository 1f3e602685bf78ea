"""Languages: what the locale asks for, and what is said then."""

from __future__ import annotations

import pytest

from peerroom import i18n
from peerroom.errors import PeerRoomError


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "ja.UTF-8"}, "ja"),
        ({"LANG": "JA_JP"}, "ja"),
        ({"LANG": "ja_JP.UTF-8@modifier"}, "ja"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "javanese"}, "en"),
        ({"LANG": ""}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:ja:en"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en:ja"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "fr"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": ""}, "ja"),
    ],
)
def test_the_language_of_the_locale(environ: dict[str, str], language: str) -> None:
    assert i18n.language_from_environment(environ) == language


@pytest.mark.parametrize(
    ("environ", "country"),
    [
        ({}, None),
        ({"LANG": "ja_JP.UTF-8"}, "JP"),
        ({"LANG": "en_GB"}, "GB"),
        ({"LANG": "de_AT@euro"}, "AT"),
        ({"LANG": "en_us.UTF-8"}, "US"),
        ({"LANG": "ja"}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "en_US_POSIX"}, None),
        ({"LANG": "es_419"}, None),
        ({"LANG": "en_12"}, None),
        ({"LANG": "ja_JP", "LC_ALL": "en_NZ.UTF-8"}, "NZ"),
        ({"LANG": "ja_JP", "LC_MESSAGES": "en_IE"}, "IE"),
    ],
)
def test_the_country_of_the_locale(environ: dict[str, str], country: str | None) -> None:
    assert i18n.country_from_environment(environ) == country


def test_without_an_argument_the_real_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert i18n.language_from_environment() == "ja"
    assert i18n.country_from_environment() == "JP"


def test_japanese_is_said_and_english_comes_back() -> None:
    i18n.set_language("ja")
    assert i18n.language() == "ja"
    assert i18n._("Something went wrong.") == "うまくいきませんでした。"
    i18n.set_language("en")
    assert i18n.language() == "en"
    assert i18n._("Something went wrong.") == "Something went wrong."


def test_an_unknown_language_is_english() -> None:
    i18n.set_language("xx")
    assert i18n.language() == "en"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_words_without_translation_stay(language: str) -> None:
    i18n.set_language(language)
    assert i18n._("no such sentence") == "no such sentence"
    assert i18n.N_("no such sentence") == "no such sentence"
    assert i18n.pgettext("no such place", "Open it") == "Open it"
    assert i18n.ngettext("one fish", "many fish", 1) == "one fish"
    assert i18n.ngettext("one fish", "many fish", 2) == "many fish"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_nothing_to_say_is_nothing(language: str) -> None:
    i18n.set_language(language)
    assert i18n._("") == ""  # to gettext, "" is the catalog's own header


def test_an_error_speaks_the_language_of_the_moment() -> None:
    error = PeerRoomError()
    assert str(error) == "Something went wrong. Run `peerroom doctor` to see what needs attention."
    i18n.set_language("ja")
    assert str(error).startswith("うまくいきませんでした。")


def test_an_error_with_blanks_fills_them_and_may_have_no_next_step() -> None:
    class Lost(PeerRoomError):
        what = "Room {room} is gone, {count} times."
        next_step = ""

    i18n.set_language("ja")
    assert Lost(room="静かな部屋", count=2).sentence() == "Room 静かな部屋 is gone, 2 times."
