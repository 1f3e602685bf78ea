"""Whose encryption identity is not the one that was pinned, and what the user is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from peerroom.client.connecting import Link
from peerroom.client.names import Names
from peerroom.client.views import ChangedIdentity
from peerroom.i18n import _

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

News = tuple[str, str]
"""A room, and a sentence about somebody in it."""


class Identities:
    """The pinned identities of the people in one account's rooms."""

    def __init__(self, vault: Vault, account: Account, link: Link) -> None:
        self._vault = vault
        self._account = account
        self._link = link
        self._said: set[tuple[str, str | None]] = set()
        self._warned: dict[str, str | None] = {}

    def changed(self, room_id: str) -> list[ChangedIdentity]:
        """Who in the room shows a new identity that can be accepted, and gets no keys, by name."""
        here = Names(self._vault, room_id).here()
        found = [
            ChangedIdentity(identity.user_id, here[identity.user_id], identity.offered)
            for identity in self._vault.identities.changed()
            if identity.offered is not None
            and not identity.vouched
            and identity.user_id in here
            and identity.user_id != self._account.user_id
        ]
        return sorted(found, key=lambda change: change.name)

    def accept(self, change: ChangedIdentity) -> bool:
        """Pin the new identity; False if it is not the one that is offered any more."""
        known = self._vault.identities.get(change.user_id)
        if known is None or known.offered != change.key or known.vouched:
            return False
        connection = self._link.connection
        if connection is not None:
            connection.identity.accept(change.user_id)
        else:
            self._vault.identities.accept_change(change.user_id, change.key)
        return True

    def news(self) -> list[News]:
        """What is to be said now; each thing once in a run, what the server took back once ever."""
        return [*self._new(), *self._taken_back()]

    def _new(self) -> Iterator[News]:
        changed = self._vault.identities.changed()
        self._said &= {(identity.user_id, identity.offered) for identity in changed}
        acceptable = _(
            "{name} has a new encryption identity and gets no keys until you accept it. "
            "Ask them in another way whether it was them."
        )
        contradicted = _(
            "The server shows another encryption identity for {name} than the circle's signed "
            "list. It gets no keys. Someone who runs the server may be trying to listen in."
        )
        for identity in changed:
            where = self._where(identity.user_id)
            if where is not None and (identity.user_id, identity.offered) not in self._said:
                self._said.add((identity.user_id, identity.offered))
                room_id, name = where
                words = contradicted if identity.vouched else acceptable
                yield room_id, words.format(name=name)

    def _taken_back(self) -> Iterator[News]:
        words = _(
            "For a while the server claimed that {name} had another encryption identity. "
            "That one got no keys. Someone who runs the server may have tried to listen in."
        )
        for identity in self._vault.identities.retracted():
            if (where := self._where(identity.user_id)) is not None:
                self._vault.identities.told(identity.user_id)
                room_id, name = where
                yield room_id, words.format(name=name)

    def _where(self, user_id: str) -> tuple[str, str] | None:
        """A room that we are in with this person, rather not one of two, and their name there."""
        if user_id == self._account.user_id:
            return None
        rooms = self._vault.rooms.all(self._account.id)
        for room in sorted(rooms, key=lambda room: self._vault.rooms.is_of_two(room.room_id)):
            if room.membership == "join":
                name = Names(self._vault, room.room_id).here().get(user_id)
                if name is not None:
                    return room.room_id, name
        return None

    def cannot_read(self, room_id: str) -> str | None:
        """Who did not get the key of what was last sent to the room, in one sentence, or None."""
        connection = self._link.connection
        return None if connection is None else connection.keyshare.report(room_id).sentence()

    def new_warning(self, room_id: str) -> str | None:
        """`cannot_read`, if it is another sentence than last time and `news` does not say it."""
        sentence = self.cannot_read(room_id)
        before = self._warned.get(room_id)
        self._warned[room_id] = sentence
        return None if sentence == before or self.changed(room_id) else sentence
