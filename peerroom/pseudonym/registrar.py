"""The circle's side of a change of names, as one pure function: what happened → what is to be done.

The registrar keeps the list of seats, has tokens signed for those in good standing, takes them back
from new accounts, and lets the names change when enough came. It touches nothing itself: the bot
tells it facts, keeps the new `Office` and puts the effects into its outbox, in one transaction.
So a crash anywhere repeats nothing and loses nothing; and the same facts in a simulation lead to
the same circle.

    facts    `peerroom.pseudonym.registrar_facts`
    effects  `peerroom.pseudonym.registrar_effects`
    state    `peerroom.pseudonym.registrar_state`
    rules    `registrar_people` (seats), `registrar_rounds`, `registrar_tokens`, `registrar_switch`

Time is a fact like others: whoever runs this tells `Ticked` at the moment that `wake` names.
"""

from __future__ import annotations

from datetime import datetime

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym import registrar_people as people
from peerroom.pseudonym import registrar_rounds as rounds
from peerroom.pseudonym import registrar_switch as switch
from peerroom.pseudonym import registrar_tokens as tokens
from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.registrar_effects import Effect
from peerroom.pseudonym.registrar_facts import Fact
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.registrar_turn import Turn
from peerroom.pseudonym.wallet_mint import REAL, Mint


def decide(
    fact: Fact, office: Office, *, now: datetime, policy: Policy, mint: Mint = REAL
) -> tuple[Office, tuple[Effect, ...]]:
    """What the registrar knows and wants after ``fact``. ``now`` is aware.

    For the registrar time stands still while the bot is off: what came in the meantime is told
    first, with the ``now`` of before, and then `Ticked`. Otherwise an hour's outage over a cut-off
    would decline all who asked in it, and they would take it for fraud.

    A new circle begins with ``Office(lineage)`` and `registrar_facts.Began`. ``policy`` counts when
    an epoch opens; what it says then stands in the record. Raises nothing for anything that
    members, the server or the signer can bring about, but `peerroom.pseudonym.names.NoNameLeft` in
    a circle of ten thousand.
    """
    turn = Turn(office, now, policy, mint)
    _pass_time(turn)
    _judge(turn, fact)
    _pass_time(turn)
    return turn.office, tuple(turn.effects)


def wake(office: Office, now: datetime) -> datetime | None:
    """When `Ticked` is to be told next, if nothing else happens; perhaps at once (``now``)."""
    moments = (
        rounds.next_due(office),
        people.next_return(office),
        people.next_replacement(office),
        switch.next_opening(office),
        switch.next_clearing(office),
    )
    due = min((moment for moment in moments if moment is not None), default=None)
    return None if due is None else max(due, now)


def _pass_time(turn: Turn) -> None:
    """Do what is due by now, in order; a bot that was off for long has several things to do."""
    people.let_back(turn)
    people.replace_lost(turn)
    switch.open_in_time(turn)
    while rounds.advance(turn) or switch.clear_away(turn):
        pass


def _judge(turn: Turn, fact: Fact) -> None:
    match fact:
        case facts.Began():
            people.began(turn, fact)
        case facts.KeysMade():
            switch.keys_made(turn, fact)
        case facts.Asked():
            people.asked(turn, fact)
        case facts.BatchSigned():
            rounds.answered(turn, fact)
        case facts.EntryOpened():
            rounds.entry_opened(turn, fact)
        case facts.Shown():
            tokens.shown(turn, fact)
        case facts.WantsToStay():
            tokens.wants_to_stay(turn, fact)
        case facts.Excluded():
            people.excluded(turn, fact)
        case facts.SatOut():
            people.sat_out(turn, fact)
        case facts.Restored():
            people.restored(turn, fact)
        case facts.Joined():
            people.joined(turn, fact)
        case facts.Left():
            people.left(turn, fact)
        case facts.HoldSet():
            rounds.hold_set(turn, fact)
        case facts.HoldReleased():
            rounds.hold_released(turn, fact)
        case facts.RoomMade():
            switch.room_made(turn, fact)
        case facts.NamesSet():
            switch.names_set(turn, fact)
        case facts.AllJoined():
            switch.all_joined(turn, fact)
        case facts.AllCame():
            switch.all_came(turn, fact)
        case facts.ReplacementAsked():
            people.replacement_asked(turn, fact)
        case facts.ReplacementObjected():
            people.replacement_objected(turn, fact)
        case facts.Ticked():
            pass
