"""What was not sent when names change: it becomes a draft, and is never sent under both names.

The rule. A message is drafted for the next room only if it certainly did not arrive: it was never
tried, or the server refused it (`OutboxRow.may_be_out`). One that the vault already holds as an
event is in the room: its row is dropped. One that may have arrived stays where it was written, with
the words `UNSURE`, and is never sent again; whoever wrote it decides. To leave as few of those as
can be, let the old account try once more after its room was closed for writing: the transaction id
makes the server say either "this is it" or "no". What is not a message (a redaction, say) is left
alone; it belongs to the old account and ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from peerroom.i18n import N_, _
from peerroom.store.drafts import Draft

if TYPE_CHECKING:
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

UNSURE: Final = N_("It is not certain that this was sent, and this room is closed by now.")

_MESSAGE: Final = "m.room.message"


@dataclass(frozen=True, slots=True)
class Crossed:
    """How many messages became part of a draft, and how many may have been sent."""

    drafted: int
    unsure: int


def cross(vault: Vault, account_id: int, rooms: Mapping[str, str]) -> Crossed:
    """Turn what ``account_id`` did not send in the old rooms into drafts of the new ones.

    ``rooms`` leads from each old room to a room that is stored already. The texts of a room are
    joined in order with blank lines, after the draft that the new room has, before the old room's
    own. One transaction; a second call finds nothing left. Stop whoever sends for the account
    before. Raises `KeyError` for a new room that the vault does not know.
    """
    drafted = unsure = 0
    with vault.transaction():
        vault.flush()
        for old, new in rooms.items():
            rows = [row for row in vault.outbox.of_room(old) if _is_message(row, account_id)]
            texts: list[str] = []
            for row in rows:
                if row.state == "sent" or _has_arrived(vault, row):
                    continue
                if row.may_be_out:
                    vault.outbox.mark_unsure(row.id, _(UNSURE))
                    unsure += row.state != "unsure"
                    continue
                vault.outbox.withdraw(row.id)
                texts.append(_text(row))
            drafted += len(texts)
            _draft(vault, old, new, texts)
    return Crossed(drafted, unsure)


def _is_message(row: OutboxRow, account_id: int) -> bool:
    return row.account_id == account_id and row.kind == "message" and bool(_text(row))


def _text(row: OutboxRow) -> str:
    """What was typed; empty for what nobody types."""
    inner = row.content.get("content")
    body = inner.get("body") if isinstance(inner, dict) else None
    return body if row.content.get("type") == _MESSAGE and isinstance(body, str) else ""


def _has_arrived(vault: Vault, row: OutboxRow) -> bool:
    """Whether the row's event came back; then the row has done its work."""
    own = vault.accounts.get(row.account_id).user_id
    if not vault.events.holds(row.room_id, own, row.transaction_id):
        return False
    vault.outbox.remove(row.id)
    return True


def _draft(vault: Vault, old: str, new: str, texts: Iterable[str]) -> None:
    if vault.rooms.get(new) is None:
        raise KeyError(new)
    there = vault.drafts.get(new)
    begun = vault.drafts.get(old) if old != new else None
    parts = [there.text if there else "", *texts, begun.text if begun else ""]
    whole = "\n\n".join(part for part in parts if part)
    if there is None or whole != there.text:
        # Answers and changes point at events of the old room: none of that crosses.
        vault.drafts.set(new, Draft(whole, *((there.reply_to, there.edit_of) if there else ())))
    if begun is not None:
        vault.drafts.set(old, None)
