"""What one may need beside the numbers: what makes calling hard, a code to scan, a country."""

from __future__ import annotations

import io

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom import i18n
from peerroom.care import barriers, helplines
from peerroom.i18n import _
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.prose import Prose


class BarriersScreen(SidePage[None]):
    """Thoughts that keep people from calling, each with an honest answer under it."""

    AUTO_FOCUS = "OptionList"

    def __init__(self, view: helplines.PanicScreen) -> None:
        super().__init__()
        self._barriers = barriers.barriers(view)

    def heading(self) -> str:
        """The question itself."""
        return barriers.question()

    def body(self) -> ComposeResult:
        """Questions above, the answer to the chosen one below."""
        yield OptionList(
            *(Option(Content(each.question), id=each.id) for each in self._barriers),
            markup=False,
            compact=True,
        )
        with VerticalScroll(id="answer", can_focus=False):
            yield Prose(id="answer-text")

    def hints(self) -> tuple[str, ...]:
        """How to read."""
        return (_("↑↓ choose"), _("Esc back to the numbers"))

    def fill(self) -> None:
        """Begin with the first answer."""
        self._answer(self._barriers[0].id)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._answer(event.option_id)

    def _answer(self, key: str | None) -> None:
        answer = next((each.answer for each in self._barriers if each.id == key), "")
        self.query_one("#answer-text", Prose).say(answer)


class CountryScreen(SidePage[str]):
    """Choose the country whose lines are shown; its result is the ISO code.

    Letters go to the first country that begins with them; Backspace begins anew.
    """

    AUTO_FOCUS = "OptionList"

    def __init__(self, current: str | None) -> None:
        super().__init__()
        self._current = current
        self._names: list[str] = []
        self._typed = ""

    def heading(self) -> str:
        """What this is."""
        return _("Where are you?")

    def body(self) -> ComposeResult:
        """Every country of the list, with its emergency numbers."""
        yield OptionList(markup=False, compact=True)

    def fill(self) -> None:
        """Fill the list."""
        options = self.query_one(OptionList)
        known = helplines.countries(i18n.language())
        options.add_options(
            Option(Content(f"{country.name}  {' / '.join(country.emergency)}"), id=country.code)
            for country in known
        )
        self._names = [country.name.casefold() for country in known]
        codes = [country.code for country in known]
        options.highlighted = codes.index(self._current) if self._current in codes else 0

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter takes it"), _("Esc back"))

    def on_key(self, event: events.Key) -> None:
        """A letter that no name goes on with begins anew."""
        if not event.is_printable or event.character is None:
            self._typed = ""
            return
        letter = event.character.casefold()
        for typed in (self._typed + letter, letter):
            found = next((i for i, name in enumerate(self._names) if name.startswith(typed)), None)
            if found is not None:
                event.stop()
                self._typed = typed
                self.query_one(OptionList).highlighted = found
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


class CodeScreen(SidePage[None]):
    """A number as a code that a phone's camera turns into a call."""

    def __init__(self, name: str, number: str, dial: str) -> None:
        super().__init__()
        self._name = name
        self._number = number
        self._dial = dial

    def heading(self) -> str:
        """Whose number it is."""
        return f"{self._name}  {self._number}"

    def body(self) -> ComposeResult:
        """The code, or a sentence when the terminal is too small to show all of it."""
        with Vertical(classes="card"):
            yield ScanCode(f"tel:{self._dial}")
            yield Prose(_("This window is too small for the code."))

    def on_resize(self) -> None:
        """Half a code is worse than none."""
        code = self.query_one(ScanCode)
        fits = code.fits(self.app.size)
        code.display = fits
        self.query_one(Prose).display = not fits


class ScanCode(Widget):
    """A QR code in half blocks: two modules a cell, dark on light whatever the theme."""

    INK = Style(color="#000000", bgcolor="#ffffff")

    def __init__(self, text: str) -> None:
        super().__init__()
        import segno  # 12 ms, and only for who asks for a code

        out = io.StringIO()
        segno.make(text, error="m", micro=False).save(out, kind="txt", border=2)
        rows = [[module == "1" for module in line] for line in out.getvalue().splitlines()]
        if len(rows) % 2:
            rows.append([False] * len(rows[0]))
        self._lines = [
            "".join(_HALVES[above, below] for above, below in zip(*pair, strict=True))
            for pair in zip(rows[::2], rows[1::2], strict=True)
        ]

    def fits(self, size: Size) -> bool:
        """Whether a terminal of ``size`` shows every module."""
        return size.width >= len(self._lines[0]) and size.height >= len(self._lines) + 2

    def get_content_width(self, *_sizes: object) -> int:
        """One cell a module."""
        return len(self._lines[0])

    def get_content_height(self, *_sizes: object) -> int:
        """Two modules a row."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One row of modules."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        return Strip([Segment(self._lines[y], self.INK)])


_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
