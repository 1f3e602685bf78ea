"""The cross-signing identity of every other person, pinned when it was first seen, or before that
by a list that somebody has signed whom we trust."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from peerroom.store.database import Database, Row
from peerroom.store.encoding import maybe_text_out, text_out

Pin = Literal["new", "same", "changed"]

_SELECT: Final = "SELECT user_id, master, offered, retracted, vouched FROM identities "


@dataclass(frozen=True, slots=True)
class Identity:
    """Master keys in unpadded base64."""

    user_id: str = field(repr=False)
    master: str = field(repr=False)
    """The key that was pinned."""
    offered: str | None = field(default=None, repr=False)
    """Another key that is shown now and was not accepted; None when all is as it was."""
    retracted: str | None = field(default=None, repr=False)
    """Another key that was shown for a while, before the pinned one came back: a server's doing,
    and the user has not been told yet (`Identities.told`)."""
    vouched: bool = False
    """The pinned key is from the circle's signed ledger: no other is ever accepted."""


class Identities:
    """Pinned identities by user id."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def pin(self, user_id: str, master: str) -> Pin:
        """Compare ``master`` with the pinned key; pin it if there is none.

        A changed key is kept beside the pinned one and is not trusted before `accept_change`;
        when the pinned key is seen again, that the other one was shown stays known until `told`.
        """
        with self._db.transaction():
            known = self.get(user_id)
            if known is None:
                self._db.run(
                    "INSERT INTO identities (user_id, master) VALUES (?, ?)", (user_id, master)
                )
                return "new"
            offered = None if known.master == master else master
            if offered != known.offered:
                self._db.run(
                    "UPDATE identities SET offered = ?1,"
                    " retracted = CASE WHEN ?1 IS NULL THEN offered ELSE retracted END"
                    " WHERE user_id = ?2",
                    (offered, user_id),
                )
            return "same" if offered is None else "changed"

    def pin_from_ledger(self, user_id: str, master: str) -> Pin:
        """Pin ``master`` because the circle's signed ledger says so, whatever the server showed.

        Another key that was pinned on first use becomes the one that is offered: the person gets
        no keys until the server shows the ledger's. Of two ledgers the later one counts.
        """
        with self._db.transaction():
            known = self.get(user_id)
            self._db.run(
                "INSERT INTO identities (user_id, master, vouched) VALUES (?1, ?2, 1)"
                " ON CONFLICT (user_id) DO UPDATE SET vouched = 1, master = ?2,"
                " offered = CASE WHEN master = ?2 THEN offered"
                " ELSE NULLIF(ifnull(offered, master), ?2) END",
                (user_id, master),
            )
            if known is None:
                return "new"
            return "same" if known.master == master else "changed"

    def get(self, user_id: str) -> Identity | None:
        """What is pinned for the user, or None."""
        row = self._db.one(_SELECT + "WHERE user_id = ?", (user_id,))
        return _identity(row) if row else None

    def changed(self) -> list[Identity]:
        """Everyone whose identity changed and was not accepted."""
        return [_identity(row) for row in self._db.all(_SELECT + "WHERE offered IS NOT NULL")]

    def retracted(self) -> list[Identity]:
        """Everyone for whom another identity was shown for a while; the user is to be told once."""
        return [_identity(row) for row in self._db.all(_SELECT + "WHERE retracted IS NOT NULL")]

    def told(self, user_id: str) -> None:
        """The user knows that another identity was shown for a while."""
        self._db.run("UPDATE identities SET retracted = NULL WHERE user_id = ?", (user_id,))

    def accept_change(self, user_id: str, master: str) -> None:
        """Pin ``master`` from now on: the key that the user was shown, and no later one.

        Does nothing where the ledger vouches for another one.
        """
        self._db.run(
            "UPDATE identities SET master = ?1, offered = NULLIF(offered, ?1),"
            " retracted = NULLIF(retracted, ?1) WHERE user_id = ?2 AND NOT vouched",
            (master, user_id),
        )


def _identity(row: Row) -> Identity:
    user_id, master, offered, retracted, vouched = row
    return Identity(
        text_out(user_id),
        text_out(master),
        maybe_text_out(offered),
        maybe_text_out(retracted),
        bool(vouched),
    )
