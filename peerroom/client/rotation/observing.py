"""From what the vault holds to the facts that a wallet is told.

A fact may be told again after a restart: the wallet makes nothing of it then. What was told in this
run is remembered here, so that a turn costs little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from peerroom.client.rotation.places import bot_of, circle_rooms, records_in
from peerroom.matrix.trust import Trust
from peerroom.pseudonym.wallet_facts import (
    Arrived,
    Decrypted,
    Evidence,
    Fact,
    HeadHeard,
    Heard,
    SawRecord,
)
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.wire.content import BadContent
from peerroom.wire.records import SignedRecord
from peerroom.wire.rotation import ENTRY, EVIDENCE, HEAD, Entry

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault

_NEWEST: Final = 100
"""How many of a room's newest events are looked through each time."""
_OF_BOT: Final = 20
"""And how many of its bot's: what it says must be found behind any number of messages."""


class Observer:
    """What one wallet has been told."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records: dict[str, frozenset[bytes]] = {}
        self._events: set[str] = set()

    def facts(
        self, wallet: Wallet, accounts: list[Account], news: Collection[str]
    ) -> Iterator[Fact]:
        """What is new for ``wallet``. ``accounts`` are all of the vault that can act, ``news`` the
        rooms of which something has come since the last time."""
        for account in accounts:
            if not wallet.concerns(account.user_id):
                continue
            for room in circle_rooms(self._vault, account.id):
                if room.room_id in self._records and room.room_id not in news:
                    continue
                yield from self._of_records(account.user_id, room.room_id)
                yield from self._of_events(wallet, account.user_id, room.room_id)

    def _of_records(self, user_id: str, room_id: str) -> Iterator[Fact]:
        records = records_in(self._vault, room_id)
        hashes = frozenset(signed.hash for signed in records)
        known = self._records.get(room_id)
        self._records[room_id] = hashes if known is None else known | hashes
        if known is None or not known <= hashes:
            # A room that is new to us, or that shows less than before: the wallet is to see it all.
            yield Arrived(user_id, records, room_id)
            return
        for signed in records:
            if signed.hash not in known:
                yield SawRecord(signed, room_id)

    def _of_events(self, wallet: Wallet, user_id: str, room_id: str) -> Iterator[Fact]:
        bot = bot_of(self._vault, room_id)
        new = wallet.new_account
        of_bot = self._vault.events.of_sender(room_id, bot, _OF_BOT) if bot is not None else []
        for event in (*self._vault.events.page(room_id, limit=_NEWEST), *of_bot):
            # One that cannot be read yet, or of a device not known yet, is looked at again.
            if event.event_id in self._events or event.status != "ok" or event.clear is None:
                continue
            by_bot = event.sender == bot
            if by_bot and event.trust != Trust.SIGNED:
                continue
            self._events.add(event.event_id)
            if event.sender == user_id:
                continue
            if new is not None and user_id == new.user_id:
                yield Decrypted()
            yield from _said(event, by_bot=by_bot)


def _said(event: StoredEvent, *, by_bot: bool) -> Iterator[Fact]:
    """What an encrypted event of somebody else says about names."""
    clear = event.clear or {}
    content = clear.get("content")
    try:
        if clear.get("type") == ENTRY:
            if by_bot:
                yield Heard(Entry.read(content))
        elif clear.get("type") == EVIDENCE:
            yield Evidence(SignedRecord.read(content))
        elif isinstance(content, dict) and (head := content.get(HEAD)) is not None:
            yield HeadHeard(*_head(head))
    except BadContent:
        return  # anyone can say anything


def _head(value: object) -> tuple[int, bytes]:
    """Number and hash of the last record that somebody saw. Raises `BadContent`."""
    if not isinstance(value, list) or len(value) != 2:
        raise BadContent
    number, digest = value
    if type(number) is not int or not isinstance(digest, str) or len(digest) != 64:
        raise BadContent
    try:
        return number, bytes.fromhex(digest)
    except ValueError:
        raise BadContent from None
