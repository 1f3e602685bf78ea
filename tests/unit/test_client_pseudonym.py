"""What is said of one's own name, from what the vault holds."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.conversation import OWN, ROOM, Conversation
from support.scribe import LENGTH, START, Member, Scribe

from peerroom import i18n
from peerroom.client import epoch_rooms, moving, pseudonym_words, rotation_wording, wallets
from peerroom.client.dates import moment_words, span_words
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.promise import PROMISE
from peerroom.client.pseudonym_view import pseudonym_of
from peerroom.client.views import FormerName, PseudonymKind, PseudonymView, Stage
from peerroom.pseudonym import wallet_state
from peerroom.pseudonym.wallet_errors import RequestMissing
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.store.rooms import StoredRoom

TOKYO = ZoneInfo("Asia/Tokyo")
UNTIL = START + LENGTH


@pytest.fixture
def talk() -> Iterator[Conversation]:
    talk = Conversation()
    epoch_rooms.keep(talk.vault, ROOM, EpochRoom(1, START, UNTIL, crowd=30, floor=8))
    epoch_rooms.keep_names(talk.vault, {OWN: 7})
    yield talk
    talk.vault.close()


def seen(talk: Conversation, room_id: str | None = ROOM) -> PseudonymView:
    return pseudonym_of(talk.vault, talk.account, room_id, proxied=False)


def everything(view: PseudonymView, now: datetime = START) -> str:
    parts = pseudonym_words.sections(view, now, TOKYO)
    return "\n".join(sentence for part in parts for sentence in part.sentences)


# Where one stands


@pytest.mark.parametrize(
    ("listed", "kind"), [("away", "away"), ("residents", "resident"), (None, "rotates")]
)
def test_the_kind_follows_from_the_ledger(
    talk: Conversation, listed: str | None, kind: PseudonymKind
) -> None:
    marked = {} if listed is None else {listed: frozenset({OWN, "@x:y"})}
    epoch_rooms.keep(talk.vault, ROOM, EpochRoom(1, START, UNTIL, crowd=30, **marked))
    view = seen(talk)
    assert (view.kind, view.until, view.crowd) == (kind, UNTIL, 30)
    assert view.carried == (2 if listed == "away" else 0)


def test_a_name_is_the_same_in_all_of_one_s_rooms(talk: Conversation) -> None:
    talk.vault.rooms.put(StoredRoom("!door:x", talk.account.id, is_direct=True))
    assert seen(talk, "!door:x") == seen(talk, None) == seen(talk)


def test_a_room_of_the_past_says_nothing_about_the_present(talk: Conversation) -> None:
    talk.vault.rooms.put(StoredRoom("!next:x", talk.account.id))
    later = EpochRoom(2, UNTIL, UNTIL + LENGTH, crowd=9)
    epoch_rooms.keep(talk.vault, "!next:x", later)
    moving.cross(talk.vault, ROOM, "!next:x")
    assert (seen(talk).until, seen(talk).crowd) == (UNTIL + LENGTH, 9)
    assert [former.end for former in seen(talk).former] == [UNTIL]


def test_outside_all_rooms_there_is_still_a_name(talk: Conversation) -> None:
    talk.vault.records.remove("rotation.rooms", ROOM)
    view = seen(talk, None)
    assert view.kind == "fixed" and view.name and view.other_name


def test_a_name_of_one_s_own_choice_has_no_other_half(talk: Conversation) -> None:
    talk.vault.records.remove("rotation.names", OWN)
    talk.vault.records.remove("rotation.rooms", ROOM)
    view = seen(talk)
    assert (view.name, view.other_name, view.kind) == ("Quiet Heron", "", "fixed")


def test_a_wallet_that_cannot_be_read_is_said(talk: Conversation) -> None:
    talk.vault.records.replace("rotation.wallet", f"{talk.account.id}.1", "bm8gd2FsbGV0")
    view = seen(talk)
    assert view.kind == "stopped"
    assert view.problem.startswith("What this computer kept about your names could not be read.")
    assert view.problem in everything(view)


# How far the next name has come


def member_at(stage: str) -> Member:
    bot = Scribe()
    bot.open()
    member = Member(bot)
    match stage:
        case "asked":
            member.ask()
        case "signed":
            member.be_signed()
        case "shown":
            member.be_signed()
            member.visit()
        case "ready":
            member.be_admitted()
    return member


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("none", None),
        ("asked", "Asked for a new name. It begins "),
        ("signed", "A new name is granted to you."),
        ("shown", "Your new name is ready; it begins "),
        ("ready", "Your new name begins in a moment."),
    ],
)
def test_the_wallet_tells_how_far_the_next_name_is(
    talk: Conversation, stage: Stage, sentence: str | None
) -> None:
    wallet = member_at(stage).wallet
    wallets.keep(talk.vault, talk.account.id, wallet)
    view = seen(talk)
    assert (view.kind, view.stage) == ("rotates", stage)
    assert view.until == wallet.times.switch(0)
    if sentence is None:
        assert not {"Asked", "granted", "ready", "begins"} & {*everything(view).split()}
    else:
        assert sentence in everything(view)


def test_the_newest_wallet_of_this_account_counts(talk: Conversation) -> None:
    wallet = member_at("asked").wallet
    wallets.keep(talk.vault, talk.account.id, wallet)
    wallets.keep(talk.vault, talk.account.id + 10, member_at("ready").wallet)
    assert wallets.of(talk.vault, talk.account.id) == [wallet]
    assert seen(talk).stage == "asked"
    wallets.forget(talk.vault, talk.account.id, wallet.epoch)
    assert seen(talk).stage == "none"


def test_a_wallet_that_stopped_says_why(talk: Conversation) -> None:
    member = member_at("asked")
    bot = member.bot
    bot.requests.clear()
    member.see(bot.issue(), bot.begins(0))
    assert member.wallet.stop == "RequestMissing"
    wallets.keep(talk.vault, talk.account.id, member.wallet)
    view = seen(talk)
    assert view.kind == "stopped"
    assert view.problem == RequestMissing().sentence()
    assert view.problem in everything(view)


def test_every_stage_and_notice_has_words_or_a_reason_to_have_none() -> None:
    silent = {wallet_state.Stage(name) for name in ("idle", "joined", "retired", "finished")}
    silent |= {wallet_state.Stage.CARRIED, wallet_state.Stage.STAYED}  # said as the kind "away"
    unsaid = {stage for stage in wallet_state.Stage if stage not in rotation_wording._STAGES}
    assert unsaid == silent
    shown = {*rotation_wording._STAGES.values()}
    assert shown == {*typing.get_args(Stage)} - {"none"} == {*pseudonym_words._STAGES}
    wordless = {notice for notice in Notice if not rotation_wording.notice_words(notice)}
    assert wordless == {Notice.RENEWED, Notice.STOPPED}
    for_moderators = rotation_wording.notice_words(Notice.RESIDENT, moderator=True)
    assert "moderator you keep your name" in for_moderators and "ask" not in for_moderators
    assert rotation_wording.notice_words(Notice.DECLINED, moderator=True) == ""
    assert rotation_wording.notice_words(Notice.CLOCK, moderator=True)
    assert rotation_wording.stop_words("RecordForked")
    assert rotation_wording.stop_words("SomethingNew")


# Words


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", typing.get_args(PseudonymKind))
@pytest.mark.parametrize("stage", typing.get_args(Stage))
def test_whatever_happens_there_is_something_to_read(
    language: str, kind: PseudonymKind, stage: Stage
) -> None:
    i18n.set_language(language)
    view = PseudonymView("A", "B", kind, UNTIL, 14, 2, stage=stage, problem="Why.")
    assert pseudonym_words.headline(view, START, TOKYO)
    said = everything(view)
    assert said and "{" not in said
    assert ("Why." in said) is (kind == "stopped")


def test_the_promise_is_said_word_for_word_where_names_rotate() -> None:
    for kind in ("rotates", "away", "resident", "waiting", "stopped"):
        said = everything(PseudonymView("A", "B", kind, UNTIL, 14))
        assert all(sentence in said for sentence in PROMISE)
    fixed = everything(PseudonymView("A", "B", "fixed"))
    assert [sentence for sentence in PROMISE if sentence in fixed] == [PROMISE[5]]


def test_a_plan_that_has_passed_is_not_repeated() -> None:
    view = PseudonymView("A", "B", "rotates", UNTIL, 14)
    late = pseudonym_words.headline(view, UNTIL + timedelta(hours=1), TOKYO)
    assert late == "You are A until the next change of names · crowd 14"


def test_nothing_is_called_a_name_while_there_is_none() -> None:
    view = PseudonymView("", "", "between")
    assert pseudonym_words.headline(view, START, TOKYO) == (
        "Your new name has begun. Its room is being looked for."
    )


def test_earlier_names_stand_with_their_days() -> None:
    begin = datetime(2026, 11, 8, 20, tzinfo=UTC)
    former = FormerName("Quiet Amber Heron", "Kitchen table", begin, begin + timedelta(days=7))
    view = PseudonymView("A", "B", "rotates", UNTIL, 14, former=(former,))
    assert "9–16 Nov: Quiet Amber Heron, in “Kitchen table”" in everything(view)
    assert pseudonym_words.you_were(former, date(2026, 11, 20), TOKYO) == (
        "you were Quiet Amber Heron, 9–16 Nov"
    )
    unknown = FormerName("Quiet Amber Heron", "Kitchen table")
    assert pseudonym_words.you_were(unknown, date(2026, 11, 20), TOKYO) == (
        "you were Quiet Amber Heron"
    )


# Days and times


def local_time(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("hours", "in_english", "in_japanese"),
    [
        (2, "11:30", "11:30"),
        (24, "Thursday 09:30", "木曜 09:30"),
        (6 * 24, "Tuesday 09:30", "火曜 09:30"),
        (7 * 24, "Wednesday, 11 November, 09:30", "11月11日(水) 09:30"),
        (-24, "Yesterday, 09:30", "昨日 09:30"),
    ],
)
def test_a_coming_moment(hours: int, in_english: str, in_japanese: str) -> None:
    now = datetime(2026, 11, 4, 9, 30, tzinfo=TOKYO)
    assert moment_words(now + timedelta(hours=hours), now) == in_english
    i18n.set_language("ja")
    assert moment_words(now + timedelta(hours=hours), now) == in_japanese


@pytest.mark.parametrize(
    ("begin", "end", "in_english", "in_japanese"),
    [
        ((2026, 11, 8, 5), (2026, 11, 15, 5), "8–15 Nov", "11月8日〜15日"),
        ((2026, 10, 28, 5), (2026, 11, 4, 5), "28 Oct – 4 Nov", "10月28日〜11月4日"),
        ((2025, 12, 28, 5), (2026, 1, 4, 5), "28 Dec – 4 Jan", "12月28日〜1月4日"),
        ((2025, 11, 8, 5), (2025, 11, 15, 5), "8–15 Nov 2025", "2025年11月8日〜15日"),
        ((2026, 11, 8, 5, 2), (2026, 11, 8, 5, 4), "8 Nov, 05:02–05:04", "11月8日 05:02〜05:04"),
    ],
)
def test_the_days_of_a_name(
    begin: tuple[int, ...], end: tuple[int, ...], in_english: str, in_japanese: str
) -> None:
    moments = (local_time(*begin), local_time(*end))
    assert span_words(*moments, date(2026, 11, 20)) == in_english
    i18n.set_language("ja")
    assert span_words(*moments, date(2026, 11, 20)) == in_japanese
