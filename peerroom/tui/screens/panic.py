"""A person to talk to: the helplines, big enough to dial from.

Nothing here asks a vault, a network or a configuration, nothing is written down, and the screen
stands ready before it is needed: opening it is one frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, OptionList, Static
from textual.widgets.option_list import Option

from peerroom import i18n
from peerroom.care import barriers, helplines, wording
from peerroom.care.helplines import Row, Section
from peerroom.client.dates import local
from peerroom.i18n import _
from peerroom.text.cells import cell_width, truncate, wrap
from peerroom.tui.screens.page import Page
from peerroom.tui.widgets.hint import SEPARATOR
from peerroom.tui.widgets.prose import Paragraph, Prose

_WIDE: Final = 100
"""Columns from which the chosen line stands beside the list, as in styles.tcss."""

_WIDTHS: Final = [(0, "-narrow"), (_WIDE, "-wide")]
_HEIGHTS: Final = [(0, "-short"), (20, "-tall")]

_LARGE: Final = 48
"""Columns that the chosen line takes there."""

_REFRESH: Final = timedelta(seconds=60)
"""How often "open now" is looked at again while the screen is open."""

HARD, MORE, COUNTRY = "hard", "more", "country"
"""Ids of the options that lead on, below the lines."""


class PanicScreen(Page[None]):
    """Lines at the left, the chosen one large beside or below them."""

    help_open = True
    AUTO_FOCUS = "OptionList"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.back", show=False),
        Binding("w", "hard", show=False),
        Binding("m", "more", show=False),
        Binding("q", "code", show=False),
        Binding("o", "country", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view: helplines.PanicScreen | None = None
        self._rows: dict[str, Row] = {}
        self._more = False

    def heading(self) -> str:
        """Warm, and without a word that a glance over the shoulder would catch."""
        return _("Talk to a person")

    def body(self) -> ComposeResult:
        """The danger line, the lines, and the chosen one."""
        yield Static(id="danger", markup=False)
        with Horizontal(id="lines"):
            yield OptionList(markup=False, compact=True)
            with Vertical(id="chosen"):
                yield Prose(id="chosen-name")
                yield Digits(id="chosen-number")
                yield Prose(id="chosen-facts")

    def hints(self) -> tuple[str, ...]:
        """The keys of this screen."""
        return (
            _("↑↓ choose"),
            _("W what makes calling hard?"),
            _("M fewer lines") if self._more else _("M more lines"),
            _("Q code to scan"),
            _("O other country"),
            _("Esc back"),
        )

    # Filling

    def fill(self) -> None:
        """Be complete before being shown."""
        self._view = None
        self.look_again()

    def on_mount(self) -> None:
        """Keep up with the clock."""
        self.set_interval(_REFRESH.total_seconds(), self._keep_fresh)

    def on_screen_resume(self) -> None:
        """The clock went on since it was filled."""
        self._more = False
        self.look_again()

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        self._fill()

    def _keep_fresh(self) -> None:
        if self.is_active:
            self.look_again()

    def look_again(self) -> None:
        """Ask again which lines are open, and for which country."""
        app = self.peerroom
        view = helplines.screen(
            app.entry.country,
            i18n.language(),
            local(app.now(), app.start.zone),
            app.entry.own_numbers,
        )
        if view != self._view:
            self._view = view
            self._fill()

    def _fill(self) -> None:
        view = self._view
        if view is None:
            return
        options = self.query_one(OptionList)
        before = options.highlighted_option.id if options.highlighted_option else None
        self._rows.clear()
        self.query_one("#danger", Static).update(_danger(view))
        options.set_options(self._options(view, self._list_width()))
        ids = {option.id for option in options.options}
        first = next((key for key, row in self._rows.items() if not row.emergency), None)
        self._choose(before if before and before in ids else first)
        self.suggest()

    def _choose(self, key: str | None) -> None:
        if key is not None:
            options = self.query_one(OptionList)
            options.highlighted = options.get_option_index(key)
            options.scroll_to_highlight()

    def _list_width(self) -> int:
        """Cells in a row of the list. By reckoning: the list is filled before it is laid out."""
        width = self.app.size.width
        return max(20, (width - _LARGE if width >= _WIDE else width) - 6)

    def _options(self, view: helplines.PanicScreen, width: int) -> Iterator[Option]:
        for words in wording.gaps(view):
            yield _words(words, width)
            yield _words("", width)
        for place in view.elsewhere:
            yield _place(place, width)
        for section in (*view.sections, *(view.more if self._more else ())):
            if section.kind != "danger":  # it has a place of its own, always in sight
                yield from self._section(section, view, width)
        yield _words("", width)
        yield Option(Content(barriers.question()), id=HARD)
        if view.more:
            words = _("Fewer lines") if self._more else _("More lines")
            yield Option(Content(words), id=MORE)
        yield Option(Content(_("Another country")), id=COUNTRY)
        yield _words("", width)
        yield _words(wording.provenance(view), width)

    def _section(
        self, section: Section, view: helplines.PanicScreen, width: int
    ) -> Iterator[Option]:
        if self._rows:
            yield _words("", width)
        yield Option(Content.styled(wording.title(section, view), "bold $calm"), disabled=True)
        if remark := wording.remark(section):
            yield _words(remark, width)
        for row in section.rows:
            key = f"row-{len(self._rows)}"
            self._rows[key] = row
            name = _between(f" {row.name}", wording.number(row), width)
            facts = Content.styled(f"   {_fitting(wording.facts(row, view), width - 3)}", "$quiet")
            yield Option(
                Content.assemble(name.stylize("$quiet") if row.dimmed else name, "\n", facts),
                id=key,
            )

    # Choosing

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        row = self._rows.get(event.option_id or "")
        self.query_one("#chosen").set_class(row is None, "-none")
        if row is not None and self._view is not None:
            self._enlarge(row, self._view)

    def _enlarge(self, row: Row, view: helplines.PanicScreen) -> None:
        name = row.name if row.local_name is None else f"{row.name} ({row.local_name})"
        self.query_one("#chosen-name", Prose).say(Paragraph("", lead=name))
        self.query_one(Digits).update(row.number)
        more = [wording.web(row), wording.try_again()]
        if row.menu or not row.number:
            more.insert(0, wording.number(row))
        facts = wording.facts(row, view)
        wide = self.app.size.width >= _WIDE
        told = [("\n" if wide else SEPARATOR).join(facts), *(words for words in more if words)]
        self.query_one("#chosen-facts", Prose).say(*(told if wide else ["\n".join(told)]))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        match event.option_id:
            case "hard":
                self.action_hard()
            case "more":
                self.action_more()
            case "country":
                self.action_country()
            case str(key) if key.startswith(f"{COUNTRY}-"):
                self._set_country(key.removeprefix(f"{COUNTRY}-"))
            case _:
                self.action_code()

    def action_hard(self) -> None:
        """What makes calling hard, and what can be said to it."""
        from peerroom.tui.screens.panic_more import BarriersScreen

        if self._view is not None:
            self.app.push_screen(BarriersScreen(self._view))

    def action_more(self) -> None:
        """The second page, below the first; the first of its lines is chosen, to be in sight."""
        first_added = f"row-{len(self._rows)}"
        self._more = not self._more
        self._fill()
        if first_added in self._rows:
            self._choose(first_added)

    def action_code(self) -> None:
        """The chosen number as a code that a phone can scan."""
        from peerroom.tui.screens.panic_more import CodeScreen

        option = self.query_one(OptionList).highlighted_option
        row = self._rows.get(option.id or "") if option else None
        if row is not None and row.dial:
            self.app.push_screen(CodeScreen(row.name, row.number, row.dial))

    def action_country(self) -> None:
        """Choose another country."""
        from peerroom.tui.screens.panic_more import CountryScreen

        self.app.push_screen(CountryScreen(self.peerroom.entry.country), self._set_country)

    def _set_country(self, code: str | None) -> None:
        if code:
            self.peerroom.entry.set_country(code)
            self.look_again()


def _danger(view: helplines.PanicScreen) -> Content:
    """The numbers for danger to life, which stand above everything and never scroll away."""
    title = next((wording.title(s, view) for s in view.sections if s.kind == "danger"), "")
    numbers = "   ".join(f"{row.number} {row.name}" for row in view.emergency)
    return Content.assemble(title, "   ", (numbers, "bold")) if numbers else Content("")


def _fitting(facts: Sequence[str], width: int) -> str:
    """As many facts as fit on a line whole, the most important first."""
    said = ""
    for fact in facts:
        longer = f"{said}{SEPARATOR}{fact}" if said else fact
        if cell_width(longer) > width:
            break
        said = longer
    return said or truncate(facts[0], width) if facts else ""


def _words(text: str, width: int) -> Option:
    """Something to read between the lines one can choose."""
    return Option(Content("\n".join(wrap(text, width))), disabled=True)


def _place(place: helplines.Place, width: int) -> Option:
    """A country, while nobody said which one is right."""
    numbers = " / ".join(row.number for row in place.emergency)
    return Option(_between(place.name, numbers, width), id=f"{COUNTRY}-{place.code}")


def _between(left: str, right: str, width: int) -> Content:
    """Name at the left, number at the right, at least a space between."""
    left = truncate(left, max(4, width - cell_width(right) - 2))
    space = " " * max(1, width - cell_width(left) - cell_width(right))
    return Content.assemble(left, space, (right, "bold"))
