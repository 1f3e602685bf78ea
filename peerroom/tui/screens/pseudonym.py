"""Who one is here: the name in use, what its change protects, and what still links the names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
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

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "names_again", show=False)]

    def __init__(self, client: Client, room_id: str | None, *, asking: bool = False) -> None:
        """``asking``: whether names may change again, where they have stopped."""
        super().__init__()
        self._client = client
        self._room_id = room_id
        self._may_resume = False
        self._asking = asking
        self._unsubscribe: Callable[[], None] | None = None

    def heading(self) -> str:
        """What this is."""
        return _("Your name here")

    def body(self) -> ComposeResult:
        """The name above, everything else below."""
        with VerticalScroll(classes="text"):
            yield Prose(id="headline")
            yield Prose(id="question")
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
        self._may_resume = view.may_resume
        self._asking = self._asking and view.may_resume
        headline = pseudonym_words.headline(view, now, start.zone)
        self.query_one("#headline", Prose).say(headline)
        question = self.query_one("#question", Prose)
        question.say(pseudonym_words.before_resuming())
        question.display = self._asking
        about = pseudonym_words.sections(view, now, start.zone)
        self.query_one("#about", Prose).say(*_paragraphs(about))

    def hints(self) -> tuple[str, ...]:
        """How to read, and how to answer."""
        if self._asking:
            return (_("A once more: names change again"), _("Esc back"))
        again = (_("A change names again"),) if self._may_resume else ()
        return (_("↑↓ scroll"), _("Esc back"), *again)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Names change again only where they have stopped."""
        return action != "names_again" or self._may_resume

    def action_names_again(self) -> None:
        """Ask whether a moderator said so; the second time, it is the answer."""
        done, self._asking = self._asking, not self._asking
        if done:
            with self.telling():
                done = self._client.change_names_again()
                view = self._client.pseudonym(self._room_id)
                self.say(pseudonym_words.after_resuming(view, done=done))
        else:
            self.say("")
            self.query_one(VerticalScroll).scroll_home(animate=False)
        self._say_anew()

    def _say_anew(self) -> None:
        self.fill()
        self.suggest()

    def _on_change(self, change: Change) -> None:
        if change.kind in _NEWS:
            if change.kind == "moved":
                self._room_id = change.room_id or self._room_id
            self.call_later(self._say_anew)


def _paragraphs(sections: list[pseudonym_words.Section]) -> Iterator[Paragraph]:
    for section in sections:
        yield Paragraph(section.text, heading=section.heading)
