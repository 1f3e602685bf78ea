"""What the panic screen says, in English and Japanese, and how it stands on 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerroom import i18n
from peerroom.care import barriers, render, wording
from peerroom.care.helplines import PanicScreen, Row, Section, SectionKind, countries, screen
from peerroom.care.hours import opening
from peerroom.care.rules import seven_days, ten_rules
from peerroom.care.zone import reader_zone
from peerroom.text.cells import cell_width

APPROVED = Path(__file__).parent / "data"
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    i18n.set_language("en")


def at(text: str, zone: str = "Asia/Tokyo") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


NIGHT = at("2026-11-25T02:00")


def page(country: str | None, language: str = "en", now: datetime = NIGHT) -> PanicScreen:
    i18n.set_language(language)
    return screen(country, language, now)


def section(shown: PanicScreen, kind: SectionKind) -> Section:
    return next(s for s in (*shown.sections, *shown.more) if s.kind == kind)


def row(shown: PanicScreen, id_: str) -> Row:
    return next(r for s in (*shown.sections, *shown.more) for r in s.rows if r.id == id_)


def text(shown: PanicScreen, **options: bool) -> str:
    return "\n".join(line.text for line in render.lines(shown, **options)) + "\n"


# Pages as they were read and approved (write them anew with `peerroom help-now` and read them)


@pytest.mark.parametrize(
    ("name", "country", "language", "now", "more"),
    [
        ("help_japan_ja_night", "JP", "ja", NIGHT, False),
        ("help_japan_en_night", "JP", "en", NIGHT, False),
        ("help_japan_ja_afternoon_all", "JP", "ja", at("2026-11-25T17:00"), True),
        ("help_germany_en_from_tokyo", "DE", "en", NIGHT, False),
        ("help_nowhere_en", None, "en", NIGHT, False),
    ],
)
def test_pages_as_approved(
    name: str, country: str | None, language: str, now: datetime, more: bool
) -> None:
    assert text(page(country, language, now), more=more) == (APPROVED / f"{name}.txt").read_text()


# Times in words


@pytest.mark.parametrize(
    ("now", "zone", "words"),
    [
        ("2026-11-25T02:00", "Asia/Tokyo", "closed, opens 16:00"),
        ("2026-11-25T17:00", "Asia/Tokyo", "open now, until 21:00"),
        ("2026-11-25T22:00", "Asia/Tokyo", "closed, opens tomorrow 16:00"),
        ("2026-12-29T02:00", "Asia/Tokyo", "closed, opens Mon 16:00"),
        ("2026-12-28T22:00", "Asia/Tokyo", "closed, opens 01-04 16:00"),
        ("2026-11-25T05:00", "Europe/Berlin", "closed, opens 08:00 your time (16:00 in Japan)"),
        ("2026-11-25T11:00", "Europe/Berlin", "open now, until 13:00 your time (21:00 in Japan)"),
        (
            "2026-11-24T20:00",
            "America/New_York",
            "closed, opens tomorrow 02:00 your time (16:00 in Japan)",
        ),
        ("2026-11-25T05:00", "Asia/Seoul", "closed, opens 16:00"),
    ],
)
def test_when_the_childs_line_opens(now: str, zone: str, words: str) -> None:
    shown = page("JP", "en", at(now, zone))
    assert wording.state(row(shown, "jp-childline"), shown) == words


def test_a_line_that_closes_at_midnight_says_so_the_day_before() -> None:
    shown = page("IT", "en", at("2026-11-25T20:00", "Europe/Rome"))
    assert wording.state(row(shown, "it-telefono-amico"), shown) == "open now, until 24:00"
    abroad = page("IT", "en", at("2026-11-26T05:00"))
    assert wording.state(row(abroad, "it-telefono-amico"), abroad) == (
        "open now, until 08:00 your time (24:00 in Italy)"
    )


def test_closing_within_the_night_needs_no_day() -> None:
    shown = page("JP", "en", at("2026-12-10T23:00"))
    assert wording.state(row(shown, "jp-inochi-free"), shown) == "open now, until 08:00"


def test_public_holidays_are_named() -> None:
    shown = page("JP", "en", NIGHT)
    assert wording.state(row(shown, "jp-kodomo-jinken-110"), shown) == (
        "closed, opens 08:30, not on public holidays"
    )


def test_hours_that_are_not_known_or_not_sure() -> None:
    shown = page("JP", "en", NIGHT)
    assert wording.state(row(shown, "jp-jidousoudansho-sodan"), shown) == "hours differ by place"
    assert wording.state(row(shown, "jp-tell"), shown) == "hours not known"
    assert wording.state(row(shown, "jp-yorisoi-foreign"), shown) == (
        "Mon-Sun 10:00-22:00 in Japan, not confirmed"
    )
    britain = page("GB", "en", NIGHT)
    assert wording.state(row(britain, "gb-childline"), britain) == "day and night, not confirmed"
    closed = row(shown, "jp-childline")._replace(opening=opening("closed", NIGHT))
    assert wording.state(closed, shown) == "closed"


# Facts, numbers, addresses


def test_facts_say_who_may_call_and_what_it_costs() -> None:
    shown = page("JP", "en")
    assert wording.facts(row(shown, "jp-24h-kodomo-sos"), shown) == (
        "open day and night",
        "free",
        "parents and children",
        "in Japanese",
    )
    assert "you can stay anonymous" in wording.facts(row(shown, "jp-jidousoudansho-189"), shown)
    assert "charged" in wording.facts(row(shown, "jp-yorisoi-050"), shown)
    assert "cost not confirmed" in wording.facts(row(shown, "jp-8000"), shown)
    assert "for parents" in wording.facts(row(shown, "jp-8000"), shown)
    assert "in 11 languages" in wording.facts(row(shown, "jp-dv-plus"), shown)
    tohoku = wording.facts(row(shown, "jp-yorisoi-tohoku"), shown)
    assert tohoku[-2:] == ("for Iwate, Miyagi, Fukushima", "newest page we saw: 2021")
    germany = page("DE", "en")
    assert "not on the phone bill" in wording.facts(row(germany, "de-telefonseelsorge-1"), germany)
    america = page("US", "en")
    assert "text 988" in wording.facts(row(america, "us-988"), america)
    assert "in English/Spanish" in wording.facts(row(america, "us-988"), america)


def test_nothing_is_said_of_an_emergency_number_over_which_one_could_hesitate() -> None:
    shown = page("JP", "en")
    assert [wording.facts(r, shown) for r in shown.emergency] == [(), ()]


def test_a_familys_own_number_claims_nothing_that_nobody_wrote() -> None:
    shown = page("JP", "en")
    own = Row(None, "Town", "0263", "0263", opening("", NIGHT))
    assert wording.facts(own, shown) == ()
    late = own._replace(opening=opening("Mon-Sun 01:00-03:00", NIGHT, TOKYO))
    assert wording.facts(late, shown) == ("open now, until 03:00",)


def test_ways_to_reach_a_line_without_speaking() -> None:
    shown = page("US", "en")
    crisis_text = row(shown, "us-crisis-text-line")
    assert wording.number(crisis_text) == "text HOME to 741741"
    japan = page("JP", "en")
    assert wording.number(row(japan, "jp-anata-no-ibasho")) == "online"
    assert wording.number(row(japan, "jp-yorisoi-foreign")) == "0120-279-338, then 2"
    assert (
        wording.web(row(japan, "jp-anata-no-ibasho"))
        == "https://talkme.jp/ (address not confirmed)"
    )
    assert wording.web(row(japan, "jp-tell")) == "https://telljp.com/lifeline/"
    assert wording.web(row(japan, "jp-yorisoi")) is None


# Titles, remarks, gaps


def test_the_first_heading_names_the_country() -> None:
    shown = page("JP", "ja")
    assert wording.title(section(shown, "danger"), shown) == "日本:命の危険があるとき"


def test_the_main_heading_says_open_only_of_an_open_line() -> None:
    shown = page("JP", "en")
    assert wording.title(section(shown, "main"), shown) == "Someone to talk to, open now"
    china = page("CN", "en")
    assert wording.title(section(china, "main"), china) == "Someone to talk to"


def test_remarks() -> None:
    shown = page("JP", "en")
    assert (
        wording.remark(section(shown, "child")) == "At this hour your child can call 0120-0-78310."
    )
    assert wording.remark(section(shown, "main")) is None
    assert "less sure" in (wording.remark(section(shown, "directory")) or "")
    america = page("US", "en")
    assert wording.remark(section(america, "parents")) == "Parents can call 1-855-427-2736."
    assert wording.remark(section(america, "child")) == "Your child can call 1-855-427-2736 too."
    assert "second page" in (wording.remark(section(america, "violence")) or "")


def test_gaps_are_said_plainly() -> None:
    assert wording.gaps(page("JP", "ja")) == ()
    assert wording.gaps(page("JP", "en")) == (
        "No line on this page is known to answer in English. Some on the second page may.",
    )
    assert wording.gaps(page("DE", "en")) == (
        "No line on this page is known to answer in English.",
    )
    assert wording.gaps(page("AQ")) == (
        "We have no numbers for AQ. Call the local emergency service.",
    )
    assert "does not look it up" in wording.gaps(page(None))[0]
    assert wording.gaps(page("GH")) == (
        "For Ghana we know no helpline that is certain enough for this page. "
        "Less certain ones are on the second page.",
    )
    old = wording.gaps(page("JP", "ja", at("2027-12-01T02:00")))
    assert old == (
        "この一覧は2026-11-23のもので、1年以上たっています。"
        "番号や時間が変わっているかもしれません。公式サイトで確かめてください。",
    )


def test_a_gap_without_a_second_page_points_to_none() -> None:
    shown = page("GH")._replace(more=())
    assert wording.gaps(shown) == (
        "For Ghana we know no helpline that is certain enough for this page.",
    )


def test_every_page_ends_with_whom_to_call() -> None:
    assert wording.last_lines(page("JP", "en")) == (
        "Open now: 0120-279-338 Yorisoi Hotline",
        "Danger to life: 119 ambulance and fire · 110 police",
    )
    assert wording.last_lines(page(None)) == ()
    assert wording.last_lines(page("CN", "en")) == (
        "Danger to life: 110 police · 120 ambulance · 119 fire",
    )


# The plain text

WIDTHS = st.integers(40, 80)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([None, *(country.code for country in countries())]),
    st.sampled_from(["en", "ja"]),
    WIDTHS,
    st.booleans(),
)
def test_no_line_is_wider_than_the_page(
    country: str | None, language: str, width: int, more: bool
) -> None:
    shown = page(country, language)
    lines = render.lines(shown, width=width, more=more, notices=("A notice.",), hint="A hint.")
    assert all(cell_width(line.text) <= width for line in lines)
    assert all(line.text.isprintable() for line in lines)
    told = "".join(line.text for line in lines)
    for r in shown.emergency:
        assert told.count(r.number) >= 2
    assert "A notice." in told
    assert "A hint." in told


def test_closed_lines_are_there_and_marked() -> None:
    closed = [line.text for line in render.lines(page("JP", "en")) if line.role == "closed"]
    assert any("0120-99-7777" in line for line in closed)
    assert not any("119" in line for line in closed)


def test_all_places_or_the_likely_ones() -> None:
    assert "JP  日本" in text(page(None, "ja"))
    assert "KR" not in text(page(None, "ja"))
    assert "KR" in text(page(None, "ja"), more=True)
    assert "JP" not in text(page("AQ"))
    assert "JP" in text(page("AQ"), more=True)


def test_an_old_list_says_so_before_the_lines() -> None:
    shown = text(page("JP", "en", at("2027-12-01T02:00")))
    assert shown.index("119") < shown.index("more than a year ago") < shown.index("0120-279-338")
    assert "open now" not in shown.casefold()


# What makes calling hard


def answers(country: str, language: str = "en") -> dict[str, str]:
    return {b.id: b.answer for b in barriers.barriers(page(country, language))}


def test_barriers_are_answered_from_the_data() -> None:
    japan = answers("JP")
    assert japan["reason"].startswith("Anyone can call 0120-279-338 · 0120-061-338")
    assert japan["parent"].startswith("Parents are welcome at 0120-0-78310 · 189")
    assert japan["name"].startswith("At 189 you can stay anonymous.")
    assert "0120-061-338" in japan["busy"]
    assert "050-3655-0279" not in japan["cost"]
    assert japan["bill"] == "We do not know of these lines whether the bill shows them."
    assert "childline" not in japan["aloud"]
    assert barriers.question() == "What makes calling hard?"


def test_barriers_where_less_is_known() -> None:
    ghana = answers("GH")
    assert ghana["reason"] == "You can begin with: I only want to talk."
    assert ghana["parent"] == ghana["reason"]
    assert ghana["name"].startswith("We do not know each line's rule")
    assert ghana["busy"].endswith("as often as it takes.")
    assert ghana["cost"] == "We could not confirm what these calls cost."
    assert ghana["aloud"] == "We know of no line here that you can write to."
    assert answers("DE")["bill"].startswith("0800 1110111 do not appear on it.")


def test_a_closed_parents_line_is_still_a_parents_line() -> None:
    assert "0800 1110550" in answers("DE")["parent"]


def test_japanese_sentences_stand_without_spaces_between_them() -> None:
    assert "。 " not in "".join(answers("JP", "ja").values())


def test_no_answer_promises_what_the_police_do() -> None:
    for country in countries():
        assert "do not know" in answers(country.code)["police"]


# Rules and plan


def test_ten_rules_in_both_languages() -> None:
    for language in ("en", "ja"):
        rules = ten_rules(language)
        assert [rule.number for rule in rules] == list(range(1, 11))
        assert all(rule.sources and rule.text for rule in rules)
        assert not any("{" in rule.text for rule in rules)
    assert {rule.risk for rule in ten_rules("en")} == {
        "leak",
        "backlash",
        "scam",
        "dependency",
        "crisis",
    }


def test_the_rules_name_the_emergency_numbers_of_the_country() -> None:
    assert "119・110や相談窓口に" in ten_rules("ja")[9].text
    assert "999・112や" in ten_rules("ja", "GB")[9].text
    assert "緊急通報や" in ten_rules("ja", "AQ")[9].text


def test_seven_days_take_their_numbers_from_the_list() -> None:
    for language in ("en", "ja"):
        days = seven_days(language)
        assert [day.number for day in days] == list(range(1, 8))
        assert "0120-0-78310" in days[0].actions[2]
        assert "#8000" in days[2].actions[0]
        assert all(day.title and day.actions and day.sources for day in days)


# The reader's clock


def test_the_readers_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert reader_zone() == TOKYO
    winter = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setenv("TZ", "CET-1CEST")  # POSIX rules name no zone: the offset of now will do
    assert winter.astimezone(reader_zone()).utcoffset() is not None
    monkeypatch.delenv("TZ")
    assert winter.astimezone(reader_zone()).utcoffset() is not None
