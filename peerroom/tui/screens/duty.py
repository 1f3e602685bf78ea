"""Around the cases: how the rooms stand, and whether one is here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from peerroom.i18n import N_, _
from peerroom.tui.screens.answering import DeskPage
from peerroom.tui.screens.case_acts import Choice
from peerroom.tui.screens.choosing import ChoiceScreen
from peerroom.tui.widgets.sheet import Row, Sheet


class StandingScreen(DeskPage):
    """Each room that is looked after, in words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "ask", show=False)]

    def heading(self) -> str:
        """What this is."""
        return _("How the rooms stand")

    def body(self) -> ComposeResult:
        """A few lines a room."""
        with VerticalScroll(classes="text"):
            yield Sheet(id="standing")

    def hints(self) -> tuple[str, ...]:
        """How to learn more."""
        return (_("A asks the bot"), _("↑↓ scroll"), _("! command"), _("Esc back"))

    def fill(self) -> None:
        """Say how they stand now."""
        self.query_one("#standing", Sheet).say(self._rows())

    def _rows(self) -> Iterator[Row]:
        rooms = self.work.rooms()
        if not rooms:
            yield Row(_("You are in none of the rooms that are looked after."), look="quiet")
        for room in rooms:
            trouble = not (room.bot_here and room.bot_proven and room.encrypted)
            yield Row(room.title, look="strong")
            yield Row(room.sentence, "! " if trouble else "  ", "alert" if trouble else "plain")
            yield Row()
        words = _(
            "This is what this device sees. The bot knows more: whose messages it cannot read, "
            "and what waits to be done."
        )
        yield Row(words, look="quiet")

    def action_ask(self) -> None:
        """Ask the bot itself."""
        self.give(self.work.ask_status)


class ShiftScreen(ChoiceScreen):
    """Here from now on, or gone; its result is ``on``, ``off`` or a command."""

    def __init__(self) -> None:
        super().__init__(
            N_("Your shift"),
            lambda: (
                Choice("on", _("I am here now"), "!shift on"),
                Choice("off", _("I go now; tell the others"), "!shift off"),
                Choice("!rota", _("Who is here?"), "!rota"),
                Choice("!digest", _("What happened since I was here?"), "!digest"),
            ),
        )
