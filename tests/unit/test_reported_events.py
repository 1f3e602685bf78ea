"""A report reaches no further than what the bot itself has of one person, in the room it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.paper_desk import ANNA, CARA, LEAD, STATE, PaperDesk, line, of_kind, spoken
from support.serverless_bot import BOT, CIRCLE, DESK, MOD, bot_for, filled, put

from peerroom.moderation import actions as act
from peerroom.moderation.cases import Case
from peerroom.moderation.docket import Docket
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import member
from peerroom.wire.member import Report

BEN, DOOR = "@ben:x", "!door"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault, (ANNA, BEN))


def reported(vault: Vault, *event_ids: str, room_id: str = CIRCLE) -> Case:
    """The case that comes of a report by Anna, through the bot's own reader."""
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=True))
    for user in (BOT, ANNA):
        vault.rooms.set_state(DOOR, "m.room.member", user, {"membership": "join"})
    mine = line("the reporter's copy", BEN)
    ask = Report(room_id=room_id, event_ids=event_ids, lines=(mine,))
    clear = {"type": member.ASK, "content": member.content(ask)}
    put(vault, 90, room_id=DOOR, sender=ANNA, clear=clear)
    bot = bot_for(vault)
    bot._judge()
    cases = bot.ledger.casebook.cases().values()
    [case] = [case for case in cases if case.source == "report"]
    return case


def state_event(vault: Vault, number: int, sender: str = BEN) -> None:
    content = {"algorithm": "m.megolm.v1.aes-sha2"}
    raw = {"type": "m.room.encryption", "state_key": "", "content": content}
    put(vault, number, room_id=CIRCLE, sender=sender, type=raw["type"], raw=raw, clear=None)


def says(vault: Vault, number: int, sender: str = BEN, **more: Any) -> None:
    put(vault, number, f"words {number}", **{"room_id": CIRCLE, "sender": sender, **more})


def test_only_messages_of_one_author_in_the_named_room_come_into_the_case(vault: Vault) -> None:
    state_event(vault, 1)
    says(vault, 2)
    says(vault, 3, MOD)
    says(vault, 4)
    says(vault, 5, room_id=DESK)
    case = reported(vault, "$1", "$2", "$3", "$unknown", "$4", "$5")
    assert (case.about, case.event_ids, case.unverified) == (BEN, ("$2", "$4"), False)
    assert "words 5" not in str(case.lines)


@pytest.mark.parametrize("where", [DESK, "!private"])
def test_what_was_said_in_another_room_is_not_shown(vault: Vault, where: str) -> None:
    vault.rooms.put(StoredRoom(where, 1, encrypted=True, is_direct=True))
    says(vault, 2, room_id=where)
    case = reported(vault, "$2")
    assert (case.about, case.event_ids, case.unverified) == (None, (), True)
    assert [one.text for one in case.lines] == ["the reporter's copy"]


def test_who_left_the_room_can_still_report_what_was_said_there(vault: Vault) -> None:
    vault.rooms.set_state(CIRCLE, "m.room.member", ANNA, {"membership": "leave"})
    says(vault, 2)
    assert reported(vault, "$2").about == BEN


def test_an_invitation_is_no_time_in_the_room(vault: Vault) -> None:
    vault.rooms.set_state(CIRCLE, "m.room.member", ANNA, {"membership": "invite"})
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=True))
    says(vault, 2)
    bot = bot_for(vault)
    event = put(vault, 80, room_id=DOOR, sender=ANNA)
    asked = bot._reader._asked(event, Report(room_id=CIRCLE, event_ids=("$2",)))
    assert asked.found is None


def test_the_vault_knows_no_state_as_a_message(vault: Vault) -> None:
    state_event(vault, 1)
    says(vault, 2)
    written = bot_for(vault)._picture.take().written  # type: ignore[union-attr]
    assert "$1" not in written and "$unknown" not in written
    assert written["$2"] == (CIRCLE, BEN)


# --- !remove --------------------------------------------------------------------------------------


def desk_about(about: str | None, *event_ids: str) -> PaperDesk:
    """A case that names events, whatever they are."""
    docket = Docket({}, 1, PaperDesk().at)
    docket.open("flag", "words", about=about, room_id=CIRCLE, event_ids=event_ids)
    return PaperDesk().knows(cases=docket.cases, next_case=2)


def test_removing_what_a_case_is_about_leaves_everything_else() -> None:
    desk = desk_about(ANNA, "$a1", "$power", "$b1", "$modmsg", "$dm", "$a2")
    desk.knows(
        authors={**STATE.authors, "$power": ANNA, "$modmsg": LEAD, "$dm": ANNA},
        written={**STATE.written, "$modmsg": (CIRCLE, LEAD), "$dm": (DOOR, ANNA)},
    )
    removed = of_kind(act.RedactMessage, desk.type("!remove 1"))
    assert [one.event_id for one in removed] == ["$a2", "$a1"]


@pytest.mark.parametrize("about", [None, CARA])
def test_a_case_that_names_nothing_of_theirs_removes_nothing(about: str | None) -> None:
    desk = desk_about(about, "$a1", "$b1", "$unseen")
    actions = desk.type("!remove 1")
    assert of_kind(act.RedactMessage, actions) == []
    assert "Case 1 is not about messages" in spoken(actions)


def test_what_only_a_reporter_says_is_never_removed() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$unseen",), lines=(line("theirs"),)))
    assert of_kind(act.RedactMessage, desk.type("!remove 1")) == []
