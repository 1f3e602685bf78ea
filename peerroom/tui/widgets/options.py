"""A list to choose from, on a page where other things may leave it no room."""

from __future__ import annotations

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list, which fails on Page Down while it has not even one line to show."""

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pages are turned only where there is one."""
        if action in ("page_up", "page_down") and not self.scrollable_content_region:
            return False
        return super().check_action(action, parameters)
