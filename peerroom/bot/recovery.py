"""What a choice of `peerroom.bot.safe` changes in the bot's vault."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from peerroom.bot.account import RENEW
from peerroom.bot.circle import NAMESPACE
from peerroom.bot.epochs.queueing import EPOCH
from peerroom.bot.ledger import Ledger
from peerroom.bot.reader import CURSORS, UNREAD
from peerroom.bot.safe import WITHIN, Choice
from peerroom.moderation import actions as act
from peerroom.moderation.protections import PROTECTIONS
from peerroom.store.vault import Vault

_CRASHES: Final = "bot.crashes"
_FEW: Final = 20


def note_crash(vault: Vault, now: datetime) -> list[datetime]:
    """Keep that the bot ended in a way nobody foresaw; all recent such moments."""
    with vault.transaction():
        vault.records.append(_CRASHES, now.isoformat())
        kept = vault.records.log(_CRASHES)
        for number, _moment in kept[:-_FEW]:
            vault.records.take(_CRASHES, number)
    moments = [datetime.fromisoformat(moment) for _number, moment in kept[-_FEW:]]
    return [moment for moment in moments if abs(now - moment) < WITHIN]


def recover(vault: Vault, ledger: Ledger, choice: Choice, by: str, now: datetime) -> None:
    """Carry ``choice`` out, all of it or nothing, with a line in the audit log."""
    with vault.transaction():
        for number, _moment in vault.records.log(_CRASHES):
            vault.records.take(_CRASHES, number)
        match choice:
            case "protections-off":
                _switch_off(ledger, now)
            case "forget-failed":
                forget_outbox(vault)
            case "skip-waiting":
                _skip(vault)
            case "new-device":
                vault.records.replace(NAMESPACE, RENEW, True)
            case _:
                pass
        ledger.note(act.Note(by=by, what="recovered", about=choice), now)


def _switch_off(ledger: Ledger, now: datetime) -> None:
    """Everywhere, and in each room where one stands otherwise."""
    standings = ledger.standings.standings()
    places = {(name, None) for name in PROTECTIONS} | {
        (name, room) for name, room in standings if room is not None
    }
    for name, room in sorted(places, key=str):
        ledger.apply(act.SetProtection(name, room, mode="off"), now)


def forget_outbox(vault: Vault) -> None:
    """Nothing that was decided and not done is done any more. A change of names that was begun
    stays: half of one would leave people between two rooms."""
    for account in vault.accounts.all():
        for row in [*vault.outbox.failed(account.id), *vault.outbox.queued(account.id)]:
            if row.content.get("type") != EPOCH:
                vault.outbox.withdraw(row.id)


def _skip(vault: Vault) -> None:
    """Take everything that is here as looked at; what fills a gap later comes before it."""
    for event_id in list(vault.records.items(UNREAD)):
        vault.records.remove(UNREAD, event_id)
    for room in vault.rooms.all():
        take_as_read(vault, room.room_id)


def take_as_read(vault: Vault, room_id: str) -> None:
    """The reader goes on with what comes next in this room."""
    latest = vault.events.latest_position(room_id)
    if latest is not None:
        vault.records.replace(CURSORS, room_id, latest)
