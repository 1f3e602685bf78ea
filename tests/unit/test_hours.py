"""Opening hours: what is written, and what it means at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.care.hours import HORIZON, BadHours, Opening, Schedule, opening, parse

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
CHILDLINE = "Mon-Sun 16:00-21:00; Dec 29-Jan 3 off Asia/Tokyo"
RIGHTS = "Mon-Fri 08:30-17:15; Dec 29-Jan 3 off; PH off Asia/Tokyo"
INOCHI = "Mon-Sun 16:00-21:00; 10 08:00-24:00; 11 00:00-08:00 Asia/Tokyo"
ELTERN = "Mon-Fri 09:00-17:00; Tue,Thu 17:00-19:00 Europe/Berlin"


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("hours", "now", "state", "turns"),
    [
        (CHILDLINE, "2026-11-25T02:00", "closed", "2026-11-25T16:00"),
        (CHILDLINE, "2026-11-25T15:59", "closed", "2026-11-25T16:00"),
        (CHILDLINE, "2026-11-25T16:00", "open", "2026-11-25T21:00"),
        (CHILDLINE, "2026-11-25T20:59", "open", "2026-11-25T21:00"),
        (CHILDLINE, "2026-11-25T21:00", "closed", "2026-11-26T16:00"),
        (CHILDLINE, "2026-12-28T22:00", "closed", "2027-01-04T16:00"),
        (CHILDLINE, "2027-01-01T17:00", "closed", "2027-01-04T16:00"),
        (CHILDLINE, "2027-01-04T17:00", "open", "2027-01-04T21:00"),
        (RIGHTS, "2026-11-27T17:15", "closed", "2026-11-30T08:30"),
        (RIGHTS, "2026-11-30T08:30", "open", "2026-11-30T17:15"),
        (INOCHI, "2026-12-10T03:00", "closed", "2026-12-10T08:00"),
        (INOCHI, "2026-12-10T12:00", "open", "2026-12-11T08:00"),
        (INOCHI, "2026-12-11T07:59", "open", "2026-12-11T08:00"),
        (INOCHI, "2026-12-11T08:00", "closed", "2026-12-11T16:00"),
        ("Mon-Sun 10:00-24:00 Asia/Tokyo", "2026-11-25T23:59", "open", "2026-11-26T00:00"),
        ("Mon-Sun 22:00-02:00 Asia/Tokyo", "2026-11-25T01:00", "open", "2026-11-25T02:00"),
        ("Sat-Mon 09:00-10:00 Asia/Tokyo", "2026-11-25T01:00", "closed", "2026-11-28T09:00"),
        (
            "Mon-Fri 09:00-12:00,13:00-16:30 Asia/Tokyo",
            "2026-11-25T12:30",
            "closed",
            "2026-11-25T13:00",
        ),
    ],
)
def test_the_next_turn(hours: str, now: str, state: str, turns: str) -> None:
    found = opening(hours, tokyo(now))
    assert found.state == state
    assert (found.until if state == "open" else found.opens) == tokyo(turns)
    assert not found.around_the_clock


def test_ranges_that_touch_are_one_opening() -> None:
    assert opening(ELTERN, berlin("2026-11-24T16:00")).until == berlin("2026-11-24T19:00")
    assert opening(ELTERN, berlin("2026-11-25T16:00")).until == berlin("2026-11-25T17:00")


def test_another_clock_asks_about_the_same_moment() -> None:
    asked = opening(CHILDLINE, datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert asked == opening(CHILDLINE, tokyo("2026-11-25T17:00"))
    assert asked.until is not None
    assert asked.until.utcoffset() == timedelta(hours=9)


def test_summer_time_begins_and_ends_within_the_wait() -> None:
    """29 March 2026, 02:00 becomes 03:00; 25 October, 03:00 becomes 02:00."""
    hours = "Sun 01:30-03:30 Europe/Berlin"
    spring = opening(hours, datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert (spring.opens, spring.state) == (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "closed")
    inside = opening(hours, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert inside.until == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    autumn = opening(hours, datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
    assert autumn.until == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_an_opening_that_the_clock_skips_is_none() -> None:
    hours = "Sun 02:30-03:00 Europe/Berlin"
    asked = opening(hours, datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert asked.opens == datetime(2026, 4, 5, 0, 30, tzinfo=UTC)


def test_words_instead_of_rules() -> None:
    now = tokyo("2026-11-25T02:00")
    assert opening("24/7", now) == Opening("open", around_the_clock=True, published="24/7")
    assert opening("closed", now) == Opening("closed", published="closed")
    assert opening("varies", now) == Opening("unknown", published="varies")
    assert opening("", now) == Opening("unknown", published="")


def test_holidays_are_told_and_not_computed() -> None:
    assert opening(RIGHTS, tokyo("2026-11-25T10:00")).holidays_off
    assert opening(RIGHTS, tokyo("2026-11-25T20:00")).holidays_off
    assert not opening(CHILDLINE, tokyo("2026-11-25T20:00")).holidays_off


def test_rules_without_a_zone_take_the_one_given() -> None:
    now = tokyo("2026-11-25T10:00")
    assert opening("Mon-Fri 09:00-17:00", now, TOKYO).state == "open"
    assert opening("Mon-Fri 09:00-17:00", now) == Opening(
        "unknown", published="Mon-Fri 09:00-17:00"
    )


def test_never_open_for_longer_than_is_looked_ahead() -> None:
    found = opening("1 09:00-10:00; Dec 1-Jan 31 off Asia/Tokyo", tokyo("2026-11-25T10:00"))
    assert (found.state, found.opens) == ("closed", None)


def test_around_the_clock_in_rules_is_around_the_clock() -> None:
    found = opening("Mon-Sun 00:00-24:00 Asia/Tokyo", tokyo("2026-11-25T10:00"))
    assert (found.state, found.around_the_clock, found.until) == ("open", True, None)


@pytest.mark.parametrize(
    "hours",
    [
        "Mon-Fri 09:00-17:00 Asia/Nowhere",
        "Mon-Fri 09:00-17:00 ../../etc/passwd",
        "Mon-Fri 09:00-17:00 Europe/",
        "Mon-Fri 09:00-17:00",
        "Mo-Fr 09:00-17:00 Asia/Tokyo",
        "32 09:00-17:00 Asia/Tokyo",
        "Mon 9-17 Asia/Tokyo",
        "Mon 24:00-25:00 Asia/Tokyo",
        "Mon 09:60-10:00 Asia/Tokyo",
        "Mon 09:00-24:01 Asia/Tokyo",
        "Mon 09:00-09:00 Asia/Tokyo",
        "Mon Asia/Tokyo",
        "Dez 29 off Asia/Tokyo",
        "Dec 29 to Jan 3 off Asia/Tokyo",
        "PH off Asia/Tokyo",
        "Asia/Tokyo",
        "平日 9時から",
    ],
)
def test_what_cannot_be_read_is_refused_and_shown_as_unknown(hours: str) -> None:
    with pytest.raises(BadHours):
        parse(hours)
    assert opening(hours, tokyo("2026-11-25T10:00")) == Opening("unknown", published=hours)


def test_one_day_can_be_closed() -> None:
    hours = "Mon-Sun 09:00-17:00; Dec 25 off Asia/Tokyo"
    assert opening(hours, tokyo("2026-12-25T10:00")).opens == tokyo("2026-12-26T09:00")


Rule = tuple[set[int], list[tuple[int, int]]]
Rules = list[Rule]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Week days (Monday is 0) and ranges in minutes; an end of 1440 is written 24:00."""
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    ranges = draw(
        st.lists(
            st.tuples(minutes, st.integers(1, 24 * 60)).filter(lambda pair: pair[0] != pair[1]),
            min_size=1,
            max_size=3,
        )
    )
    return days, ranges


def written(found: Rules, zone: str) -> str:
    def clock(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    parts = [
        f"{','.join(DAYS[d] for d in sorted(days))} "
        + ",".join(f"{clock(a)}-{clock(b)}" for a, b in ranges)
        for days, ranges in found
    ]
    return f"{'; '.join(parts)} {zone}"


def says_open(found: Rules, local: datetime) -> bool:
    """The grammar's meaning, read off the wall: no arithmetic of instants."""
    minute = local.hour * 60 + local.minute
    today, yesterday = local.weekday(), (local.weekday() - 1) % 7
    return any(
        (today in days and start <= minute < (end if end > start else 24 * 60))
        or (yesterday in days and end < start and minute < end)
        for days, ranges in found
        for start, end in ranges
    )


zones = st.sampled_from(["Asia/Tokyo", "Asia/Kathmandu", "Africa/Johannesburg", "UTC"])
moments = st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2030-01-01"))


@given(st.lists(rules(), min_size=1, max_size=3), zones, moments)
def test_it_agrees_with_the_clock_on_the_wall(found: Rules, zone: str, naive: datetime) -> None:
    local = naive.replace(tzinfo=ZoneInfo(zone))
    asked = opening(written(found, zone), local.astimezone(timezone(timedelta(hours=-7))))
    assert (asked.state == "open") == says_open(found, local)


@given(
    st.lists(rules(), min_size=1, max_size=3),
    st.sampled_from(["Europe/Berlin", "Asia/Tokyo"]),
    moments,
)
def test_at_the_turn_it_turns_and_until_then_it_does_not(
    found: Rules, zone: str, naive: datetime
) -> None:
    hours = written(found, zone)
    now = naive.replace(tzinfo=UTC)
    asked = opening(hours, now)
    turn = asked.until if asked.state == "open" else asked.opens
    if turn is None:
        assert asked.around_the_clock
        return
    turn = turn.astimezone(UTC)
    assert now < turn <= now + HORIZON + timedelta(days=2)
    assert opening(hours, turn).state != asked.state
    assert opening(hours, turn - timedelta(microseconds=1)).state == asked.state
    assert opening(hours, now + (turn - now) / 2).state == asked.state


@given(st.text(max_size=60), moments)
def test_any_text_at_all_means_something(hours: str, naive: datetime) -> None:
    assert opening(hours, naive.replace(tzinfo=UTC), UTC).state in ("open", "closed", "unknown")


def test_a_schedule_knows_its_days() -> None:
    schedule = parse("Mon 09:00-10:00 UTC")
    assert isinstance(schedule, Schedule)
    spans = list(schedule.spans(date(2026, 11, 23), date(2026, 11, 30)))
    nine = [datetime.combine(day, time(9), UTC) for day in (date(2026, 11, 23), date(2026, 11, 30))]
    assert spans == [(start, start + timedelta(hours=1)) for start in nine]
