"""Hold the packaged helpline data to its rules: ``tools/check_helplines.py [FOLDER] [TODAY]``.

Errors (exit code 1) are what could leave somebody alone: a number whose digits differ from what
is shown, a retired number anywhere, a tier that may not be shown, hours or a time zone that
cannot be read, a country without an emergency number. Warnings are what a person should look at
before a release: lines of the panic screen whose newest page, or whose list, is over 180 days old.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from peerroom.care.hours import BadHours, parse

DATA: Final = Path(__file__).parent.parent / "peerroom" / "care" / "data"
AGE: Final = timedelta(days=180)
TIERS: Final = ("panic_screen", "directory")

Entry = dict[str, Any]


def main() -> int:
    """Print what was found; 1 if there is an error."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    today = date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else date.today()  # noqa: DTZ011
    found = list(errors(folder))
    for words in found:
        print(f"error: {words}")
    for words in warnings(folder, today):
        print(f"warning: {words}")
    return int(bool(found))


def errors(folder: Path) -> Iterator[str]:
    """What must not be shipped, one sentence each."""
    retired = _read(folder / "retired.json")
    seen: set[str] = set()
    for country, lines in _countries(folder):
        forms = {
            form for entry in retired if entry["country"] == country for form in entry["forms"]
        }
        if not any(line["kind"] == "emergency" for line in lines):
            yield f"{country}: no emergency number"
        for line in lines:
            for words in _line(line, forms):
                yield f"{line['id']}: {words}"
            if line["id"] in seen:
                yield f"{line['id']}: stands twice"
            seen.add(line["id"])
    gone = {form for entry in retired for form in entry["forms"]}
    for text in _texts(_without_sources(_read(folder / "rules.json"))):
        for form in gone & _numbers(text):
            yield f"rules: {form} is retired, and stands in {text!r}"
    for country, entry in _read(folder / "index.json").items():
        lines = _read(folder / "lines" / f"{country}.json")["lines"]
        emergency = [line["phone"] for line in lines if line["kind"] == "emergency"]
        if emergency != entry["emergency"]:
            yield f"{country}: the index has other emergency numbers"


def warnings(folder: Path, today: date) -> Iterator[str]:
    """What a person should look at before a release, one sentence each."""
    compiled = date.fromisoformat(_read(folder / "about.json")["compiled"])
    if today - compiled > AGE:
        yield f"the list was compiled on {compiled}, more than {AGE.days} days ago"
    for _country, lines in _countries(folder):
        for line in lines:
            if line["tier"] != "panic_screen" or line["kind"] == "emergency":
                continue
            when = line.get("source", {}).get("date")
            if when is None or today - _latest(when) > AGE:
                yield f"{line['id']}: the newest page that names it is of {when or 'no known date'}"


def _without_sources(rules: Entry) -> list[Entry]:
    parts = [*rules["ten_rules"], *rules["seven_days"]]
    return [{key: value for key, value in part.items() if key != "sources"} for part in parts]


def _line(line: Entry, retired: set[str]) -> Iterator[str]:
    if line["tier"] not in TIERS:
        yield f"tier {line['tier']} may not be shipped"
    if line["tier"] == "panic_screen" and not line.get("dial"):
        yield "nothing to dial, on the panic screen"
    shown = _digits(line.get("phone", ""))
    if shown != line.get("dial", ""):
        yield f"shows {line.get('phone')!r} but dials {line.get('dial')!r}"
    for text in _texts({key: value for key, value in line.items() if key != "source"}):
        for form in retired & _numbers(text):
            yield f"{form} is retired, and stands in {text!r}"
    try:
        parse(line["hours"])
    except BadHours as error:
        yield f"hours {line['hours']!r}: {error}"


def _numbers(text: str) -> set[str]:
    """Every number in a text, and account names; a number may be written with a prefix of its own.

    ``+81 570-0-78310``, ``1-800-273-8255`` and ``800-273-8255`` are one number.
    """
    found = {_digits(match) for match in re.findall(r"\d(?:[ \-()./·]*\d)+", text)}
    found |= {number[start:] for number in found for start in (1, 2, 3) if len(number) - start > 6}
    found |= {f"{prefix}{number}" for number in found for prefix in ("0", "1") if len(number) > 6}
    return found | set(re.findall(r"@\w+", text))


def _digits(number: str) -> str:
    return "".join(re.findall(r"[\d*#]", number))


def _texts(value: object) -> Iterator[str]:
    """Every string within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _latest(when: str) -> date:
    """The last day (of a month: the 28th) that a day, a month or a year can mean."""
    return date.fromisoformat(when + {4: "-12-31", 7: "-28"}.get(len(when), ""))


def _countries(folder: Path) -> Iterator[tuple[str, list[Entry]]]:
    for path in sorted((folder / "lines").glob("*.json")):
        yield path.stem, _read(path)["lines"]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
