"""Where one writes: the composer, its draft in the vault, and what a slash begins."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from peerroom.client.session import Client
from peerroom.client.views import RoomView
from peerroom.i18n import _
from peerroom.tui import commands
from peerroom.tui.screens.page import Page
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.widgets.completer import Completer, Lazily, is_command
from peerroom.tui.widgets.composer import LIMIT, Composer
from peerroom.tui.widgets.hint import Hint


class Desk(Vertical):
    """Sends into one room at a time."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self._room: RoomView | None = None

    def compose(self) -> ComposeResult:
        """Only the composer: the hint below it belongs to the screen."""
        yield Composer()

    @property
    def _page(self) -> Page[None]:
        page = self.screen
        assert isinstance(page, Page)
        return page

    @property
    def composer(self) -> Composer:
        """The text that is being written."""
        return self.query_one(Composer)

    def sit(self, room: RoomView) -> None:
        """Write into another room, going on with its draft."""
        self._room = room
        self.composer.completer = Lazily(lambda: self._complete(room.room_id))
        self.composer.put(self._client.draft(room.room_id))
        self.update_room(room)
        self.take_pen()

    def _complete(self, room_id: str) -> Completer | None:
        """What completes commands in a room, if that is a moderators' room."""
        works = (each for each in self._client.casework() if each.room_id == room_id)
        work = next(works, None)
        return Completer(work.complete) if work is not None else None

    def update_room(self, room: RoomView) -> None:
        """The room changed; one may have left it, or been removed in the middle of a word."""
        self._room = room
        if self.composer.read_only == room.joined:
            self.composer.allow(room.joined)
            self._page.suggest()

    def hand_in(self) -> None:
        """Keep what stands here now: a keystroke may not have been told yet."""
        if self._room is not None:
            self._client.set_draft(self._room.room_id, self.composer.text)

    def take_pen(self) -> None:
        """Write here now."""
        self.composer.focus()

    def add(self, text: str) -> None:
        """Put ``text`` behind what stands here."""
        self.composer.put(f"{self.composer.text}\n{text}".strip("\n"))

    def hints(self) -> tuple[str, ...]:
        """What the keys do while one writes."""
        if self._room is not None and not self._room.joined:
            return (
                _("You can read here, but no longer write"),
                _("F1 talk to a person"),
                _("F4 rooms"),
                _("F2 menu"),
            )
        text = self.composer.text
        if is_command(text) and (completer := self.composer.completer.get()) is not None:
            return _command_hints(completer, text)
        if found := commands.completions(self.composer.text):
            return tuple(found)
        return (
            _("Enter sends"),
            _("Ctrl+J new line"),
            _("F2 menu"),
            _("Ctrl+Q twice leaves at once"),
            _("Shift+Tab messages"),
        )

    @on(Composer.Changed)
    def _keep_draft(self, event: Composer.Changed) -> None:
        event.stop()
        hint = self.screen.query_one(Hint)
        hint.say("")
        hint.suggest(*self.hints())
        if self._room is not None:
            with self._page.telling():
                self._client.set_draft(self._room.room_id, event.text_area.text)

    @on(Composer.Submitted)
    async def _submit(self, event: Composer.Submitted) -> None:
        event.stop()
        command = commands.parse(event.text)
        if isinstance(command, commands.Unknown):
            self.screen.query_one(Hint).say(_about(command))
        elif command is not None:
            self.composer.put("")
            await self.app.run_action(command.run, self.screen)
        elif event.text.strip():
            self._send(event.text)

    def _send(self, text: str) -> None:
        if self._room is None or not self._room.joined:
            return  # the text stays, and the last row says why
        if self._room.changing:
            self.screen.query_one(Hint).say(_("Kept for now: it goes with you to the new names."))
            return
        if len(text) > LIMIT:
            over = len(text) - LIMIT
            words = _("{count} characters too long for one message.").format(count=over)
            self.screen.query_one(Hint).say(words)
            return
        with self._page.telling():
            self._client.send(self._room.room_id, text.strip("\n"))
            self.composer.remember(text)
            self.composer.put("")
            self.screen.query_one(TimelineView).jump_to_newest()


def _command_hints(completer: Completer, text: str) -> tuple[str, ...]:
    """What the candidate means, or what is expected; then what Tab would put there."""
    found = completer.shown(text)
    if not found.candidates:
        return tuple(filter(None, (found.hint, _("Enter sends"))))
    if completer.at >= 0:
        chosen = found.candidates[completer.at]
        words = (chosen.about, found.hint, _("Tab goes on"), _("Enter sends"))
        return tuple(filter(None, words))
    first, *more = (each.text.strip() for each in found.candidates)
    said = (found.hint, _("Tab: {word}").format(word=first), *more)
    return tuple(filter(None, said))


def _about(unknown: commands.Unknown) -> str:
    word = unknown.word[:20]
    if unknown.suggestion:
        return _("There is no /{word}. Did you mean /{suggestion}?").format(
            word=word, suggestion=unknown.suggestion
        )
    return _("There is no /{word}. F2 shows everything.").format(word=word)
