"""What a member says to the moderators: to the bot alone, kept first, and never under another
name."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desks import BOT, CIRCLE, DOOR, KEY, OTHER, OWN, Place
from support.vaults import PASSPHRASE, new_vault

from peerroom.client.reporting_views import (
    AppealedAlready,
    BotNotItself,
    EarlierName,
    NobodyToTell,
    NoSuchDeed,
    NothingToReport,
    NothingToSay,
    TooLongToSay,
    TooMuchToReport,
)
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.i18n import set_language
from peerroom.matrix.padding import padded
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault
from peerroom.wire import member
from peerroom.wire.member import Appeal, AskModerator, Explained, Received, Reply, Report


@pytest.fixture
def place() -> Place:
    return Place()


def sent(place: Place) -> list[tuple[OutboxRow, member.Ask]]:
    """What waits in the outbox for the moderators, as the bot would read it."""
    rows = place.vault.outbox.queued(place.account.id)
    return [(row, member.read_ask(row.content["content"])) for row in rows]


def report_of(place: Place) -> Report:
    [(_row, ask)] = sent(place)
    assert isinstance(ask, Report)
    return ask


# reporting


def test_a_report_goes_to_the_bot_alone_with_what_stood_around(place: Place) -> None:
    for number in range(15):
        place.said(CIRCLE, OTHER if number % 2 else OWN, f"before {number}")
    bad = place.said(CIRCLE, OTHER, "buy my course")
    for number in range(15):
        place.said(CIRCLE, OTHER, f"after {number}")

    key = place.client.desk.report(CIRCLE, [bad.event_id], " it frightens me ")

    [(row, ask)] = sent(place)
    assert (row.room_id, row.transaction_id, row.kind) == (DOOR, key, "message")
    assert row.content["type"] == member.ASK
    assert row.content["readers"] == [OWN, BOT]
    assert isinstance(ask, Report)
    assert (ask.room_id, ask.event_ids, ask.why) == (CIRCLE, (bad.event_id,), "it frightens me")
    texts = [line.text for line in ask.lines]
    assert texts == [
        *(f"before {n}" for n in range(5, 15)),
        "buy my course",
        *(f"after {n}" for n in range(10)),
    ]
    assert [line.text for line in ask.lines if line.about] == ["buy my course"]
    assert {line.name for line in ask.lines} == {"Small Otter", "Quiet Heron"}


def test_several_messages_share_what_stood_around_them_each_line_once(place: Place) -> None:
    events = [place.said(CIRCLE, OTHER, f"line {number}") for number in range(60)]
    chosen = [events[number].event_id for number in (10, 12, 50)]
    place.client.desk.report(CIRCLE, [*chosen, chosen[0]])
    ask = report_of(place)
    assert ask.event_ids == tuple(chosen)
    assert len(ask.lines) == 41
    texts = [line.text for line in ask.lines]
    assert texts == sorted(texts, key=lambda text: int(text.split()[1]))
    assert [line.text for line in ask.lines if line.about] == ["line 10", "line 12", "line 50"]


@pytest.mark.parametrize(
    ("trust", "unsigned"), [("signed", False), ("unsigned", True), ("identity_changed", True)]
)
def test_a_report_says_which_words_may_be_somebody_elses(
    place: Place, trust: str, unsigned: bool
) -> None:
    bad = place.said(CIRCLE, OTHER, "bad", trust=trust)
    place.client.desk.report(CIRCLE, [bad.event_id])
    assert [line.unsigned for line in report_of(place).lines] == [unsigned]


def test_who_came_and_went_is_not_in_a_report(place: Place) -> None:
    place.vault.events.upsert(
        place.said(CIRCLE, OTHER, {"membership": "join"}, event_type="m.room.member")
    )
    bad = place.said(CIRCLE, OTHER, "bad")
    place.client.send(CIRCLE, "not sent yet")
    place.client.desk.report(CIRCLE, [bad.event_id])
    asks = [ask for row, ask in _asks(place)]
    assert [line.text for ask in asks for line in ask.lines] == ["bad"]


def _asks(place: Place) -> list[tuple[OutboxRow, Report]]:
    rows = [r for r in place.vault.outbox.queued(place.account.id) if r.room_id == DOOR]
    found = [(row, member.read_ask(row.content["content"])) for row in rows]
    return [(row, ask) for row, ask in found if isinstance(ask, Report)]


@pytest.mark.parametrize("which", ["own", "none", "unsent", "unknown"])
def test_there_has_to_be_a_message_of_somebody_else(place: Place, which: str) -> None:
    own = place.said(CIRCLE, OWN, "mine")
    unsent = place.client.send(CIRCLE, "to come")
    keys = {"own": [own.event_id], "none": [], "unsent": [unsent], "unknown": ["$nowhere"]}[which]
    with pytest.raises(NothingToReport):
        place.client.desk.report(CIRCLE, keys)
    assert place.vault.outbox.of_room(DOOR) == []


def test_a_report_holds_twenty_messages(place: Place) -> None:
    events = [place.said(CIRCLE, OTHER, f"{number}").event_id for number in range(21)]
    place.client.desk.report(CIRCLE, events[:20])
    with pytest.raises(TooMuchToReport):
        place.client.desk.report(CIRCLE, events)
    with pytest.raises(TooLongToSay):
        place.client.desk.report(CIRCLE, events[:1], "x" * 4_001)
    assert len(place.vault.outbox.of_room(DOOR)) == 1


@pytest.mark.parametrize("letter", ["a", "あ", "👩", '"'])
def test_the_longest_report_fits_into_an_event(place: Place, letter: str) -> None:
    place.member(CIRCLE, OTHER, letter * 200)
    events = [place.said(CIRCLE, OTHER, letter * 9_000).event_id for _ in range(60)]
    place.client.desk.report(CIRCLE, events[20:40], letter * 4_000)
    [row] = place.vault.outbox.of_room(DOOR)
    padded(member.ASK, row.content["content"], "!" + "r" * 60)  # raises `TooLarge`
    ask = report_of(place)
    assert len(ask.lines) == 40
    assert all(line.text.startswith(letter) for line in ask.lines)


@given(
    body=st.one_of(st.text(max_size=300), st.none(), st.integers(), st.lists(st.text())),
    name=st.one_of(st.text(max_size=300), st.integers(), st.none()),
    at=st.integers(-(2**53), 2**53),
)
def test_whatever_was_written_can_be_reported(body: Any, name: Any, at: int) -> None:
    from dataclasses import replace

    place = Place()
    place.vault.rooms.set_state(
        CIRCLE, "m.room.member", OTHER, {"membership": "join", "displayname": name}
    )
    event = place.said(CIRCLE, OTHER, {"msgtype": "m.text", "body": body})
    stranger = replace(event, event_id="$strange", position=500, origin_ts=at)
    place.vault.events.upsert(stranger)
    place.client.desk.report(CIRCLE, [stranger.event_id])
    ask = report_of(place)
    assert member.read_ask(member.content(ask)) == ask
    assert all("\x1b" not in line.text + line.name for line in ask.lines)


# to whom


def test_in_a_room_that_no_bot_of_ours_keeps_nobody_would_read_it(place: Place) -> None:
    place.room("!other:example.org", {OWN: "Heron", OTHER: "Otter", BOT: "Bot"}, maker=OTHER)
    bad = place.said("!other:example.org", OTHER, "bad")
    obstacle = place.client.desk.obstacle("!other:example.org")
    assert isinstance(obstacle, NobodyToTell)
    assert "nobody would read it" in obstacle.sentence() and "help-now" in obstacle.sentence()
    with pytest.raises(NobodyToTell):
        place.client.desk.report("!other:example.org", [bad.event_id])
    assert place.vault.outbox.queued(place.account.id) == []
    assert place.client.desk.obstacle(CIRCLE) is None


def test_a_room_that_it_did_not_make_it_may_look_after_all_the_same(place: Place) -> None:
    place.room("!other:example.org", {OWN: "Heron", OTHER: "Otter", BOT: "Bot"}, maker=OTHER)
    bad = place.said("!other:example.org", OTHER, "bad")
    levels = {"users": {BOT: 50}}
    place.vault.rooms.set_state("!other:example.org", "m.room.power_levels", "", levels)
    place.client.desk.report("!other:example.org", [bad.event_id])
    assert report_of(place).room_id == "!other:example.org"


def test_nor_where_the_bot_has_gone(place: Place) -> None:
    place.member(CIRCLE, BOT, "Moderator bot", "leave")
    assert isinstance(place.client.desk.obstacle(CIRCLE), NobodyToTell)


def test_nothing_is_said_to_a_bot_with_another_identity(place: Place) -> None:
    bad = place.said(CIRCLE, OTHER, "bad")
    place.vault.identities.pin(BOT, "B" * 43)
    assert isinstance(place.client.desk.obstacle(CIRCLE), BotNotItself)
    for say in (
        lambda: place.client.desk.report(CIRCLE, [bad.event_id]),
        lambda: place.client.desk.ask_for_help(),
        lambda: place.client.desk.ask_moderators("hello", CIRCLE),
    ):
        with pytest.raises(BotNotItself):
            say()
    assert place.vault.outbox.queued(place.account.id) == []
    place.vault.identities.pin(BOT, KEY)
    place.client.desk.ask_for_help()
    assert len(sent(place)) == 1


def test_what_was_under_an_earlier_name_is_not_reported_under_this_one(place: Place) -> None:
    earlier = place.vault.accounts.add(
        homeserver="https://example.org", user_id="@old:example.org", device_id="A", access_token=""
    )
    place.room("!old:example.org", {OTHER: "Otter", BOT: "Bot"}, account=earlier)
    bad = place.said("!old:example.org", OTHER, "bad")
    with pytest.raises(EarlierName):
        place.client.desk.report("!old:example.org", [bad.event_id])
    assert place.vault.outbox.queued(place.account.id) == []


def test_a_room_of_two_with_a_third_is_none(place: Place) -> None:
    place.member(DOOR, OTHER, "Small Otter", "invite")
    place.client.desk.ask_moderators("hello")
    assert place.vault.outbox.of_room(DOOR) == []
    [ask] = place.client.desk.asks()
    assert (ask.state, ask.text) == ("waiting", "hello")


def test_without_a_room_of_two_it_waits_and_is_kept(place: Place) -> None:
    place = Place(door=False)
    key = place.client.desk.ask_for_help("please")
    assert place.vault.outbox.queued(place.account.id) == []
    [ask] = place.client.desk.asks()
    assert (ask.key, ask.kind, ask.state, ask.text) == (key, "help", "waiting", "please")
    assert ask.state_words == "kept; it goes out with the next connection"


def test_what_was_said_outlives_the_program(tmp_path: Path) -> None:
    before = Place(door=False, vault=new_vault(tmp_path / "vault"))
    waiting = before.client.desk.ask_for_help("no room yet")
    before.open_door()
    queued = before.client.desk.ask_moderators("in the outbox")
    before.vault.close()

    with Vault.open(tmp_path / "vault", PASSPHRASE) as vault:
        account = vault.accounts.current()
        assert account is not None
        client = Client(vault, account, config=Config(), clock=before.clock, random=Random(1))
        asks = {ask.key: (ask.text, ask.state) for ask in client.desk.asks()}
    assert asks == {waiting: ("no room yet", "waiting"), queued: ("in the outbox", "sending")}


# other words, and what comes back


def test_words_to_the_moderators(place: Place) -> None:
    with pytest.raises(NothingToSay):
        place.client.desk.ask_moderators("  \n ")
    place.client.desk.ask_moderators(" May I post a link? ")
    place.client.desk.ask_for_help()
    assert [ask for _row, ask in sent(place)] == [
        AskModerator(text="May I post a link?"),
        AskModerator(help=True),
    ]
    asks = place.client.desk.asks()
    assert {(ask.kind, ask.state) for ask in asks} == {("help", "sending"), ("question", "sending")}


def test_an_ask_keeps_its_key_on_its_way_until_the_moderators_have_it(place: Place) -> None:
    key = place.client.desk.ask_moderators("hello")
    event = place.came_back(key)
    [ask] = place.client.desk.asks()
    assert (ask.key, ask.state) == (key, "sent")
    place.tell(Received(about="$another"))
    place.tell(Received(about=event.event_id), trust="unsigned")
    place.tell(Received(about=event.event_id), sender=OTHER)
    assert place.client.desk.asks()[0].state == "sent"
    place.tell(Received(about=event.event_id))
    [ask] = place.client.desk.asks()
    assert (ask.key, ask.state, ask.state_words) == (key, "received", "the moderators have it")


def test_what_was_not_sent_says_why_and_can_be_tried_again(place: Place) -> None:
    key = place.client.desk.ask_moderators("hello")
    [(row, _ask)] = sent(place)
    place.vault.outbox.mark_sending(row.id, place.clock.now())
    place.vault.outbox.mark_failed(row.id, "The server says no.")
    [ask] = place.client.desk.asks()
    assert (ask.state, ask.problem) == ("failed", "The server says no.")
    place.client.desk.retry(key)
    assert place.client.desk.asks()[0].state == "sending"


REMOVED = Explained(
    deed=12,
    what="removed",
    reason="contact",
    text="Numbers stay out of the room.",
    event_ids=("$event1",),
)


def test_why_something_was_done(place: Place) -> None:
    mine = place.said(CIRCLE, OWN, "my number is …")
    assert mine.event_id == "$event1"
    assert place.client.desk.why(CIRCLE, mine.event_id) is None
    place.tell(REMOVED)
    view = place.client.desk.why(CIRCLE, mine.event_id)
    assert view is not None
    assert view.sentence == "A message of yours was removed. Why: contact details or an address."
    assert (view.deed, view.text, view.may_appeal) == (12, "Numbers stay out of the room.", True)
    assert place.client.desk.explanations() == [view]


@pytest.mark.parametrize(
    "how",
    [
        {"trust": "unsigned"},
        {"trust": "identity_changed"},
        {"encrypted": False},
        {"sender": OTHER},
        {"status": "unattributable"},
    ],
)
def test_only_the_bots_own_word_explains(place: Place, how: dict[str, Any]) -> None:
    place.tell(REMOVED, **how)
    assert place.client.desk.explanations() == []
    with pytest.raises(NoSuchDeed):
        place.client.desk.appeal(12)


def test_an_appeal_goes_out_once(place: Place) -> None:
    place.tell(REMOVED)
    key = place.client.desk.appeal(12, "It was not mine.")
    [(_row, ask)] = sent(place)
    assert ask == Appeal(deed=12, text="It was not mine.")
    [view] = place.client.desk.explanations()
    assert view.appealed and not view.may_appeal
    with pytest.raises(AppealedAlready):
        place.client.desk.appeal(12)
    place.came_back(key)
    with pytest.raises(AppealedAlready):
        place.client.desk.appeal(12)
    assert [ask.kind for ask in place.client.desk.asks()] == ["appeal"]


def test_another_reason_is_no_reason_to_tell(place: Place) -> None:
    place.tell(Explained(deed=15, what="muted", reason="other", text=""))
    [view] = place.client.desk.explanations()
    assert view.sentence == "For now you can read here, and not write."


def test_there_is_nothing_to_appeal_in_what_was_put_back(place: Place) -> None:
    place.tell(Explained(deed=13, what="put back", reason="contact", text=""))
    place.tell(Explained(deed=14, what="something new", reason="nobody knows", text="\x1b[31mred"))
    new, back = place.client.desk.explanations()
    assert back.sentence == "What was done has been taken back.", "not because of contact details"
    assert back.what == "What was done has been taken back." and not back.may_appeal
    assert new.sentence == "The moderators did something about what you wrote."
    assert "\x1b" not in new.text
    with pytest.raises(NoSuchDeed):
        place.client.desk.appeal(13)


FOREIGN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "deed", "what", "text", "about", "until", "event_ids", "body"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)
KINDS = [kind.__name__ for kind in (Report, AskModerator, Appeal, Received, Explained, Reply)]


@given(FOREIGN, st.sampled_from([*KINDS, "Other"]), st.sampled_from([member.ASK, member.TELL]))
def test_whatever_is_said_in_private_harms_nothing(value: Any, kind: str, event_type: str) -> None:
    place = Place()
    if isinstance(value, dict):
        value = {**value, "type": kind}
    if event_type == member.TELL:
        place.said(DOOR, BOT, {"msgtype": "m.notice", "body": "words", member.TELL: value})
    else:
        place.said(DOOR, OWN, value, event_type=event_type)
    place.tell(REMOVED)
    place.client.timeline(DOOR).page()
    place.client.desk.asks()
    assert [view.deed for view in place.client.desk.explanations()].count(12) >= 1


def test_an_end_beyond_every_calendar_can_be_shown(place: Place) -> None:
    place.tell(Explained(deed=1, what="muted", reason="", text="", until=253402300799000))
    [view] = place.client.desk.explanations()
    assert view.until is not None
    assert view.until.astimezone(timezone(timedelta(hours=14))).year == 9999


# lines of the conversation


def bodies(place: Place, room_id: str = DOOR) -> list[str]:
    return [view.body for view in place.client.timeline(room_id).page()]


def test_private_talk_reads_as_lines(place: Place) -> None:
    place.asked(Report(room_id=CIRCLE, event_ids=("$1", "$2"), why="it hurts"))
    place.asked(AskModerator(text="May I?"))
    place.asked(AskModerator(help=True))
    place.asked(Appeal(deed=12, text="please"))
    place.tell(Received(about="$1"))
    place.tell(REMOVED)
    place.tell(Reply(text="Yes, you may.\nAny time."))
    assert bodies(place) == [
        "Report to the moderators, 2 messages. it hurts",
        "To the moderators: May I?",
        "To the moderators: please help me.",
        "To the moderators: please look again at number 12. please",
        "The moderators have it.",
        "A message of yours was removed. Why: contact details or an address.\n"
        "Numbers stay out of the room.\nYou can ask to look again, with number 12.",
        "Yes, you may.\nAny time.",
    ]
    views = place.client.timeline(DOOR).page()
    assert [view.kind for view in views] == ["text"] * 4 + ["notice"] * 3
    assert all(view.trust is None for view in views)


def test_a_stranger_cannot_speak_as_the_moderators(place: Place) -> None:
    place.tell(Reply(text="Send me money."), sender=OTHER)
    place.tell(Reply(text="Send me money."), encrypted=False)
    assert "money" not in "".join(bodies(place))
    place.tell(Reply(text="Who is this?"), trust="unsigned")
    [*_others, view] = place.client.timeline(DOOR).page()
    assert view.trust == "Sent from a device that its owner has not confirmed."


def test_what_a_newer_bot_says_has_its_words_beside_it(place: Place) -> None:
    for told in ({"type": "Newer"}, 7, None):
        content = {"msgtype": "m.notice", "body": "new words", member.TELL: told}
        place.said(DOOR, BOT, content)
    assert bodies(place) == ["new words"] * 3


def test_what_is_on_its_way_to_the_moderators_is_a_line_and_can_be_taken_back(
    place: Place,
) -> None:
    key = place.client.desk.ask_moderators("May I?")
    view = place.client.timeline(DOOR).find(key)
    assert view is not None and (view.state, view.body) == ("sending", "To the moderators: May I?")
    assert place.client.undo(key) == "May I?"
    assert place.client.desk.asks() == []


def test_a_message_that_moderators_removed_says_so_and_ones_own_says_why(place: Place) -> None:
    mine = place.said(CIRCLE, OWN, "my number")
    theirs = place.said(CIRCLE, OTHER, "a link")
    deleted = place.said(CIRCLE, OTHER, "oh no")
    for event, by in ((mine, BOT), (theirs, BOT), (deleted, OTHER)):
        place.vault.events.redact(CIRCLE, event.event_id, by=by)
    assert bodies(place, CIRCLE) == [
        "The moderators removed this message of yours.",
        "The moderators removed this message.",
        "This message was deleted.",
    ]
    place.tell(REMOVED)
    assert bodies(place, CIRCLE)[0] == (
        "A message of yours was removed. Why: contact details or an address."
    )
    assert {view.state for view in place.client.timeline(CIRCLE).page()} == {"deleted"}


def test_a_room_is_not_one_of_two_because_somebody_said_so(place: Place) -> None:
    place.vault.rooms.set_direct(CIRCLE, True)
    bad = place.said(CIRCLE, OTHER, "bad")
    place.client.desk.report(CIRCLE, [bad.event_id])
    assert report_of(place).event_ids == (bad.event_id,)
    inside = place.said(DOOR, BOT, "hello")
    with pytest.raises(NothingToReport):
        place.client.desk.report(DOOR, [inside.event_id])


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Numbers stay out."), ("ja", "番号は控えて")]
)
def test_what_is_told_in_several_languages_is_read_in_ones_own(
    place: Place, language: str, text: str
) -> None:
    texts = {"en": "Numbers stay out.", "ja": "番号は控えて"}
    place.tell(Explained(deed=1, what="removed", reason="contact", text=texts))
    place.tell(Reply(text=texts))
    set_language(language)
    try:
        [view] = place.client.desk.explanations()
        assert view.text == text
        assert text in bodies(place)[0]
        assert bodies(place)[1] == text
    finally:
        set_language("en")


def test_what_was_written_to_an_earlier_name_stays_readable(place: Place) -> None:
    place.tell(Reply(text="first"))
    place.tell(Explained(deed=12, what="muted", reason="contact", text="See you tomorrow."))
    place.tell(Received(about="$1"))
    place.tell(Reply(text="not from the bot"), sender=OTHER)
    here = place.client.desk.answers()
    assert [(view.text, view.former) for view in here] == [("first", False)]

    new = place.vault.accounts.add(
        homeserver="https://example.org", user_id="@new:example.org", device_id="B", access_token=""
    )
    place.vault.accounts.retire(place.account.id, place.clock.now())
    fresh = "!fresh:example.org"
    place.room(fresh, {new.user_id: "Slow Hare", BOT: "Bot"}, direct=True, account=new)
    place.tell(Reply(text="second"), room_id=fresh)
    client = Client(place.vault, new, config=Config(), clock=place.clock, random=Random(1))
    second, why, first = client.desk.answers()
    assert (second.text, second.former) == ("second", False)
    assert (first.text, first.former) == ("first", True)
    assert why.former and "See you tomorrow." in why.text and "look again" not in why.text
    assert client.desk.explanations() == [] and client.desk.asks() == []
    with pytest.raises(NoSuchDeed):
        client.desk.appeal(12)
