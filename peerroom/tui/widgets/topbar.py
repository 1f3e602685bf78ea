"""The first row of every screen: where one is, a person to talk to, and the way out."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from peerroom.i18n import _
from peerroom.text.cells import cell_width, truncate


class ActionButton(Static):
    """A word one can click. Keys do the same, so it takes no focus and no place in Tab's order."""

    action: ClassVar[str] = ""

    def labels(self) -> tuple[str, ...]:
        """What it says, the longest first; a narrow terminal gets a later one."""
        return ()

    def fit(self, width: int) -> None:
        """Take the longest label that suits a terminal of ``width`` cells."""
        labels = self.labels()
        chosen = next((text for text in labels if cell_width(text) * 5 <= width * 2), labels[-1])
        self.update(f" {chosen} ")

    async def on_click(self, event: events.Click) -> None:
        """Do what the key would do."""
        event.stop()
        await self.app.run_action(self.action)


class PanicButton(ActionButton):
    """Opens the helplines."""

    action = "app.panic"

    def labels(self) -> tuple[str, ...]:
        """The key first: it is what one looks for."""
        return (_("F1 Talk to a person now"), _("F1 Talk now"), "F1")


class BackButton(ActionButton):
    """Stands where the panic button stands, on the panic screen."""

    action = "app.back"

    def labels(self) -> tuple[str, ...]:
        """The key first."""
        return (_("Esc Back"), "Esc")


class LeaveButton(ActionButton):
    """Leaves at once: a click is deliberate, so one is enough."""

    action = "app.leave_now"

    def labels(self) -> tuple[str, ...]:
        """Only the word: the keys are in the menu and in the hint."""
        return (_("Leave"), "×")


class TopBar(Horizontal):
    """Title, and the two buttons that no screen is without."""

    def __init__(self, title: str = "", *, help_open: bool = False) -> None:
        super().__init__()
        self._title = title
        self._help_open = help_open

    def compose(self) -> ComposeResult:
        """Title at the left, buttons at the right."""
        yield Static(id="title", markup=False)
        yield BackButton() if self._help_open else PanicButton()
        yield LeaveButton()

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title = title
        self._fit()

    def on_mount(self) -> None:
        """Labels depend on the width."""
        self._fit()

    def on_resize(self) -> None:
        """Labels depend on the width."""
        self._fit()

    def _fit(self) -> None:
        width = self.size.width or self.app.size.width
        used = 0
        for button in self.query(ActionButton):
            button.fit(width)
            used += cell_width(str(button.content))
        self.query_one("#title", Static).update(truncate(self._title, max(0, width - used - 4)))
