"""Who is shown to whom, and when: the choices of the panic screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerroom.care import catalogue
from peerroom.care.helplines import (
    FIRST_PAGE,
    SECOND_PAGE,
    PanicScreen,
    Row,
    SectionKind,
    countries,
    load,
    screen,
)

TOKYO = ZoneInfo("Asia/Tokyo")
CODES = [country.code for country in countries()]


def at(text: str, zone: str = "Asia/Tokyo") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


NIGHT = at("2026-11-25T02:00")
AFTERNOON = at("2026-11-25T17:00")


def numbers(page: PanicScreen, kind: SectionKind) -> list[str]:
    return [row.number for section in page.sections if section.kind == kind for row in section.rows]


def row(page: PanicScreen, id_: str) -> Row:
    (found,) = (r for s in (*page.sections, *page.more) for r in s.rows if r.id == id_)
    return found


# A parent in Japan


def test_japan_at_two_at_night() -> None:
    page = screen("JP", "ja", NIGHT)
    assert [section.kind for section in page.sections] == [
        "danger",
        "main",
        "second",
        "parents",
        "child",
        "violence",
        "daytime",
        "charged",
    ]
    assert numbers(page, "danger") == ["119", "110"]
    assert numbers(page, "main") == ["0120-279-338"]
    assert numbers(page, "second") == ["0120-061-338", "0120-279-226"]
    assert numbers(page, "parents") == ["0120-0-78310", "189"]
    assert numbers(page, "child") == ["0120-99-7777"]
    assert numbers(page, "violence") == []
    assert set(numbers(page, "daytime")) == {"0120-783-556", "0120-007-110"}
    assert numbers(page, "charged") == ["050-3655-0279"]
    assert page.gaps == frozenset()


def test_at_night_the_childs_line_is_greyed_and_another_one_named() -> None:
    page = screen("JP", "ja", NIGHT)
    (child,) = (section for section in page.sections if section.kind == "child")
    assert [r.dimmed for r in child.rows] == [True]
    assert child.rows[0].opening.opens == at("2026-11-25T16:00")
    assert child.also[0].number == "0120-0-78310"
    (open_child,) = (s for s in screen("JP", "ja", AFTERNOON).sections if s.kind == "child")
    assert not open_child.rows[0].dimmed
    assert open_child.also == ()


def test_the_main_line_does_not_jump_about_with_the_hour() -> None:
    days = [screen("JP", "ja", NIGHT + timedelta(hours=h)) for h in range(0, 72, 3)]
    assert {tuple(numbers(page, "main") + numbers(page, "second")) for page in days} == {
        ("0120-279-338", "0120-061-338", "0120-279-226")
    }


def test_lines_that_are_less_certain_wait_on_the_second_page() -> None:
    page = screen("JP", "ja", NIGHT)
    (directory,) = page.more
    shown = [r.id for r in directory.rows]
    assert "jp-dv-plus" in shown
    assert "jp-7119" not in shown  # only some areas have it, and the reader's is not known
    costs = [r.cost for r in directory.rows]
    assert costs == sorted(costs, key=lambda cost: cost == "charged")
    assert costs[-1] == "charged"


def test_an_english_reader_in_japan_is_told_before_calling() -> None:
    page = screen("JP", "en", NIGHT)
    assert "other_languages_only" in page.gaps
    yorisoi = row(page, "jp-yorisoi")
    assert (yorisoi.name, yorisoi.local_name) == ("Yorisoi Hotline", "よりそいホットライン")
    assert yorisoi.languages == ("ja",)
    assert row(screen("JP", "ja", NIGHT), "jp-yorisoi").local_name is None


def test_facts_that_no_source_gives_stay_unknown() -> None:
    page = screen("JP", "ja", NIGHT)
    assert not row(page, "jp-yorisoi").anonymous
    assert row(page, "jp-jidousoudansho-189").anonymous
    assert row(page, "jp-9110").cost == "unknown"
    assert row(page, "jp-tell").opening.state == "unknown"
    foreign = row(page, "jp-yorisoi-foreign")
    assert (foreign.opening.state, foreign.menu) == ("unknown", "2")
    assert row(screen("US", "en", NIGHT), "us-988").cost == "unknown"


# Other countries


@pytest.mark.parametrize(
    ("country", "main", "second", "parents", "child"),
    [
        ("US", ["988"], ["1-855-427-2736"], [], []),
        ("GB", ["116 123"], ["0800 068 4141"], [], []),
        ("DE", ["0800 1110111"], ["0800 1110222"], ["0800 1110550"], ["116 111"]),
        ("KR", ["109"], [], ["1388"], []),
        ("VN", ["111"], [], [], []),
        ("CH", ["143"], [], [], ["147"]),
        ("BE", ["107"], ["106", "0800 32 123", "1813"], [], ["103"]),
        ("CO", ["141"], ["106"], [], []),
        ("NO", ["116 123"], ["22 40 00 40"], [], ["116 111"]),
    ],
)
def test_the_same_rules_elsewhere(
    country: str, main: list[str], second: list[str], parents: list[str], child: list[str]
) -> None:
    page = screen(country, "en", NIGHT)
    assert numbers(page, "main") == main
    assert numbers(page, "second") == second
    assert numbers(page, "parents") == parents
    assert numbers(page, "child") == child


def test_where_no_line_is_for_parents_alone_the_one_that_takes_them_is_named() -> None:
    page = screen("US", "en", NIGHT)
    also = {section.kind: [r.number for r in section.also] for section in page.sections}
    assert also["parents"] == ["1-855-427-2736"]
    assert also["child"] == ["1-855-427-2736"]


def test_what_answers_now_comes_before_what_does_not() -> None:
    """Italy's own line for everybody closes at midnight; the children's lines take parents."""
    assert numbers(screen("IT", "en", at("2026-11-25T20:00", "Europe/Rome")), "main") == [
        "02 2327 2327"
    ]
    night = screen("IT", "en", at("2026-11-25T02:00", "Europe/Rome"))
    assert numbers(night, "main") == ["19696"]
    assert numbers(night, "charged") == ["02 2327 2327"]
    assert row(night, "it-telefono-amico").dimmed


def test_a_country_with_less() -> None:
    assert screen("CN", "en", NIGHT).gaps == {"no_second", "other_languages_only"}
    ghana = screen("GH", "en", NIGHT)
    assert ghana.gaps == {"no_main"}
    assert numbers(ghana, "danger") == ["999"]
    assert "112" not in {r.number for s in (*ghana.sections, *ghana.more) for r in s.rows}


def test_a_country_with_emergency_numbers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the packaged ones is left with no more, and the next list may have one."""
    only = tuple(line for line in load("GH") if line.kind == "emergency")
    monkeypatch.setattr("peerroom.care.helplines.load", lambda code: only)
    page = screen("GH", "en", NIGHT)
    assert page.gaps == {"emergency_only"}
    assert numbers(page, "danger") == ["999"]
    assert page.more == ()


def test_a_country_without_data_and_no_country() -> None:
    nowhere = screen("AQ", "en", NIGHT)
    assert (nowhere.gaps, nowhere.sections, nowhere.country_name) == (
        {"country_without_data"},
        (),
        None,
    )
    unknown = screen(None, "ja", NIGHT)
    assert unknown.gaps == {"country_unknown"}
    assert unknown.emergency == ()
    assert {place.code for place in unknown.elsewhere} == set(CODES)
    assert [place.code for place in unknown.elsewhere if place.likely] == ["JP"]
    japan = next(place for place in unknown.elsewhere if place.code == "JP")
    assert [(r.number, r.name) for r in japan.emergency] == [("119", "救急・消防"), ("110", "警察")]


@pytest.mark.parametrize("code", ["../JP", "jp", "JPN", "", "日本", "J/"])
def test_a_code_is_never_a_path(code: str) -> None:
    assert load(code) == ()
    assert "country_without_data" in screen(code, "en", NIGHT).gaps


# Every country, every hour

moments = st.datetimes(
    datetime.fromisoformat("2026-11-24"),
    datetime.fromisoformat("2027-11-01"),
    timezones=st.sampled_from([UTC, TOKYO, ZoneInfo("America/New_York")]),
)


@settings(max_examples=60)
@given(st.sampled_from(CODES), st.sampled_from(["en", "ja"]), moments)
def test_promises_to_everybody(code: str, language: str, now: datetime) -> None:
    page = screen(code, language, now)
    first = [r for section in page.sections for r in section.rows]
    everything = first + [r for section in page.more for r in section.rows]
    assert Counter(r.id for r in everything) == Counter(line.id for line in load(code))
    assert page.sections[0].kind == "danger"
    assert not any(r.dimmed for r in page.emergency)
    assert {r.tier for r in first} == {"panic_screen"}
    assert [s.kind for s in page.sections] == [
        k for k in FIRST_PAGE if k in {s.kind for s in page.sections}
    ]
    assert {s.kind for s in page.more} <= set(SECOND_PAGE)
    for section in page.sections[1:]:
        assert len(section.rows) <= 3
        assert section.rows or section.also or section.kind == "violence"
    for section in page.sections:
        if section.kind == "main":
            others = [r for r in first if r.audience != ("children",) and not r.emergency]
            if section.rows[0].dimmed:
                assert all(r.opening.state == "closed" for r in others)
    for r in everything:
        assert r.dial or r.sms or r.chat_url or r.url or r.note
        assert r.checked == page.compiled


# The list grows old


def test_an_old_list_promises_nothing_but_stays() -> None:
    page = screen("JP", "ja", at("2027-11-25T02:00"))
    assert "list_is_old" in page.gaps
    assert numbers(page, "danger") == ["119", "110"]
    states = {r.opening.state for s in page.sections if s.kind != "danger" for r in s.rows}
    assert states == {"unknown"}
    assert numbers(page, "main") == ["0120-279-338"]
    assert "list_is_old" not in screen("JP", "ja", at("2027-11-23T02:00")).gaps


# A family's own numbers


@dataclass
class Own:
    name: str = "松本市 教育相談"
    number: str = "0263-00-0000 (内線 2)"
    hours: str = "Mon-Fri 09:00-17:00"
    note: str = ""


def test_own_numbers_stand_after_the_lines_that_answer_now() -> None:
    page = screen("JP", "ja", NIGHT, [Own(), Own(hours="", note="夜は留守番電話")])
    kinds = [section.kind for section in page.sections]
    assert kinds.index("own") == kinds.index("second") + 1
    first, second = next(s for s in page.sections if s.kind == "own").rows
    assert (first.dial, first.note, first.tier, first.checked) == ("02630000002", None, None, None)
    assert first.opening.opens == at("2026-11-25T09:00")
    assert (second.opening.state, second.note) == ("unknown", "夜は留守番電話")


def test_own_numbers_are_shown_without_a_country_too() -> None:
    page = screen(None, "ja", NIGHT, [Own()])
    assert [section.kind for section in page.sections] == ["own"]
    assert page.gaps == {"country_unknown"}


# Choosing a country


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("JP", "JP"),
        (" jp ", "JP"),
        ("Japan", "JP"),
        ("日本", "JP"),
        ("uk", "GB"),
        ("USA", "US"),
        ("united kingdom", "GB"),
        ("韓国", "KR"),
        ("AQ", None),
        ("", None),
        ("Atlantis", None),
    ],
)
def test_a_country_is_found_by_code_or_name(wanted: str, code: str | None) -> None:
    assert catalogue.find_country(wanted) == code


def test_countries_are_sorted_by_the_name_one_reads() -> None:
    english = [country.name for country in countries("en")]
    assert english == sorted(english)
    assert "日本" in [country.name for country in countries("ja")]
    assert catalogue.country_name("JP", "fr") == "Japan"
    assert catalogue.language_name("xx", "en") == "xx"
