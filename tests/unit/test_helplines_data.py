"""The packaged helplines keep the rules that no release may break."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from peerroom.care import catalogue

TOOLS = Path(__file__).parents[2] / "tools"
DATA = Path(catalogue.DATA)


def tool(name: str) -> ModuleType:
    spec = spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = tool("check_helplines")
write = tool("helplines")


def test_nothing_that_could_leave_somebody_alone_is_packaged() -> None:
    assert list(check.errors(DATA)) == []


def test_the_check_has_something_to_check() -> None:
    lines = [line for country in catalogue.countries() for line in catalogue.load(country.code)]
    assert len(catalogue.countries()) == 93
    assert len(lines) == 432 - 10 - 2  # of the research, without hold_back and the two left out
    assert len({line.id for line in lines}) == len(lines)
    assert sum(line.tier == "panic_screen" for line in lines) == 284


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("id_", "change", "complaint"),
    [
        ("jp-yorisoi", lambda x: x.update(dial="01200279338"), "dials '01200279338'"),
        ("jp-yorisoi", lambda x: x.update(phone="0120-279-388"), "shows '0120-279-388'"),
        ("jp-yorisoi", lambda x: x.pop("dial"), "nothing to dial"),
        ("jp-yorisoi", lambda x: x.update(tier="hold_back"), "tier hold_back"),
        ("jp-yorisoi", lambda x: x.update(hours="Mon-Fri 9-17 Asia/Tokyo"), "hours"),
        ("jp-childline", lambda x: x.update(hours="Mon-Sun 16:00-21:00 Asia/Edo"), "time zone"),
        (
            "jp-24h-kodomo-sos",
            lambda x: x.update(phone="0570-0-78310", dial="0570078310"),
            "retired",
        ),
        ("jp-24h-kodomo-sos", lambda x: x["notes"].update(en="Or +81 570-0-78310."), "retired"),
        ("jp-kodomo-jinken-110", lambda x: x.update(other=["LINE @snsjinkensoudan"]), "retired"),
        ("us-988", lambda x: x["notes"].update(en="Or 800-273-8255."), "18002738255 is retired"),
        ("kr-109", lambda x: x.update(phone="1393", dial="1393"), "1393 is retired"),
        ("au-lifeline", lambda x: x.update(id="au-beyondblue"), "stands twice"),
        ("in-emergency-112", lambda x: x.update(kind="general"), "no emergency number"),
        ("nz-emergency-111", lambda x: x.update(phone="112", dial="112"), "index has other"),
    ],
)
def test_the_check_finds(tmp_path: Path, id_: str, change: Change, complaint: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / "lines" / f"{id_[:2].upper()}.json"
    country = json.loads(path.read_text())
    (line,) = (line for line in country["lines"] if line["id"] == id_)
    change(line)
    path.write_text(json.dumps(country))
    assert any(complaint in found for found in check.errors(folder))


def test_the_check_reads_the_rules_too(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / "rules.json"
    path.write_text(path.read_text().replace("{jp-8000}", "0570-0-78310"))
    assert any("rules" in found for found in check.errors(folder))


def test_old_pages_and_an_old_list_are_told_and_stop_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["check", str(DATA), "2027-06-01"])
    assert check.main() == 0
    told = capsys.readouterr().out
    assert "warning: the list was compiled on 2026-11-23" in told
    assert "warning: jp-yorisoi-tohoku: the newest page that names it is of 2021-03-01" in told
    assert "error" not in told
    fresh = [words for words in check.warnings(DATA, date(2026, 11, 24)) if "jp-yorisoi:" in words]
    assert fresh == []


def test_an_error_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "lines" / "JP.json"
    path.write_text(path.read_text().replace('"0120279338"', '"0120279339"'))
    monkeypatch.setattr(sys, "argv", ["check", str(tmp_path / "data"), "2026-11-24"])
    assert check.main() == 1
    assert "error: jp-yorisoi: shows '0120-279-338'" in capsys.readouterr().out


def test_no_note_brings_a_number_of_its_own() -> None:
    """A number in a sentence would be checked by nobody; short ones are times and years."""
    for country in catalogue.countries():
        for line in catalogue.load(country.code):
            known = {other.dial for other in catalogue.load(country.code)}
            for note in line.notes.values():
                long = {number for number in check._numbers(note) if len(number) > 4}
                assert long <= known, line.id


def test_the_manual_names_no_number_that_the_first_page_has_not() -> None:
    manual = (TOOLS.parent / "docs" / "panic-button.md").read_text()
    named = set(re.findall(r"\*\*([\d-]+)\*\*", manual))
    first = {line.phone for line in catalogue.load("JP") if line.tier == "panic_screen"}
    assert len(named) == 5
    assert named <= first


def test_every_line_can_be_said_in_english_and_japanese() -> None:
    for country in catalogue.countries():
        for line in catalogue.load(country.code):
            assert "en" in line.names, line.id
            for texts in (line.regions, line.notes):
                assert texts.keys() in (set(), {"en", "ja"}), line.id
            if line.kind == "emergency" or line.country == "JP":
                assert line.names["ja"], line.id
            for code in line.languages:
                assert catalogue.language_name(code, "ja") != code, (line.id, code)


# What the generator may take for a fact


def entry(**fields: Any) -> dict[str, Any]:
    sources = fields.pop(
        "sources", [{"url": "https://a.example/x", "says": "free", "date": "2024"}]
    )
    return {
        "id": "xx-a",
        "country": "XX",
        "name": {"en": "A"},
        "kind": "crisis",
        "tier": "panic_screen",
        "audience": ["anyone"],
        "phone": "12 34",
        "dial": "1234",
        "menu": None,
        "sms": None,
        "chat_url": None,
        "url": None,
        "url_basis": "memory",
        "other_channels": [],
        "hours": "24/7",
        "hours_basis": "source",
        "languages": [],
        "free": True,
        "free_basis": "source",
        "region": None,
        "confidence": "high",
        "needs_human_check": False,
        "sources": sources,
    } | fields


def slim(words: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = write.slim(entry(**fields), words or {}, {"regions": {}})
    return made


def test_what_was_only_remembered_is_not_shipped_as_known() -> None:
    assert slim()["cost"] == "free"
    assert "cost" not in slim(free_basis="memory")
    assert "cost" not in slim(free=None, free_basis=None)
    assert slim(free=False, free_basis="number class")["cost"] == "charged"
    assert "hours_unsure" not in slim()
    assert slim(hours_basis="memory")["hours_unsure"]
    assert slim({"unsure": ["hours"]})["hours_unsure"]


def test_an_address_that_no_source_prints_is_left_out_or_marked() -> None:
    assert "url" not in slim(url="https://b.example/")
    assert slim(url="https://b.example/", url_basis="source")["web_sure"]
    chat = slim(chat_url="https://c.example/")
    assert chat["chat_url"] == "https://c.example/"
    assert "web_sure" not in chat
    assert slim(chat_url="https://a.example/x")["web_sure"]
    only_way = slim(phone=None, dial=None, url="https://b.example/")
    assert only_way["url"] == "https://b.example/"
    assert "web_sure" not in only_way


def test_a_text_number_needs_a_source_that_says_to_text() -> None:
    def told(says: str, sms: str = "988") -> bool:
        source = {"url": None, "says": says, "date": None}
        return "sms" in slim(sms=sms, sources=[source])

    assert told("call or text 988")
    assert not told("call 988")
    assert told("call or text 855-427-2736", "1-855-427-2736")
    assert "sms" in slim(phone=None, dial=None, sms="741741 / HOME")


def test_names_do_not_repeat_the_number_beside_them() -> None:
    assert slim(name={"en": "12 34 suicide line"})["names"] == {"en": "Suicide line"}
    assert slim(name={"en": "12 34"})["names"] == {"en": "12 34"}
    assert slim(
        kind="emergency", name={"en": "12 34 fire", "ja": "12 34 消防", "fr": "12 34 pompiers"}
    )["names"] == {"en": "fire", "ja": "消防"}
    many = slim(name={"ja": "あ", "fr": "B", "it": "C", "en": "D"})["names"]
    assert many == {"ja": "あ", "fr": "B", "en": "D"}


def test_the_newest_dated_page_is_named() -> None:
    sources = [
        {"url": "https://old.example", "says": "", "date": "2019-02-03"},
        {"url": "https://new.example", "says": "quoted [second-hand]", "date": "snapshot 2026-04"},
        {"url": None, "says": "", "date": "2027"},
    ]
    assert slim(sources=sources)["source"] == {
        "url": "https://new.example",
        "date": "2026-04",
        "second_hand": True,
    }
    undated = [{"url": "https://x.example", "says": None, "date": None}]
    assert slim(sources=undated)["source"] == {"url": "https://x.example"}


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("0570-0-78310", ["0570078310"]),
        ("03-7956 8144 / 8145", ["0379568144", "0379568145"]),
        ("0800 284 0011/0022", ["08002840011", "08002840022"]),
        ("1-833-456-4566 and SMS 45645", ["18334564566", "45645"]),
        ("LINE @snsjinkensoudan", ["@snsjinkensoudan"]),
        ("older Elterntelefon number", []),
    ],
)
def test_retired_numbers_as_they_were_noted(written: str, forms: list[str]) -> None:
    assert write.retired_forms(written) == forms


def test_wording_that_its_source_no_longer_carries_stops_the_generator() -> None:
    wording = {
        "regions": {"Here": {}},
        "lines": {"xx-a": {"rests_on": {"note": "N", "says": ["anonymous"]}}},
    }
    fine = entry(note="N", region="Here", sources=[{"url": None, "says": "free, anonymous"}])
    assert write.outdated(wording, {"xx-a": fine}) == []
    assert len(write.outdated(wording, {"xx-a": fine | {"note": "M"}})) == 1
    assert len(write.outdated(wording, {"xx-a": fine | {"sources": []}})) == 1
    assert len(write.outdated(wording, {"xx-a": fine | {"region": "There"}})) == 1


def test_the_whole_generator_on_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    entries = [
        entry(country="JP", compiled="2026-01-02"),
        entry(country="JP", id="xx-b", tier="hold_back", compiled="2026-01-02"),
        entry(
            country="JP",
            id="xx-c",
            kind="emergency",
            name={"en": "x", "ja": "y"},
            compiled="2026-01-03",
        ),
    ]
    (source / "helplines.json").write_text(json.dumps(entries))
    (source / "retired_numbers.json").write_text(json.dumps([{"country": "JP", "number": "12 35"}]))
    (source / "care_rules_and_plan.json").write_text(
        json.dumps({"ten_rules": [], "seven_days": []})
    )
    wording = tmp_path / "wording.json"
    wording.write_text(json.dumps({"regions": {}, "lines": {}}))
    monkeypatch.setattr(write, "DATA", target)
    monkeypatch.setattr(write, "WORDING", wording)
    monkeypatch.setattr(sys, "argv", ["helplines", str(source)])
    (target / "lines").mkdir(parents=True)
    (target / "lines" / "GONE.json").write_text("{}")
    assert write.main() == 0
    assert [path.name for path in (target / "lines").iterdir()] == ["JP.json"]
    shipped = json.loads((target / "lines" / "JP.json").read_text())
    assert [line["id"] for line in shipped["lines"]] == ["xx-a", "xx-c"]
    assert "xx-b" not in (target / "lines" / "JP.json").read_text()
    assert json.loads((target / "about.json").read_text()) == {"compiled": "2026-01-02"}
    wording.write_text(json.dumps({"regions": {}, "lines": {"xx-a": {"rests_on": {"menu": "1"}}}}))
    assert write.main() == 1
    assert "xx-a: menu is now None" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["helplines"])
    assert write.main() == 2
