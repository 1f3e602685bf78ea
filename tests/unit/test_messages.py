"""Every string that users meet is translated, and the compiled catalogs are current."""

from __future__ import annotations

import gettext
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import PoFileError

TOOL = Path(__file__).parents[2] / "tools" / "messages.py"
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
CODE = """
from peerroom.i18n import N_, _, ngettext, pgettext
what = N_("Two words.")
def show(n: int) -> str:
    return _("Hello, {name}") + ngettext("{n} night", "{n} nights", n) + pgettext("verb", "Open")
"""
AREA = """
msgid "Two words."
msgstr "二語。"

msgid "Hello, {name}"
msgstr "{name}さん、こんにちは"

msgid "{n} night"
msgid_plural "{n} nights"
msgstr[0] "{n}晩"

msgctxt "verb"
msgid "Open"
msgstr "開く"
"""

Package = Callable[..., Path]


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """tools/messages.py"""
    spec = importlib.util.spec_from_file_location("messages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A package with `CODE` and the areas that are given, each a po file without its header."""

    def made(**areas: str) -> Path:
        (tmp_path / "code.py").write_text(CODE, encoding="utf-8")
        (tmp_path / "locale" / "ja").mkdir(parents=True, exist_ok=True)
        for name, text in areas.items():
            path = tmp_path / "locale" / "ja" / f"{name}.po"
            path.write_text(HEADER + text, encoding="utf-8")
        return tmp_path

    return made


def test_every_string_is_translated_and_every_catalog_current(messages: ModuleType) -> None:
    complaints = messages.complaints(check=True)
    assert not complaints, "\n" + "\n".join(complaints)


def test_a_catalog_is_written_and_can_be_loaded(messages: ModuleType, package: Package) -> None:
    root = package(one=AREA)
    assert messages.complaints(root, check=False) == []
    assert messages.complaints(root, check=True) == []
    data = (root / "locale" / "ja" / "LC_MESSAGES" / "peerroom.mo").read_bytes()
    japanese = gettext.GNUTranslations(io.BytesIO(data))
    assert japanese.gettext("Two words.") == "二語。"
    assert japanese.ngettext("{n} night", "{n} nights", 1) == "{n}晩"
    assert japanese.ngettext("{n} night", "{n} nights", 3) == "{n}晩"
    assert japanese.pgettext("verb", "Open") == "開く"
    assert japanese.gettext("Open") == "Open"
    assert japanese.info().keys() == {"language", "plural-forms", "content-type"}


def test_the_same_strings_give_the_same_bytes(messages: ModuleType, package: Package) -> None:
    entries = AREA.split("\n\n")
    target = Path("locale") / "ja" / "LC_MESSAGES" / "peerroom.mo"
    root = package(one=AREA)
    messages.complaints(root, check=False)
    first = (root / target).read_bytes()
    package(one="\n\n".join(entries[:1]), two="\n\n".join(reversed(entries[1:])))
    assert messages.complaints(root, check=False) == []
    assert (root / target).read_bytes() == first


@pytest.mark.parametrize(
    ("area", "complaint"),
    [
        (AREA.replace('msgstr "二語。"', 'msgstr ""'), "no ja translation of 'Two words.'"),
        (AREA.replace('msgid "Two', '#, fuzzy\nmsgid "Two'), "no ja translation of 'Two words.'"),
        (AREA.replace('msgctxt "verb"\n', ""), "no ja translation of 'Open'"),
        (AREA + '\nmsgid "Gone"\nmsgstr "もうない"\n', "nothing says 'Gone' any more"),
        (AREA.replace("{name}さん", "皆さん"), "'Hello, {name}' has other holes"),
        (AREA.replace("{n}晩", "{count}晩"), "'{n} night' has other holes"),
    ],
)
def test_what_is_not_right_is_listed(
    messages: ModuleType, package: Package, area: str, complaint: str
) -> None:
    found = messages.complaints(package(one=area), check=False)
    assert any(complaint in line for line in found)


def test_missing_strings_are_listed_with_their_place(
    messages: ModuleType, package: Package
) -> None:
    root = package(one="")
    assert f"{root.name}/code.py:3: no ja translation of 'Two words.'" in messages.complaints(
        root, check=False
    )


def test_areas_that_disagree_are_named(messages: ModuleType, package: Package) -> None:
    root = package(one=AREA, two='\nmsgid "Two words."\nmsgstr "二つの言葉。"\n')
    assert messages.complaints(root, check=False) == [
        "two.po: 'Two words.' is translated differently in another area"
    ]


def test_an_old_catalog_is_named_and_left_alone(messages: ModuleType, package: Package) -> None:
    root = package(one=AREA)
    messages.complaints(root, check=False)
    target = root / "locale" / "ja" / "LC_MESSAGES" / "peerroom.mo"
    target.write_bytes(b"old")
    (complaint,) = messages.complaints(root, check=True)
    assert "ja/peerroom.mo" in complaint
    assert target.read_bytes() == b"old"


def test_a_broken_area_stops_everything(messages: ModuleType, package: Package) -> None:
    with pytest.raises(PoFileError):
        messages.complaints(package(one='\nmsgid "no end\n'), check=True)
