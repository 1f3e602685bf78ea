"""How a change of names stands, for moderators. Numbers of people, and no name."""

from __future__ import annotations

from datetime import datetime

from peerroom.bot.epochs.queueing import REFUSED
from peerroom.bot.epochs.redeeming import UNREADABLE
from peerroom.bot.ledger import Ledger
from peerroom.moderation.state import Retired, Rotation
from peerroom.pseudonym import names
from peerroom.pseudonym.epochs import Rhythm
from peerroom.pseudonym.registrar_state import Office


def rotation_of(office: Office, ledger: Ledger, rhythm: Rhythm, now: datetime) -> Rotation:
    """The picture of ``office`` at this moment.

    While tokens are taken nobody is told how many came: who looks every minute would see when
    somebody's new account was made.
    """
    planned = None
    if office.stage != "opening":
        times = office.times()
        ends = times.ends(office.round)
        held = ends if office.held is None else min(max(office.held, ends), ends + office.patience)
        planned = office.thaws or held + times.freeze
    following = rhythm.after(now)
    batch = office.batch
    counts = ledger.counts()
    refusals = sum(n for what, n in counts.items() if what.startswith(REFUSED))
    seats = office.seats.values()
    return Rotation(
        epoch=office.number,
        stage="moving" if office.move is not None else office.stage,
        switch=planned,
        length=rhythm.after(following) - following,
        round=office.round + 1,
        asked=len(office.requests),
        issued=None if batch is None else len(batch.signed),
        redeemed=len(office.shown) if office.stage in ("held", "frozen") else None,
        carried=sum(1 for seat in seats if seat.waits is None) - _signed(office),
        crowd=sum(1 for seat in seats if seat.standing == "member" and seat.waits is None),
        outside=sum(1 for seat in seats if seat.waits is not None) + _unused(office),
        held_until=office.held if office.held is not None and office.held > now else None,
        patience=office.patience,
        refusals=refusals + counts.get(UNREADABLE, 0),
        residents=frozenset(u for u, seat in office.seats.items() if seat.standing == "resident"),
        retired=_retired(office),
        absent={
            user: str(names.by_index(seat.name))
            for user, seat in office.seats.items()
            if seat.name is not None
        },
    )


def _signed(office: Office) -> int:
    return 0 if office.batch is None else sum(u in office.seats for u in office.batch.signed)


def _unused(office: Office) -> int:
    """Tokens with which somebody may still come back."""
    return sum(
        max(0, len(past.signed) - len(past.spent) - len(past.barred))
        for past in office.past.values()
        if not past.closed
    )


def _retired(office: Office) -> dict[str, Retired]:
    """Names of former epochs, with the room in which they were used."""
    return {
        user: Retired(user if number is None else str(names.by_index(number)), past.room_id)
        for past in office.past.values()
        for user, number in past.signed.items()
        if user not in office.seats
    }
