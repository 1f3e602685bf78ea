"""Whoever's messages are held hears of each, and not each time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.paper_desk import ANNA, BEN, CIRCLE, NOW, PaperDesk, of_kind, told_words

from peerroom.moderation import actions as act
from peerroom.moderation.explaining import MOST
from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.state import Retired, Rotation
from peerroom.moderation.untold import AGAIN, BOOK, KEPT
from peerroom.wire.member import Explained


def found(event: str, verb: Verb = "hold", **changes: Any) -> Finding:
    fields = {"reason": "words", "room_id": CIRCLE, "user_id": ANNA, **changes}
    return Finding("words", verb, event_ids=(event,), **fields)


def told(actions: list[act.Action]) -> list[tuple[str, tuple[str, ...]]]:
    tells = of_kind(act.TellMember, actions)
    assert all(isinstance(one.tell, Explained) for one in tells)
    return [(one.user_id, one.tell.event_ids) for one in tells]


@pytest.mark.parametrize(("verb", "what"), [("hold", "held"), ("remove", "removed")])
def test_the_first_is_explained_at_once_and_the_others_together(verb: Verb, what: str) -> None:
    desk = PaperDesk()
    assert told(desk.finds(found("$1", verb))) == [(ANNA, ("$1",))]
    for number in (2, 3, 4):
        assert told(desk.later(seconds=10).finds(found(f"${number}", verb))) == []
    assert told(desk.tick()) == []
    again = desk.later(minutes=2).tick()
    assert told(again) == [(ANNA, ("$2", "$3", "$4"))]
    [tell] = of_kind(act.TellMember, again)
    assert (tell.tell.what, tell.tell.deed) == (what, 4)
    assert told_words(tell).startswith("3 messages of yours ")
    assert desk.state.books[BOOK] == {}
    # What comes now waits for its turn again, and whatever is told is told once.
    assert told(desk.finds(found("$5", verb))) == []
    assert told(desk.later(seconds=119).tick()) == []
    assert told(desk.later(seconds=1).tick()) == [(ANNA, ("$5",))]
    assert told(desk.later(minutes=9).tick()) == []


def test_somebody_else_and_another_reason_do_not_wait() -> None:
    desk = PaperDesk()
    assert told(desk.finds(found("$1"))) == [(ANNA, ("$1",))]
    assert told(desk.finds(found("$2", user_id=BEN))) == [(BEN, ("$2",))]
    assert told(desk.finds(found("$3", reason="contact"))) == [(ANNA, ("$3",))]


def test_a_flood_is_told_in_as_many_turns_as_it_takes_and_has_an_end() -> None:
    desk = PaperDesk()
    for number in range(KEPT + 50):
        desk.finds(found(f"${number}"))
    counts = []
    while desk.state.books[BOOK]:
        [(_user, events)] = told(desk.later(seconds=AGAIN.total_seconds()).tick())
        counts.append(len(events))
    assert counts == [MOST] * (KEPT // MOST)


def test_what_a_moderator_decided_meanwhile_is_not_told_again() -> None:
    desk = PaperDesk()
    desk.finds(found("$1"))
    desk.finds(found("$2"))
    [case] = desk.state.cases
    desk.type(f"!close {case} removed")
    assert told(desk.later(minutes=2).tick()) == []
    assert desk.state.books[BOOK] == {}


@pytest.mark.parametrize("how", ["banned", "retired"])
def test_who_is_gone_is_not_written_to(how: str) -> None:
    desk = PaperDesk()
    desk.finds(found("$1"))
    desk.finds(found("$2"))
    if how == "banned":
        desk.knows(banned=frozenset({ANNA}))
    else:
        gone = {ANNA: Retired("Quiet Heron", CIRCLE)}
        desk.knows(rotation=Rotation(2, "open", NOW + timedelta(days=5), retired=gone))
    assert told(desk.later(minutes=2).tick()) == []
    assert desk.state.books[BOOK] == {}


def test_what_was_kept_in_another_shape_is_dropped() -> None:
    desk = PaperDesk().knows(books={BOOK: {"told held words @anna:x": {"user": 7}}})
    assert told(desk.tick()) == []
    assert desk.state.books[BOOK] == {}
