"""Accepting somebody's new encryption identity, in the linear mode: told once, asked twice."""

from __future__ import annotations

import unicodedata

from peerroom.client.session import Client
from peerroom.client.views import ChangedIdentity
from peerroom.i18n import _
from peerroom.plain.commands import Command
from peerroom.plain.voice import Voice


class Accepting:
    """What ``/accept`` does. Saying the same twice accepts; the first time is the warning."""

    def __init__(self, client: Client, voice: Voice) -> None:
        self._client = client
        self._voice = voice
        self._told: set[ChangedIdentity] = set()
        self._asked: ChangedIdentity | None = None

    def tell(self, room_id: str) -> None:
        """Say of everyone in the room whose identity is new how to accept it; once each."""
        changed = set(self._client.changed_identities(room_id))
        for change in changed - self._told:
            words = _("/accept {name} gives them keys again; make sure first that it is them.")
            self._voice.note(words.format(name=change.name))
        self._told = changed

    def accept(self, room_id: str, command: Command) -> None:
        """Warn, or accept what was warned of."""
        changed = self._client.changed_identities(room_id)
        change = _meant(changed, command)
        if not changed:
            self._voice.note(_("Nobody here has a new encryption identity."))
        elif change is None:
            for number, one in enumerate(changed, 1):
                self._voice.line(f"{number}. {one.name}")
            self._voice.note(_("These have a new encryption identity. /accept N for number N."))
        elif change != self._asked:
            words = _(
                "Accept {name} only if they told you in another way, by phone say, that it was "
                "them. If it was not, someone else will read along in their place. "
                "The same once more accepts."
            )
            self._voice.note(words.format(name=change.name))
            self._asked = change
            return
        elif self._client.accept_identity(change):
            words = _("Accepted. {name} gets the keys from your next message on.")
            self._voice.note(words.format(name=change.name))
        self._asked = None


def _meant(changed: list[ChangedIdentity], command: Command) -> ChangedIdentity | None:
    """Whom the argument means: by the number in the list, or by name, however it was typed."""
    if command.number is not None and command.number <= len(changed):
        return changed[command.number - 1]
    wanted = _typed(command.argument)
    return next((change for change in changed if _typed(change.name) == wanted), None)


def _typed(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
