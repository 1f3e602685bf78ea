"""What every screen has: the two buttons above, a row of hints below, and words in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from textual._path import CSSPathType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.tui.widgets.hint import Hint
from peerroom.tui.widgets.topbar import Title, TopBar

if TYPE_CHECKING:
    from peerroom.tui.app import PeerRoomApp

Result = TypeVar("Result")


_PAGES_SHEET: Final = Path(__file__).parent.parent / "styles" / "pages.tcss"


class Page(Screen[Result]):
    """A full screen. There are no floating windows: the panic button must never be covered."""

    CSS_PATH: ClassVar[CSSPathType | None] = _PAGES_SHEET

    help_open: ClassVar[bool] = False
    """True on the panic screen itself, whose button leads back."""

    @property
    def peerroom(self) -> PeerRoomApp:
        """The app, by its own type."""
        from peerroom.tui.app import PeerRoomApp

        app = self.app
        assert isinstance(app, PeerRoomApp)
        return app

    def heading(self) -> str | Title:
        """What stands at the left of the first row."""
        return ""

    def body(self) -> ComposeResult:
        """Everything between the first and the last row."""
        yield from ()

    def hints(self) -> tuple[str, ...]:
        """What the last row suggests."""
        return ()

    def compose(self) -> ComposeResult:
        """First row, body, last row."""
        yield TopBar(self.heading(), help_open=self.help_open)
        yield from self.body()
        yield Hint()

    def fill(self) -> None:
        """Put into the mounted widgets what they are to show."""

    def on_mount(self) -> None:
        """Show everything."""
        self.fill()
        self.suggest()

    async def say_anew(self) -> None:
        """Build the screen again, in another language."""
        await self.recompose()
        self.fill()
        self.suggest()

    def suggest(self) -> None:
        """Fill the last row with what can be done now."""
        self.query_one(Hint).suggest(*self.hints())

    def say(self, sentence: str) -> None:
        """Show one sentence in the last row; an empty one brings the hints back."""
        for hint in self.query(Hint):
            hint.say(sentence)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What fails inside (a full disk, say) becomes a sentence in the last row."""
        try:
            yield
        except PeerRoomError as error:
            self.say(error.sentence())


class SidePage(Page[Result]):
    """A page one came to from another and goes back from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def hints(self) -> tuple[str, ...]:
        """The way back."""
        return (_("Esc back"),)

    def action_back(self) -> None:
        """Go back without a result."""
        self.dismiss(None)
