"""What was already said of one room, so that each thing is said once and every change is said."""

from __future__ import annotations

from typing import Final, NamedTuple

from peerroom.client.session import Client
from peerroom.client.timeline import OUTBOX
from peerroom.client.views import MessageState, MessageView
from peerroom.i18n import _
from peerroom.plain.voice import Voice

_WATCHED: Final = 100
"""The newest messages, whose later changes (deleted, readable now) are still said."""

_REMEMBERED: Final = 5 * _WATCHED


class _Told(NamedTuple):
    """What was said of a message: how far it had come, and which words its sender gave it."""

    state: MessageState
    edit: int | None

    @classmethod
    def of(cls, view: MessageView) -> _Told:
        return cls(view.state, hash(view.body) if view.edited else None)


class Said:
    """The running account of one room."""

    def __init__(self, client: Client, voice: Voice, room_id: str) -> None:
        self.room_id = room_id
        self._client = client
        self._voice = voice
        self._timeline = client.timeline(room_id)
        self._told: dict[str, _Told] = {}
        self._newest = -OUTBOX
        self._oldest = OUTBOX

    def begin(self, count: int) -> None:
        """Say the last ``count`` messages; everything after them is news."""
        page = self._timeline.page(limit=count)
        stored = [view for view in page if view.position < OUTBOX]
        self._oldest = stored[0].position if stored else OUTBOX
        self._newest = self._oldest - 1 if stored else -OUTBOX
        for view in self._timeline.changed_after(self._newest):
            if view.position < self._oldest:
                self._told[view.key] = _Told.of(view)  # as little news as what is further up
        self.catch_up()

    def catch_up(self) -> None:
        """Say what came since, and what changed of what was said."""
        changed = self._timeline.changed_after(self._newest)
        while page := self._timeline.page(after=self._newest, limit=_WATCHED):
            stored = [view for view in page if view.position < OUTBOX]
            for view in stored:
                self._tell(view)
                self._newest = view.position
                self._oldest = min(self._oldest, view.position)
            if len(stored) < _WATCHED:
                break
        for view in self._timeline.page(limit=_WATCHED):
            if view.position >= self._oldest:
                self._tell(view)
        for view in changed:
            self._tell_change(view)
        for key in list(self._told)[:-_REMEMBERED]:
            del self._told[key]
        if self._newest > -OUTBOX:
            self._client.mark_read(self.room_id, self._newest)

    def older(self, count: int) -> bool:
        """Say the ``count`` messages before the oldest one said; False when none is stored."""
        page = self._timeline.page(before=self._oldest, limit=count)
        if not page:
            return False
        self._oldest = page[0].position
        self._voice.note(_("Earlier:"))
        for view in page:
            self._told[view.key] = _Told.of(view)
            self._voice.message(view)
        self._voice.note(_("Back to now."))
        return True

    def _tell(self, view: MessageView) -> None:
        before = self._told.get(view.key)
        if before is not None and before.state == view.state:
            self._tell_change(view)
            return
        self._told[view.key] = _Told.of(view)
        if view.state == "sending":
            return
        known = before.state if before is not None else None
        readable = known not in (None, "sending", "failed") and view.state != "deleted"
        self._voice.message(view, _("readable now") if readable else "")

    def _tell_change(self, view: MessageView) -> None:
        """Say that its sender changed a message, however long ago it was sent."""
        now = _Told.of(view)
        if self._told.get(view.key) != now:
            self._told[view.key] = now
            self._voice.changed(view)
