"""When things happen: weekly switches across changes of the clock, and the moments of an epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peerroom.pseudonym.epochs import (
    Every,
    Policy,
    Rhythm,
    Times,
    Weekly,
    milliseconds,
    moment,
)
from peerroom.wire.records import ROUNDS, EpochOpened

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
ZONES = ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
START = datetime(2020, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=7300)).map(lambda since: START + since)
weeklies = st.builds(
    Weekly, weekday=st.integers(0, 6), hour=st.integers(0, 23), zone=st.sampled_from(ZONES)
)


# --- rhythms --------------------------------------------------------------------------------------


@given(weekly=weeklies, now=moments)
def test_the_next_switch_is_the_first_one_at_that_hour_of_that_day(
    weekly: Weekly, now: datetime
) -> None:
    found = weekly.after(now)
    assert now < found <= now + WEEK + timedelta(hours=1)
    local = found.astimezone(ZoneInfo(weekly.zone))
    assert local.weekday() == weekly.weekday
    if local.hour != weekly.hour:  # an hour that the clocks left out
        assert (
            local.utcoffset() != (found - timedelta(hours=3)).astimezone(local.tzinfo).utcoffset()
        )
    assert weekly.after(found - timedelta(microseconds=1)) == found
    assert weekly.after(found) > found


def switches(weekly: Weekly, begin: datetime, count: int) -> list[datetime]:
    found = [weekly.after(begin)]
    while len(found) < count:
        found.append(weekly.after(found[-1]))
    return found


@pytest.mark.parametrize(
    ("zone", "lengths"),
    [
        ("Europe/Berlin", {167, 168, 169}),
        ("America/New_York", {167, 168, 169}),
        ("Australia/Lord_Howe", {167.5, 168, 168.5}),  # half an hour
        ("Asia/Tokyo", {168}),
    ],
)
def test_the_local_hour_is_kept_when_clocks_change(zone: str, lengths: set[float]) -> None:
    found = switches(Weekly(6, 5, zone), datetime(2026, 1, 1, tzinfo=UTC), 60)
    assert {at.astimezone(ZoneInfo(zone)).strftime("%a %H:%M") for at in found} == {"Sun 05:00"}
    hours = {(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(found)}
    assert hours == lengths


def test_an_hour_that_is_left_out_and_one_that_comes_twice() -> None:
    night = Weekly(6, 2, "Europe/Berlin")
    assert night.after(datetime(2026, 3, 28, tzinfo=UTC)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # 02:00 of 25 October is at 00:00 and at 01:00 UTC
    assert night.after(datetime(2026, 10, 24, tzinfo=UTC)) == datetime(2026, 10, 25, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert night.after(between) == datetime(2026, 11, 1, 1, tzinfo=UTC)


@given(now=moments, length=st.timedeltas(timedelta(seconds=1), WEEK))
def test_every_so_often(now: datetime, length: timedelta) -> None:
    assert Every(length).after(now) == now + length


# --- policies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [{"window": timedelta(0)}, {"freeze": -timedelta(seconds=1)}, {"floor": 0}]
)
def test_a_policy_without_room_is_refused(wrong: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="window"):
        Policy(**wrong)


rhythms: st.SearchStrategy[Rhythm] = st.one_of(
    weeklies, st.builds(Every, st.timedeltas(timedelta(minutes=1), 2 * WEEK))
)


@given(
    rhythm=rhythms,
    window=st.timedeltas(timedelta(seconds=10), 2 * DAY),
    freeze=st.timedeltas(timedelta(0), timedelta(hours=1)),
    opened=moments,
)
def test_there_is_a_window_of_time_to_ask(
    rhythm: Rhythm, window: timedelta, freeze: timedelta, opened: datetime
) -> None:
    cut_off, switch = Policy(rhythm, window, freeze).times(opened)
    assert cut_off + window + freeze == switch
    assert cut_off >= opened + window
    if isinstance(rhythm, Every):
        assert (switch - opened) % rhythm.length == timedelta(0)
    else:
        assert rhythm.after(switch - timedelta(microseconds=1)) == switch


def test_the_week_of_a_circle_in_japan() -> None:
    cut_off, switch = Policy().times(datetime(2026, 11, 1, 5, tzinfo=ZoneInfo("Asia/Tokyo")))
    tokyo = ZoneInfo("Asia/Tokyo")
    assert switch == datetime(2026, 11, 8, 5, tzinfo=tokyo)
    assert cut_off == datetime(2026, 11, 6, 16, 30, tzinfo=tokyo)


# --- the moments of an epoch ----------------------------------------------------------------------

times = st.builds(
    lambda opened, ask, window, freeze: Times(opened, opened + ask, window, freeze),
    moments,
    st.timedeltas(timedelta(0), 2 * WEEK),
    st.timedeltas(timedelta(seconds=10), 2 * DAY),
    st.timedeltas(timedelta(0), timedelta(hours=1)),
)


@given(times=times)
def test_moments_come_one_after_another(times: Times) -> None:
    assert times.begins(0) == times.cut_off
    for round_ in range(ROUNDS):
        first, last = times.visits(round_)
        assert times.begins(round_) < first < last < times.ends(round_) <= times.switch(round_)
        assert times.ends(round_) == times.begins(round_ + 1)
        assert abs((first - times.begins(round_)) / times.window - 1 / 4) < 1e-6
        assert abs((times.ends(round_) - last) / times.window - 1 / 12) < 1e-6


@given(times=times, seed=st.integers(), past=st.floats(-1, 3))
def test_a_request_is_drawn_between_now_and_some_time_before_the_cut_off(
    times: Times, seed: int, past: float
) -> None:
    length = times.cut_off - times.opened
    now = times.opened + past * length
    drawn = times.draw_request(Random(seed), now)
    assert drawn >= max(now, times.opened)
    latest = times.cut_off - length / 20
    assert drawn <= latest or drawn == max(now, times.opened)


@given(times=times, seed=st.integers())
def test_visits_are_drawn_within_their_time(times: Times, seed: int) -> None:
    drawn = times.draw_visits(Random(seed))
    assert len(drawn) == ROUNDS
    for round_, at in enumerate(drawn):
        first, last = times.visits(round_)
        assert first <= at <= last
    assert drawn == times.draw_visits(Random(seed))


def test_visits_are_spread_over_all_of_their_time() -> None:
    opened = datetime(2026, 1, 1, tzinfo=UTC)
    times = Times(opened, opened + 6 * DAY, DAY, timedelta(minutes=30))
    first, last = times.visits(0)
    shares = [(times.draw_visits(Random(n))[0] - first) / (last - first) for n in range(2000)]
    for tenth in range(10):
        assert 140 < sum(tenth <= 10 * share < tenth + 1 for share in shares) < 260


def test_the_times_of_a_record() -> None:
    keys = (bytes(388),) * 3
    record = EpochOpened(1, 1_000, 2_000, 3_000, 4_000, 8, keys, keys, bytes(32))
    assert Times.of(record) == Times(
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC),
        timedelta(seconds=3),
        timedelta(seconds=4),
    )


@given(st.integers(0, 1 << 47))
@example(1001)  # 1.001 * 1000 is a little less as a float
def test_a_moment_is_the_same_as_a_number(number: int) -> None:
    assert milliseconds(moment(number)) == number
    assert moment(number).tzinfo is UTC


@given(moments)
def test_a_part_of_a_millisecond_is_left_out(when: datetime) -> None:
    assert timedelta(0) <= when - moment(milliseconds(when)) < timedelta(milliseconds=1)


def test_a_moment_beyond_the_calendar_is_its_last() -> None:
    assert moment(1 << 60) == datetime.max.replace(tzinfo=UTC)


@given(latest=st.just((1 << 47, (1 << 36))))
def test_the_latest_record_can_be_counted_with(latest: tuple[int, int]) -> None:
    """The format bounds moments and lengths, so that no record makes a client overflow."""
    at, length = latest
    keys = (bytes(388),) * 3
    times = Times.of(EpochOpened(1, at, at, length, length, 8, keys, keys, bytes(32)))
    assert times.switch(ROUNDS - 1) < datetime.max.replace(tzinfo=UTC) - WEEK
    assert times.draw_visits(Random(0))
