"""Completion of commands: from the structs, so that every command is completed, also new ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desks import DESK, OTHER, START, Place

from peerroom.client.completing import Completion, Known, complete
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import Opened
from peerroom.wire.commands import COMMANDS, WORDS, Command, parse

KNOWN = Known(
    names=("Quiet Heron", "Quiet Otter", "静かなサギ", "Ann: the second", "@odd:example.org"),
    cases={3: "reported by a member", 31: "held", 4: "asked"},
    deeds={12: "removed"},
    protections={"pace": ("messages", "seconds"), "raid": ("joins",)},
    templates=("hello", "helpline", "contact"),
    rooms={"!circle:example.org": "Kitchen table"},
)


def texts(text: str) -> list[str]:
    return [candidate.text for candidate in complete(text, KNOWN, most=99).candidates]


def filled(text: str, number: int = 0) -> str:
    """``text`` with a candidate put in."""
    found = complete(text, KNOWN, most=99)
    return text[: found.start] + found.candidates[number].text


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("!cl", ["claim ", "close "]),
        ("！ｃｌａ", ["claim "]),
        ("! cla", ["claim "]),
        ("!undo", ["undo "]),
        ("!rota", ["rota", "rotating "]),
        ("!claim ", ["3", "31", "4"]),
        ("!claim 3", ["3", "31"]),
        ("!claim #3", ["3", "31"]),
        ("!undo ", ["12"]),
        ("!note 3", ["3 ", "31 "]),
        ("!note 3 hel", []),
        ("!reply 3 hel", ["hello", "helpline"]),
        ("!mute qui", ["Quiet Heron ", "Quiet Otter "]),
        ("!mute OTT", ["Quiet Otter "]),
        ("!mute 静", ["静かなサギ "]),
        ("!mute Quiet Heron ", ["30m", "2h", "1d", "1w"]),
        ("!mute Quiet Heron: 2", ["2h"]),
        ("!mute ann", ['"Ann: the second" ']),
        ('!mute "Ann', ['"Ann: the second" ']),
        ('!mute "Ann: the second" 1', ["1d", "1w"]),
        ("!kick quiet o", ["Quiet Otter"]),
        ("!tell quiet h", ["Quiet Heron: "]),
        ("!tell Quiet Heron: con", ["contact"]),
        ("!role Quiet Heron ", ["watcher", "moderator", "lead"]),
        ("!close 3 ban", ["banned"]),
        ("!protect ", ["pace ", "raid "]),
        ("!protect pace t", ["trial"]),
        ("!set pa", ["pace."]),
        ("!set pace.me", ["messages "]),
        ("!rooms ", ["add ", "drop "]),
        ("!rooms drop !c", ["!circle:example.org"]),
        ("!shift ", ["on", "off"]),
        ("!help cl", ["claim", "close"]),
        ("!cases m", ["mine"]),
        ("!claim 3 ", []),
        ("!nonsense ", []),
        ("hello", []),
        ("", []),
    ],
)
def test_what_can_come_next(text: str, candidates: list[str]) -> None:
    found = texts(text)
    assert found == candidates


def test_beside_a_candidate_stands_what_it_is() -> None:
    found = complete("!claim 3", KNOWN)
    assert [candidate.about for candidate in found.candidates] == ["reported by a member", "held"]
    assert found.start == len("!claim ") and found.hint == "!claim [case]"
    assert complete("!cl", KNOWN).candidates[0].about == "Look after a case."
    assert complete("!note 3 ", KNOWN).hint == "!note case text"
    assert complete("!remove ", KNOWN).hint.count("!remove") == 3


def test_no_more_than_asked_for() -> None:
    assert len(complete("!", KNOWN, most=5).candidates) == 5
    assert [text.strip() for text in texts("!")] == list(WORDS)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_every_command_can_be_completed_to_one_that_is_understood(kind: type[Command]) -> None:
    text = f"!{kind.word}"
    for _field in range(6):
        found = complete(text, KNOWN, most=99)
        if not found.candidates:
            break
        text = text[: found.start] + found.candidates[0].text
    free = {"text": "words", "number": "2", "code": "7k2", "link": "$" + "a" * 43, "value": "3"}
    tries = [text, *(f"{text.rstrip()} {word}" for word in free.values())]
    tries += [f"{one} en words" for one in tries] + [f"{text.rstrip()} ban 2"]
    assert any(isinstance(parse(ForeignText(one.strip())), Command) for one in tries), text


@given(st.text(max_size=40).map(lambda text: f"!{text}") | st.text(max_size=40))
def test_any_text_can_be_asked_about(text: str) -> None:
    found = complete(text, KNOWN)
    assert isinstance(found, Completion) and 0 <= found.start <= len(text)


@given(st.sampled_from(WORDS), st.text(alphabet='qQuiet Hron"“「:：@#3１. ', max_size=20))
def test_whatever_is_half_typed_keeps_what_stands_before(word: str, rest: str) -> None:
    text = f"!{word} {rest}"
    found = complete(text, KNOWN)
    assert found.start <= len(text)
    assert text[: found.start].startswith(f"!{word} ") or not found.candidates


def test_a_desk_knows_what_there_is_to_name() -> None:
    place = Place(desk=True)
    place.step(
        Opened(case=3, n=1, at=START, source="hold", reason="contact", about=OTHER, name="Gone Fox")
    )
    place.heard(DESK)
    [work] = place.client.casework()
    case = work.complete("!claim ").candidates[0]
    assert (case.text, case.about) == (
        "3",
        "contact details or an address: held until somebody decides, Gone Fox",
    )
    names = [candidate.text for candidate in work.complete("!kick ").candidates]
    assert names == ["Gone Fox", "Quiet Heron", "Small Otter", "Old Badger"]
    assert "pace " in [candidate.text for candidate in work.complete("!protect pa").candidates]
    assert "hello" in [candidate.text for candidate in work.complete("!reply 3 hel").candidates]
    assert work.complete("!rooms drop ").candidates[0].about == "Room circ"
