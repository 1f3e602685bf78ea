"""Merge ``peerroom/locale/<lang>/*.po`` into the compiled catalog; list what is not right.

    tools/messages.py            write the catalogs
    tools/messages.py --check    write nothing

Exit code 1 if a marked string has no translation, if a translation is of no marked string, has
other ``{holes}`` than the English, or differs from one of another area, and with ``--check`` if a
catalog is not what the areas say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parent.parent / "peerroom"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}

Key = tuple[str, str]
"""Context ("" for none) and English text (the singular)."""


class TimelessCatalog(Catalog):
    """A catalog whose header depends on nothing but its language."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext needs to know, without dates and names of tools."""
        return [
            ("Language", str(self.locale)),
            ("Plural-Forms", self.plural_forms),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]


def wanted(package: Path = PACKAGE) -> dict[Key, str]:
    """Every marked string of the package, and the place where it stands first."""
    found: dict[Key, str] = {}
    for name, line, message, _comments, context in extract_from_dir(
        str(package), method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        singular = message[0] if isinstance(message, tuple) else message
        if singular:
            found.setdefault((context or "", singular), f"{package.name}/{name}:{line}")
    return found


def merged(folder: Path) -> tuple[Catalog, list[str]]:
    """One catalog from all areas of a language, and the complaints about them."""
    complaints = []
    catalog = TimelessCatalog(locale=folder.name, domain="peerroom", fuzzy=False)
    for area in sorted(folder.glob("*.po")):
        with area.open("rb") as file:
            part = read_po(file, locale=folder.name, abort_invalid=True)
        for message in part:
            if not message.id or message.fuzzy or not all(_forms(message.string)):
                continue
            known = catalog.get(message.id, message.context)
            if known is not None and known.string != message.string:
                complaints.append(
                    f"{area.name}: {key(message)[1]!r} is translated differently in another area"
                )
                continue
            catalog.add(message.id, message.string, context=message.context)
            if not same_holes(message):
                complaints.append(
                    f"{area.name}: {key(message)[1]!r} has other holes than its translation"
                )
    return catalog, complaints


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the .mo file, the same for the same strings."""
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def key(message: Message) -> Key:
    """How `wanted` calls this message."""
    return message.context or "", _forms(message.id)[0]


def same_holes(message: Message) -> bool:
    """Whether ``str.format`` finds the same names in every form of the text and translation."""
    expected = _holes(_forms(message.id)[-1])
    return all(_holes(form) == expected for form in _forms(message.string))


def missing_and_unused(marked: dict[Key, str], catalog: Catalog) -> Iterator[str]:
    """One complaint for each string without translation and each translation without string."""
    translated = {key(message) for message in catalog if message.id}
    for text in marked.keys() - translated:
        yield f"{marked[text]}: no {catalog.locale} translation of {text[1]!r}"
    for text in translated - marked.keys():
        yield f"nothing says {text[1]!r} any more"


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def _holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)", text))


def complaints(package: Path = PACKAGE, *, check: bool) -> list[str]:
    """All that is not right in every language; the catalogs are written unless ``check``."""
    marked = wanted(package)
    found: list[str] = []
    for folder in sorted(path for path in (package / "locale").iterdir() if path.is_dir()):
        catalog, about_areas = merged(folder)
        found += [*about_areas, *sorted(missing_and_unused(marked, catalog))]
        target = folder / "LC_MESSAGES" / "peerroom.mo"
        data = compiled(catalog)
        if target.exists() and target.read_bytes() == data:
            continue
        if check:
            found.append(f"{folder.name}/{target.name} is not what the areas say: `make messages`")
        else:
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
    return found


if __name__ == "__main__":
    found = complaints(check="--check" in sys.argv[1:])
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
