"""The registrar's `Office` in the bot's vault: a row an entry, in the caller's transaction."""

from __future__ import annotations

import base64
from typing import Final

from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.registrar_storage import assemble, changes
from peerroom.store.vault import Vault

ROWS: Final = "bot.office"
_EDITION: Final = "bot.office.edition"
_SECRET: Final = ("requests/", "shown/", "spent/")
"""Rows that say who asked for what and who came with what: once removed, they are gone."""


class Book:
    """Reads and keeps the office of one circle.

    An edition number stands beside the rows, so that what is remembered here never outlives a
    transaction that was taken back.
    """

    def __init__(self, vault: Vault) -> None:
        self._records = vault.records
        self._edition = 0
        self._office: Office | None = None

    def read(self) -> Office | None:
        """The office as it is kept now; None before names began to rotate."""
        edition = self._records.get(_EDITION, "number", 0)
        if edition != self._edition:
            rows = {name: base64.b64decode(row) for name, row in self._records.items(ROWS).items()}
            self._office, self._edition = assemble(rows) if rows else None, edition
        return self._office

    def write(self, office: Office) -> bool:
        """Keep ``office`` in place of what `read` gives; whether that is anything else. Inside a
        transaction."""
        rows = changes(self.read(), office)
        if not rows:
            return False
        for name, row in rows.items():
            if row is None:
                self._records.remove(ROWS, name, secret=name.startswith(_SECRET))
            else:
                self._records.replace(ROWS, name, base64.b64encode(row).decode())
        self._edition += 1
        self._records.replace(_EDITION, "number", self._edition)
        self._office = office
        return True
