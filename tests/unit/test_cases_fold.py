"""The same steps make the same case, whoever hears them, in whatever order, however often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import ANNA, BEN, BOT, CIRCLE, MOD, NAMES, NOW, line

from peerroom.i18n import said_in
from peerroom.moderation.case_words import calls, formatted, page, title, words
from peerroom.moderation.cases import MOST_EVENTS, Case, fold
from peerroom.moderation.details import EMAIL
from peerroom.moderation.docket import Docket
from peerroom.wire import cases as wire
from peerroom.wire.cases import Step
from peerroom.wire.content import BadContent

users = st.sampled_from([ANNA, BEN, MOD, BOT])
texts = st.text(max_size=30)


def _step(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        kind, case=st.integers(1, 3), n=st.integers(1, 8), at=st.integers(0, 10**13), **fields
    )


lines = st.lists(
    st.builds(wire.Line, name=texts, text=texts, at=st.integers(0, 10**13), about=st.booleans()),
    max_size=4,
).map(tuple)
events = st.lists(st.sampled_from(["$1", "$2", "$3"]), max_size=3).map(tuple)
sources = st.sampled_from(["report", "flag", "hold", "request", "appeal"])
all_steps: st.SearchStrategy[Step] = st.one_of(
    _step(wire.Opened, source=sources, reason=texts, about=users, name=texts, event_ids=events),
    _step(wire.More, source=sources, event_ids=events, urgent=st.booleans()),
    _step(wire.Shown, lines=lines, unverified=st.booleans()),
    _step(wire.Cleared, shown=st.lists(st.integers(1, 8), max_size=3).map(tuple)),
    _step(wire.Reminded),
    _step(wire.Claimed, by=users),
    _step(wire.LetGo, by=st.none() | users, lapsed=st.booleans()),
    _step(wire.Noted, by=users, text=texts),
    _step(wire.AskedSecond, by=users),
    _step(wire.SecondOpinion, by=users, agrees=st.booleans(), text=texts),
    _step(wire.Replied, by=users, to=st.sampled_from(["author", "reporter"]), text=texts),
    _step(wire.Done, by=users, what=texts, deed=st.integers(1, 99)),
    _step(wire.Closed, by=users, outcome=st.sampled_from(["helped", "nothing", "removed"])),
    _step(wire.Reopened, by=st.none() | users),
)


def folded(steps: Iterable[Step]) -> Mapping[int, Case]:
    cases: Mapping[int, Case] = {}
    for step in steps:
        cases = fold(cases, step)
    return cases


@given(st.lists(all_steps, max_size=12), st.data())
def test_no_order_and_no_repetition_changes_a_case(steps: list[Step], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(steps + steps))
    assert folded(steps) == folded(shuffled)


@given(st.lists(all_steps, max_size=12))
def test_whatever_a_case_holds_it_can_be_said(steps: list[Step]) -> None:
    cases = folded(steps)
    for step in steps:
        case = cases[step.case]
        assert words(step, case, NAMES)
        html = formatted(step, case, NAMES)
        assert (html is not None) == isinstance(step, wire.Shown)
        assert title(case)
        assert page(case, NAMES)
        assert wire.read(msgspec.json.decode(msgspec.json.encode(wire.content(step)))) == step


def test_what_was_noticed_is_said_in_the_readers_language() -> None:
    docket = Docket({}, 1, NOW)
    seen = (EMAIL, "a word on the list", "")
    docket.open("hold", "contact", about=ANNA, name="Quiet Heron", event_ids=("$1",), cues=seen)
    [case] = docket.cases.values()
    said = said_in("ja", lambda: page(case, NAMES))
    assert "メールアドレス · a word on the list" in said
    assert "e-mail address" not in said and "Content-Type" not in said


@given(all_steps)
def test_what_is_known_changes_nothing(step: Step) -> None:
    once = fold({}, step)
    assert fold(once, step) is once


def a_case(*kinds: tuple[type[Any], dict[str, Any]]) -> Case:
    docket = Docket({}, 1, NOW)
    number = docket.open("report", "report", about=ANNA, name="Quiet Heron", event_ids=("$1",))
    for kind, fields in kinds:
        docket.add(number, kind, **fields)
    return docket.cases[number]


def test_a_case_goes_its_way() -> None:
    case = a_case()
    assert (case.state, case.waiting_since, case.complete) == ("open", case.opened_at, True)
    claimed = (wire.Claimed, {"by": MOD})
    case = a_case(claimed)
    assert (case.state, case.claimed_by, case.waiting_since) == ("claimed", MOD, None)
    case = a_case(claimed, (wire.LetGo, {"lapsed": True}))
    assert (case.state, case.claimed_by) == ("open", None)
    case = a_case(claimed, (wire.AskedSecond, {"by": MOD}))
    assert case.asked_second == MOD
    case = a_case(
        claimed,
        (wire.AskedSecond, {"by": MOD}),
        (wire.SecondOpinion, {"by": BEN, "agrees": True}),
    )
    assert case.asked_second is None
    assert case.opinions[0].agrees
    closed = (wire.Closed, {"by": MOD, "outcome": "helped"})
    case = a_case(claimed, closed)
    assert (case.state, case.outcome, case.closed_by, case.claimed_by) == (
        "closed",
        "helped",
        MOD,
        None,
    )
    case = a_case(claimed, closed, (wire.Reopened, {}))
    assert (case.state, case.outcome, case.waiting_since) == ("open", None, case.touched_at)


def test_what_has_not_come_is_known_to_be_missing() -> None:
    docket = Docket({}, 1, NOW)
    number = docket.open("flag", "risk", about=ANNA)
    shown = docket.add(number, wire.Shown, lines=(line("hello"),))
    docket.add(number, wire.Claimed, by=MOD)
    opened, _shown, claimed = docket.steps
    assert not folded([opened, claimed])[number].complete
    assert "not arrived" in page(folded([opened, claimed])[number])
    assert folded([claimed, shown, opened])[number].complete
    # Who comes later finds the messages gone, and is told that nothing else is missing.
    docket.add(number, wire.Cleared, shown=(shown.n,))
    cleared = docket.steps[-1]
    assert folded([opened, claimed, cleared])[number].complete
    assert docket.cases[number].lines == ()


def test_one_open_case_for_a_person_and_a_reason() -> None:
    docket = Docket({}, 4, NOW)
    first = docket.open("flag", "words", about=ANNA, event_ids=("$1",), cues=("a",))
    assert first == 4
    assert docket.open("hold", "words", about=ANNA, event_ids=("$2", "$1")) == first
    assert docket.cases[first].event_ids == ("$1", "$2")
    assert docket.cases[first].times == 2
    assert docket.open("flag", "scam", about=ANNA) == 5
    assert docket.open("flag", "words", about=BEN) == 6
    assert docket.open("flag", "raid") == 7
    assert docket.open("flag", "raid") == 8  # about nobody: who knows whether it is the same
    assert docket.open("appeal", "appeal", about=ANNA, deed=1) == 9
    assert docket.open("appeal", "appeal", about=ANNA, deed=2) == 10
    docket.add(first, wire.Closed, by=MOD, outcome="nothing")
    assert docket.open("flag", "words", about=ANNA) == 11


def test_a_flood_of_events_is_one_case_of_bounded_size() -> None:
    docket = Docket({}, 1, NOW)
    for start in range(0, 1_000, 50):
        many = tuple(f"${n}" for n in range(start, start + 60))
        docket.open("hold", "repeated", about=ANNA, event_ids=many, cues=("x",) * 30)
    assert len(docket.cases[1].event_ids) == MOST_EVENTS
    for step in docket.steps:
        assert wire.read(wire.content(step)) == step  # within the bounds of the format


def test_who_is_urgent_later_is_reminded_of_anew() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("report", "report", about=ANNA)
    docket.add(1, wire.Reminded)
    assert docket.cases[1].reminded_at is not None
    docket.open("report", "report", about=ANNA, urgent=True)
    assert docket.cases[1].urgent
    assert docket.cases[1].reminded_at is None


def test_what_cannot_wait_calls_and_nothing_else_does() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("report", "report", about=ANNA)
    docket.add(1, wire.Reminded)
    docket.open("report", "report", about=ANNA)
    assert not any(calls(step, docket.cases[1]) for step in docket.steps)
    docket.open("report", "report", about=ANNA, urgent=True)
    docket.add(1, wire.Shown, lines=(line("help"),))
    docket.add(1, wire.Reminded)
    more, shown, reminded = docket.steps[-3:]
    case = docket.cases[1]
    assert calls(more, case)
    assert not calls(shown, case)
    assert calls(reminded, case)


def test_messages_lie_behind_spoilers_and_nothing_in_them_is_html() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("report", "report", about=ANNA)
    hostile = line("<img src=x>\n\u202eevil & \x1b[2J", BEN)
    step = docket.add(1, wire.Shown, lines=(hostile, line("calm", about=False)), unverified=True)
    html = formatted(step, docket.cases[1])
    assert html is not None
    assert html.count("<span data-mx-spoiler>") == 2
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html
    for said in (html, words(step, docket.cases[1])):
        assert not {"\u202e", "\x1b"} & set(said)
        assert "none to compare" in said
    assert html.index("▸") < html.index("calm")


def test_words_of_a_device_that_is_not_confirmed_say_so_in_every_program() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("report", "report", about=ANNA)
    doubtful = msgspec.structs.replace(line("buy this"), unsigned=True)
    step = docket.add(1, wire.Shown, lines=(doubtful, line("calm", about=False)))
    html = formatted(step, docket.cases[1])
    assert html is not None
    for said in (html.replace("<br>", "\n"), words(step, docket.cases[1])):
        [marked] = [part for part in said.split("\n") if "a device that is not confirmed" in part]
        assert "buy this" in marked


@pytest.mark.parametrize(
    "content", [None, 5, [], {}, {"type": "Opened"}, {"type": "Claimed", "case": 1, "at": 0}]
)
def test_what_is_no_step_is_refused(content: object) -> None:
    with pytest.raises(BadContent):
        wire.read(content)


def test_the_room_is_kept() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("report", "report", about=ANNA, room_id=CIRCLE, name="Quiet\nHeron")
    assert docket.cases[1].room_id == CIRCLE
    assert docket.cases[1].name == "Quiet Heron"


def test_a_case_in_a_log_says_nothing_of_what_was_written() -> None:
    opened = wire.Opened(
        case=1, n=1, at=1, source="flag", reason="words", about=ANNA, name="Heron", cues=("secret",)
    )
    shown = wire.Shown(case=1, n=2, at=2, lines=(line("secret"),))
    [case] = folded([opened, shown]).values()
    assert case.lines
    assert not any(word in repr(case) for word in ("secret", "Heron", ANNA))
