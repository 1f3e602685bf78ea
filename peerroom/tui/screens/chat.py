"""The room: the conversation, the line one writes, and how things stand."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from peerroom.client.session import Client
from peerroom.client.views import Change, MessageView, RoomView
from peerroom.i18n import _, ngettext
from peerroom.tui import commands
from peerroom.tui.actions import CHAT, bindings
from peerroom.tui.screens.page import Page
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.widgets.composer import LIMIT, Composer
from peerroom.tui.widgets.lines import ConnectionLine, NewBelow, Notice
from peerroom.tui.widgets.rooms import RoomList
from peerroom.tui.widgets.topbar import TopBar

_WIDTHS: Final = [(0, "-narrow"), (100, "-wide")]
"""From 100 columns on the rooms stand beside the conversation."""


class ChatScreen(Page[None]):
    """One open room of one client."""

    AUTO_FOCUS = "Composer"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CHAT),
        Binding("escape", "close_notice", show=False),
    ]

    def __init__(self, client: Client, room_id: str | None = None) -> None:
        super().__init__()
        self._client = client
        self._room: RoomView | None = None
        self._wanted_room = room_id
        self._stale: set[str] = set()
        self._fetching = False
        self._deleting: str | None = None

    # Layout

    def heading(self) -> str:
        """The room's name and how many people are in it."""
        room = self._room
        if room is None:
            return _("No room yet")
        people = ngettext("{count} person", "{count} people", room.people)
        words = [room.title, people.format(count=room.people)]
        if not room.encrypted:
            words.append(_("not encrypted"))
        return " · ".join(words)

    def body(self) -> ComposeResult:
        """Connection, notice, rooms, conversation, composer."""
        yield ConnectionLine()
        yield Notice()
        with Horizontal(id="talk"):
            yield RoomList(width=28)
            with Vertical():
                yield TimelineView(
                    self.peerroom.start.clock, self.peerroom.start.zone, id="timeline"
                )
                yield NewBelow()
                yield Composer()

    def on_mount(self) -> None:
        """Show what the vault holds, before any network."""
        self._unsubscribe = self._client.subscribe(self._on_change)
        self.query_one(ConnectionLine).show(self._client.connection)
        rooms = self._client.rooms()
        wanted = [room for room in rooms if room.room_id == self._wanted_room]
        if wanted or rooms:
            self.open_room((wanted or rooms)[0].room_id)
        self.query_one(RoomList).show(rooms, self._room.room_id if self._room else None)

    def on_unmount(self) -> None:
        """Hear no more of the client."""
        self._unsubscribe()

    def open_room(self, room_id: str) -> None:
        """Show another room, with its draft."""
        room = self._client.room(room_id)
        if room is None:
            return
        self._room = room
        self._deleting = None
        self.peerroom.remember_room(room_id)
        self.query_one(TopBar).set_title(self.heading())
        composer = self.query_one(Composer)
        composer.put(self._client.draft(room_id))
        composer.disabled = not room.joined
        self.query_one(TimelineView).show_room(self._client.timeline(room_id), room.unread)
        if room.joined:
            composer.focus()
        self.suggest()

    # What the client tells

    def _on_change(self, change: Change) -> None:
        """Collect: a sync may bring fifty changes, and one repaint shows them all."""
        if change.kind == "notice" and change.text:
            self.query_one(Notice).show(change.text)
            return
        if change.kind == "handed_over":
            self.app.call_later(self.peerroom.action_close)
            return
        if not self._stale:
            self.call_later(self._catch_up)
        concerns_us = self._room is not None and change.room_id in (None, self._room.room_id)
        if change.kind in ("timeline", "outbox"):
            self._stale.add("rooms")
            if concerns_us:
                self._stale.add("timeline")
        else:
            self._stale.add(change.kind)

    def _catch_up(self) -> None:
        stale, self._stale = self._stale, set()
        if "connection" in stale:
            self.query_one(ConnectionLine).show(self._client.connection)
        if "rooms" in stale:
            self._refresh_rooms()
        if "timeline" in stale:
            self.query_one(TimelineView).refresh_messages()

    def _refresh_rooms(self) -> None:
        rooms = self._client.rooms()
        current = self._room.room_id if self._room else None
        self.query_one(RoomList).show(rooms, current)
        if current is None and rooms:
            self.open_room(rooms[0].room_id)
            return
        self._room = self._client.room(current) if current else None
        self.query_one(TopBar).set_title(self.heading())
        self.query_one(Composer).disabled = self._room is None or not self._room.joined

    @on(TimelineView.NeedsOlder)
    def _fetch_older(self) -> None:
        if not self._fetching and self._room is not None:
            self._fetching = True
            self._load_older(self._room.room_id)

    @work(exclusive=True, group="history")
    async def _load_older(self, room_id: str) -> None:
        try:
            more = await self._client.load_older(room_id)
        finally:
            self._fetching = False
        if more and self._room is not None and self._room.room_id == room_id:
            self.query_one(TimelineView).refresh_messages()

    @on(TimelineView.Seen)
    def _mark_read(self, event: TimelineView.Seen) -> None:
        if self._room is not None and self.is_active and self.app.app_focus:
            self._client.mark_read(self._room.room_id, event.position)

    # Writing

    @on(Composer.Changed)
    def _keep_draft(self, event: Composer.Changed) -> None:
        if self._room is not None:
            self._client.set_draft(self._room.room_id, event.text_area.text)
        self.say("")
        self.suggest()

    @on(Composer.Submitted)
    async def _submit(self, event: Composer.Submitted) -> None:
        command = commands.parse(event.text)
        if isinstance(command, commands.Unknown):
            self._say_unknown(command)
        elif command is not None:
            self.query_one(Composer).put("")
            await self.run_action(command.run)
        elif event.text.strip():
            self._send(event.text)

    def _send(self, text: str) -> None:
        if self._room is None:
            return
        if len(text) > LIMIT:
            over = len(text) - LIMIT
            words = _("{count} characters too long for one message.").format(count=over)
            self.say(words)
            return
        composer = self.query_one(Composer)
        self._client.send(self._room.room_id, text.strip("\n"))
        composer.remember(text)
        composer.put("")
        self.query_one(TimelineView).jump_to_newest()

    def _say_unknown(self, unknown: commands.Unknown) -> None:
        if unknown.suggestion:
            words = _("There is no /{word}. Did you mean /{suggestion}?").format(
                word=unknown.word[:20], suggestion=unknown.suggestion
            )
        else:
            words = _("There is no /{word}. F2 shows everything.").format(word=unknown.word[:20])
        self.say(words)

    # Hints

    def hints(self) -> tuple[str, ...]:
        """What the keys do where the focus is."""
        if isinstance(self.focused, TimelineView):
            return self._message_hints(self.focused.selected_view())
        typed = self.query_one(Composer).text
        if found := commands.completions(typed):
            return tuple(found)
        if self._room is not None and not self._room.joined:
            return (_("You can read here, but no longer write"), _("F4 rooms"), _("F2 menu"))
        return (
            _("Enter sends"),
            _("Ctrl+J new line"),
            _("Shift+Tab messages"),
            _("F2 menu"),
            _("Ctrl+Q twice leaves at once"),
        )

    def _message_hints(self, view: MessageView | None) -> tuple[str, ...]:
        words = {
            "retry": _("R send again"),
            "undo": _("E take back"),
            "delete": _("D delete"),
            "fold": _("Enter more or less"),
            "copy": _("C copy"),
        }
        able = [text for name, text in words.items() if self.check_action(name, ())]
        return (_("↑↓ choose"), *able, _("Esc back to writing"))

    @on(TimelineView.Selected)
    def _selection_changed(self) -> None:
        self._deleting = None
        self.say("")
        self.suggest()

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        if self.is_mounted:
            self.suggest()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes sense now; keys, hints and menu all ask here."""
        if action not in ("delete", "retry", "undo", "fold", "copy"):
            return True
        timeline = self.query_one(TimelineView)
        view = timeline.selected_view()
        if view is None:
            return False
        match action:
            case "delete":
                return view.own and view.state != "deleted" and not self._is_failed(view)
            case "retry" | "undo":
                return self._is_failed(view)
            case "fold":
                return timeline.is_folding(view.key)
            case _:
                return view.state in ("sent", "received", "sending", "failed", "unattributable")

    @staticmethod
    def _is_failed(view: MessageView) -> bool:
        return view.own and view.state == "failed"

    def action_page(self, direction: int) -> None:
        """Scroll the conversation, wherever the focus is."""
        self.query_one(TimelineView).page(-1 if direction < 0 else 1)

    def action_newest(self) -> None:
        """Go to the newest message."""
        self.query_one(TimelineView).action_newest()

    def action_choose(self) -> None:
        """Go to the conversation and select its last visible message."""
        timeline = self.query_one(TimelineView)
        timeline.focus()
        timeline.action_select(-1)

    def action_write(self) -> None:
        """Back to the composer; nothing stays selected."""
        self.query_one(TimelineView).clear_selection()
        self.query_one(Composer).focus()

    def action_delete(self) -> None:
        """Delete the selected message of one's own: asked once more, since it cannot be undone."""
        view = self.query_one(TimelineView).selected_view()
        if view is None or self._room is None:
            return
        if self._deleting != view.key:
            self._deleting = view.key
            self.say(_("Delete this for everyone? D once more deletes it, Esc keeps it."))
            return
        self._deleting = None
        self._client.delete(self._room.room_id, view.key)
        self.action_write()

    def action_retry(self) -> None:
        """Send the selected failed message again."""
        view = self.query_one(TimelineView).selected_view()
        if view is not None:
            self._client.retry(view.key)
            self.action_write()

    def action_undo(self) -> None:
        """Take the selected failed message back into the composer."""
        view = self.query_one(TimelineView).selected_view()
        if view is None:
            return
        text = self._client.undo(view.key)
        composer = self.query_one(Composer)
        if text is not None:
            composer.put(f"{composer.text}\n{text}".strip("\n"))
        self.action_write()

    def action_fold(self) -> None:
        """Show all of the selected message, or a part again."""
        view = self.query_one(TimelineView).selected_view()
        if view is not None:
            self.query_one(TimelineView).toggle_fold(view.key)

    def action_copy(self) -> None:
        """Give the selected message's text to the terminal's clipboard."""
        view = self.query_one(TimelineView).selected_view()
        if view is not None:
            self.app.copy_to_clipboard(view.body)
            self.say(_("Copied. Your clipboard keeps it after you leave."))

    def action_close_notice(self) -> None:
        """Put the notice away and forget a half-made decision."""
        self._deleting = None
        self.query_one(Notice).show("")
        self.say("")

    @work
    async def action_rooms(self) -> None:
        """Choose another room."""
        from peerroom.tui.screens.lists import RoomsScreen

        chosen = await self.app.push_screen_wait(
            RoomsScreen(self._client.rooms(), self._room.room_id if self._room else None)
        )
        if chosen:
            self.open_room(chosen)

    def action_people(self) -> None:
        """Show who is in the room."""
        from peerroom.tui.screens.lists import PeopleScreen

        if self._room is not None:
            self.app.push_screen(PeopleScreen(self._client.members(self._room.room_id)))

    @on(RoomList.OptionSelected)
    def _room_chosen(self, event: RoomList.OptionSelected) -> None:
        if event.option_id:
            self.open_room(event.option_id)

    @on(NewBelow.Clicked)
    def _go_below(self) -> None:
        self.action_newest()
