"""Who one is here: the name in use, what its change protects, and what still links the names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from peerroom.client import pseudonym_words
from peerroom.client.views import Change
from peerroom.i18n import _
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.prose import Paragraph, Prose

if TYPE_CHECKING:
    from peerroom.client.session import Client

_NEWS = ("pseudonym", "moved", "rooms")


class PseudonymScreen(SidePage[None]):
    """Says anew whatever changes while it is open."""

    def __init__(self, client: Client, room_id: str | None) -> None:
        super().__init__()
        self._client = client
        self._room_id = room_id
        self._unsubscribe: Callable[[], None] | None = None

    def heading(self) -> str:
        """What this is."""
        return _("Your name here")

    def body(self) -> ComposeResult:
        """The name above, everything else below."""
        with VerticalScroll(classes="text"):
            yield Prose(id="headline")
            yield Prose(id="about")

    def on_mount(self) -> None:
        """Show it, and hear of changes."""
        super().on_mount()
        self._unsubscribe = self._client.subscribe(self._on_change)

    def on_unmount(self) -> None:
        """Hear no more of the client."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def fill(self) -> None:
        """Say how things stand now."""
        start = self.peerroom.start
        view = self._client.pseudonym(self._room_id)
        now = start.clock.now()
        headline = pseudonym_words.headline(view, now, start.zone)
        self.query_one("#headline", Prose).say(headline)
        about = pseudonym_words.sections(view, now, start.zone)
        self.query_one("#about", Prose).say(*_paragraphs(about))

    def hints(self) -> tuple[str, ...]:
        """How to read."""
        return (_("↑↓ scroll"), _("Esc back"))

    def _on_change(self, change: Change) -> None:
        if change.kind in _NEWS:
            if change.kind == "moved":
                self._room_id = change.room_id or self._room_id
            self.call_later(self.fill)


def _paragraphs(sections: list[pseudonym_words.Section]) -> Iterator[Paragraph]:
    for section in sections:
        yield Paragraph(section.text, heading=section.heading)
