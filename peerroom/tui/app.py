"""The app: what is true on every screen. Everything else is a screen's own business."""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from rich.segment import Segments
from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme

from peerroom import i18n
from peerroom.i18n import _
from peerroom.tui import leaving
from peerroom.tui.actions import ALL, EVERYWHERE, PANIC_CHORD, bindings
from peerroom.tui.entry import Entry
from peerroom.tui.screens.page import Page
from peerroom.tui.start import Ending, Start
from peerroom.tui.terminal import NEUTRAL_TITLE, PrivateTerminal
from peerroom.tui.theme import CHOICES, PLAIN, theme_for
from peerroom.tui.wall import Wall

PANIC = "panic"
"""Under this name the panic screen is installed."""


class PeerRoomApp(App[None], inherit_bindings=False):
    """PeerRoom in a terminal."""

    CSS_PATH = "styles/first.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = NEUTRAL_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(EVERYWHERE, priority=True),
        Binding("ctrl+c", "how_to_leave", show=False),
    ]

    def __init__(self, start: Start) -> None:
        self.start = start
        self.ending = Ending.LEFT
        self._wall = Wall()
        self._pair = leaving.Pair()
        self._stages = itertools.count()
        theme = theme_for(start.config.interface.theme if start.config else "auto")
        # Set before the style sheet is read, which would else be read twice.
        self.set_reactive(PeerRoomApp.theme, theme.name)
        self._sheet_theme = theme.name
        super().__init__(driver_class=PrivateTerminal)
        self.animation_level = "none"
        # Everything is said in the first or last row: these two would only cost time.
        self._disable_tooltips = self._disable_notifications = True
        self.set_class(theme is PLAIN, "-plain")
        self.entry = Entry(self, start)
        self._choose_chord(start.config.panic.second_chord if start.config else PANIC_CHORD)

    def _choose_chord(self, chord: str) -> None:
        """Let ``chord`` open the panic screen beside F1, whatever else it may have meant."""
        keys = self._bindings.key_to_bindings
        if chord != PANIC_CHORD:
            keys[chord] = keys.pop(PANIC_CHORD)
        self.chord = chord

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Ours; Textual's own know none of our colours."""
        return {theme.name: theme for theme in (*CHOICES, PLAIN)}

    def _watch_theme(self, theme_name: str) -> None:
        # Textual calls this at the start too, and would read the whole sheet again for it.
        if theme_name != self._sheet_theme:
            self._sheet_theme = theme_name
            super()._watch_theme(theme_name)

    # What reaches the terminal

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, then the wall."""
        return [*super().get_line_filters(), self._wall]

    def get_default_screen(self) -> Screen[object]:
        """The first screen, painted at once instead of pushed over an empty one."""
        screen = self.entry.first_screen()
        self._load_screen_css(screen)  # Textual forgets it for a default screen
        return screen

    async def go_on(self, screen: Callable[[], Screen[Any]]) -> None:
        """Put another screen in place of the lowest one; open help stays open above it."""
        helping = self.screen is self._panic()
        before, after = self.current_mode, f"stage {next(self._stages)}"
        self.add_mode(after, screen)
        with self.batch_update():
            if helping:
                await self.pop_screen()
            await self.switch_mode(after)
            self._modes.setdefault(before, screen)  # Textual does not list the mode it begins in
            await self.remove_mode(before)
            if helping:
                await self.push_screen(PANIC)

    # Life

    def on_load(self) -> None:
        """Before the terminal changes: from here on its end is our end."""
        if threading.current_thread() is threading.main_thread() and not self.is_headless:
            leaving.on_terminal_end(self.action_leave_now)

    def on_mount(self) -> None:
        """Get the panic screen ready and let the client come up, both behind the first picture."""
        self.call_after_refresh(self._settle_in)

    async def _settle_in(self) -> None:
        # The panic screen is mounted, styled and filled before it is needed: opening it then
        # takes one frame instead of 46 ms.
        panic, mounted = self._get_screen(self._panic())
        self._load_screen_css(panic)
        await mounted
        await self.entry.furnish()
        if not gc.isenabled():  # see `peerroom.tui.run`
            gc.freeze()
            gc.enable()
        await self.entry.connect()

    def _panic(self) -> Page[None]:
        """The one panic screen of this run; loaded behind the first picture, or when asked for."""
        from peerroom.tui.screens.panic import PanicScreen

        if not self.is_screen_installed(PANIC):
            self.install_screen(PanicScreen(), PANIC)
        return self.get_screen(PANIC, PanicScreen)

    def _fatal_error(self) -> None:
        """An error nobody foresaw: one sentence. Locals and tracebacks hold what must not leak."""
        self.ending = Ending.CRASHED
        if self.start.debug:
            from rich.traceback import Traceback

            renderable = self.console.render(Traceback(show_locals=False, width=None))
            self._exit_renderables.append(Segments(renderable))
        else:
            words = _(
                "PeerRoom had to stop because of an error of its own. Nothing you sent or wrote "
                "is lost. If you need a person to talk to now: peerroom help-now"
            )
            self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()

    # Help

    def action_panic(self) -> None:
        """Show the helplines, whatever is open."""
        if self.screen is not self._panic():
            self.push_screen(PANIC)

    # Leaving

    def action_leave(self) -> None:
        """The first press says what the second will do."""
        if self._pair.press(self.start.clock.monotonic()):
            self.action_leave_now()
            return
        self.say(_("Ctrl+Q once more: leave at once and blank the screen."))
        self.set_timer(leaving.PAIR_SECONDS, self._calm_down)

    def _calm_down(self) -> None:
        self._pair.forget()
        self.say("")

    def action_leave_now(self) -> None:
        """Vanish: no question, no network, no word."""
        driver = self._driver
        if isinstance(driver, PrivateTerminal):
            driver.vanish()
        self.start.farewell()
        self.exit()

    async def action_close(self) -> None:
        """Close in peace: the client says goodbye to the server's connection first."""
        await self.entry.close()
        self.exit()

    def action_how_to_leave(self) -> None:
        """Ctrl+C copies in text fields; elsewhere many expect it to leave."""
        self.say(_("Ctrl+Q twice leaves at once. F2 shows everything you can do."))

    # Pages

    def say(self, sentence: str) -> None:
        """Say something in the last row of the present screen."""
        if isinstance(self.screen, Page):
            self.screen.say(sentence)

    def action_menu(self) -> None:
        """Everything that can be done here."""
        from peerroom.tui.screens.menu import MenuScreen

        if not isinstance(self.screen, MenuScreen):
            self.push_screen(MenuScreen(self.applicable()), self._run_chosen)

    def action_keys(self) -> None:
        """All keys."""
        from peerroom.tui.screens.texts import KeysScreen

        self.push_screen(KeysScreen())

    def action_rules(self) -> None:
        """The rules of the room."""
        from peerroom.tui.screens.texts import RulesScreen

        self.push_screen(RulesScreen())

    def action_explain_leaving(self) -> None:
        """What leaving does and does not erase."""
        from peerroom.tui.screens.texts import LeavingScreen

        self.push_screen(LeavingScreen())

    def applicable(self) -> list[str]:
        """Ids of the actions that make sense on the present screen."""
        found = []
        for action in ALL:
            target, _dot, name = action.run.partition("(")[0].rpartition(".")
            node = self if target == "app" else self.screen
            if (
                action.in_menu
                and action.run
                and hasattr(node, f"action_{name}")
                and node.check_action(name, ()) is True
            ):
                found.append(action.id)
        return found

    async def _run_chosen(self, run: str | None) -> None:
        if run:
            await self.run_action(run, self.screen)

    # Choices

    def action_next_theme(self) -> None:
        """The next theme; remembered in the vault."""
        names = [theme.name for theme in CHOICES]
        index = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(index + 1) % len(names)]
        self.entry.remember("theme", self.theme)

    def action_next_language(self) -> None:
        """The next language, on every screen at once."""
        languages = i18n.LANGUAGES
        index = languages.index(i18n.language())
        self.speak(languages[(index + 1) % len(languages)])

    def speak(self, language: str) -> None:
        """Switch to ``language`` and say everything anew."""
        i18n.set_language(language)
        self.entry.remember("language", language)
        for screen in {*self.screen_stack, self._panic()}:
            if isinstance(screen, Page):
                screen.call_later(screen.say_anew)

    def now(self) -> datetime:
        """The time, aware."""
        return self.start.clock.now()

    def driver(self) -> Driver | None:
        """The terminal, for tests."""
        return self._driver
