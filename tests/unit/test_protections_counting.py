"""Protections that count: what they find, what they only nearly find, and whom they leave alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError
from support.watching import BOT, MODERATOR, NIGHT, ROOM, comes, room, seen, verbs, watched

from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Protection
from peerroom.moderation.protections.churn import CHURN
from peerroom.moderation.protections.impersonation import IMPERSONATION
from peerroom.moderation.protections.malformed import MALFORMED
from peerroom.moderation.protections.mentions import MENTIONS
from peerroom.moderation.protections.pace import PACE
from peerroom.moderation.protections.quiet import QUIET, Quiet, opens_at
from peerroom.moderation.protections.raid import RAID
from peerroom.moderation.protections.repeats import REPEATS
from peerroom.moderation.seen import Kind, Membership
from peerroom.moderation.window import MOST, Window

COUNTING = [PACE, RAID, MENTIONS, CHURN, MALFORMED, IMPERSONATION, REPEATS]


def people(count: int) -> list[str]:
    return [f"@p{number}:example.org" for number in range(count)]


# pace


def test_who_writes_very_fast_gets_a_pause() -> None:
    found = watched(PACE, [seen(after=number) for number in range(21)])

    assert verbs(found) == ["slow"]
    assert found[0].lasts == timedelta(seconds=30)


def test_ten_short_messages_in_a_minute_are_left_alone() -> None:
    assert watched(PACE, [seen("please", after=6 * number) for number in range(10)]) == []


def test_many_people_who_write_are_no_fast_one() -> None:
    assert watched(PACE, [seen(sender=person) for person in people(60)]) == []


def test_reactions_are_no_messages() -> None:
    assert watched(PACE, [seen("👍", kind="reaction") for _ in range(60)]) == []


# raid


def test_many_who_come_at_once_lock_the_room_for_a_while() -> None:
    found = watched(RAID, [comes(person, after=3 * i) for i, person in enumerate(people(10))])

    assert verbs(found) == ["lock"]
    assert found[0].lasts == timedelta(minutes=15)
    assert found[0].user_id is None


def test_nine_are_a_good_evening() -> None:
    assert watched(RAID, [comes(person) for person in people(9)]) == []


def test_as_many_over_an_hour_are_a_good_evening() -> None:
    assert watched(RAID, [comes(p, after=60 * i) for i, p in enumerate(people(40))]) == []


def test_one_who_comes_again_and_again_is_one() -> None:
    assert watched(RAID, [comes("@p:example.org", after=i) for i in range(30)]) == []


def test_everyone_who_comes_with_a_new_name_is_expected() -> None:
    seated = frozenset(people(50))

    assert watched(RAID, [comes(person) for person in people(50)], room(seated=seated)) == []


def test_many_new_voices_at_once_lock_the_room() -> None:
    newcomers = dict.fromkeys(people(6), NIGHT)
    events = [seen(f"buy {i}", person, after=i) for i, person in enumerate(people(6))]

    assert verbs(watched(RAID, events, room(newcomers=newcomers))) == ["lock"]
    assert watched(RAID, events, room()) == []


def test_a_locked_room_is_not_locked_again() -> None:
    assert watched(RAID, [comes(person) for person in people(30)], room(locked=True)) == []


def test_raiders_who_were_banned_lock_the_room_no_second_time() -> None:
    """A moderator bans them and opens the room; the next who is new may write."""
    newcomers = dict.fromkeys(people(7), NIGHT)
    banned = frozenset(people(6))
    events = [seen(f"buy {i}", person, after=i) for i, person in enumerate(people(7))]

    assert watched(RAID, events, room(newcomers=newcomers, banned=banned)) == []


# mentions


def test_a_message_that_calls_very_many_is_held() -> None:
    assert verbs(watched(MENTIONS, [seen(mentions=tuple(people(7)))])) == ["hold"]


def test_calling_a_few_is_fine() -> None:
    assert watched(MENTIONS, [seen(mentions=tuple(people(6)))]) == []


def test_ids_in_the_text_call_too_and_the_same_one_once() -> None:
    ids = " ".join(people(7))

    assert verbs(watched(MENTIONS, [seen(ids)])) == ["hold"]
    assert watched(MENTIONS, [seen(" ".join(["@a:example.org"] * 20))]) == []
    linked = " ".join(f"https://matrix.to/#/%40u{i}:example.org" for i in range(7))
    assert verbs(watched(MENTIONS, [seen(linked)])) == ["hold"]


def test_a_storm_costs_the_voice_for_a_while() -> None:
    events = [seen(mentions=tuple(people(6)), after=i) for i in range(4)]

    assert verbs(watched(MENTIONS, events)) == ["mute", "hold"]


def test_calling_the_whole_room_is_a_storm() -> None:
    assert verbs(watched(MENTIONS, [seen(mentions_room=True)])) == ["mute", "hold"]


# churn


def test_coming_and_going_all_the_time_is_told_once() -> None:
    coming = [comes("@p:example.org", after=10 * number) for number in range(12)]

    assert verbs(watched(CHURN, coming)) == ["flag"]
    assert watched(CHURN, coming[:6]) == []


def test_being_removed_is_nobodys_own_coming_and_going() -> None:
    gone = [
        replace(comes(MODERATOR, after=i), target="@p:example.org", membership="leave")
        for i in range(12)
    ]

    assert watched(CHURN, gone, room(exempt=frozenset())) == []


# malformed


def test_broken_and_huge_messages_are_held() -> None:
    assert verbs(watched(MALFORMED, [seen(None, kind="malformed")])) == ["hold"]
    assert verbs(watched(MALFORMED, [seen(size=41 * 1024)])) == ["hold"]
    assert watched(MALFORMED, [seen(size=39 * 1024)]) == []


# repeats

ADVERT = "Our online school takes your child in at once, write to us today for a place"


def test_the_same_text_from_three_people_is_held_where_the_third_says_it() -> None:
    events = [seen(ADVERT, p, after=60 * i) for i, p in enumerate(people(3))]

    found = watched(REPEATS, events)

    assert [(finding.verb, finding.user_id) for finding in found] == [("hold", people(3)[2])]
    assert found[0].event_ids == (events[2].event_id,)


def test_whoever_is_copied_keeps_their_message() -> None:
    """Somebody writes how they are; others copy it to have it taken away."""
    cry = seen(ADVERT, "@parent:example.org")
    mocked = [seen(ADVERT, "@m:example.org", after=i) for i in range(1, 6)]
    puppets = [seen(ADVERT, person, after=i) for i, person in enumerate(people(4), start=10)]
    again = seen(ADVERT, "@parent:example.org", after=20)

    found = watched(REPEATS, [cry, *mocked, *puppets, again])

    held = {event for finding in found for event in finding.event_ids}
    assert held >= {event.event_id for event in mocked}
    assert held.isdisjoint({cry.event_id, again.event_id})


def test_the_same_text_from_one_person_is_held_the_fourth_time() -> None:
    shouted = [seen(text, after=i) for i, text in enumerate([ADVERT, ADVERT.upper(), f"{ADVERT}!"])]

    assert watched(REPEATS, shouted) == []
    assert verbs(watched(REPEATS, [*shouted, seen(ADVERT.replace(" ", "  "))])) == ["hold"]


@pytest.mark.parametrize(
    "text", ["ありがとうございます。助かりました", "Thank you so much for this"]
)
def test_thanking_with_the_same_words_is_no_repetition(text: str) -> None:
    assert watched(REPEATS, [seen(text, person) for person in people(20)]) == []


def test_an_own_text_that_is_mended_often_is_no_repetition() -> None:
    assert watched(REPEATS, [seen(ADVERT, kind="edit", after=i) for i in range(9)]) == []


def test_the_same_text_a_day_later_is_no_repetition() -> None:
    events = [seen(ADVERT, person, after=700 * i) for i, person in enumerate(people(9))]

    assert watched(REPEATS, events) == []


# impersonation


@pytest.mark.parametrize(
    "name", ["Quiet Heron", "quiet  heron", "Quіet Herοn", "静かなサギ", "Moderator bοt"]
)
def test_a_name_like_a_moderators_costs_the_voice_for_a_while(name: str) -> None:
    found = watched(IMPERSONATION, [comes("@p:example.org", name)])

    assert verbs(found) == ["mute", "flag"]
    assert found[0].lasts == timedelta(minutes=30)


@pytest.mark.parametrize("name", ["運営スタッフ", "Admin"])
def test_a_reserved_word_is_told_and_no_more(name: str) -> None:
    assert verbs(watched(IMPERSONATION, [comes("@p:example.org", name)])) == ["flag"]
    assert watched(IMPERSONATION, [comes("@p:example.org", name)], settings={"words": False}) == []


def test_other_names_are_fine_and_are_judged_when_they_are_new() -> None:
    assert watched(IMPERSONATION, [comes("@p:example.org", "Quiet Sparrow")]) == []
    same = comes("@p:example.org", "Quiet Heron", was="join", named=False)
    assert watched(IMPERSONATION, [same]) == []
    renamed = replace(same, named=True)
    assert verbs(watched(IMPERSONATION, [renamed])) == ["mute", "flag"]


# quiet hours


@pytest.mark.parametrize(
    ("hour", "closed"), [("15:59", False), ("16:00", True), ("20:59", True), ("21:00", False)]
)
def test_the_room_is_closed_for_the_night_and_opens_again(hour: str, closed: bool) -> None:
    """One to six in Tokyo, in UTC."""
    now = datetime.fromisoformat(f"2026-11-23T{hour}:00+00:00")
    guard = Guard([QUIET], {"quiet": "on"}, {})

    found = guard.watch(now, room())

    assert verbs(found) == (["lock"] if closed else [])
    assert guard.watch(now, room(locked=True)) == []
    if closed:
        assert found[0].lasts is not None
        assert now + found[0].lasts == datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
        assert "F1" in found[0].says


def test_hours_that_do_not_pass_midnight() -> None:
    nap = Quiet(closes="12:00", opens="14:00", zone="UTC")

    assert opens_at(nap, datetime(2026, 1, 1, 13, 0, tzinfo=UTC)) == datetime(
        2026, 1, 1, 14, 0, tzinfo=UTC
    )
    assert opens_at(nap, datetime(2026, 1, 1, 14, 0, tzinfo=UTC)) is None


def test_quiet_hours_are_off_unless_wanted() -> None:
    assert Guard([QUIET], {}, {}).watch(NIGHT, room()) == []


@pytest.mark.parametrize(
    "settings",
    [{"closes": "25:00"}, {"closes": "06:00"}, {"zone": "Nowhere/Here"}, {"zone": "../../etc"}],
)
def test_hours_that_make_no_sense_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        QUIET.read(settings)


# all of them


@pytest.mark.parametrize("protection", COUNTING)
def test_moderators_and_the_bot_are_left_alone(protection: Protection[Any]) -> None:
    for sender in (MODERATOR, BOT):
        events = [
            seen("@a:b " * 50, sender, size=60_000, mentions_room=True, kind=kind)
            for kind in ("text", "malformed") * 30
        ]
        events += [comes(sender, "Admin") for _ in range(30)]
        assert watched(protection, events, room(newcomers={sender: NIGHT})) == []


@pytest.mark.parametrize("protection", COUNTING)
@given(
    text=st.one_of(st.none(), st.text(max_size=300)),
    kind=st.sampled_from(["text", "media", "edit", "reaction", "member", "malformed", "other"]),
    sender=st.text(max_size=40),
    mentions=st.lists(st.text(max_size=20), max_size=5),
    membership=st.sampled_from([None, "join", "leave", "ban"]),
)
def test_nothing_that_strangers_send_breaks_them(
    protection: Protection[Any],
    text: str | None,
    kind: Kind,
    sender: str,
    mentions: list[str],
    membership: Membership | None,
) -> None:
    event = seen(
        text, sender, kind=kind, mentions=tuple(mentions), membership=membership, target=sender
    )
    for finding in watched(protection, [event, event, event]):
        assert finding.room_id == ROOM
        assert finding.verb != "ban"


def test_another_servers_clock_hides_nothing_from_a_window() -> None:
    window = Window()
    window.add(seen(after=0))
    window.add(seen(after=-3000))
    window.add(seen(after=1))

    assert len(list(window.since(NIGHT))) == 3


def test_a_window_forgets_what_is_old_and_never_grows_without_end() -> None:
    window = Window()
    for number in range(MOST + 10):
        window.add(seen(after=0.001 * number))
    assert len(window) == MOST

    window.add(seen(sender="@late:example.org", after=2 * 3600))

    assert len(window) == 1
    assert list(window.of("@parent:example.org", NIGHT)) == []
