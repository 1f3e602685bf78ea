"""The menu: everything that can be done now, and nothing that cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from peerroom.i18n import _
from peerroom.text.cells import cell_width
from peerroom.tui.actions import ALL, GROUPS, Action, spoken_keys
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.field import Field


class MenuScreen(SidePage[str]):
    """Choose an action; its result is the action to run."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, applicable: Sequence[str]) -> None:
        super().__init__()
        self._actions = [action for action in ALL if action.id in applicable]

    def heading(self) -> str:
        """What this is."""
        return _("What you can do here")

    def body(self) -> ComposeResult:
        """A line to narrow the list down, and the list."""
        yield Field(placeholder=_("Type to search"), compact=True)
        yield OptionList(markup=False, compact=True)

    def fill(self) -> None:
        """Show everything."""
        self._fill("")

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter does it"), _("Esc back"))

    def _fill(self, wanted: str) -> None:
        options = self.query_one(OptionList)
        options.set_options(self._options(wanted.strip().casefold()))
        options.action_first()

    def _options(self, wanted: str) -> Iterator[Option]:
        for group, title in GROUPS.items():
            found = [a for a in self._actions if a.group == group and _matches(a, wanted)]
            if found:
                yield Option(Content.styled(_(title), "$quiet"), disabled=True)
                yield from (
                    Option(_prompt(action, self.peerroom.chord), id=action.run) for action in found
                )

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _take(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        if option is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_move(self, step: int) -> None:
        """Move in the list while the search keeps the focus."""
        options = self.query_one(OptionList)
        if step < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()


def _matches(action: Action, wanted: str) -> bool:
    said = f"{_(action.label)} {action.label} {' '.join(action.commands)}".casefold()
    return all(word in said for word in wanted.split())


def _prompt(action: Action, chord: str) -> Content:
    keys = spoken_keys(action, chord) or (f"/{action.commands[0]}" if action.commands else "")
    label = f"  {_(action.label)}"
    space = " " * max(2, 44 - cell_width(label))
    return Content.assemble(label, (f"{space}{keys}", "$quiet"))
