"""What lists lead to: who is on one does not stay, and moderators have the last word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.paper_desk import (
    ANNA,
    BEN,
    BOT,
    CARA,
    CIRCLE,
    DESK,
    GARDEN,
    LEAD,
    MOD,
    NOW,
    WATCHER,
    PaperDesk,
    of_kind,
    spoken,
    steps,
)

from peerroom.moderation import actions as act
from peerroom.moderation.followed import Followed
from peerroom.moderation.inverse import inverses
from peerroom.moderation.policies import Policies
from peerroom.moderation.sparing import SPARED
from peerroom.moderation.state import Rotation, Standing
from peerroom.text.foreign import ForeignText
from peerroom.wire import commands as cmd
from peerroom.wire.policy import Kind, Rule, digest_of

LIST = "!list:far.example"
OWN = "!own"


def rule(entity: str, kind: Kind = "user", why: str | None = "spam") -> Rule:
    return Rule(kind, "", "ban", entity, reason=None if why is None else ForeignText(why))


class Desk(PaperDesk):
    """In whose rooms lists are followed."""

    def follows(self, *rules: Rule, room: str = LIST) -> Desk:
        kept = {**self.state.books.get("list", {}), room: {"by": LEAD, "via": ("far.example",)}}
        view = Followed(room, ForeignText("Bad\npeople"), True, Policies(rules), NOW)
        self.knows(books={**self.state.books, "list": kept}, lists={**self.state.lists, room: view})
        return self._seen()

    def owns(self) -> Desk:
        self.follows(room=OWN)
        self.knows(books={**self.state.books, "choice": {"list": OWN}})
        return self

    def _taken(self, actions: list[act.Action]) -> list[act.Action]:
        super()._taken(actions)
        self._seen()
        return actions

    def _seen(self) -> Desk:
        """As the bot's picture is put together."""
        policies = Policies(parts=[view.rules for view in self.state.lists.values()])
        spared = frozenset(self.state.books.get(SPARED, {}))
        rooms = {
            name: replace(room, policies=policies, spared=spared)
            for name, room in self.state.rooms.items()
        }
        self.knows(rooms=rooms)
        return self

    def without(self, *users: str) -> Desk:
        """They are gone from the rooms."""
        inside = {room: who - set(users) for room, who in self.state.inside.items()}
        self.knows(inside=inside)
        return self

    def yes(self, actions: Iterable[act.Action], by: str = LEAD) -> list[act.Action]:
        [preview] = of_kind(act.Remember, [a for a in actions if _is_preview(a)])
        return self.type(f"!yes {preview.key}", by)


def _is_preview(action: act.Action) -> bool:
    return isinstance(action, act.Remember) and action.book == "preview" and bool(action.value)


# who is here --------------------------------------------------------------------------------------


def test_one_who_is_listed_is_removed_with_a_case_and_an_undo() -> None:
    desk = Desk().follows(rule(BEN))
    actions = desk.tick()
    assert of_kind(act.BanMember, actions) == [
        act.BanMember(CIRCLE, BEN),
        act.BanMember(GARDEN, BEN),
    ]
    assert steps(actions) == ["Opened", "Done"]
    [note] = of_kind(act.Note, actions)
    assert (note.by, note.what, note.about, note.code, note.case) == (
        BOT,
        "banned",
        BEN,
        "policy",
        1,
    )
    assert "`!undo 1`" in spoken(actions)
    assert "@ben" not in desk.state.cases[1].cues
    assert desk.tick() == []


def test_whom_a_moderator_brings_back_no_list_removes_again() -> None:
    desk = Desk().follows(rule(BEN))
    desk.tick()
    back = desk.type("!undo 1")
    assert act.UnbanMember(CIRCLE, BEN) in back
    assert act.InviteMember(CIRCLE, BEN) in back
    assert desk.tick() == []
    again = desk.type("!undo 2")
    assert act.BanMember(CIRCLE, BEN) in again
    assert BEN not in desk.state.books[SPARED]


def test_lifting_a_ban_by_hand_is_the_last_word_too() -> None:
    desk = Desk().follows(rule(BEN))
    desk.tick()
    desk.type("!unban Calm Otter")
    assert BEN in desk.state.books[SPARED]
    assert desk.tick() == []


def test_more_than_a_few_are_asked_about_however_many_rules_there_are() -> None:
    """Else a list could empty a room by naming one after another."""
    desk = Desk()
    inside = {room: who | {"@dora:x"} for room, who in desk.state.inside.items()}
    desk.knows(inside=inside)
    listed = []
    for user in (ANNA, BEN, CARA):
        listed.append(rule(user))
        assert of_kind(act.NoteBan, desk.follows(*listed).tick()) == [act.NoteBan(user)]
    asked = desk.follows(*listed, rule("@dora:x")).tick()
    assert of_kind(act.BanMember, asked) == []
    assert "1 person who is here" in spoken(asked)
    assert desk.tick() == [], "it is asked once"
    four = Desk().follows(*listed, rule("@dora:x"))
    four.knows(inside=inside)
    assert "4 people who are here" in spoken(four.tick())


def test_a_rule_that_means_several_is_asked_about_and_done_on_a_word() -> None:
    desk = Desk().follows(rule("*:x"))
    asked = desk.tick()
    assert of_kind(act.BanMember, asked) == []
    said = spoken(asked)
    assert "3 people" in said and "*:x – spam" in said
    assert desk.tick() == []
    assert "for leads" in spoken(desk.yes(asked, by=MOD))
    desk = Desk().follows(rule("*:x"))
    done = desk.yes(desk.tick())
    assert {action.user_id for action in of_kind(act.BanMember, done)} == {ANNA, BEN, CARA}
    [note] = of_kind(act.Note, done)
    assert note.by == LEAD
    assert of_kind(act.UnbanMember, desk.type("!undo 1", by=MOD)) == []
    back = desk.type("!undo 1", by=LEAD)
    assert {action.user_id for action in of_kind(act.UnbanMember, back)} == {ANNA, BEN, CARA}
    assert desk.tick() == []


def test_the_question_can_be_answered_for_days_and_not_for_more_people() -> None:
    desk = Desk().follows(rule("*:x"))
    asked = desk.later(hours=1).tick()
    inside = {room: who | {"@dora:x"} for room, who in desk.state.inside.items()}
    desk.later(days=2).knows(inside=inside)
    shown = desk.yes(asked)
    assert of_kind(act.BanMember, shown) == []
    assert "It has become more since" in spoken(shown)
    done = desk.yes(shown)
    assert len({action.user_id for action in of_kind(act.BanMember, done)}) == 4


def test_a_list_that_is_off_or_on_trial_removes_nobody() -> None:
    off = Desk().follows(rule(BEN)).knows(standings={("policy", None): Standing("off")})
    assert off.tick() == []
    trial = Desk().follows(rule(BEN)).knows(standings={("policy", None): Standing("trial")})
    said = trial.tick()
    assert of_kind(act.BanMember, said) == []
    assert "On trial" in spoken(said) and "Calm Otter" in spoken(said)
    assert trial.tick() == []


def test_moderators_and_the_bot_are_left_alone() -> None:
    desk = Desk().follows(rule(LEAD), rule(MOD), rule(WATCHER), rule(BOT), rule("x", "server"))
    actions = desk.without(ANNA, BEN, CARA).tick()
    assert of_kind(act.BanMember, actions) == []


def test_somebody_can_be_let_stay_beforehand() -> None:
    desk = Desk().follows()
    assert "for leads" in spoken(desk.type("!list spare Calm Otter"))
    desk.type("!list spare Calm Otter", LEAD)
    assert desk.follows(rule(BEN)).tick() == []
    assert "Calm Otter" in spoken(desk.type("!list"))
    desk.type("!undo 1", LEAD)
    assert of_kind(act.NoteBan, desk.tick()) == [act.NoteBan(BEN)]


# which lists --------------------------------------------------------------------------------------


def test_following_and_leaving_are_each_others_undo() -> None:
    desk = Desk()
    followed = desk.type("!list subscribe !l:a.org b.org", LEAD)
    assert of_kind(act.EnterList, followed) == [act.EnterList("!l:a.org", ("b.org",))]
    assert "!l:a.org" in desk.state.books["list"]
    taken = desk.type("!undo 1", LEAD)
    assert of_kind(act.LeaveList, taken) == [act.LeaveList("!l:a.org", ("b.org",))]
    assert desk.state.books["list"] == {}
    again = desk.type("!undo 2", LEAD)
    assert of_kind(act.EnterList, again) == [act.EnterList("!l:a.org", ("b.org",))]
    assert desk.state.books["list"]["!l:a.org"]["via"] == ("b.org",)
    left = desk.type("!list unsubscribe !l:a.org", LEAD)
    assert of_kind(act.LeaveList, left) == [act.LeaveList("!l:a.org", ("b.org",))]


def test_an_alias_is_looked_up_first() -> None:
    actions = Desk().type("!list subscribe #bans:a.org", LEAD)
    assert of_kind(act.FindList, actions) == [act.FindList("#bans:a.org", LEAD)]
    assert of_kind(act.Note, actions) == []


@pytest.mark.parametrize("room", [CIRCLE, GARDEN, DESK])
def test_a_room_of_ours_is_no_list(room: str) -> None:
    actions = Desk().type(f"!list subscribe {room}", LEAD)
    assert of_kind(act.EnterList, actions) == []
    assert "no list" in spoken(actions)


def test_the_room_of_a_list_is_not_looked_after() -> None:
    actions = Desk().follows().type(f"!rooms add {LIST}", LEAD)
    assert of_kind(act.AddRoom, actions) == []


@pytest.mark.parametrize(
    "command",
    [
        "!list subscribe !l:a.org",
        "!list unsubscribe !l:a.org",
        "!list create",
        "!list open",
        "!list publish @a:b.org",
        "!list retract @a:b.org",
        "!list servers on",
        "!list apply",
        "!list spare Calm Otter",
    ],
)
@pytest.mark.parametrize("by", [MOD, WATCHER])
def test_what_changes_something_is_for_leads(command: str, by: str) -> None:
    actions = Desk().owns().type(command, by)
    assert [type(action) for action in actions] == [act.Say]


# what they say ------------------------------------------------------------------------------------


def test_lists_are_shown_with_their_rules_and_their_last_change() -> None:
    said = spoken(Desk().follows(rule("@a:b"), rule("@c:d")).later(hours=3).type("!list"))
    assert said == f"• Bad people ({LIST}) · 2 rules · changed 3 hours ago"


def test_rules_are_searched() -> None:
    desk = Desk().follows(rule("@spam:a.org", why="Sells\x07 courses"), rule("@other:b.org"))
    assert spoken(desk.type("!list rules COURSES")) == "• @spam:a.org – Sells courses"
    assert "No rule" in spoken(desk.type("!list rules zebra"))
    many = Desk().follows(*(rule(f"@spam{n}:a.org") for n in range(50)))
    assert "and 30 more" in spoken(many.type("!list rules spam"))


def test_one_is_looked_up_by_address_name_or_hash() -> None:
    hashed = Rule("user", "", "ban", digest=digest_of(BEN))
    desk = Desk().follows(hashed, rule("*.bad.example", "server"))
    assert "(hashed)" in spoken(desk.type(f"!list test {BEN}"))
    assert "(hashed)" in spoken(desk.type("!list test Calm Otter"))
    assert "*.bad.example" in spoken(desk.type("!list test a.bad.example"))
    assert "on no list" in spoken(desk.type("!list test @anna:good.example"))


# our own ------------------------------------------------------------------------------------------


def published(text: str, desk: Desk | None = None) -> list[Any]:
    desk = desk or Desk().owns()
    return of_kind(act.SetRule, desk.yes(desk.type(text, LEAD)))


def test_people_are_published_hashed_and_servers_and_patterns_plainly() -> None:
    assert published("!list publish @evil:far.org: spam") == [
        act.SetRule(OWN, "user", "@evil:far.org", reason="spam", hashed=True)
    ]
    assert published("!list publish plain @evil:far.org") == [
        act.SetRule(OWN, "user", "@evil:far.org")
    ]
    assert published("!list publish Calm Otter") == [act.SetRule(OWN, "user", BEN, hashed=True)]
    assert published("!list publish @spam*:far.org") == [act.SetRule(OWN, "user", "@spam*:far.org")]
    assert published("!list publish *.evil.org") == [act.SetRule(OWN, "server", "*.evil.org")]
    assert published("!list publish evil.org: raid") == [
        act.SetRule(OWN, "server", "evil.org", reason="raid")
    ]


def test_what_a_moderator_writes_about_somebody_stays_here() -> None:
    desk = Desk().owns()
    done = desk.yes(desk.type("!list publish @evil:far.org: followed Anna home", LEAD))
    [publish] = of_kind(act.SetRule, done)
    assert publish.reason == ""
    assert desk.state.deeds[1].reason == "followed Anna home"


def test_publishing_and_retracting_are_each_others_undo() -> None:
    desk = Desk().owns()
    desk.yes(desk.type("!list publish @evil:far.org", LEAD))
    [taken] = of_kind(act.SetRule, desk.type("!undo 1", LEAD))
    assert (taken.recommendation, taken.hashed) == (None, True)
    [again] = of_kind(act.SetRule, desk.type("!undo 2", LEAD))
    assert again.recommendation == "m.ban"
    [off] = of_kind(act.SetRule, desk.type("!list retract @evil:far.org", LEAD))
    assert off.recommendation is None


@pytest.mark.parametrize("entity", [LEAD, BOT, "*:x", "x.*", "@*"])
def test_ourselves_are_not_published(entity: str) -> None:
    desk = Desk().owns()
    desk.knows(bot="@bot:x.org") if entity == "x.*" else None
    actions = desk.type(f"!list publish {entity}", LEAD)
    assert of_kind(act.Remember, actions) == []
    assert "left alone" in spoken(actions)


def test_where_names_change_nobody_of_here_is_published() -> None:
    desk = Desk().owns().knows(rotation=Rotation(epoch=3, stage="open", switch=None))
    assert "Names change here" in spoken(desk.type("!list publish Calm Otter", LEAD))
    assert published("!list publish @evil:far.org", desk)


def test_a_list_is_made_once_and_opened_on_a_word() -> None:
    assert of_kind(act.MakeList, Desk().type("!list create", LEAD)) == [act.MakeList(LEAD)]
    desk = Desk().owns()
    assert of_kind(act.MakeList, desk.type("!list create", LEAD)) == []
    done = desk.yes(desk.type("!list open", LEAD))
    assert of_kind(act.OpenList, done) == [act.OpenList(OWN, open=True)]
    assert "https://matrix.to/#/%21own?via=x" in spoken(done)
    assert act.OpenList(OWN, open=False) in desk.type("!undo 1", LEAD)


# servers ------------------------------------------------------------------------------------------


def serving(*rules: Rule) -> Desk:
    return Desk().follows(*rules).knows(acls={CIRCLE: ()})


def test_servers_are_kept_out_only_when_a_lead_says_so_and_only_where_they_could_come_in() -> None:
    desk = serving(rule("evil.org", "server"), rule("x", "server"), rule("*", "server"))
    desk.without(ANNA, BEN, CARA)
    assert of_kind(act.SetAcl, desk.tick()) == []
    done = desk.yes(desk.type("!list servers on", LEAD))
    assert of_kind(act.SetAcl, done) == [act.SetAcl(CIRCLE, ("evil.org",))]
    assert desk.tick() == []
    back = desk.type("!undo 1", LEAD)
    assert act.SetAcl(CIRCLE, ()) in back
    assert "acl" not in desk.state.books["choice"]
    assert desk.tick() == []


def test_servers_that_come_onto_a_list_are_kept_out_later() -> None:
    desk = serving()
    desk.yes(desk.type("!list servers on", LEAD))
    actions = desk.follows(rule("evil.org", "server")).tick()
    assert of_kind(act.SetAcl, actions) == [act.SetAcl(CIRCLE, ("evil.org",))]
    [note] = of_kind(act.Note, actions)
    assert (note.by, note.what) == (BOT, "servers")
    assert desk.tick() == []


def test_a_server_of_somebody_who_is_here_is_not_cut_off() -> None:
    desk = serving(rule("home.org", "server"), rule("evil.org", "server"))
    guests = {f"@guest{n}:home.org" for n in range(2)}
    desk.knows(inside={CIRCLE: desk.state.inside[CIRCLE] | guests})
    done = desk.yes(desk.type("!list servers on", LEAD))
    assert of_kind(act.SetAcl, done) == [act.SetAcl(CIRCLE, ("evil.org",))]


def test_there_is_nothing_to_keep_out_where_no_other_server_can_come_in() -> None:
    desk = Desk().follows(rule("evil.org", "server"))
    assert "none to keep out" in spoken(desk.type("!list servers on", LEAD))


# -- what is typed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("!list subscribe #bans:a.org", cmd.Lists("subscribe", "#bans:a.org")),
        (
            "!list subscribe https://matrix.to/#/%23bans:a.org",
            cmd.Lists("subscribe", "#bans:a.org"),
        ),
        (
            "!list subscribe https://matrix.to/#/#bans:a.org?via=b.org",
            cmd.Lists("subscribe", "#bans:a.org"),
        ),
        ("!list subscribe !r b.org c.org", cmd.Lists("subscribe", "!r", ("b.org", "c.org"))),
        ("!list create", cmd.Lists("create")),
        ("!list rules sold courses", cmd.FindRules("rules", "sold courses")),
        ("!list test @a:b.org", cmd.TestLists("test", "@a:b.org")),
        ("!list servers OFF", cmd.KeepServersOut("servers", on=False)),
        ("!list apply", cmd.ApplyLists()),
        ("!list spare “Calm Otter”", cmd.Spare("spare", "Calm Otter")),
        ("!list publish Calm Otter: spam", cmd.PublishRule("publish", "Calm Otter", "spam")),
        ("!list publish @a:b.org spam", cmd.PublishRule("publish", "@a:b.org", "spam")),
        ("!list publish evil.org：spam", cmd.PublishRule("publish", "evil.org", "spam")),
        ("!list publish plain @a:b.org", cmd.PublishRule("publish", "@a:b.org", "", plain=True)),
    ],
)
def test_what_is_typed_is_understood(text: str, command: cmd.Command) -> None:
    read = cmd.parse(ForeignText(text))
    assert read == command
    assert cmd.decode(cmd.encode(command)) == command


@pytest.mark.parametrize("text", ["!list subscribe #bans", "!list subscribe bans", "!list servers"])
def test_what_is_no_list_is_not_understood(text: str) -> None:
    assert isinstance(cmd.parse(ForeignText(text)), cmd.CommandError)


def test_every_request_about_lists_has_an_undo_where_there_can_be_one() -> None:
    state = Desk().state
    for action in (
        act.EnterList(LIST),
        act.LeaveList(LIST),
        act.OpenList(OWN, open=True),
        act.SetAcl(CIRCLE, ("evil.org",)),
        act.SetRule(OWN, "user", BEN),
    ):
        [undo] = inverses([action], state)
        assert undo != action


def test_a_week_later_it_is_too_late_to_answer() -> None:
    desk = Desk().follows(rule("*:x"))
    asked = desk.tick()
    desk.at += timedelta(days=8)
    assert "Nothing waits" in spoken(desk.yes(asked))
