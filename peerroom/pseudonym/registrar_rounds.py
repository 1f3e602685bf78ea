"""One round: a batch is signed, its ledger published, tokens are taken, and it counts or not.

asking → signing → window → held → frozen → the switch
  ↑________________│_________│_______│   a round that comes to nothing: the next one
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime
from typing import Final, Literal

import msgspec

from peerroom.pseudonym.registrar_effects import (
    CloseEntry,
    Freeze,
    OpenEntry,
    Saying,
    SignBatch,
    TellEntry,
    Thaw,
)
from peerroom.pseudonym.registrar_facts import (
    BatchSigned,
    EntryOpened,
    HoldReleased,
    HoldSet,
)
from peerroom.pseudonym.registrar_state import Batch, Office
from peerroom.pseudonym.registrar_switch import close_epoch, commit, end_strangers
from peerroom.pseudonym.registrar_turn import Turn
from peerroom.wire.records import ROUNDS, Declined, Issued, Signed, Skipped, Voided

Reason = Literal["ban", "too few", "late"]

_SAID: Final[dict[Reason, Saying]] = {
    "ban": Saying.VOIDED_BAN,
    "too few": Saying.VOIDED_FEW,
    "late": Saying.VOIDED_LATE,
}


def next_due(office: Office) -> datetime | None:
    """When the open round goes on by itself; a moment that has passed means at once."""
    if office.stage == "opening":
        return None
    times = office.times()
    begin, end = times.begins(office.round), times.ends(office.round)
    latest, _last_visit = times.visits(office.round)
    match office.stage:
        case "asking":
            # Until everyone is in their room, only those who wait outside can have asked.
            return begin if office.move is None else latest
        case "signing":
            return latest
        case "window":
            return end
        case "held":
            return end if _is_doomed(office) else _released(office)
        case "frozen":
            return end if _is_doomed(office) else office.thaws


def advance(turn: Turn) -> bool:
    """Do what is due in the open round; whether anything was."""
    office = turn.office
    due = next_due(office)
    if due is None or turn.now < due:
        return False
    if _is_doomed(office):
        _void(turn, "ban")
        return True
    match office.stage:
        case "asking" | "signing":
            if turn.now >= office.times().visits(office.round)[0]:
                _void(turn, "late")
            else:
                _sign(turn)
        case "window":
            _end_window(turn)
        case "held":
            _freeze(turn)
        case "frozen":
            commit(turn)
    return True


# --- the batch ------------------------------------------------------------------------------------


def _sign(turn: Turn) -> None:
    """Fix the list of this round, and have everything made that its ledger needs."""
    office = turn.office
    asked = sorted(office.requests)
    signed = tuple(user for user in asked if office.may_rotate(user, turn.now))
    assert office.epoch is not None
    if len(signed) < office.epoch.floor:
        _skip(turn, "too few", len(signed))
        return
    chosen = frozenset(signed)
    declined = tuple(user for user in asked if user not in chosen)
    turn.change(stage="signing", batch=Batch(signed, declined))
    requests = tuple(office.requests[user][office.round] for user in signed)
    turn.do(
        SignBatch(office.number, office.round, requests),
        OpenEntry(office.number, office.round, office.times().ends(office.round)),
    )


def answered(turn: Turn, fact: BatchSigned) -> None:
    """The signer's answers."""
    office = turn.office
    batch = office.batch
    if batch is None or batch.answers or not _is_awaited(office, fact):
        return
    assert office.epoch is not None
    key = office.epoch.keys[office.round]
    requests = [office.requests[user][office.round] for user in batch.signed]
    if len(fact.answers) == len(requests) and all(
        turn.mint.fits(key, request, answer)
        for request, answer in zip(requests, fact.answers, strict=True)
    ):
        turn.change(batch=msgspec.structs.replace(batch, answers=fact.answers))
        _issue(turn)
    else:
        turn.say(Saying.SIGNER_WRONG)


def entry_opened(turn: Turn, fact: EntryOpened) -> None:
    """The registration token."""
    office = turn.office
    if office.batch is None or office.batch.token or not _is_awaited(office, fact):
        return
    turn.change(batch=msgspec.structs.replace(office.batch, token=fact.token))
    _issue(turn)


def _is_awaited(office: Office, fact: BatchSigned | EntryOpened) -> bool:
    is_this = (fact.epoch, fact.round) == (office.number, office.round)
    return is_this and office.stage == "signing"


def _issue(turn: Turn) -> None:
    """Publish the ledger, and tell those who were signed how accounts are made in this round.

    Who was banned in the meantime is declined: an answer that nobody gets is no token.
    """
    office = turn.office
    batch = office.batch
    assert batch is not None
    if not batch.answers or not batch.token:
        return
    answers = {
        user: answer
        for user, answer in zip(batch.signed, batch.answers, strict=True)
        if user not in office.banned
    }
    asked = sorted((*batch.signed, *batch.declined))
    rows: list[Signed | Declined] = []
    for user in asked:
        hashed = hashlib.sha256(office.requests[user][office.round]).digest()
        answer = answers.get(user)
        rows.append(Declined(user, hashed) if answer is None else Signed(user, hashed, answer))
    entry = hashlib.sha256(batch.token.encode()).digest()
    turn.publish(Issued(office.number, office.round, len(answers), entry=entry), rows)
    declined = tuple(user for user in asked if user not in answers)
    turn.change(stage="window", batch=Batch(tuple(answers), declined, token=batch.token))
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for user in answers:
        room_id = office.room_of(user)
        assert room_id is not None
        readers[room_id].append(user)
    for room_id, users in readers.items():
        turn.do(TellEntry(office.number, office.round, room_id, tuple(users), batch.token))


# --- the end of the window ------------------------------------------------------------------------


def _end_window(turn: Turn) -> None:
    """Nothing is taken any more: is it enough?"""
    office = turn.office
    assert office.batch is not None
    assert office.epoch is not None
    count, issued = len(office.shown), len(office.batch.signed)
    if 3 * count < 2 * issued or count < office.epoch.floor:
        _void(turn, "too few")
        return
    _close_entry(turn)
    if _released(office) > turn.now:
        turn.change(stage="held")
        turn.say(Saying.HELD)
    else:
        _freeze(turn)


def hold_set(turn: Turn, fact: HoldSet) -> None:
    """Reports are open: the switch waits, also one that is near."""
    turn.change(held=fact.until)
    office = turn.office
    if office.stage == "frozen" and _released(office) > turn.now:
        _thaw(turn)
        turn.change(stage="held")
        turn.say(Saying.HELD)


def hold_released(turn: Turn, fact: HoldReleased) -> None:
    """Nothing is open any more."""
    turn.change(held=None)


def _released(office: Office) -> datetime:
    """Until when the switch is held: at most for the host's patience after the window."""
    end = office.times().ends(office.round)
    return end if office.held is None else min(max(office.held, end), end + office.patience)


def _freeze(turn: Turn) -> None:
    office = turn.office
    assert office.room_id is not None
    number = office.freezes + 1
    turn.change(stage="frozen", freezes=number, thaws=turn.now + office.times().freeze)
    turn.do(Freeze(office.room_id, number))


def _thaw(turn: Turn) -> None:
    assert turn.office.room_id is not None
    turn.do(Thaw(turn.office.room_id, turn.office.freezes))
    turn.change(thaws=None)


# --- rounds that come to nothing ------------------------------------------------------------------


def _is_doomed(office: Office) -> bool:
    """Somebody was signed and banned since. While the window is open that is kept quiet: to end it
    now would say to those who watch the server when their redemption counted for nothing."""
    return office.batch is not None and office.batch.doomed


def _void(turn: Turn, why: Reason) -> None:
    office = turn.office
    was_issued = office.stage in ("window", "held", "frozen")
    if office.stage == "frozen":
        _thaw(turn)
    if office.stage in ("signing", "window"):
        _close_entry(turn)
    turn.publish(Voided(office.number, office.round, why))
    turn.say(_SAID[why], len(office.shown))
    if was_issued:
        end_strangers(turn)
    turn.change(stage="asking", batch=None, shown={}, thaws=None)
    if office.round + 1 < ROUNDS:
        turn.change(round=office.round + 1)
    else:
        _skip(turn, "rounds")


def _skip(turn: Turn, why: Literal["rounds", "too few"], number: int = 0) -> None:
    """Names stay for another epoch, which begins now, in the same room."""
    turn.publish(Skipped(turn.office.number, why))
    turn.say(Saying.SKIPPED if why == "rounds" else Saying.TOO_SMALL, number)
    close_epoch(turn)


def _close_entry(turn: Turn) -> None:
    turn.do(CloseEntry(turn.office.number, turn.office.round))
