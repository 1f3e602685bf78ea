"""From a room to the moderators: reporting, asking, why something was removed; and their desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerroom.i18n import _
from peerroom.tui.screens.around import AROUND, Around
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.widgets.status import Status

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.client.views import MessageView
    from peerroom.errors import PeerRoomError
    from peerroom.tui.breather import Breather
    from peerroom.tui.screens.writing import WritePage

CARING: Final = frozenset(("moderators", "ask_help", "ask_moderators", "cases", "report", "why"))
"""Actions that have to do with moderators."""
LEADING_ON: Final = AROUND | CARING
"""Actions that lead to a page of their own."""


def message_hints() -> tuple[tuple[str, str], ...]:
    """What can be done with a message, by action, as the last row says it."""
    return (
        ("retry", _("R send again")),
        ("undo", _("E take back")),
        ("delete", _("D delete")),
        ("why", _("W why")),
        ("report", _("T tell the moderators")),
        ("fold", _("Enter more or less")),
        ("copy", _("C copy")),
    )


class Caring(Around):
    """A page about one room, whose moderators can be reached in private."""

    _breather: Breather | None = None
    _to_choose = ""

    def said_when_chosen(self) -> str:
        """What the message that is selected next is for, once; mostly nothing."""
        words, self._to_choose = self._to_choose, ""
        return words

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes sense now."""
        if action not in CARING:
            return super().check_action(action, parameters)
        if self._client is None:
            return False
        if action == "cases":
            return bool(self._client.casework())
        if action not in ("report", "why"):
            return True
        if action == "report" and self._is_between_moderators():
            return False
        view = self.query_one(TimelineView).selected_view()
        if view is None:
            return True  # then it says how to choose one
        if action == "report":
            return not view.own and view.kind not in ("membership", "gap") and not view.pending
        return view.own and view.state == "deleted"

    def _is_between_moderators(self) -> bool:
        """Whether the open room is one of the bot's own, of which nobody reports anything."""
        if self._room is None or self._client is None:
            return False
        desks = {desk.room_id for desk in self._client.casework()}
        return self._room.direct or self._room.room_id in desks

    def action_moderators(self) -> None:
        """Everything between oneself and the moderators."""
        if self._client is not None:
            from peerroom.tui.screens.private import PrivateScreen

            self.app.push_screen(PrivateScreen(self._client, self._room_id))

    def action_ask_help(self) -> None:
        """Ask the moderators for help."""
        from peerroom.tui.screens.telling import help_page

        self._ask(help_page)

    def action_ask_moderators(self) -> None:
        """Write to the moderators."""
        from peerroom.tui.screens.telling import question_page

        self._ask(question_page)

    def _ask(self, page: Callable[[Client, str | None], WritePage]) -> None:
        if self._client is not None:
            from peerroom.tui.screens.telling import whom

            room_id, obstacle = whom(self._client, self._room_id)
            if self._free(obstacle):
                self._write(page(self._client, room_id))

    def action_report(self) -> None:
        """Tell the moderators about the selected message; without one, say how to select it."""
        view = self._selected(_("Choose the message with ↑↓, then press T."))
        if view is None or self._client is None or self._room is None:
            return
        if not self._free(self._client.desk.obstacle(self._room.room_id)):
            return
        from peerroom.tui.screens.telling import report_page

        with self.telling():
            zone = self.peerroom.start.zone
            self._write(report_page(self._client, self._room.room_id, view.key, zone))

    def action_why(self) -> None:
        """Why the selected message of one's own was removed."""
        view = self._selected(_("Choose the message with ↑↓, then press W."))
        if view is None or self._client is None or self._room is None:
            return
        found = self._client.desk.why(self._room.room_id, view.key)
        if found is None:
            self.say(_("Nothing was said about this one. F7: you can ask the moderators."))
            return
        from peerroom.tui.screens.private import WhyScreen

        self.app.push_screen(WhyScreen(self._client, found), self._sent)

    def _selected(self, otherwise: str) -> MessageView | None:
        timeline = self.query_one(TimelineView)
        view = timeline.selected_view()
        if view is None:
            timeline.focus()
            timeline.action_select(-1)
            self._to_choose = otherwise
        return view

    def _free(self, obstacle: PeerRoomError | None) -> bool:
        """Whether nothing stands in the way; else it is said, and stays until it is put away."""
        if obstacle is not None:
            self.query_one(Status).notice(obstacle.sentence())
        return obstacle is None

    def _write(self, page: WritePage) -> None:
        self.app.push_screen(page, self._sent)

    def _sent(self, text: str | None) -> None:
        if text is not None:
            self.say(_("It is on its way to the moderators. F7 shows how far it has come."))

    def action_cases(self) -> None:
        """The moderators' desk; with more than one, that of the open room or the first."""
        desks: list[Casework] = self._client.casework() if self._client is not None else []
        if self._client is None or not desks:
            return
        from peerroom.tui.breather import Breather
        from peerroom.tui.screens.cases import CasesScreen

        here = [desk for desk in desks if desk.room_id == self._room_id]
        self._breather = self._breather or Breather()
        self.app.push_screen(CasesScreen(self._client, (here or desks)[0], self._breather))
