"""What its sender covered, in the linear mode: read out only to who asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from peerroom.client.session import Client
from peerroom.client.views import MessageView
from peerroom.i18n import _
from peerroom.plain.commands import Command
from peerroom.plain.voice import Voice, sentence_of

_LISTED: Final = 9
_LOOKED_AT: Final = 200


class Covered:
    """What ``/open`` does."""

    def __init__(self, client: Client, voice: Voice) -> None:
        self._client = client
        self._voice = voice
        self._numbered: tuple[str, list[str]] | None = None
        """The room of the last list of covered messages, and their keys."""

    def obey(self, room_id: str, command: Command) -> None:
        """Number the covered messages of the room, or read out the one that is named."""
        if not command.argument:
            self._number(room_id)
            return
        number = command.number
        keys = self._keys(room_id)
        key = keys[number - 1] if number is not None and number <= len(keys) else None
        view = None if key is None else self._client.timeline(room_id).find(key)
        if view is None:
            self._voice.note(_("Which message? /open alone numbers what is covered."))
        else:
            self._voice.line(f"{self._time(view)} {sentence_of(replace(view, covered=False))}")

    def _number(self, room_id: str) -> None:
        views = self._covered(room_id)
        self._numbered = room_id, [view.key for view in views]
        for number, view in enumerate(views, 1):
            self._voice.line(f"{number}. {self._time(view)} {sentence_of(view)}")
        if views:
            self._voice.note(_("/open N reads out number N; 1 is the newest."))
        else:
            self._voice.note(_("Nothing is covered here."))

    def _keys(self, room_id: str) -> list[str]:
        """Numbers keep meaning what was listed, whatever has been said since."""
        if self._numbered is not None and self._numbered[0] == room_id:
            return self._numbered[1]
        return [view.key for view in self._covered(room_id)]

    def _covered(self, room_id: str) -> list[MessageView]:
        """The newest first."""
        page = self._client.timeline(room_id).page(limit=_LOOKED_AT)
        return [view for view in reversed(page) if view.covered][:_LISTED]

    def _time(self, view: MessageView) -> str:
        return f"{view.when.astimezone(self._voice.zone):%H:%M}"
