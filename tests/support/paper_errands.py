"""The steps of a wallet, done on paper: what a laptop asks of the server, and what comes of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from peerroom.pseudonym import registrar_facts
from peerroom.pseudonym import wallet_facts as saw
from peerroom.pseudonym import wallet_steps as do
from peerroom.pseudonym.possession import Account, Device
from peerroom.wire.rotation import decode_seat

if TYPE_CHECKING:
    from support.paper_member import PaperMember

Answer = saw.Fact | None
"""What a request leads to; None: nothing yet, it is asked again."""

ASKED: Final = (
    do.SendRequest,
    do.MakeAccount,
    do.Redeem,
    do.SendStay,
    do.Look,
    do.ReadRecords,
    do.ReadPages,
    do.ShowRecord,
)
"""The steps that the server hears of."""


def account_of(user_id: str) -> Account:
    """An account with keys of its own; on paper they follow from its name."""

    def key(kind: str) -> bytes:
        return hashlib.sha256(f"{kind} {user_id}".encode()).digest()

    device = Device("DEVICE", key("ed25519"), key("curve25519"))
    return Account(user_id, key("master"), (device,))


def ask(member: PaperMember, old: str, step: do.Step) -> Answer:
    """Ask the server for a step of the wallet of ``old``. Asking twice is as good as once."""
    circle = member.circle
    match step:
        case do.SendRequest(request):
            circle.note("request", member, old, 1400)
            circle.bot.tell(registrar_facts.Asked(old, request.epoch, request.requests))
            return saw.RequestSent()
        case do.MakeAccount(localpart, password, token):
            return _register(member, f"@{localpart}:{circle.name}", password, token)
        case do.Redeem(seat, _sealing_key, scope):
            circle.redeemed(member, seat, scope)
            return saw.RedemptionSent()
        case do.SendStay(stay):
            circle.note("stay", member, old, 1400)
            seat = decode_seat(stay.seat)
            circle.referee.showed(seat, stay.epoch)
            circle.bot.tell(registrar_facts.WantsToStay(old, stay.epoch, stay.round, seat))
            return saw.StaySent()
        case do.Look(user):
            return _look(member, user)
        case do.ReadRecords(after):
            return _fetch_records(member, after)
        case do.ReadPages(sequence):
            return _fetch_pages(member, sequence)
        case do.ShowRecord(sequence):
            return _show(member, sequence)
        case _:
            raise TypeError(type(step).__name__)


def done(step: do.Step) -> saw.Fact | None:
    """The fact of a step that the laptop does alone."""
    match step:
        case do.Retire():
            return saw.Retired()
        case do.DestroyOldKeys():
            return saw.KeysDestroyed()
        case do.ForgetAccount(localpart):
            return saw.Forgotten(localpart)
        case do.Say(notice):
            return saw.Told(notice)
        case do.Stop():
            return saw.Told(do.Notice.STOPPED)
        case do.ShowRequest():
            return saw.RequestShown()
        case _:  # to connect and to disconnect is what `wallet.online` says anyway
            return None


def _register(member: PaperMember, user: str, password: str, token: str) -> Answer:
    circle = member.circle
    circle.note("register", member, user, 4000)
    line = f"circuit of {user}"
    if not circle.server.register(user, password, token, now=circle.now, line=line):
        return None
    account = account_of(user)
    return saw.AccountMade(user, account.master_key, account.devices)


def _look(member: PaperMember, user: str) -> Answer:
    circle = member.circle
    circle.note("look", member, user)
    circle.server.accept(user, circle.now)
    for room in circle.server.rooms_of(user):
        shown = circle.server.shown(user, room, circle.now)
        return saw.Arrived(user, tuple(shown.values()), room.room_id)
    return saw.Nowhere()


def _fetch_records(member: PaperMember, after: int) -> Answer:
    circle = member.circle
    for user in member.connected:
        for room in circle.server.rooms_of(user):
            for sequence, signed in circle.server.shown(user, room, circle.now).items():
                if sequence > after:
                    member.tell(saw.SawRecord(signed, room.room_id), user)
    return None


def _fetch_pages(member: PaperMember, sequence: int) -> Answer:
    circle = member.circle
    for user in member.connected:
        pages = circle.server.pages(user, sequence, circle.now)
        if pages is not None:
            circle.note("ledger", member, user, len(pages.pages))
            return pages
    return None


def _show(member: PaperMember, sequence: int) -> Answer:
    """Send the signed record to everyone in the room."""
    circle = member.circle
    signed = circle.server.shown(member.account, circle.room, circle.now).get(sequence)
    if signed is not None:
        circle.note("message", member, member.account, 1400)
        circle.say_in_room(member, saw.Evidence(signed))
    return saw.Shown(sequence)
