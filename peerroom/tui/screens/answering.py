"""What every page of the moderators' desk does: give a command, and show what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.client.casework_views import Answer
from peerroom.client.views import Change
from peerroom.i18n import _
from peerroom.text.cells import cell_width
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.hint import Hint
from peerroom.tui.widgets.prose import Paragraph, Prose

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client

Doing = Callable[[], Awaitable[Answer]]
_NO: Final = "no"
_YES: Final = "yes"


class DeskPage(SidePage[None]):
    """One page at the desk. Its answers wait while other pages (help, say) are in front of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("exclamation_mark", "command", show=False)]

    def __init__(self, client: Client, work: Casework) -> None:
        super().__init__()
        self.client = client
        self.work = work
        self._unsubscribe: Callable[[], None] | None = None
        self._stale = False
        self._asking = False
        self._heard: Answer | None = None
        self._said = ""

    def on_mount(self) -> None:
        """Hear of changes."""
        self._unsubscribe = self.client.subscribe(self._on_change)

    def on_unmount(self) -> None:
        """Hear no more of the client."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def _on_change(self, change: Change) -> None:
        """A sync may bring many changes; one look at the desk shows them all."""
        about = (None, self.work.room_id)
        if change.kind in ("timeline", "rooms") and change.room_id in about and not self._stale:
            self._stale = True
            self.call_later(self._show_anew)
        elif change.kind == "moved":
            self.call_later(self._leave_if_not_ours)

    @on(events.ScreenResume)
    def _leave_if_not_ours(self) -> None:
        """Under another name one may not sit at this desk any more."""
        if self.is_active and self.work not in self.client.casework():
            self.dismiss(None)

    def _show_anew(self) -> None:
        self._stale = False
        self.fill()

    # Commands

    def give(self, doing: Doing) -> None:
        """Give a command, as `Casework` does, and wait for its answer."""
        if self._asking:
            self.say(_("One moment: the bot has not answered yet."))
            return
        self._asking = True
        self.say(_("Waiting for the bot…"))
        self.run_worker(self._give(doing), group="commands")

    async def _give(self, doing: Doing) -> None:
        with self.telling():
            try:
                self._heard = await doing()
            finally:
                self._asking = False
            self._show_answer()

    @on(events.ScreenResume)
    def _show_answer(self) -> None:
        if self._heard is None or not self.is_active:
            return
        answer, self._heard = self._heard, None
        self.say("")
        if answer.kind == "asks":

            def go_on(sure: bool | None) -> None:
                if sure:
                    self.give(lambda: self.work.confirm(answer))
                else:
                    self.say(_("Nothing was done."))

            self.app.push_screen(ConfirmScreen(answer), go_on)
        elif "\n" in answer.text.strip() or cell_width(answer.text) > self.size.width - 2:
            self.app.push_screen(AnswerScreen(answer))
        else:
            self._said = answer.text
        self.fill()
        self.suggest()

    def suggest(self) -> None:
        """What can be done now; before it what the bot has just said."""
        said = (self._said,) if self._said else ()
        self.query_one(Hint).suggest(*said, *self.hints())

    def on_key(self) -> None:
        """What was said has been read, unless one waits for more."""
        if not self._asking:
            self._said = ""
            self.say("")
            self.suggest()

    def action_command(self) -> None:
        """Type any command."""
        from peerroom.tui.screens.typing import CommandScreen

        def go_on(text: str | None) -> None:
            if text:
                self.give(lambda: self.work.command(text))

        self.app.push_screen(CommandScreen(self.work), go_on)


class ConfirmScreen(SidePage[bool]):
    """What a command covers, before it is done; its result is True for doing it."""

    AUTO_FOCUS = "OptionList"

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def heading(self) -> str:
        """What this is."""
        return _("Before it is done")

    def body(self) -> ComposeResult:
        """What the bot says that it covers, and the two ways on; the first is to leave it."""
        no, yes = _("No, leave it as it is"), _("Yes, do it")
        with VerticalScroll(classes="text", can_focus=False):
            yield Prose(*_paragraphs(self._answer.text))
        yield OptionList(
            Option(Content(f"  {no}"), id=_NO),
            Option(Content.assemble(f"  {yes}", (f"   {self._answer.confirm}", "$quiet")), id=_YES),
            markup=False,
            compact=True,
            id="ways",
        )

    def hints(self) -> tuple[str, ...]:
        """How to answer."""
        return (_("↑↓ choose"), _("Enter takes it"), _("Esc back, nothing is done"))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id == _YES)


class AnswerScreen(SidePage[None]):
    """What the bot said, when it is more than fits into the last row."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def heading(self) -> str:
        """Who speaks."""
        return _("The bot answers")

    def body(self) -> ComposeResult:
        """Its words."""
        with VerticalScroll(classes="text"):
            yield Prose(*_paragraphs(self._answer.text))

    def hints(self) -> tuple[str, ...]:
        """How to read."""
        return (_("↑↓ scroll"), _("Esc back"))


def _paragraphs(text: str) -> list[Paragraph]:
    """One paragraph: its line breaks are the bot's own."""
    return [Paragraph(text.strip())]
