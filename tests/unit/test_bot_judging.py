"""The bot watches its rooms: each event once, also over a restart; what it removes it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.clock import FrozenClock
from support.serverless_bot import BOT, CIRCLE, DESK, MOD, bot_for, filled, put

from peerroom.bot import judging
from peerroom.bot.runtime import Bot
from peerroom.moderation import actions as act
from peerroom.moderation.facts import Fact
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import State
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import cases as wire
from peerroom.wire import member
from peerroom.wire.cases import Line

ANNA, BEN = "@anna:x", "@ben:x"
DOOR = "!door"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault, (ANNA, BEN))


def says(vault: Vault, clock: FrozenClock, number: int, body: Any = "hello", **more: Any) -> None:
    at = int(clock.now().timestamp() * 1000)
    fields = {"room_id": CIRCLE, "sender": ANNA, "origin_ts": at, **more}
    put(vault, number, body, **fields)


def rows(vault: Vault, what: str) -> list[dict[str, Any]]:
    """Rows of the outbox: actions by their type, messages by theirs, "redaction"."""
    found = vault.outbox.queued(1)
    return [row.content for row in found if what in (row.content.get("type"), row.kind)]


def only_pace(bot: Bot) -> None:
    """Everything else is off."""
    for name in list(bot._watching.names):
        mode = "on" if name == "pace" else "off"
        bot.ledger.apply(act.SetProtection(name, None, mode), bot._clock.now())


def test_a_burst_leads_to_one_pause_also_with_a_restart_in_between(
    vault: Vault, clock: FrozenClock
) -> None:
    only_pace(bot_for(vault, clock))
    for number in range(15):
        says(vault, clock, number)
    bot_for(vault, clock)._judge()
    assert rows(vault, "SetVoice") == []
    for number in range(15, 25):
        says(vault, clock, number)
    bot_for(vault, clock)._judge()
    assert rows(vault, "SetVoice") == [
        {"type": "SetVoice", "room_id": CIRCLE, "user_id": ANNA, "may_write": False}
    ]
    bot_for(vault, clock)._judge()
    assert len(rows(vault, "SetVoice")) == 1
    assert len(rows(vault, "TellMember")) == 1


def test_what_could_not_be_read_is_not_counted_twice(vault: Vault, clock: FrozenClock) -> None:
    only_pace(bot_for(vault, clock))
    for number in range(12):
        says(vault, clock, number, clear=None, status="undecryptable", session_id="s", trust=None)
    bot = bot_for(vault, clock)
    bot._judge()
    clear = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "hello"}}
    for number in range(12):
        vault.events.set_clear(f"${number}", clear, "ok", "signed")
    bot._judge()
    assert rows(vault, "SetVoice") == []
    assert len(bot._watching.window(CIRCLE)) == 24
    assert sum(1 for _ in bot._watching.window(CIRCLE).of(ANNA, clock.now())) == 12


def test_what_is_older_than_the_window_does_not_come_back(vault: Vault, clock: FrozenClock) -> None:
    for number in range(5):
        says(vault, clock, number)
    bot_for(vault, clock)._judge()
    clock.advance(3700)
    says(vault, clock, 9)
    bot = bot_for(vault, clock)
    bot._judge()
    assert len(bot._watching.window(CIRCLE)) == 1
    assert len(bot._watching.past(CIRCLE)) == 6


def test_moderators_and_the_bot_are_never_judged(vault: Vault, clock: FrozenClock) -> None:
    for number in range(40):
        says(vault, clock, number, sender=MOD if number % 2 else BOT)
    bot_for(vault, clock)._judge()
    assert vault.outbox.queued(1) == []


def test_what_is_held_is_kept_for_a_while_and_then_gone(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    says(vault, clock, 1, "call me")
    bot = bot_for(vault, clock)
    bot._judge()
    assert rows(vault, "redaction") == [{"redacts": "$1"}]
    vault.events.redact(CIRCLE, "$1", BOT)
    state = bot._picture.take()  # type: ignore[union-attr]
    assert state.evidence["$1"].text == "call me"
    [case] = state.cases
    assert [kept.event_id for kept in state.held[case]] == ["$1"]
    assert state.removed["$1"]
    note = state.deeds[1]
    assert (note.what, note.about, note.event_ids) == ("held", ANNA, ("$1",))
    clock.advance(timedelta(days=30).total_seconds() + 1)
    assert bot._judging is not None
    while bot._judging.tick(clock.now()):
        pass
    assert "$1" not in bot._picture.take().evidence  # type: ignore[union-attr]
    assert bot.ledger.evidence.content("$1") is None


def test_a_message_that_two_find_bad_is_removed_once(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    says(vault, clock, 1)
    bot = bot_for(vault, clock)
    bot._judge()
    for _again in range(2):
        bot._requests.add(act.RedactMessage(CIRCLE, "$1"), f"other:{_again}")
    assert len(rows(vault, "redaction")) == 1
    [row] = [row for row in vault.outbox.queued(1) if row.kind == "redaction"]
    vault.outbox.mark_failed(row.id, "no")
    assert not bot._picture.take().removed["$1"]  # type: ignore[union-attr]
    bot._requests.add(act.RedactMessage(CIRCLE, "$1"), "again")
    assert len(rows(vault, "redaction")) == 1


def test_what_is_put_back_is_said_for_its_author_by_a_moderator(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    called = {"membership": "join", "displayname": "Quiet Heron"}
    vault.rooms.set_state(CIRCLE, "m.room.member", ANNA, called)
    says(vault, clock, 1, "call me")
    bot = bot_for(vault, clock)
    bot._judge()
    row = bot._requests.add(act.Repost(CIRCLE, "$1", "Quiet Heron"), "back")
    assert row is not None and row.room_id == CIRCLE
    assert row.content["content"] == {
        "msgtype": "m.text",
        "body": "Posted by a moderator for Quiet Heron:\ncall me",
    }
    assert "readers" not in row.content
    assert bot._requests.add(act.Repost(CIRCLE, "$unknown", "x"), "never") is None


def test_a_mistake_in_a_protection_leaves_nothing_half_done(
    vault: Vault, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    kept = judging.Judging.keep

    def broken(self: Any, actions: Any, cause: str, fact: Fact, state: State) -> None:
        kept(self, actions, cause, fact, state)
        if isinstance(fact, Seen):
            raise ZeroDivisionError

    monkeypatch.setattr(judging.Judging, "keep", broken)
    says(vault, clock, 1)
    bot = bot_for(vault, clock)
    bot._judge()
    assert rows(vault, "redaction") == []
    assert bot.ledger.casebook.cases() == {}
    assert bot.ledger.deeds.next_number == 1
    assert bot.ledger.counts() == {"event could not be judged": 1}
    assert len(bot._watching.window(CIRCLE)) == 1


def hold_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    from peerroom.moderation.findings import Finding
    from peerroom.moderation.guard import Guard

    def judge(_self: object, seen: Seen, _room: object) -> list[Finding]:
        return [Finding("words", "hold", "words", seen.room_id, seen.sender, (seen.event_id,))]

    monkeypatch.setattr(Guard, "judge", judge)


# --- what members say in private ------------------------------------------------------------------


def in_private(vault: Vault, number: int, ask: member.Ask, **changes: Any) -> None:
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=True))
    clear = {"type": member.ASK, "content": member.content(ask)}
    put(vault, number, room_id=DOOR, sender=ANNA, **{"clear": clear, **changes})


def test_a_report_becomes_a_case_with_our_own_copy_and_no_name(
    vault: Vault, clock: FrozenClock
) -> None:
    says(vault, clock, 1, "before", sender=BEN)
    says(vault, clock, 2, "buy my course", sender=BEN)
    report = member.Report(room_id=CIRCLE, event_ids=("$2",), why="it frightens me")
    in_private(vault, 3, report)
    bot = bot_for(vault, clock)
    bot._judge()
    [case] = bot.ledger.casebook.cases().values()
    assert (case.source, case.about, case.unverified) == ("report", BEN, False)
    assert [(line.text, line.about) for line in case.lines] == [
        ("before", False), ("buy my course", True), ("it frightens me", False),
    ]  # fmt: skip
    said = rows(vault, "m.room.message")
    [told] = [row for row in said if member.TELL in row["content"]]
    said.remove(told)
    for content in said:
        assert ANNA not in str(content["content"])
        assert content["readers"] == [MOD]
    assert told["readers"] == [ANNA]
    assert told["content"]["body"] == "The moderators have it."
    assert member.read_tell(told["content"][member.TELL]) == member.Received(about="$3")
    assert [one.user_id for one in bot.ledger.casebook.askers()[case.number]] == [ANNA]


@pytest.mark.parametrize(
    "changes",
    [{"trust": "unsigned"}, {"room_id": DESK}, {"room_id": CIRCLE}, {"sender": "@z:z"}],
)
def test_what_does_not_come_from_a_member_in_private_is_no_report(
    vault: Vault, clock: FrozenClock, changes: dict[str, Any]
) -> None:
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=True))
    ask = member.AskModerator(text="help", help=True)
    clear = {"type": member.ASK, "content": member.content(ask)}
    put(vault, 3, **{"room_id": DOOR, "sender": ANNA, "clear": clear, **changes})
    bot = bot_for(vault, clock)
    bot._judge()
    assert bot.ledger.casebook.cases() == {}
    assert rows(vault, "m.room.message") == []


def test_our_own_word_about_evidence_is_found_again(vault: Vault, clock: FrozenClock) -> None:
    says(vault, clock, 2, "buy my course", sender=BEN)
    in_private(vault, 3, member.Report(room_id=CIRCLE, event_ids=("$2",)))
    bot = bot_for(vault, clock)
    bot._judge()
    for number, content in enumerate(rows(vault, "m.room.message"), 10):
        clear = {"type": "m.room.message", "content": content["content"]}
        put(vault, number, sender=BOT, clear=clear)
    bot._judge()
    assert bot.ledger.casebook.shown() == {(1, 2): ("$11",)}
    again = bot_for(vault, clock)
    assert again.ledger.casebook.cases() == bot.ledger.casebook.cases()


def test_every_copy_of_evidence_goes_also_that_in_a_room_which_was_replaced(
    vault: Vault, clock: FrozenClock
) -> None:
    says(vault, clock, 2, "buy my course", sender=BEN)
    in_private(vault, 3, member.Report(room_id=CIRCLE, event_ids=("$2",)))
    bot = bot_for(vault, clock)
    bot._judge()
    [shown] = [
        row for row in rows(vault, "m.room.message")
        if row["content"].get(wire.FIELD, {}).get("type") == "Shown"
    ]  # fmt: skip
    clear = {"type": "m.room.message", "content": shown["content"]}
    vault.rooms.put(StoredRoom("!replaced", 1, encrypted=True))
    for number, room_id in ((10, "!replaced"), (11, DESK), (12, DESK)):
        put(vault, number, sender=BOT, clear=clear, room_id=room_id)
        bot.ledger.casebook.note_own(f"${number}", shown["content"])
    clock.advance(timedelta(days=31).total_seconds())
    assert bot._judging is not None
    while bot._judging.tick(clock.now()):
        pass
    gone = [row for row in vault.outbox.queued(1) if row.kind == "redaction"]
    assert [(row.room_id, row.content["redacts"]) for row in gone] == [
        ("!replaced", "$10"), (DESK, "$11"), (DESK, "$12"),
    ]  # fmt: skip
    assert bot_for(vault, clock).ledger.casebook.shown() == {}


@pytest.mark.parametrize("plain", [True, False])
def test_what_was_said_to_the_moderators_is_in_no_corner_of_the_vault_after_its_time(
    vault: Vault, clock: FrozenClock, plain: bool
) -> None:
    words = "it frightens me"
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=True))
    if plain:
        says(vault, clock, 3, words, room_id=DOOR)
    else:
        says(vault, clock, 2, "buy my course", sender=BEN)
        in_private(vault, 3, member.Report(room_id=CIRCLE, event_ids=("$2",), why=words))
    bot = bot_for(vault, clock)
    bot._judge()
    assert bot._judging is not None
    clock.advance(timedelta(days=29, hours=23).total_seconds())
    bot._judging.tick(clock.now())
    asked = vault.events.get("$3")
    assert asked is not None and words in str(asked.clear)
    clock.advance(timedelta(hours=2).total_seconds())
    while bot._judging.tick(clock.now()):
        pass
    asked = vault.events.get("$3")
    assert asked is not None and asked.clear is None
    assert words not in str(bot.ledger.casebook.steps(1))
    again = bot_for(vault, clock)
    assert not again._judging.tick(clock.now())  # type: ignore[union-attr]


def test_times_are_kept(vault: Vault, clock: FrozenClock) -> None:
    bot = bot_for(vault, clock)
    now: datetime = clock.now()
    until = now + timedelta(hours=1)
    for action in (
        act.NoteBan("@x:x", until),
        act.NoteLock(CIRCLE, until, 0, "Open."),
        act.NoteSlow(CIRCLE, ANNA, until),
        act.SetProtection("pace", CIRCLE, "trial", {"messages": 5}),
        act.SetProtection("pace", None, "off"),
        act.NoteMoment("k", until),
        act.SetRole(MOD, "watcher"),
        act.Remember("shift", "a", {"since": 1}),
    ):
        bot.ledger.apply(action, now)
    state = bot_for(vault, clock)._picture.take()  # type: ignore[union-attr]
    assert state.bans_end == {"@x:x": until} and "@x:x" in state.banned
    assert (state.locks[CIRCLE].until, state.locks[CIRCLE].says_after) == (until, "Open.")
    assert state.slowed == {(CIRCLE, ANNA): until}
    assert state.standings["pace", CIRCLE].mode == "trial"
    assert state.standings["pace", None].mode == "off"
    assert state.moments == {"k": until}
    assert state.roles == {MOD: "watcher"}
    assert state.books["shift"] == {"a": {"since": 1}}
    bot.ledger.apply(act.SetProtection("pace", CIRCLE, "default", {}), now)
    bot.ledger.apply(act.Remember("shift", "a"), now)
    state = bot_for(vault, clock)._picture.take()  # type: ignore[union-attr]
    assert state.standings["pace", CIRCLE].mode is None
    assert state.books["shift"] == {}


LURE = (
    "Earn from home! I make 5000 dollars a week with bitcoin investment, write me on telegram"
    " @richmum https://t.me/richmum"
)


def in_clear(body: Any, kind: str = "m.room.message") -> dict[str, Any]:
    """An event as whoever runs the server can make it, in anybody's name."""
    raw = {"type": kind, "content": {"msgtype": "m.text", "body": body}}
    return {"type": kind, "raw": raw, "clear": None, "trust": None}


@pytest.mark.parametrize(
    "forged",
    [
        in_clear(LURE),
        in_clear(LURE, "m.sticker"),
        in_clear(7),
        in_clear("x" * 90_000),
        {**in_clear(LURE), "status": "malformed"},
    ],
)
def test_what_came_unencrypted_into_an_encrypted_room_is_held_against_nobody(
    vault: Vault, clock: FrozenClock, forged: dict[str, Any]
) -> None:
    says(vault, clock, 1, **forged)
    bot = bot_for(vault, clock)
    bot._judge()
    assert bot.ledger.casebook.cases() == {}
    assert vault.outbox.queued(1) == []
    assert bot._picture.take().health.unencrypted == 1


def test_the_same_words_in_a_room_without_encryption_are_judged(
    vault: Vault, clock: FrozenClock
) -> None:
    bot = bot_for(vault, clock)
    vault.rooms.put(StoredRoom("!open", 1))
    for user_id in (BOT, MOD, ANNA):
        vault.rooms.set_state("!open", "m.room.member", user_id, {"membership": "join"})
    bot.ledger.apply(act.AddRoom("!open"), clock.now())
    says(vault, clock, 1, room_id="!open", **in_clear(LURE))
    bot._judge()
    [case] = bot.ledger.casebook.cases().values()
    assert case.about == ANNA


@pytest.mark.parametrize("restart", [True, False])
def test_what_came_unencrypted_counts_in_nobodys_burst(
    vault: Vault, clock: FrozenClock, restart: bool
) -> None:
    bot = bot_for(vault, clock)
    only_pace(bot)
    for number in range(60):
        says(vault, clock, number, f"word {number}", **in_clear(f"word {number}"))
        vault.events.redact(CIRCLE, f"${number}") if number % 2 else None
    bot._judge()
    if restart:
        bot = bot_for(vault, clock)
    says(vault, clock, 100, "my first words")
    bot._judge()
    assert len(bot._watching.window(CIRCLE)) == 1
    assert bot.ledger.casebook.cases() == {}


@pytest.mark.parametrize("outer", ["m.room.message", "m.sticker", "m.room.encrypted"])
def test_what_came_unencrypted_is_no_line_of_a_case(
    vault: Vault, clock: FrozenClock, outer: str
) -> None:
    says(vault, clock, 1, "good evening")
    status = "undecryptable" if outer == "m.room.encrypted" else "ok"
    says(vault, clock, 2, **in_clear("I hate you all", outer), status=status)
    says(vault, clock, 3, sender=BEN, body=LURE)
    bot = bot_for(vault, clock)
    bot._judge()
    lines = bot._picture.take().context["$3"]
    assert [line.text for line in lines] == ["good evening", LURE]


@pytest.mark.parametrize("trust", ["unsigned", "identity_changed", "unknown"])
def test_words_of_a_device_that_nobody_confirmed_are_marked_in_a_case(
    vault: Vault, clock: FrozenClock, trust: str
) -> None:
    says(vault, clock, 1, "good evening")
    says(vault, clock, 2, LURE, sender=BEN, trust=trust)
    in_private(vault, 3, member.Report(room_id=CIRCLE, event_ids=("$2",)))
    bot = bot_for(vault, clock)
    bot._judge()
    [case] = (one for one in bot.ledger.casebook.cases().values() if one.source == "report")
    assert [(line.text, line.unsigned) for line in case.lines] == [
        ("good evening", False), (LURE, True),
    ]  # fmt: skip
    said = [row["content"]["body"] for row in rows(vault, "m.room.message")]
    [shown] = [
        body for body in said if "the messages" in body and f"case {case.number}:" in body.lower()
    ]
    marked = [line for line in shown.split("\n") if "a device that is not confirmed" in line]
    assert len(marked) == 1
    assert marked[0].endswith(LURE)


def test_what_came_unencrypted_is_no_evidence(vault: Vault, clock: FrozenClock) -> None:
    says(vault, clock, 1, "good evening")
    says(vault, clock, 2, **in_clear("I hate you all"))
    bot = bot_for(vault, clock)
    until = clock.now() + timedelta(days=1)
    bot.ledger.apply(act.KeepEvidence(CIRCLE, ("$1", "$2"), until, 1), clock.now())
    assert list(bot.ledger.evidence) == ["$1"]


def test_a_report_of_what_came_unencrypted_finds_nothing_of_it_here(
    vault: Vault, clock: FrozenClock
) -> None:
    says(vault, clock, 1, "good evening", sender=BEN)
    says(vault, clock, 2, sender=BEN, **in_clear("I hate you all"))
    reader = bot_for(vault, clock)._reader
    line = Line(name="Ben", text="I hate you all", at=1, about=True)
    report = member.Report(room_id=CIRCLE, event_ids=("$2",), lines=(line,))
    assert reader._found(report) is None
