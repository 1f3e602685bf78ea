"""The bot's judgement: hits, near misses, exempt people, hostile text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.moderation import actions as act
from peerroom.moderation.decide import STALE, decide
from peerroom.moderation.door import decide_removal
from peerroom.moderation.duties import carry_out, lasting
from peerroom.moderation.facts import Knocked, Said, Ticked
from peerroom.moderation.people import Unclear, find
from peerroom.moderation.state import Health, InviteRecord, State, secret_digest
from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import Command

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BOT, MOD, ANNA, BEN = "@bot:x", "@mod:x", "@anna:x", "@ben:x"
CIRCLE, DESK, DOOR = "!circle", "!desk", "!door"
SECRET = secret_digest("open sesame")

STATE = State(
    bot=BOT,
    circle=CIRCLE,
    management=DESK,
    via=("x",),
    desk=frozenset({BOT, MOD}),
    moderators=frozenset({MOD}),
    exempt=frozenset({BOT, MOD}),
    members={
        BOT: "PeerRoom bot",
        MOD: "Moderator Maple",
        ANNA: "Quiet Heron / 静かなサギ",
        BEN: "Calm Otter / 穏やかなカワウソ",
    },
    known={"@gone:x": "Misty Hare / 霧のノウサギ"},
    seats=3,
    invites={SECRET: InviteRecord(SECRET, NOW + timedelta(days=7))},
    mutes={},
    banned=frozenset(),
    messages={ANNA: ("$3", "$2", "$1")},
    authors={"$1": ANNA},
    written={"$1": (CIRCLE, ANNA)},
    welcome={"en": "Welcome.", "ja": "ようこそ。"},
    health=Health(since=NOW - timedelta(hours=2)),
)


def said(text: str, **changes: object) -> Said:
    fact = Said("$cmd", DESK, MOD, ForeignText(text), NOW, encrypted=True, signed=True, read_at=NOW)
    return replace(fact, **changes)


def knock(**changes: object) -> Knocked:
    fact = Knocked("$knock", DOOR, "@new:x", SECRET, NOW, signed=True, own_identity=True)
    return replace(fact, **changes)


def of_kind(kind: type, actions: list[act.Action]) -> list[act.Action]:
    return [action for action in actions if isinstance(action, kind)]


def spoken(actions: list[act.Action]) -> str:
    return "\n".join(action.text for action in actions if isinstance(action, act.Say))


# --- who may command ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"room_id": CIRCLE}, "other room"),
        ({"room_id": DOOR}, "other room"),
        ({"sender": ANNA}, "not a moderator"),
        ({"encrypted": False}, "not encrypted"),
        ({"signed": False}, "unsigned device"),
    ],
)
def test_a_command_that_comes_the_wrong_way_is_only_counted(
    changes: dict[str, object], why: str
) -> None:
    assert decide(said("!ban Quiet Heron", **changes), STATE) == [
        act.Count(f"command refused: {why}")
    ]


def test_the_bot_does_not_obey_itself() -> None:
    assert decide(said("!ban Quiet Heron", sender=BOT), STATE) == []


def test_ordinary_talk_leads_to_nothing() -> None:
    assert decide(said("We could ban homework before ten, what do you think?"), STATE) == []


def test_a_command_read_too_late_is_not_carried_out() -> None:
    late = said("!ban Quiet Heron", read_at=NOW + STALE + timedelta(seconds=1))
    actions = decide(late, STATE)
    assert of_kind(act.BanMember, actions) == []
    assert "send it again" in spoken(actions)
    on_time = said("!ban Quiet Heron", read_at=NOW + STALE)
    assert of_kind(act.BanMember, decide(on_time, STATE))


@given(st.text(), st.sampled_from([CIRCLE, DOOR, "!else"]), st.sampled_from([MOD, ANNA, "@z:z"]))
def test_no_text_outside_the_management_room_does_anything(
    text: str, room: str, sender: str
) -> None:
    actions = decide(said(text, room_id=room, sender=sender), STATE)
    assert all(isinstance(action, act.Count) for action in actions)


@given(st.text().map(lambda text: "!" + text))
def test_any_text_of_a_moderator_is_survived(text: str) -> None:
    for action in decide(said(text), STATE):
        if isinstance(action, act.Request):
            assert act.from_content(act.to_content(action)) == action


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Quiet Heron", "静かなサギ", ANNA, "quiet  heron"])
def test_ban_finds_the_person_by_either_half_of_the_name(name: str) -> None:
    actions = decide(said(f"!ban {name}: selling"), STATE)
    assert act.BanMember(CIRCLE, ANNA) in actions
    assert act.NoteBan(ANNA) in actions
    [note] = of_kind(act.Note, actions)
    assert (note.by, note.what, note.about, note.reason) == (MOD, "banned", ANNA, "selling")
    assert act.NoteUnban(ANNA) in note.undo


@pytest.mark.parametrize("command", ["mute", "ban"])
@pytest.mark.parametrize("name", ["Moderator Maple", "PeerRoom bot"])
def test_moderators_and_the_bot_are_never_punished(command: str, name: str) -> None:
    actions = decide(said(f"!{command} {name}"), STATE)
    assert [type(action) for action in actions] == [act.Say]


def test_a_name_that_nobody_has_is_answered_with_a_likely_one() -> None:
    actions = decide(said("!mute Quiet Hern"), STATE)
    assert [type(action) for action in actions] == [act.Say]
    assert "Quiet Heron" in spoken(actions)


def test_two_people_of_one_name_are_told_apart() -> None:
    twins = replace(STATE, members={**STATE.members, BEN: "Quiet Heron"})
    actions = decide(said("!ban Quiet Heron"), twins)
    assert [type(action) for action in actions] == [act.Say]
    assert ANNA in spoken(actions)
    assert BEN in spoken(actions)
    assert act.BanMember(CIRCLE, BEN) in decide(said(f"!ban {BEN}"), twins)


def test_a_mute_ends_by_itself() -> None:
    actions = decide(said("!mute Quiet Heron 2h"), STATE)
    until = NOW + timedelta(hours=2)
    assert act.NoteMute(ANNA, until) in actions
    assert act.SetVoice(CIRCLE, ANNA, may_write=False) in actions
    muted = replace(STATE, mutes={ANNA: until, BEN: None})
    assert decide(Ticked(until - timedelta(seconds=1)), muted) == []
    ended = decide(Ticked(until), muted)
    assert act.SetVoice(CIRCLE, ANNA, may_write=True) in ended
    assert act.NoteUnmute(ANNA) in ended
    assert not any(getattr(action, "user_id", None) == BEN for action in ended)


def test_a_mute_without_an_end_says_how_it_ends() -> None:
    actions = decide(said("!mute Quiet Heron"), STATE)
    assert act.NoteMute(ANNA, None) in actions
    assert "!unban" in spoken(actions)


def test_redacting_takes_the_newest_first_and_no_more_than_there_are() -> None:
    actions = decide(said("!redact Quiet Heron: 2"), STATE)
    assert of_kind(act.RedactMessage, actions) == [
        act.RedactMessage(CIRCLE, "$3"),
        act.RedactMessage(CIRCLE, "$2"),
    ]
    all_of_them = decide(said("!redact Quiet Heron: 500"), STATE)
    assert len(of_kind(act.RedactMessage, all_of_them)) == 3
    nothing = decide(said("!redact Calm Otter: 5"), STATE)
    assert [type(action) for action in nothing] == [act.Say]


def test_one_message_is_redacted_by_its_id_in_the_circle_only() -> None:
    assert act.RedactMessage(CIRCLE, "$1") in decide(said("!redact $1"), STATE)
    for link in ("https://matrix.to/#/!other/$1", "$unseen"):
        assert of_kind(act.RedactMessage, decide(said(f"!redact {link}"), STATE)) == []


def test_unban_lifts_what_there_is() -> None:
    banned = replace(STATE, banned=frozenset({"@gone:x"}))
    lifted = decide(said("!unban Misty Hare"), banned)
    assert act.UnbanMember(CIRCLE, "@gone:x") in lifted
    assert act.NoteUnban("@gone:x") in lifted
    muted = replace(STATE, mutes={ANNA: None})
    assert act.SetVoice(CIRCLE, ANNA, may_write=True) in decide(said("!unban 静かなサギ"), muted)
    assert [type(a) for a in decide(said("!unban Quiet Heron"), STATE)] == [act.Say]


def test_invites_are_drawn_unless_the_server_forbids() -> None:
    assert act.DrawInvites(3) in decide(said("!invite 3"), STATE)
    forbidden = decide(said("!invite"), replace(STATE, can_invite=False))
    assert [type(action) for action in forbidden] == [act.Say]
    assert "administrator" in spoken(forbidden)


def test_status_tells_what_the_bot_sees() -> None:
    words = spoken(decide(said("!status"), STATE))
    assert "2 of 3 seats" in words
    assert "I can read this room" in words
    health = Health(since=NOW, waiting=4, failed=1, unreadable=2, unjudged=3, unencrypted=7)
    blind = replace(STATE, health=health)
    words = spoken(decide(said("!status"), blind))
    assert "could not read: 2" in words
    assert "mistake in me: 3" in words
    assert "came without encryption" in words and ": 7." in words
    assert "Waiting to be done: 4. Failed: 1." in words


def test_help_lists_every_command_and_a_typo_gets_a_suggestion() -> None:
    words = spoken(decide(said("!help"), STATE))
    for word in ("invite", "remove", "mute", "ban", "unban", "status"):
        assert word in words
    assert "mute" in spoken(decide(said("!muet Quiet Heron"), STATE))


# --- the door ------------------------------------------------------------------------------------


def test_a_good_invite_lets_in_once() -> None:
    actions = decide(knock(), STATE)
    assert actions[0] == act.SpendInvite(SECRET, "@new:x")
    assert act.InviteMember(CIRCLE, "@new:x") in actions
    assert act.AnswerDoor(DOOR, "admitted", CIRCLE, ("x",)) in actions
    assert spoken(actions) == "Welcome."


@pytest.mark.parametrize(("language", "words"), [("ja", "ようこそ。"), ("fr", "Welcome.")])
def test_a_newcomer_is_welcomed_in_their_language(language: str, words: str) -> None:
    assert spoken(decide(knock(language=language), STATE)) == words


def test_the_same_account_may_ask_again_and_nothing_is_spent_twice() -> None:
    spent = InviteRecord(SECRET, NOW + timedelta(days=7), role="moderator", used_by="@new:x")
    coming = replace(STATE, invites={SECRET: spent}, pending_joins=frozenset({"@new:x"}), seats=0)
    actions = decide(knock(), coming)
    assert actions == [
        act.InviteMember(CIRCLE, "@new:x"),
        act.InviteMember(DESK, "@new:x"),
        act.AnswerDoor(DOOR, "admitted", CIRCLE, ("x",)),
        act.AnswerDoor(DOOR, "admitted", DESK, ("x",)),
    ]


@pytest.mark.parametrize("role", ["member", "moderator"])
def test_once_in_the_room_an_invite_opens_nothing_any_more(role: str) -> None:
    """Also not for who used it: someone removed must not come back by an old link."""
    spent = InviteRecord(SECRET, NOW + timedelta(days=7), role=role, used_by="@new:x")
    refused = [act.Count("knock refused: used"), act.AnswerDoor(DOOR, "used")]
    assert decide(knock(), replace(STATE, invites={SECRET: spent})) == refused


def test_a_knock_under_an_identity_that_only_the_server_vouches_for_is_only_counted() -> None:
    [counted] = decide(knock(own_identity=False), STATE)
    assert isinstance(counted, act.Count)


def test_seats_are_kept_for_those_who_were_admitted_a_moment_ago() -> None:
    """Five knocks on one seat, judged before anyone could come in."""
    second = secret_digest("another")
    invites = {
        SECRET: InviteRecord(SECRET, NOW + timedelta(days=1), used_by="@first:x"),
        second: InviteRecord(second, NOW + timedelta(days=1)),
    }
    state = replace(STATE, invites=invites, pending_joins=frozenset({"@first:x"}))
    assert act.AnswerDoor(DOOR, "full") in decide(knock(digest=second), state)


def test_a_moderator_who_was_removed_commands_nothing() -> None:
    away = replace(STATE, desk=frozenset({BOT}))
    assert decide(said("!ban Quiet Heron"), away) == [act.Count("command refused: not in the room")]
    done = decide_removal(MOD, STATE)
    assert {type(action) for action in done} == {
        act.Note,
        act.UnmakeModerator,
        act.TakeRole,
        act.RemoveMember,
    }


@pytest.mark.parametrize("year", [1970, 9999])
def test_a_command_goes_by_our_clock_whatever_time_the_server_claims(year: int) -> None:
    claimed = datetime(year, 12, 31, tzinfo=UTC)
    actions = decide(said("!mute Quiet Heron 2h", at=max(claimed, NOW)), STATE)
    assert act.NoteMute(ANNA, NOW + timedelta(hours=2)) in actions


@pytest.mark.parametrize(
    ("changes", "state", "result"),
    [
        ({"digest": secret_digest("guess")}, STATE, "expired"),
        ({"at": NOW + timedelta(days=8)}, STATE, "expired"),
        (
            {},
            replace(
                STATE, invites={SECRET: InviteRecord(SECRET, NOW + timedelta(days=1), used_by=BEN)}
            ),
            "used",
        ),
        ({}, replace(STATE, seats=2), "full"),
        ({}, replace(STATE, pending_joins=frozenset({"@late:x"})), "full"),
        ({"sender": "@gone:x"}, replace(STATE, banned=frozenset({"@gone:x"})), "banned"),
    ],
)
def test_every_other_knock_is_answered_and_spends_nothing(
    changes: dict[str, object], state: State, result: str
) -> None:
    actions = decide(knock(**changes), state)
    assert act.AnswerDoor(DOOR, result) in actions
    assert of_kind(act.SpendInvite, actions) == []
    assert of_kind(act.InviteMember, actions) == []


def test_an_unsigned_device_gets_no_answer() -> None:
    assert decide(knock(signed=False), STATE) == [act.Count("knock from an unsigned device")]


def test_a_moderators_invite_opens_both_rooms_and_needs_no_seat() -> None:
    invite = InviteRecord(SECRET, NOW + timedelta(days=1), role="moderator")
    actions = decide(knock(), replace(STATE, seats=0, invites={SECRET: invite}))
    assert act.InviteMember(DESK, "@new:x") in actions
    assert act.MakeModerator("@new:x") in actions


# --- people --------------------------------------------------------------------------------------


def test_find_never_guesses() -> None:
    assert find("zebra", STATE.members) == Unclear("zebra", (), several=False)
    assert find("Calm Otter / 穏やかなカワウソ", STATE.members) == BEN


@pytest.mark.parametrize(
    "command", ["!redact zebra: 3", "!unban zebra", "!ban zebra", "!mute zebra"]
)
def test_a_name_like_no_other_is_said_to_be_unknown(command: str) -> None:
    actions = decide(said(command), STATE)
    assert [type(action) for action in actions] == [act.Say]
    assert "zebra" in spoken(actions)
    assert "?" not in spoken(actions)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "1 second"), (1, "1 minute"), (90, "90 minutes"), (120, "2 hours"), (2880, "2 days")],
)
def test_durations_are_said_in_the_largest_whole_unit(minutes: int, words: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == words


def test_a_command_without_a_duty_is_a_mistake_of_ours() -> None:
    class Odd(Command):
        word = "odd"

    with pytest.raises(TypeError):
        carry_out(Odd(), MOD, NOW, STATE)
