"""The very first screen: what this is, in two languages, and one key to begin."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom import i18n
from peerroom.i18n import _
from peerroom.tui.screens.page import Page
from peerroom.tui.tour import first_run
from peerroom.tui.widgets.prose import Prose

_OWN_NAMES = {"en": "English", "ja": "日本語"}


class WelcomeScreen(Page[None]):
    """Choosing a language begins the first run."""

    AUTO_FOCUS = "OptionList"

    def heading(self) -> str:
        """What this is."""
        return _("Welcome")

    def body(self) -> ComposeResult:
        """A few sentences and the languages."""
        with VerticalScroll(classes="card", can_focus=False):
            yield Prose(
                _(
                    "PeerRoom is a quiet room for parents to talk in.\n"
                    "You get a name that is only yours here. What is said in the room is "
                    "encrypted: the server that carries it cannot read it.\n\n"
                    "If things are heavy right now, F1 shows people to talk to. "
                    "It works at any time, also before you begin."
                )
            )
            languages = sorted(_OWN_NAMES, key=lambda code: code != i18n.language())
            yield OptionList(
                *(Option(Content(f"  {_OWN_NAMES[code]}"), id=code) for code in languages),
                markup=False,
                compact=True,
            )

    def hints(self) -> tuple[str, ...]:
        """What the keys do."""
        return (_("↑↓ language"), _("Enter begins"), _("F1 talk to a person"))

    @on(OptionList.OptionSelected)
    def _begin(self, event: OptionList.OptionSelected) -> None:
        self._tour(event.option_id or "en")

    @work(exclusive=True)
    async def _tour(self, language: str) -> None:
        app = self.peerroom
        if language != i18n.language():
            app.speak(language)
        vault = await first_run(app)
        if vault is not None:
            app.call_later(app.entry.enter, vault)
