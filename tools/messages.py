"""Merge ``peerroom/locale/<lang>/*.po`` into the compiled catalog; list what lacks a translation.

Exit code 1 if a marked string has no translation or if two areas translate one string differently,
so that CI stops. Every area file is sorted and rewritten in place.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parent.parent / "peerroom"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def wanted() -> dict[tuple[str | None, str], str]:
    """Every marked string of the package with the place it stands in."""
    found: dict[tuple[str | None, str], str] = {}
    for name, line, message, _comments, context in extract_from_dir(
        str(PACKAGE), method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        singular = message[0] if isinstance(message, tuple) else message
        if singular:
            found.setdefault((context, singular), f"{name}:{line}")
    return found


def merged(folder: Path) -> tuple[Catalog, list[str]]:
    """One catalog from all areas of a language, and the complaints."""
    complaints = []
    catalog = Catalog(locale=folder.name, domain="peerroom", fuzzy=False)
    for area in sorted(folder.glob("*.po")):
        with area.open("rb") as file:
            part = read_po(file, locale=folder.name)
        for message in part:
            if not message.id or not message.string:
                continue
            known = catalog.get(message.id, message.context)
            if known is not None and known.string != message.string:
                complaints.append(f"{area.name}: {message.id!r} is translated differently elsewhere")
            catalog.add(message.id, message.string, context=message.context)
    return catalog, complaints


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the .mo file, the same for the same strings."""
    out = BytesIO()
    catalog.mime_headers = [("Content-Type", "text/plain; charset=UTF-8")]
    write_mo(out, catalog)
    return out.getvalue()


def main() -> int:
    """Compile every language; 0 if nothing is missing."""
    marked = wanted()
    failed = False
    for folder in sorted(path for path in (PACKAGE / "locale").iterdir() if path.is_dir()):
        catalog, complaints = merged(folder)
        for (context, message), place in marked.items():
            if catalog.get(message, context) is None:
                complaints.append(f"{place}: no {folder.name} translation of {message!r}")
        target = folder / "LC_MESSAGES" / "peerroom.mo"
        target.parent.mkdir(exist_ok=True)
        data = compiled(catalog)
        if not target.exists() or target.read_bytes() != data:
            target.write_bytes(data)
        for complaint in complaints:
            print(complaint)
        failed = failed or bool(complaints)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
