"""What people and rooms are called, so that no two look alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from peerroom.client.epoch_rooms import name_index
from peerroom.i18n import _, language
from peerroom.matrix.power import MODERATOR, room_power
from peerroom.pseudonym.names import by_index, read
from peerroom.text.cells import truncate
from peerroom.text.confusable import disambiguate
from peerroom.text.foreign import ForeignText
from peerroom.text.reserved import is_reserved

if TYPE_CHECKING:
    from peerroom.store.vault import Vault

_HERE = ("join", "invite")
"""Only those who are (nearly) in a room can be mistaken for each other in it (client-server API,
"Calculating the display name for a user")."""

_MARKED_CELLS: Final = 24
"""Of a name with a mark behind it no more is shown, so that the mark is never what is cut off."""


class Names:
    """The names of one room's people, as they are now; kept until `forget`."""

    def __init__(self, vault: Vault, room_id: str) -> None:
        self._vault = vault
        self._room_id = room_id
        self._known: Mapping[str, str] | None = None
        self._gone: dict[str, str] = {}

    def of(self, user_id: str) -> str:
        """The name to show for ``user_id``; clean, one line."""
        if self._known is None:
            self._known = self._read()
        if name := self._known.get(user_id):
            return name
        if user_id not in self._gone:
            self._gone[user_id] = self._of_someone_gone(user_id, self._known)
        return self._gone[user_id]

    def is_drawn(self, user_id: str) -> bool:
        """Whether the name comes from a ledger: then the account came in with all the others."""
        return self._drawn(user_id) is not None

    def here(self) -> Mapping[str, str]:
        """Everyone who is in the room or invited, by user id."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def forget(self) -> None:
        """Read the members again when next asked."""
        self._known = None
        self._gone.clear()

    def _read(self) -> Mapping[str, str]:
        members = self._vault.rooms.members(self._room_id).items()
        here = {user: said for user, said in members if said.get("membership") in _HERE}
        drawn = {user: name for user in here if (name := self._drawn(user)) is not None}
        # Whoever calls themselves like one of these gets an id behind it, and these do not.
        said = {user: self._said(user, content) for user, content in here.items()}
        return {**disambiguate({**said, **_foreign(drawn)}), **drawn}

    def _of_someone_gone(self, user_id: str, known: Mapping[str, str]) -> str:
        """The last name of someone who left; never one that would pass for someone here."""
        if (drawn := self._drawn(user_id)) is not None:
            return drawn
        content = self._vault.rooms.state(self._room_id, "m.room.member", user_id) or {}
        return disambiguate({**_foreign(known), user_id: self._said(user_id, content)})[user_id]

    def _drawn(self, user_id: str) -> str | None:
        """The name that a ledger gave the account: no display name stands above it."""
        index = name_index(self._vault, user_id)
        return None if index is None else by_index(index).shown(language())

    def _said(self, user_id: str, content: Mapping[str, object]) -> ForeignText:
        """The display name; of a generated one ("Quiet Amber Otter / 静かな琥珀のカワウソ") the
        reader's half, and one that only moderators may carry with a mark on anybody else.

        Before names are told apart, so that nobody passes for someone by taking one half, and two
        that are cut alike get their ids.
        """
        name = ForeignText(content.get("displayname") or "")
        line = name.line()
        if (generated := read(line)) is not None:
            return ForeignText(generated.shown(language()))
        if not is_reserved(line) or self._is_moderator(user_id):
            return name
        marked = _("{name} (not a moderator)")
        return ForeignText(marked.format(name=truncate(line, _MARKED_CELLS)))

    def _is_moderator(self, user_id: str) -> bool:
        """Also the bot that let us in. In a room of two power says nothing: its maker has it."""
        from peerroom.client.invitations import bots  # not before the first picture

        if user_id in bots(self._vault):
            return True
        rooms = self._vault.rooms
        if rooms.get(self._room_id) is None or rooms.is_of_two(self._room_id):
            return False
        return room_power(rooms, self._room_id).of(user_id) >= MODERATOR


def _foreign(names: Mapping[str, str]) -> dict[str, ForeignText]:
    return {user: ForeignText(name) for user, name in names.items()}


def title(vault: Vault, room_id: str, names: Names, own: str) -> str:
    """The room's name, or who is in it (client-server API, "Calculating the display name for a
    room"); clean, one line."""
    for event_type, key in (("m.room.name", "name"), ("m.room.canonical_alias", "alias")):
        name = ForeignText((vault.rooms.state(room_id, event_type) or {}).get(key) or "").line(80)
        if name:
            return name
    others = [name for user_id, name in names.here().items() if user_id != own]
    if not others:
        return _("An empty room")
    return ", ".join(sorted(others)[:3]) + ("…" if len(others) > 3 else "")
