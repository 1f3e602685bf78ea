"""Cases as moderators see them: from the bot's own steps alone, whenever those come."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desks import BOT, CIRCLE, DESK, FELLOW, OTHER, OWN, START, Place

from peerroom.client.casework import Casework
from peerroom.client.casework_audit import NotExported
from peerroom.client.casework_heard import Heard
from peerroom.client.casework_views import AuditFilter
from peerroom.client.reporting_views import NobodyToTell
from peerroom.moderation.cases import fold
from peerroom.wire import cases
from peerroom.wire.cases import (
    AskedSecond,
    Claimed,
    Cleared,
    Closed,
    Done,
    LetGo,
    Line,
    More,
    Noted,
    Opened,
    Reopened,
    Replied,
    SecondOpinion,
    Shown,
    Step,
)

MINUTE = 60_000


@pytest.fixture
def place() -> Place:
    return Place(desk=True)


@pytest.fixture
def work(place: Place) -> Casework:
    [work] = place.client.casework()
    return work


def opened(case: int, at: int = 0, **more: Any) -> Opened:
    fields: dict[str, Any] = {
        "source": "report",
        "reason": "report",
        "room_id": CIRCLE,
        "about": OTHER,
        "name": "Small Otter",
        "event_ids": ("$bad",),
    }
    return Opened(case=case, n=1, at=START + at * MINUTE, **(fields | more))


def shown(case: int, n: int = 2, text: str = "buy my course") -> Shown:
    lines = (
        Line(name="Quiet Heron", text="hello", at=START),
        Line(name="Small Otter", text=text, at=START + MINUTE, about=True),
    )
    return Shown(case=case, n=n, at=START + 2 * MINUTE, lines=lines)


def tell(place: Place, *steps: Step, **more: Any) -> None:
    for step in steps:
        place.step(step, **more)
    place.heard(DESK)


def numbers(work: Casework, shelf: Any = "open") -> list[int]:
    return [row.number for row in work.cases(shelf)]


# which room


def test_the_desk_is_the_room_that_the_bot_made_and_marked(place: Place) -> None:
    assert [work.room_id for work in place.client.casework()] == [DESK]
    assert place.client.casework()[0] is place.client.casework()[0]
    assert Place().client.casework() == []


@pytest.mark.parametrize("what", ["maker", "marker", "encryption", "left"])
def test_no_other_room_is_one(what: str) -> None:
    place = Place()
    maker = OTHER if what == "maker" else BOT
    place.room(DESK, {OWN: "Heron", BOT: "Bot"}, maker=maker)
    marked = {"role": "management"}
    by = OTHER if what == "marker" else maker
    place.vault.rooms.set_state(DESK, "org.peerroom.room", "", marked, sender=by)
    if what == "left":
        place.vault.rooms.set_membership(DESK, "leave")
    if what == "encryption":
        from peerroom.store.rooms import StoredRoom

        place.room("!plain:example.org", {OWN: "Heron", BOT: "Bot"})
        place.vault.rooms.remove(DESK)
        assert place.client.casework() == []
        place.vault.rooms.put(StoredRoom("!clear:example.org", place.account.id))
        for room_id, kind, content in (
            ("!clear:example.org", "m.room.create", {}),
            ("!clear:example.org", "org.peerroom.room", marked),
        ):
            place.vault.rooms.set_state(room_id, kind, "", content, sender=BOT)
    assert place.client.casework() == []
    with pytest.raises(NobodyToTell):
        Casework(place.client, place.vault, CIRCLE, place.clock)


# the list


def test_open_cases_urgent_first_then_nobodys_then_the_oldest(place: Place, work: Casework) -> None:
    tell(
        place,
        opened(1, 1),
        opened(2, 2),
        opened(3, 3, urgent=True, source="flag", reason="risk"),
        opened(4, 0),
        opened(5, 5),
        opened(6, 6),
        Claimed(case=1, n=2, at=START + 7 * MINUTE, by=OWN),
        Claimed(case=4, n=2, at=START + 8 * MINUTE, by=FELLOW),
        Closed(case=5, n=2, at=START + 9 * MINUTE, by=FELLOW, outcome="nothing"),
        Closed(case=6, n=2, at=START + 10 * MINUTE, by=OWN, outcome="removed"),
    )
    assert numbers(work) == [3, 2, 4, 1]
    assert numbers(work, "mine") == [1]
    assert numbers(work, "closed") == [6, 5]
    urgent, free, theirs, mine = work.cases()
    assert urgent.urgent and urgent.title.startswith("someone may not be well: ")
    assert (free.stand, free.holder, free.waiting) == ("open", "", free.opened)
    assert (theirs.stand, theirs.holder, theirs.mine) == ("claimed", "Old Badger", False)
    assert (mine.holder, mine.mine, mine.waiting) == ("Quiet Heron", True, None)
    assert (mine.title, mine.name, mine.room) == (
        "reported by a member",
        "Small Otter",
        "Room circ",
    )
    assert mine.opened == datetime(2026, 3, 4, 2, 1, tzinfo=UTC)
    assert work.cases("closed")[0].outcome == "removed"


@pytest.mark.parametrize(
    "how",
    [
        {"trust": "unsigned"},
        {"trust": "unknown"},
        {"trust": "identity_changed"},
        {"status": "unattributable"},
        {"encrypted": False},
    ],
)
def test_a_step_counts_only_from_the_bots_signed_device(
    place: Place, work: Casework, how: dict[str, Any]
) -> None:
    tell(place, opened(1), **how)
    assert work.cases() == []


def test_nor_from_anybody_else_nor_as_an_edit(place: Place, work: Casework) -> None:
    said = {"msgtype": "m.notice", "body": "x", cases.FIELD: cases.content(opened(1))}
    place.said(DESK, FELLOW, said)
    place.said(DESK, BOT, said | {"m.new_content": said})
    place.said(DESK, BOT, said | {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}})
    place.said(DESK, BOT, said, event_type="m.reaction")
    place.said(CIRCLE, BOT, said)
    place.said(DESK, BOT, {"msgtype": "m.notice", "body": "x", cases.FIELD: {"type": "Opened"}})
    place.heard(DESK)
    assert work.cases() == []


FOREIGN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "case", "n", "at", "by", "text", "v"]), inner)
    ),
    max_leaves=12,
)


@given(FOREIGN, st.sampled_from([*(kind.__name__ for kind in cases.Step.__args__), "Other"]))
def test_whatever_stands_in_a_notice_harms_nothing(value: Any, kind: str) -> None:
    place = Place(desk=True)
    if isinstance(value, dict):
        value = {**value, "type": kind}
    place.said(DESK, BOT, {"msgtype": "m.notice", "body": "x", cases.FIELD: value})
    place.step(opened(7))
    place.heard(DESK)
    [work] = place.client.casework()
    assert 7 in numbers(work) + numbers(work, "closed")
    for row in work.cases():
        work.page(row.number)


# what comes late


LIFE: list[Step] = [
    opened(1),
    shown(1),
    Claimed(case=1, n=3, at=START + 3 * MINUTE, by=OWN),
    Noted(case=1, n=4, at=START + 4 * MINUTE, by=OWN, text="looks like last week"),
    AskedSecond(case=1, n=5, at=START + 5 * MINUTE, by=OWN),
    SecondOpinion(case=1, n=6, at=START + 6 * MINUTE, by=FELLOW, agrees=True, text="yes"),
    Done(case=1, n=7, at=START + 7 * MINUTE, by=OWN, what="removed", deed=12),
    Replied(case=1, n=8, at=START + 8 * MINUTE, by=OWN, to="reporter", text="Thank you."),
    Closed(case=1, n=9, at=START + 9 * MINUTE, by=OWN, outcome="removed"),
    opened(2, 10),
    More(case=2, n=2, at=START + 11 * MINUTE, source="report", event_ids=("$b",)),
    LetGo(case=2, n=3, at=START + 12 * MINUTE, lapsed=True),
    Reopened(case=1, n=10, at=START + 13 * MINUTE, by=FELLOW),
]


@given(st.randoms(use_true_random=False), st.integers(0, 4))
def test_the_same_steps_make_the_same_cases_however_they_come(random: Random, repeats: int) -> None:
    expected: Any = {}
    for step in LIFE:
        expected = fold(expected, step)
    heard = [*LIFE, *random.choices(LIFE, k=repeats)]
    random.shuffle(heard)
    place = Place(desk=True)
    reader = Heard(place.vault, DESK, BOT)
    for step in heard:
        place.step(step)
        if random.random() < 0.3:
            reader.refresh()
    reader.refresh()
    assert reader.cases == expected
    assert reader.refresh() is False


def test_two_steps_under_one_number_are_the_same_one_for_everybody() -> None:
    one, other = opened(1, name="One"), opened(1, name="Other")
    made = []
    for order in ((one, other), (other, one)):
        for at_once in (True, False):
            place = Place(desk=True)
            reader = Heard(place.vault, DESK, BOT)
            for step in order:
                place.step(step)
                if not at_once:
                    reader.refresh()
            reader.refresh()
            made.append(reader.cases[1].name)
    assert made == [fold(fold({}, one), other)[1].name] * 4


def test_history_that_is_fetched_later_and_late_keys_find_their_place(
    place: Place, work: Casework
) -> None:
    late = place.step(Claimed(case=1, n=2, at=START, by=OWN), status="undecryptable")
    tell(place, Closed(case=1, n=3, at=START + MINUTE, by=OWN, outcome="helped"))
    [row] = work.cases("closed")
    assert not row.complete and row.opened is None
    # Fetched from before: below everything that was read.
    place.step(opened(1), position=-50)
    place.heard(DESK)
    [row] = work.cases("closed")
    assert not row.complete and row.opened is not None
    step = cases.content(Claimed(case=1, n=2, at=START, by=OWN))
    content = {"msgtype": "m.notice", "body": "x", cases.FIELD: step}
    place.vault.events.set_clear(
        late.event_id, {"type": "m.room.message", "content": content}, "ok", "signed"
    )
    place.heard(DESK)
    [row] = work.cases("closed")
    assert row.complete


# a page


def test_whose_word_a_message_may_not_be_is_said_beside_it(place: Place, work: Casework) -> None:
    line = Line(name="Small Otter", text="buy", at=START, about=True, unsigned=True)
    tell(place, opened(1), Shown(case=1, n=2, at=START, lines=(line,)))
    work.uncover(1)
    page = work.page(1)
    assert page is not None
    assert [line.doubt for line in page.evidence.lines] == [
        "written from a device that is not confirmed"
    ]


def test_the_messages_are_covered_until_somebody_opens_them(place: Place, work: Casework) -> None:
    tell(place, opened(1), shown(1), opened(2), shown(2))
    page = work.page(1)
    assert page is not None and page.evidence.covered and not page.evidence.gone
    assert [(line.text, line.name) for line in page.evidence.lines] == [("", ""), ("", "")]
    assert [line.cells for line in page.evidence.lines] == [5, 13]
    assert [line.about for line in page.evidence.lines] == [False, True]
    assert "course" not in repr(page)

    work.uncover(1)
    page = work.page(1)
    assert page is not None and [line.text for line in page.evidence.lines] == [
        "hello",
        "buy my course",
    ]
    other = work.page(2)
    assert other is not None and other.evidence.covered
    work.cover(1)
    page = work.page(1)
    assert page is not None and page.evidence.covered


@pytest.mark.parametrize("how", ["cleared", "redacted"])
def test_messages_that_are_kept_no_longer_are_gone_here_too(
    place: Place, work: Casework, how: str
) -> None:
    tell(place, opened(1))
    event = place.step(shown(1))
    place.heard(DESK)
    work.uncover(1)
    page = work.page(1)
    assert page is not None and len(page.evidence.lines) == 2
    if how == "cleared":
        tell(place, Cleared(case=1, n=3, at=START, shown=(2,)))
    else:
        place.vault.events.redact(DESK, event.event_id, by=BOT)
    page = work.page(1)
    assert page is not None and page.evidence.gone and page.evidence.lines == ()


def test_what_was_shown_later_stands_below_what_was_shown_before(
    place: Place, work: Casework
) -> None:
    tell(place, opened(1), shown(1), shown(1, 3, "and again"), shown(1, 4, "and again"))
    work.uncover(1)

    def texts() -> list[str]:
        page = work.page(1)
        assert page is not None
        return [line.text for line in page.evidence.lines]

    assert texts() == ["hello", "buy my course", "and again"]
    tell(place, Cleared(case=1, n=5, at=START, shown=(2,)))
    assert texts() == ["hello", "and again"]
    tell(place, Cleared(case=1, n=6, at=START))
    assert texts() == []


def test_a_page_tells_everything_in_order(place: Place, work: Casework) -> None:
    tell(place, *LIFE[:9])
    page = work.page(1)
    assert page is not None
    assert [(line.who, line.words) for line in page.history] == [
        ("", "reported by a member"),
        ("", "the messages were kept"),
        ("Quiet Heron", "looks after it"),
        ("Quiet Heron", "left a note"),
        ("Quiet Heron", "asked for a second opinion"),
        ("Old Badger", "agrees"),
        ("Quiet Heron", "removed"),
        ("Quiet Heron", "wrote to whoever asked"),
        ("Quiet Heron", "closed it: removed"),
    ]
    assert [line.text for line in page.history if line.text] == [
        "looks like last week",
        "yes",
        "Thank you.",
    ]
    assert [line.deed for line in page.history if line.deed] == [12]
    assert page.acts == {"note", "undo"}
    assert work.page(99) is None


def test_what_can_be_done_follows_from_how_it_stands(place: Place, work: Casework) -> None:
    def acts() -> frozenset[str]:
        page = work.page(1)
        assert page is not None
        return page.acts

    tell(place, opened(1, source="hold", reason="contact"))
    assert acts() == {"note", "claim"}
    tell(place, Claimed(case=1, n=2, at=START, by=OWN))
    assert acts() == {"note", "drop", "reply", "tell", "close", "second", "remove", "allow"}
    tell(place, LetGo(case=1, n=3, at=START, by=OWN), Claimed(case=1, n=4, at=START, by=FELLOW))
    tell(place, AskedSecond(case=1, n=5, at=START, by=FELLOW))
    assert acts() == {"note", "claim", "agree", "disagree"}


# audit and shifts


def test_the_audit_log_is_filtered(place: Place, work: Casework) -> None:
    tell(place, *LIFE)
    every = work.audit()
    assert [entry.when for entry in every] == sorted((e.when for e in every), reverse=True)
    assert {entry.case for entry in work.audit(AuditFilter(case=2))} == {2}
    assert [entry.words for entry in work.audit(AuditFilter(deeds_only=True))] == [
        "opened it again",
        "closed it: removed",
        "wrote to whoever asked",
        "removed",
    ]
    assert {entry.who for entry in work.audit(AuditFilter(text="old bAdger"))} == {"Old Badger"}
    since = datetime(2026, 3, 4, 2, 12, tzinfo=UTC)
    assert len(work.audit(AuditFilter(since=since))) == 2
    assert len(work.audit(AuditFilter(until=since))) == len(every) - 1
    assert all("last week" not in repr(entry) for entry in every)


def test_the_log_can_be_taken_along(place: Place, work: Casework, tmp_path: Path) -> None:
    tell(place, *LIFE, opened(3, name="=cmd|' /C calc'!A0"))
    path = tmp_path / "log.csv"
    assert work.export(path) == len(work.audit())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    head, *rows = text.splitlines()
    assert head == "when,case,who,about,what,deed" and len(rows) == len(work.audit())
    assert "2026-03-04T02:07:00+00:00,1,Quiet Heron,Small Otter,removed,12" in rows
    assert any(row.split(",")[3].startswith("'=cmd") for row in rows)
    for secret in ("buy my course", "last week", "Thank you", OWN, OTHER, "$bad"):
        assert secret not in text
    for wrong in (path, tmp_path / "nowhere" / "log.csv", tmp_path):
        with pytest.raises(NotExported):
            work.export(wrong)
    assert path.read_text() == text


def test_half_a_log_is_none(
    place: Place, work: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    tell(place, *LIFE)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotExported):
        work.export(tmp_path / "log.csv")
    assert list(tmp_path.iterdir()) == []


async def test_what_happened_since_the_last_shift(place: Place, work: Casework) -> None:
    assert work.since_last_shift().sentence == "Nothing new since your last shift."
    tell(place, opened(1), opened(2), opened(3, urgent=True))
    tell(place, Closed(case=1, n=2, at=START + 5 * MINUTE, by=OWN, outcome="nothing"))
    digest = work.since_last_shift()
    assert digest.since is None
    assert (digest.opened, digest.still_open, digest.urgent, digest.closed) == (3, 2, 1, 1)
    assert digest.sentence == (
        "Since your last shift: 3 cases, 2 open. 1 of them is about someone who may not be well."
    )
    place.clock.advance(3_600)
    place.vault.records.replace("casework.shifts", DESK, START + 3_600_000)
    assert work.since_last_shift().opened == 0
    tell(place, opened(4, 61))
    digest = work.since_last_shift()
    assert (digest.opened, digest.still_open, digest.closed) == (1, 3, 0)


def test_how_the_rooms_stand(place: Place, work: Casework) -> None:
    place.said(CIRCLE, OTHER, "", status="undecryptable")
    [room] = work.rooms()
    assert (room.room_id, room.people, room.bot_here, room.bot_proven) == (CIRCLE, 3, True, True)
    assert room.sentence == (
        "3 people, and the bot is here. 1 of the newest messages cannot be read here."
    )
    levels = {"users_default": 0, "events_default": 50, "users": {OTHER: -1}}
    place.vault.rooms.set_state(CIRCLE, "m.room.power_levels", "", levels, sender=BOT)
    [room] = work.rooms()
    assert room.locked and room.muted == 1
    assert "Only moderators can write now. 1 is muted." in room.sentence
    place.vault.identities.pin(BOT, "B" * 43)
    assert "not proven" in work.rooms()[0].sentence
    place.member(CIRCLE, BOT, "Moderator bot", "leave")
    assert "nobody looks after it" in work.rooms()[0].sentence


def test_a_generated_name_is_shown_in_the_readers_half(place: Place, work: Casework) -> None:
    both = "Quiet Amber Heron / 静かな琥珀のアオサギ"
    tell(place, opened(1, name=both), opened(2, name="Otter / カワウソ"))
    assert [row.name for row in work.cases()] == ["Quiet Amber Heron", "Otter / カワウソ"]


def test_no_word_of_a_member_hides_the_moderators_rooms(place: Place, work: Casework) -> None:
    """A room is not one of two because somebody said so."""
    for room_id in (CIRCLE, DESK):
        place.vault.rooms.set_direct(room_id, True)
    assert [work.room_id for work in place.client.casework()] == [DESK]
    assert [room.room_id for room in work.rooms()] == [CIRCLE]
    assert not place.client.room(CIRCLE).direct
