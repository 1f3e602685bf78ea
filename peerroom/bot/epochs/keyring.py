"""The bot's own secrets of an epoch, in its vault: sealing keys, and the key to the signer's files.

The round keys themselves are the signer's (`peerroom.bot.signer`); the bot never sees them.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

from peerroom.pseudonym.sealing import SealingKey
from peerroom.store.vault import Vault

SEALING: Final = "bot.sealing"
_SIGNER: Final = "bot.signer"
_ENTRIES: Final = "bot.entries"


class Keyring:
    """Makes, finds and destroys them. What makes or destroys belongs inside a transaction."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records = vault.records

    def signer_key(self) -> bytes:
        """The key (32 bytes) under which the signer's files are encrypted; drawn once."""
        kept = self._records.get(_SIGNER, "key")
        if kept is None:
            kept = base64.b64encode(secrets.token_bytes(32)).decode()
            self._records.replace(_SIGNER, "key", kept, secret=True)
        return base64.b64decode(kept)

    def sealing_key(self, epoch: int) -> SealingKey | None:
        """The key to which redemptions of ``epoch`` are sealed, if it is here."""
        kept = self._records.get(SEALING, str(epoch))
        return None if kept is None else SealingKey.load(base64.b64decode(kept))

    def make_sealing_key(self, epoch: int) -> SealingKey:
        """The key of ``epoch``, made if it is not there yet."""
        key = self.sealing_key(epoch)
        if key is None:
            key = SealingKey.generate()
            kept = base64.b64encode(key.store()).decode()
            self._records.replace(SEALING, str(epoch), kept, secret=True)
        return key

    def destroy(self, epoch: int) -> None:
        """End the sealing keys of ``epoch`` and of all before it."""
        for kept in list(self._records.items(SEALING)):
            if int(kept) <= epoch:
                self._records.remove(SEALING, kept, secret=True)

    def draw_entry(self, epoch: int, round_: int) -> str:
        """The registration token of a round; drawn once, so that a repetition makes no second."""
        token = self.entry(epoch, round_)
        if token is None:
            token = secrets.token_urlsafe(16)
            self._records.replace(_ENTRIES, f"{epoch}.{round_}", token)
        return token

    def entry(self, epoch: int, round_: int) -> str | None:
        """The registration token of a round, if one was drawn."""
        token: str | None = self._records.get(_ENTRIES, f"{epoch}.{round_}")
        return token

    def forget_entry(self, epoch: int, round_: int) -> None:
        """It was deleted on the server."""
        self._records.remove(_ENTRIES, f"{epoch}.{round_}")
