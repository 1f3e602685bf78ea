"""What moderators can do about names that change, and what they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from peerroom.moderation import actions as act
from peerroom.moderation.decide import decide
from peerroom.moderation.facts import Knocked, Said
from peerroom.moderation.state import (
    Health,
    InviteRecord,
    Retired,
    Rotation,
    State,
    secret_digest,
)
from peerroom.text.foreign import ForeignText

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BOT, MOD, ANNA, BEN, GONE = "@bot:x", "@mod:x", "@anna:x", "@ben:x", "@gone:x"
CIRCLE, DESK, FORMER = "!circle:x", "!desk:x", "!former:x"
SECRET = secret_digest("open sesame")

ROTATION = Rotation(
    epoch=3,
    stage="window",
    switch=NOW + timedelta(hours=5),
    asked=9,
    issued=8,
    carried=2,
    crowd=10,
    outside=1,
    patience=timedelta(hours=48),
    residents=frozenset({MOD}),
    retired={GONE: Retired("Misty Hare / 霧のノウサギ", FORMER)},
    absent={ANNA: "Quiet Heron / 静かなサギ", BEN: "Calm Otter / 穏やかなカワウソ"},
)
STATE = State(
    bot=BOT,
    circle=CIRCLE,
    management=DESK,
    via=("x",),
    desk=frozenset({BOT, MOD}),
    moderators=frozenset({MOD}),
    exempt=frozenset({BOT, MOD}),
    members={MOD: "Moderator Maple", ANNA: "Quiet Heron / 静かなサギ"},
    known={},
    seats=3,
    invites={SECRET: InviteRecord(SECRET, NOW + timedelta(days=7))},
    mutes={},
    banned=frozenset(),
    messages={GONE: ("$2", "$1")},
    authors={"$1": GONE},
    written={"$1": (FORMER, GONE)},
    welcome={"en": "Welcome."},
    health=Health(since=NOW - timedelta(hours=2)),
    rotation=ROTATION,
)


def done(text: str, state: State = STATE) -> list[act.Action]:
    return decide(
        Said("$c", DESK, MOD, ForeignText(text), NOW, encrypted=True, signed=True, read_at=NOW),
        state,
    )


def spoken(actions: list[act.Action]) -> str:
    return "\n".join(action.text for action in actions if isinstance(action, act.Say))


@pytest.mark.parametrize(
    "command", ["!names", "!hold", "!release", "!resident Heron", "!rotating Heron", "!replace a"]
)
def test_where_names_stay_there_is_nothing_to_do(command: str) -> None:
    actions = done(command, replace(STATE, rotation=None))
    assert spoken(actions) == "In this room names do not change."
    assert len(actions) == 1


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("opening", "Epoch 3 has ended"),
        ("asking", "ask for new names"),
        ("signing", "answers are being made"),
        ("window", "Epoch 3, round 1: new accounts are being made"),
        ("held", "put off"),
        ("frozen", "can only be read"),
        ("moving", "going into the new room"),
    ],
)
def test_names_tells_how_far_things_are(stage: str, words: str) -> None:
    assert words in spoken(done("!names", replace(STATE, rotation=replace(ROTATION, stage=stage))))


def test_while_tokens_are_taken_nobody_is_told_how_many_came() -> None:
    said = spoken(done("!names"))
    assert "2026-11-23 22:00 UTC" in said
    assert "change: 10. They asked so far: 9." in said
    assert "new name: 8." in said
    assert "New accounts that came" not in said
    after = replace(ROTATION, redeemed=7, held_until=NOW + timedelta(hours=3))
    said = spoken(done("!names", replace(STATE, rotation=after)))
    assert "New accounts that came: 7." in said
    assert "Put off for 3 hours at most." in said
    early = replace(ROTATION, issued=None, switch=None)
    said = spoken(done("!names", replace(STATE, rotation=early)))
    assert "what they need" not in said
    assert "UTC" not in said


def test_a_hold_lasts_as_long_as_was_said_or_as_the_host_allows() -> None:
    [_note, hold, _said] = done("!hold 2")
    assert hold == act.SetHold(NOW + timedelta(hours=2))
    [_note, hold, _said] = done("!hold")
    assert hold == act.SetHold(NOW + timedelta(hours=53))
    unplanned = replace(STATE, rotation=replace(ROTATION, switch=None))
    assert act.SetHold(NOW + timedelta(hours=48)) in done("!hold", unplanned)
    assert act.ReleaseHold() in done("!release")


def test_who_keeps_their_name_and_who_does_not() -> None:
    assert act.SetRotating(ANNA, rotates=False) in done("!resident Quiet Heron")
    assert act.SetRotating(ANNA, rotates=True) in done("!rotating Quiet Heron")
    assert "I know no one" in spoken(done("!resident Nobody At All"))


def test_someone_with_another_program_is_invited_as_a_resident() -> None:
    roomy = replace(STATE, seats=5)
    actions = done("!resident @zoe:x", roomy)
    assert actions[1:3] == [act.AwaitResident("@zoe:x"), act.InviteMember(CIRCLE, "@zoe:x")]
    assert "@zoe:x is invited" in spoken(actions)
    link = done("!resident https://matrix.to/#/%40zoe%3Ax", roomy)
    assert link[1:3] == actions[1:3]


@pytest.mark.parametrize(
    ("user", "changes", "words"),
    [
        ("@zoe:elsewhere", {"seats": 9}, "only accounts of x can come in"),
        ("@zoe:x", {"seats": 2}, "All 2 seats are taken"),
        ("@zoe:x", {"seats": 9, "banned": frozenset({"@zoe:x"})}, "was removed for good"),
        (BEN, {"seats": 9}, "I know no one"),
        (GONE, {"seats": 9}, "I know no one"),
        (MOD, {"seats": 9}, "left alone"),
    ],
)
def test_whom_nobody_can_invite_as_a_resident(
    user: str, changes: Mapping[str, Any], words: str
) -> None:
    """Nor is who has a seat already, or had one under another name, asked in by this."""
    [said] = done(f"!resident {user}", replace(STATE, **changes))
    assert words in spoken([said])


def test_a_resident_who_has_not_come_has_a_seat_and_can_lose_it() -> None:
    waiting = replace(STATE, seats=3, pending_joins=frozenset({"@zoe:x"}))
    assert act.InviteMember(CIRCLE, "@zoe:x") in done("!resident @zoe:x", waiting)
    assert "seats are taken" in spoken(done("!resident @yan:x", waiting))
    assert act.BanMember(CIRCLE, "@zoe:x") in done("!ban @zoe:x", waiting)


def test_a_lost_laptop_may_be_of_someone_who_is_not_in_the_room() -> None:
    assert act.ReplaceSeat(BEN, MOD) in done("!replace Calm Otter")
    assert "I know no one" in spoken(done("!replace Nobody At All"))


def test_a_seat_goes_to_no_invite_where_none_can_be_made() -> None:
    actions = done("!replace Calm Otter", replace(STATE, can_invite=False))
    assert [type(action) for action in actions] == [act.Say]
    assert "can make no invites" in spoken(actions)


def test_a_retired_name_cannot_be_removed_from_a_room_where_nobody_has_it() -> None:
    actions = done("!ban Misty Hare: selling courses")
    assert [type(action) for action in actions] == [act.Note, act.NoteBan]
    actions = done("!ban Calm Otter")
    assert act.BanMember(CIRCLE, BEN) in actions


def test_old_messages_are_removed_where_they_were_written() -> None:
    removed = [a for a in done("!redact Misty Hare 5") if isinstance(a, act.RedactMessage)]
    assert removed == [act.RedactMessage(FORMER, "$2"), act.RedactMessage(FORMER, "$1")]
    link = f"https://matrix.to/#/{FORMER}/$1"
    assert act.RedactMessage(FORMER, "$1") in done(f"!redact {link}")
    assert "do not look after" in spoken(done("!redact https://matrix.to/#/!other:x/$1"))


def test_status_counts_what_was_not_in_order() -> None:
    assert "not in order" not in spoken(done("!status"))
    wrong = replace(STATE, rotation=replace(ROTATION, refusals=4))
    assert "not in order: 4" in spoken(done("!status", wrong))


def test_seats_are_kept_for_those_outside() -> None:
    knock = Knocked("$k", "!door:x", "@new:x", SECRET, NOW, signed=True, own_identity=True)
    admitted = [a.result for a in decide(knock, STATE) if isinstance(a, act.AnswerDoor)]
    assert admitted == ["admitted"]
    full = replace(STATE, rotation=replace(ROTATION, outside=2))
    assert [a.result for a in decide(knock, full) if isinstance(a, act.AnswerDoor)] == ["full"]


def test_an_invite_of_a_former_epoch_opens_nothing() -> None:
    """Its user was in the circle's room then, and is in none of them now."""
    used = InviteRecord(SECRET, NOW + timedelta(days=1), used_by="@new:x", arrived=True)
    knock = Knocked("$k", "!door:x", "@new:x", SECRET, NOW, signed=True, own_identity=True)
    state = replace(STATE, invites={SECRET: used}, pending_joins=frozenset({"@new:x"}))
    assert [a.result for a in decide(knock, state) if isinstance(a, act.AnswerDoor)] == ["used"]


@pytest.mark.parametrize("command", ["!try contact", "!words test late"])
def test_a_look_at_the_day_behind_says_that_it_ends_where_names_changed(command: str) -> None:
    """An answer that nothing was found must not be taken for the whole day's."""
    words = "What was said before names last changed is not among it."
    assert words in spoken(done(command, STATE))
    assert words not in spoken(done(command, replace(STATE, rotation=None)))
