"""After a short pause of one's voice: what was written meanwhile goes out by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from peerroom.client.explained import all_told
from peerroom.client.roster import may_write
from peerroom.client.sending import Muted
from peerroom.client.wording import event_time
from peerroom.wire.member import Explained

if TYPE_CHECKING:
    from datetime import datetime

    from peerroom.client.session import Client
    from peerroom.store.vault import Vault

_BEFORE: Final = timedelta(minutes=1)
"""How long before the word of it a pause can have begun, also on a clock that is a little off."""
_AFTER: Final = timedelta(minutes=3)
"""How long after its end the voice can come back."""


def resume(client: Client, vault: Vault) -> None:
    """Send again what the room did not take because of a pause (``slowed``) that is over.

    Who writes a lot in a short time is perhaps not well: nothing they said should get lost, and
    nobody should have to say it twice. After a longer loss of voice it is for them to say whether
    it still matters.
    """
    account = client.account
    refused = [row for row in vault.outbox.failed(account.id) if row.last_error == _words()]
    if not refused:
        return
    pauses = _pauses(vault, account.id)
    for row in refused:
        paused = any(begin <= row.created <= end for begin, end in pauses)
        if paused and may_write(vault, row.room_id, account.user_id):
            client.retry(row.transaction_id)


def _words() -> str:
    return Muted().sentence()


def _pauses(vault: Vault, account_id: int) -> list[tuple[datetime, datetime]]:
    return [
        (event_time(event.origin_ts) - _BEFORE, event_time(said.until) + _AFTER)
        for event, said in all_told(vault, account_id)
        if isinstance(said, Explained) and said.what == "slowed" and said.until is not None
    ]
