"""The signing process of this bot: started when it is first needed, ended with the bot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.signer.client import Signer
from peerroom.bot.signer.life import COMMAND
from peerroom.store.vault import Vault


class Signing:
    """The key to its files is in the vault, the files are in a folder beside it. Of a bot whose
    vault is in memory the round keys are in memory too."""

    def __init__(
        self, vault: Vault, keyring: Keyring, lineage: bytes, command: Sequence[str] = COMMAND
    ) -> None:
        self._vault = vault
        self._keyring = keyring
        self._lineage = lineage
        self._command = command
        self._signer: Signer | None = None

    async def signer(self) -> Signer:
        """The process, which runs when this returns. Raises what `Signer.start` raises."""
        if self._signer is None:
            key = self._keyring.signer_key()
            self._signer = await Signer.start(
                self.folder, key, self._lineage, command=self._command
            )
        return self._signer

    @property
    def folder(self) -> Path | None:
        """Where the signer's files are; None if they are in memory."""
        vault = self._vault.folder
        return None if vault is None else vault.with_name(f"{vault.name}-signer")

    async def close(self) -> None:
        """End the process."""
        if self._signer is not None:
            await self._signer.close()
            self._signer = None
