"""Write the packaged helpline data from the research data: ``tools/helplines.py SOURCE_FOLDER``.

``SOURCE_FOLDER`` holds ``helplines.json``, ``retired_numbers.json`` and
``care_rules_and_plan.json``. The result goes to ``peerroom/care/data``: one small file a country,
an index, the retired numbers, the rules. Only what a reader needs is kept, and nothing that no
source was seen for is kept as a fact: a cost or an hour that was only remembered becomes unknown,
an address or an SMS number that no source prints is marked or left out, tier ``hold_back`` is
not packaged at all.

``tools/helpline_wording.json`` adds what a reader should be told (notes, Japanese names of
regions, hours that the source gives in words only). Every entry there quotes the source text it
rests on, and this script stops when that text has changed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from babel import Locale

ROOT = Path(__file__).parent.parent
DATA = ROOT / "peerroom" / "care" / "data"
WORDING = Path(__file__).with_name("helpline_wording.json")
PACKAGED = ("panic_screen", "directory")
SHORT_NAMES = {
    "HK": ("Hong Kong", "香港"),
    "MO": ("Macao", "マカオ"),
    "PS": ("Palestine", "パレスチナ"),
}
"""Everyday names where the CLDR's are official ones that nobody would type."""

Entry = dict[str, Any]


def main() -> int:
    """Write everything; 1 if the wording no longer fits the source."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    source = Path(sys.argv[1])
    entries: list[Entry] = json.loads((source / "helplines.json").read_text())
    wording = json.loads(WORDING.read_text())
    complaints = outdated(wording, {entry["id"]: entry for entry in entries})
    if complaints:
        print(*complaints, sep="\n")
        return 1
    write_countries(entries, wording)
    retired = json.loads((source / "retired_numbers.json").read_text())
    write(DATA / "retired.json", [slim_retired(entry) for entry in retired])
    write(DATA / "rules.json", rules(json.loads((source / "care_rules_and_plan.json").read_text())))
    return 0


def outdated(wording: Entry, source: dict[str, Entry]) -> list[str]:
    """What in the wording does not rest on the source as it is now."""
    found = []
    for id_, words in wording["lines"].items():
        for field, text in words["rests_on"].items():
            if field == "says":
                said = " ".join(s["says"] or "" for s in source[id_]["sources"])
                found += [f"{id_}: no source says {t!r} any more" for t in text if t not in said]
            elif source[id_][field] != text:
                found.append(f"{id_}: {field} is now {source[id_][field]!r}")
    for region in {entry["region"] for entry in source.values() if entry["tier"] in PACKAGED} - {
        None
    }:
        if region not in wording["regions"]:
            found.append(f"no wording for the region {region!r}")
    return found


def write_countries(entries: list[Entry], wording: Entry) -> None:
    """One file a country, and the index."""
    by_country: dict[str, list[Entry]] = {}
    for entry in entries:
        words = wording["lines"].get(entry["id"], {})
        if entry["tier"] in PACKAGED and not words.get("omit"):
            by_country.setdefault(entry["country"], []).append(slim(entry, words, wording))
    folder = DATA / "lines"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    index = {}
    for country, lines in sorted(by_country.items()):
        english, japanese = SHORT_NAMES.get(country) or (
            Locale(language).territories[country] for language in ("en", "ja")
        )
        emergency = [line["phone"] for line in lines if line["kind"] == "emergency"]
        index[country] = {"en": english, "ja": japanese, "emergency": emergency}
        names = {"en": english, "ja": japanese}
        write(folder / f"{country}.json", {"names": names, "lines": lines})
    write(DATA / "index.json", index)
    spoken = {
        code for lines in by_country.values() for x in lines for code in x.get("languages", ())
    }
    languages = {
        code: [spoken_name(code, "en"), spoken_name(code, "ja")] for code in sorted(spoken)
    }
    write(DATA / "languages.json", languages)
    write(DATA / "about.json", {"compiled": min(entry["compiled"] for entry in entries)})


def spoken_name(code: str, language: str) -> str:
    """The CLDR's name of a language; how it is written does not matter on the phone."""
    if code == "nb":
        return {"en": "Norwegian", "ja": "ノルウェー語"}[language]
    return str(Locale(language).languages[code.partition("-")[0]])


def slim(entry: Entry, words: Entry, wording: Entry) -> Entry:
    """What is shipped of one entry; fields that are empty or as usual are left out."""
    region = entry["region"]
    basis = entry["free_basis"]
    sourced_cost = basis in ("source", "number class", "online service")
    url_sourced = entry["url_basis"] == "source"
    hours_unsure = entry["hours_basis"] not in ("source", "convention")
    hours_unsure = hours_unsure or "hours" in words.get("unsure", ())
    web_sure = is_printed(entry, entry["chat_url"]) if entry["chat_url"] else url_sourced
    only_web = not entry["phone"] and not entry["sms"]
    line = {
        "id": entry["id"],
        "kind": entry["kind"],
        "tier": entry["tier"],
        "names": names(entry) | words.get("names", {}),
        "audience": entry["audience"],
        "phone": entry["phone"],
        "dial": entry["dial"],
        "menu": entry["menu"],
        "sms": entry["sms"] if sms_is_sourced(entry) else None,
        "chat_url": entry["chat_url"],
        "url": entry["url"] if url_sourced or (only_web and not entry["chat_url"]) else None,
        "web_sure": web_sure or None,
        "other": entry["other_channels"],
        "hours": words.get("hours", entry["hours"]),
        "hours_unsure": hours_unsure or None,
        "languages": entry["languages"],
        "cost": {True: "free", False: "charged", None: None}[entry["free"]]
        if sourced_cost
        else None,
        "anonymous": words.get("anonymous"),
        "unbilled": words.get("unbilled"),
        "regions": wording["regions"][region] if region else None,
        "confidence": entry["confidence"],
        "doubtful": entry["needs_human_check"] or None,
        "notes": words.get("note"),
        "source": newest_source(entry),
    }
    for field in words.get("drop", ()):
        line[field] = None
    return {key: value for key, value in line.items() if value not in (None, [], {})}


def names(entry: Entry) -> dict[str, str]:
    """English, Japanese and the country's own language; without the number it stands beside."""
    kept: dict[str, str] = {}
    emergency = entry["kind"] == "emergency"
    for language, name in entry["name"].items():
        spoken = not emergency and not kept.keys() - {"en", "ja"}
        if language in ("en", "ja") or spoken:
            bare = name.removeprefix(entry["phone"] or "\0").strip() or name
            kept[language] = bare if emergency or bare == name else bare[0].upper() + bare[1:]
    return kept


def sms_is_sourced(entry: Entry) -> bool:
    """Whether a source tells to text this number, or texting is the only way there is."""
    if not entry["sms"]:
        return False
    digits = re.sub(r"\D", "", entry["sms"].partition("/")[0]).removeprefix("1")
    return not entry["phone"] or any(
        digits in re.sub(r"\D", "", says) and re.search(r"\b(text|SMS)\b", says)
        for says in (source["says"] or "" for source in entry["sources"])
    )


def is_printed(entry: Entry, address: str | None) -> bool:
    """Whether a source is, or prints, this web address."""
    if not address:
        return False
    bare = address.split("//")[-1].rstrip("/")
    return any(bare in f"{s['url']} {s['says']}" for s in entry["sources"])


def newest_source(entry: Entry) -> Entry:
    """Address and date of the newest dated source; a date is a day, a month or a year."""
    dated = []
    for source in entry["sources"]:
        found = re.search(r"\d{4}(-\d\d){0,2}", source["date"] or "")
        if found and source["url"]:
            second_hand = "second-hand" in (source["says"] or "")
            dated.append((found[0], not second_hand, source["url"]))
    if not dated:
        return {"url": next((s["url"] for s in entry["sources"] if s["url"]), None)}
    date, first_hand, url = max(dated)
    return {"url": url, "date": date} | ({} if first_hand else {"second_hand": True})


def slim_retired(entry: Entry) -> Entry:
    """A retired number as the digits (or the account) that must not appear."""
    return {"country": entry["country"], "forms": retired_forms(entry["number"])}


def retired_forms(number: str) -> list[str]:
    """The digits of each number named: ``03-7956 8144 / 8145`` means two of the same length."""
    if "@" in number:
        return [number[number.index("@") :]]
    forms: list[str] = []
    for part in re.split(r"/|,| and ", number):
        digits = "".join(re.findall(r"\d", part))
        if forms and 0 < len(digits) <= 4 < len(forms[0]):
            digits = forms[0][: -len(digits)] + digits
        if digits:
            forms.append(digits)
    return forms


PLACEHOLDERS = {"0120-0-78310": "{jp-24h-kodomo-sos}", "#8000": "{jp-8000}"}
"""Numbers in the rules and the plan that the helpline data has: filled in when shown."""


def rules(source: Entry) -> Entry:
    """Rules and plan in the shape they are read in, numbers replaced by the ids of their lines."""
    text = json.dumps(source, ensure_ascii=False)
    for number, placeholder in PLACEHOLDERS.items():
        text = text.replace(number, placeholder)
    text = text.replace("110・119や", "{emergency}や")
    filled = json.loads(text)
    return {
        "ten_rules": [
            {
                "id": r["id"],
                "risk": r["risk"],
                "en": r["en"],
                "ja": r["ja"],
                "sources": r["sources"],
            }
            for r in filled["ten_rules"]
        ],
        "seven_days": [
            {
                language: {"title": day[f"title_{language}"], "actions": day[f"actions_{language}"]}
                for language in ("en", "ja")
            }
            | {"sources": day["sources"]}
            for day in filled["seven_days"]
        ],
    }


def write(path: Path, value: object) -> None:
    """Write JSON that diffs well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
