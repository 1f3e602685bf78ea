"""A page to write a few words on, which says before what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import TextArea

from peerroom.i18n import _
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.composer import Composer
from peerroom.tui.widgets.prose import Paragraph, Prose
from peerroom.tui.widgets.sheet import Row, Sheet
from peerroom.tui.widgets.words import Words

Send = Callable[[str], None]
"""Takes what was written; a `PeerRoomError` keeps the page open and is said on it."""


class Request(NamedTuple):
    """What a page asks for, in the current language: ``about`` says who gets it, ``shown`` what
    goes with it; ``hint`` stands in the empty line, ``enter`` and ``back`` say what Enter and Esc
    do."""

    heading: str
    about: Sequence[Paragraph | str]
    hint: str
    enter: str = ""
    back: str = ""
    shown: Sequence[Row] = ()


class WritePage(SidePage[str]):
    """Its result is what was written, once it was sent; None when one went back."""

    AUTO_FOCUS = "Words"

    def __init__(
        self,
        request: Callable[[], Request],
        *,
        text: str = "",
        send: Send | None = None,
        may_be_empty: bool = False,
        one_line: bool = False,
    ) -> None:
        """``request`` is asked again when the language changes."""
        super().__init__()
        self._request = request
        self._asked = request()
        self._text = text
        self._send = send
        self._may_be_empty = may_be_empty
        self._one_line = one_line

    def heading(self) -> str:
        """What this is."""
        return self._asked.heading

    def body(self) -> ComposeResult:
        """What becomes of it, what goes with it, and where one writes."""
        with VerticalScroll(classes="text", can_focus=False):
            yield Prose(*self._asked.about)
            if self._asked.shown:
                yield Sheet(self._asked.shown)
        yield Words(self._asked.hint, self._text, one_line=self._one_line)

    def hints(self) -> tuple[str, ...]:
        """How to send it, and how not to."""
        more = (_("Page Up, Page Down: read"),) if self._asked.shown else ()
        back = self._asked.back or _("Esc back, nothing is sent")
        return (self._asked.enter or _("Enter sends"), back, *more)

    async def say_anew(self) -> None:
        """In another language; what was written stays."""
        self._text = self.query_one(Words).text
        self._asked = self._request()
        await super().say_anew()

    def action_page(self, direction: int) -> None:
        """Scroll what stands above while one writes."""
        above = self.query_one(VerticalScroll)
        if direction < 0:
            above.scroll_page_up(animate=False)
        else:
            above.scroll_page_down(animate=False)

    @on(TextArea.Changed)
    def _another(self, event: TextArea.Changed) -> None:
        event.stop()
        self.say("")

    @on(Composer.Submitted)
    def _submit(self, event: Composer.Submitted) -> None:
        event.stop()
        if not event.text.strip() and not self._may_be_empty:
            self.say(_("Write a few words first."))
            return
        with self.telling():
            if self._send is not None:
                self._send(event.text)
            self.dismiss(event.text.strip())
