"""How one message becomes lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.client.views import MessageView
from peerroom.text.cells import cell_width
from peerroom.text.foreign import ForeignText
from peerroom.tui.timeline.lines import (
    FOLD_LINES,
    GUTTER,
    MEASURE,
    Context,
    Line,
    follows,
    lay_out,
    tint,
)

WHEN = datetime(2026, 6, 3, 2, 14, tzinfo=UTC)
VIEW = MessageView(
    key="k",
    event_id="$e",
    position=1,
    sender_id="@heron:x",
    sender_name="Quiet Heron",
    own=False,
    body="Good night.",
    when=WHEN,
    state="received",
)
HERE = Context(width=60, today=date(2026, 6, 3), when=WHEN, new_day=False, new_sender=True)


def text(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_a_message_says_who_when_and_what() -> None:
    assert text(lay_out(VIEW, HERE)) == ["", "Quiet Heron  02:14", "Good night."]


def test_what_follows_from_the_same_person_needs_no_name() -> None:
    assert text(lay_out(VIEW, HERE._replace(new_sender=False))) == ["Good night."]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"sender_id": "@other:x"}, False),
        ({"when": WHEN + timedelta(minutes=8)}, False),
        ({"when": WHEN - timedelta(minutes=1)}, False),
        ({"kind": "action"}, False),
        ({"kind": "membership"}, False),
    ],
)
def test_what_counts_as_going_on(change: dict[str, object], expected: bool) -> None:
    assert follows(replace(VIEW, **change), VIEW) is expected


def test_a_day_and_the_first_unread_message_are_marked() -> None:
    lines = text(lay_out(VIEW, HERE._replace(new_day=True, new_mark=True)))
    assert any("Today" in line for line in lines)
    assert any(" new " in line for line in lines)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "Today"), (1, "Yesterday"), (2, "Monday, 1 June"), (300, "Thursday, 7 August 2025")],
)
def test_days_are_said_as_one_would_say_them(days: int, words: str) -> None:
    context = HERE._replace(new_day=True, when=WHEN - timedelta(days=days))
    assert any(words in line for line in text(lay_out(VIEW, context)))


def test_only_the_newest_own_message_says_that_it_is_sent() -> None:
    own = replace(VIEW, own=True, state="sent")
    assert text(lay_out(own, HERE))[-1] == "Good night."
    assert text(lay_out(own, HERE._replace(newest_own=True)))[-1] == "Good night.  sent"
    assert text(lay_out(own, HERE))[1].startswith("You")


def test_an_edited_message_says_so_quietly() -> None:
    view = replace(VIEW, edited=True)
    lines = lay_out(view, HERE)
    assert text(lines) == ["", "Quiet Heron  02:14", "Good night.  (edited)"]
    assert [piece.role for piece in lines[-1]] == ["body", "state"]
    own = replace(view, own=True, state="sent", trust="Not confirmed.")
    assert text(lay_out(own, HERE._replace(newest_own=True)))[-2:] == [
        "Good night.  (edited)",
        "! Not confirmed.  sent",
    ]
    narrow = text(lay_out(view, HERE._replace(width=16)))
    assert narrow[-2:] == ["Good night.", "(edited)"]


def test_sending_is_said_on_its_own_line_when_there_is_no_room() -> None:
    own = replace(VIEW, own=True, state="sending", body="x" * 56)
    assert text(lay_out(own, HERE))[-2:] == ["x" * 56, "sending"]


def test_a_failure_says_why_without_needing_colour() -> None:
    failed = replace(VIEW, own=True, state="failed", problem="The server is away.")
    assert text(lay_out(failed, HERE))[-1] == "! Not sent. The server is away."


def test_what_may_have_been_sent_is_not_called_unsent() -> None:
    unsure = replace(VIEW, own=True, state="unsure", problem="It is not certain.")
    assert text(lay_out(unsure, HERE))[-1] == "! It is not certain."


def test_trust_is_said_once_in_a_row() -> None:
    doubtful = replace(VIEW, trust="This device is not confirmed.")
    assert text(lay_out(doubtful, HERE))[-1] == "! This device is not confirmed."
    assert text(lay_out(doubtful, HERE._replace(say_trust=False)))[-1] == "Good night."


def test_what_happened_to_a_message_is_not_put_into_its_senders_mouth() -> None:
    for state in ("undecryptable", "unattributable", "deleted", "malformed"):
        view = replace(VIEW, state=state, body="What happened.")
        (piece,) = lay_out(view, HERE)[-1]
        assert piece.role == "quiet"


def test_a_name_that_nothing_supports_is_not_said() -> None:
    view = replace(VIEW, state="unattributable", body="It is not certain who wrote this.")
    lines = text(lay_out(view, HERE))
    assert lines == ["", "! sender not certain  02:14", "It is not certain who wrote this."]
    assert not follows(view, VIEW)
    assert not follows(VIEW, view)


def test_a_long_message_is_folded_and_can_be_unfolded() -> None:
    long = replace(VIEW, body="\n".join(str(n) for n in range(500)))
    folded = lay_out(long, HERE)
    assert len(folded) < FOLD_LINES + 3
    assert folded[-1][0].role == "fold"
    unfolded = lay_out(long, HERE._replace(unfolded=True))
    assert text(unfolded)[-2] == "499"
    assert unfolded[-1][0].role == "fold"


def test_a_wide_terminal_does_not_make_endless_lines() -> None:
    long = replace(VIEW, body="word " * 100)
    lines = text(lay_out(long, HERE._replace(width=300)))
    assert max(map(len, lines)) <= MEASURE


def test_arrivals_are_quiet_and_centred() -> None:
    view = replace(VIEW, kind="membership", body="Soft Rain came in.")
    (blank, line) = lay_out(view, HERE)
    assert blank == ()
    assert line[0].role == "quiet"
    assert line[0].text.strip() == "Soft Rain came in."


def test_a_sender_keeps_their_colour() -> None:
    assert tint(VIEW) == tint(replace(VIEW, body="something else", position=9))


@given(
    body=st.text(max_size=400),
    name=st.text(max_size=60),
    width=st.integers(4, 140),
    state=st.sampled_from(["received", "sending", "failed", "deleted", "unattributable"]),
    kind=st.sampled_from(["text", "action", "notice", "membership", "file", "gap"]),
    flags=st.tuples(*[st.booleans()] * 4),
)
def test_no_line_is_wider_than_the_terminal(
    body: str,
    name: str,
    width: int,
    state: str,
    kind: str,
    flags: tuple[bool, bool, bool, bool],
) -> None:
    new_day, new_mark, unfolded, newest = flags
    view = replace(
        VIEW,
        body=ForeignText(body).block(),
        sender_name=ForeignText(name).line(),
        state=state,
        kind=kind,
        problem="Why not." if state == "failed" else None,
    )
    context = HERE._replace(
        width=width, new_day=new_day, new_mark=new_mark, unfolded=unfolded, newest_own=newest
    )
    lines = lay_out(view, context)
    assert lines
    for line in lines:
        assert GUTTER + sum(cell_width(piece.text) for piece in line) <= max(width, GUTTER + 12)
        assert all("\n" not in piece.text for piece in line)


def test_what_is_covered_is_shown_to_whoever_opens_it_and_can_be_covered_again() -> None:
    view = replace(VIEW, covered=True)
    assert text(lay_out(view, HERE))[-1] == "▒▒▒▒▒▒ Covered. Enter shows it."
    opened = text(lay_out(view, HERE._replace(unfolded=True)))
    assert opened[-2:] == ["Good night.", "… cover it again"]
    for context in (HERE, HERE._replace(unfolded=True)):
        assert lay_out(view, context)[-1][0].role == "fold", "a click does the same"
