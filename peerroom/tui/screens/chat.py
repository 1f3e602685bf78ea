"""The room: the conversation, the line one writes, and how things stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from peerroom.client.views import Change, MessageKind, RoomView
from peerroom.i18n import _
from peerroom.tui.actions import CHAT, bindings
from peerroom.tui.screens.around import Reader
from peerroom.tui.screens.caring import LEADING_ON, Caring, message_hints
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.widgets.status import Status
from peerroom.tui.widgets.topbar import Title, TopBar, room_title

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.tui.widgets.desk import Desk
    from peerroom.tui.widgets.rooms import RoomList

_WIDTHS: Final = [(0, "-narrow"), (100, "-wide")]
"""From 100 columns on the rooms stand beside the conversation."""

_SAID: Final[frozenset[MessageKind]] = frozenset(("text", "action", "notice", "file"))
"""What can be deleted. Coming and going are events of one's own too, but nothing one said:
redacting a membership would empty the very event that the room's members are counted by."""


class ChatScreen(Caring):
    """One open room.

    The first picture shows the conversation alone, as the vault has it. The client, the desk
    (where one writes) and the rooms at the side come right behind it with `connect`: loading them
    takes as long as everything before.
    """

    CSS_PATH = None
    AUTO_FOCUS = ""  # nothing: the desk takes it when it comes

    HORIZONTAL_BREAKPOINTS = _WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CHAT),
        Binding("escape", "close_notice", show=False),
    ]

    def __init__(self, reader: Reader, room_id: str | None = None) -> None:
        super().__init__(reader)
        self._unsubscribe: Callable[[], None] | None = None
        self._wanted_room = room_id
        self._stale: set[str] = set()
        self._fetching = False
        self._deleting: str | None = None
        self._desk: Desk | None = None
        self._early: list[events.Key] = []
        self._rooms: RoomList | None = None
        self._next: str | None = None

    # Layout

    def heading(self) -> str | Title:
        """The room's name, and how things stand in it and in the others."""
        if self._room is None:
            return _("No room yet")
        return room_title(self._room, self._reader.rooms(), self.history_of(self._room))

    def body(self) -> ComposeResult:
        """What the first picture needs."""
        yield Status()
        yield TimelineView(self.peerroom.start.clock, self.peerroom.start.zone)
        yield Static(_("Write a message"), id="desk-place", markup=False)
        yield Static(id="side")

    def fill(self) -> None:
        """Show what the vault holds, before any network."""
        rooms = self._reader.rooms()
        here = [room for room in rooms if room.room_id == self._wanted_room]
        # Not where one was somebody else: names may have changed while nobody looked.
        wanted = [room for room in here if room.former is None]
        if wanted or rooms:
            self.open_room((wanted or rooms)[0].room_id)

    async def connect(self, client: Client) -> None:
        """Go on with a client, which tells of changes and through which one writes."""
        self._client = self._reader = client
        self._unsubscribe = client.subscribe(self._on_change)
        await self._furnish(client)

    async def say_anew(self) -> None:
        """Build the screen again, in another language."""
        self._wanted_room = self._room.room_id if self._room else None
        self._desk = self._rooms = None
        await super().say_anew()
        if self._client is not None:
            await self._furnish(self._client)

    async def _furnish(self, client: Client) -> None:
        from peerroom.tui.widgets.desk import Desk
        from peerroom.tui.widgets.rooms import RoomList

        start = self.peerroom.start
        self._desk = Desk(client)
        self._rooms = RoomList(start.clock, start.zone, width=28, id="side")
        with self.app.batch_update():
            await self.query_one("#desk-place").remove()
            await self.mount(self._desk, after=self.timeline)
            await self.query_one("#side").remove()
            await self.mount(self._rooms)
            self.query_one(Status).show(client.connection)
            self._seat()
            self._show_rooms()
        self.timeline.tell_seen()
        self._greet()
        for key in self._early:
            self._desk.composer.post_message(key)
        self._early.clear()

    def on_key(self, event: events.Key) -> None:
        """What is typed before the desk stands there is written on it when it does."""
        if self._desk is None:
            event.stop()
            self._early.append(event.copy())

    def on_unmount(self) -> None:
        """Hear no more of the client."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    @property
    def timeline(self) -> TimelineView:
        """The conversation."""
        return self.query_one(TimelineView)

    @property
    def room(self) -> RoomView | None:
        """The open room."""
        return self._room

    def open_room(self, room_id: str) -> None:
        """Show another room, with its draft."""
        room = self._reader.room(room_id)
        if room is None:
            return
        self._room = room
        self._deleting = None
        self.peerroom.entry.remember("room", room_id)
        self._show_standing()
        self.timeline.show_room(self._reader.timeline(room_id), room.unread)
        if self._rooms is not None:
            self._rooms.mark(room_id)
        self._seat()

    def _show_standing(self) -> None:
        """Who one is in the open room, and whether its names are about to change."""
        self.query_one(TopBar).set_title(self.heading())
        changing = self._room is not None and self._room.changing
        if changing:
            from peerroom.client.sending import NamesChanging

            self.query_one(Status).last(NamesChanging().sentence())
        else:
            self.query_one(Status).last("")

    def _seat(self) -> None:
        """Let the desk write into the open room."""
        if self._desk is not None and self._room is not None:
            self._desk.sit(self._room)
            self.suggest()

    # What the client tells

    def _on_change(self, change: Change) -> None:
        """Collect: a sync may bring fifty changes, and one repaint shows them all."""
        if change.kind == "notice":
            if change.text:
                self.query_one(Status).news(change)
            return
        if change.kind == "handed_over":
            self.app.call_later(self.peerroom.action_close)
            return
        if change.kind == "moving":
            if self._desk is not None:
                self._desk.hand_in()
            return
        if change.kind == "moved" and change.room_id is not None:
            self._names_changed(change.room_id, change.text or "")
        if not self._stale:
            self.call_later(self._catch_up)
        if change.kind in ("timeline", "outbox"):
            self._stale.add("rooms")
            if self._room is not None and change.room_id in (None, self._room.room_id):
                self._stale.add("timeline")
        else:
            self._stale.add(change.kind)

    def _catch_up(self) -> None:
        stale, self._stale = self._stale, set()
        if "connection" in stale and self._client is not None:
            self.query_one(Status).show(self._client.connection)
        if stale & {"rooms", "pseudonym", "moved"}:
            self._show_rooms()
            self._greet()
        if "timeline" in stale:
            self.timeline.refresh_messages()

    def _show_rooms(self) -> None:
        rooms = self._reader.rooms()
        if self._room is None:
            if rooms:
                self.open_room(rooms[0].room_id)
        else:
            self._room = self._reader.room(self._room.room_id) or self._room
            self._show_standing()
            if self._desk is not None:
                self._desk.update_room(self._room)
        if self._rooms is not None:
            self._rooms.show(rooms, self._room.room_id if self._room else None)
        if self._choosing is not None:
            self._choosing.show(rooms)

    # Another name

    def _greet(self) -> None:
        """Tell a newcomer, once, how it is with names here."""
        if self._client is None or self._room is None:
            return
        view = self._client.greeting(self._room.room_id)
        if view is not None:
            from peerroom.client.pseudonym_words import newcomer

            start = self.peerroom.start
            words = newcomer(view, start.clock.now(), start.zone)
            self.query_one(Status).notice(words, mark="✓")

    def _names_changed(self, room_id: str, words: str) -> None:
        """Everyone has a new name, and this is where they are."""
        self.query_one(Status).notice(words, mark="✓")
        before = self._room
        if before is None or (before.former is None and self.is_over(before.room_id)):
            self._next = room_id
            self._go_on()

    @on(events.ScreenResume)
    def _go_on(self) -> None:
        """Go to the new names, but never away from a page that somebody is reading or choosing
        from: then when they come back."""
        if self._next is not None and self.is_active:
            room_id, self._next = self._next, None
            self.open_room(room_id)

    @on(TimelineView.NeedsOlder)
    def _fetch_older(self) -> None:
        if not self._fetching and self._room is not None and self._client is not None:
            self._fetching = True
            self._load_older(self._client, self._room.room_id)

    @work(exclusive=True, group="history")
    async def _load_older(self, client: Client, room_id: str) -> None:
        try:
            more = await client.load_older(room_id)
        finally:
            self._fetching = False
        if more and self._room is not None and self._room.room_id == room_id:
            self.timeline.refresh_messages()

    @on(TimelineView.Seen)
    def _mark_read(self, event: TimelineView.Seen) -> None:
        if self._room and self._client and self.is_active and self.app.app_focus:
            with self.telling():
                self._client.mark_read(self._room.room_id, event.position)

    # Hints

    def hints(self) -> tuple[str, ...]:
        """What the keys do where the focus is."""
        if isinstance(self.focused, TimelineView):
            able = []
            if self.timeline.selected is not None:
                able = [text for name, text in message_hints() if self.check_action(name, ())]
            return (_("↑↓ choose"), *able, _("Esc back to writing"))
        return self._desk.hints() if self._desk is not None else ()

    @on(TimelineView.Selected)
    def _selection_changed(self) -> None:
        self._deleting = None
        self.say(self.said_when_chosen())
        self.suggest()

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        if self.is_mounted:
            self.suggest()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes sense now; keys, hints and menu all ask here."""
        if action in LEADING_ON:
            return super().check_action(action, parameters)
        if action not in ("delete", "retry", "undo", "fold", "copy"):
            return True
        view = self.timeline.selected_view()
        if view is None:
            return False
        failed = view.own and view.state == "failed"
        match action:
            case "delete":
                said = view.kind in _SAID and view.state != "deleted"
                history = self._room is not None and self._room.former is not None
                return view.own and said and not failed and not history
            case "retry" | "undo":
                return failed
            case "fold":
                return self.timeline.is_folding(view.key)
            case _:
                return view.state in ("sent", "received", "sending", "failed")

    def action_page(self, direction: int) -> None:
        """Scroll the conversation, wherever the focus is."""
        self.timeline.page(-1 if direction < 0 else 1)

    def action_newest(self) -> None:
        """Go to the newest message."""
        self.timeline.action_newest()

    def action_choose(self) -> None:
        """Go to the conversation and select its last visible message."""
        self.timeline.focus()
        self.timeline.action_select(-1)

    def action_write(self) -> None:
        """Back to the desk; nothing stays selected."""
        self.timeline.clear_selection()
        if self._desk is not None:
            self._desk.take_pen()

    def action_delete(self) -> None:
        """Delete the selected message of one's own: asked once more, since it cannot be undone."""
        view = self.timeline.selected_view()
        if view is None or self._room is None or self._client is None:
            return
        if self._deleting != view.key:
            self._deleting = view.key
            self.say(_("Delete this for everyone? D once more deletes it, Esc keeps it."))
            return
        self._deleting = None
        with self.telling():
            self._client.delete(self._room.room_id, view.key)
            self.action_write()

    def action_retry(self) -> None:
        """Send the selected failed message again."""
        view = self.timeline.selected_view()
        if view is not None and self._client is not None:
            with self.telling():
                self._client.retry(view.key)
                self.action_write()

    def action_undo(self) -> None:
        """Take the selected failed message back to the desk."""
        view = self.timeline.selected_view()
        if view is not None and self._client is not None and self._desk is not None:
            with self.telling():
                self._desk.add(self._client.undo(view.key) or "")
                self.action_write()

    def action_fold(self) -> None:
        """Show all of the selected message, or a part again."""
        view = self.timeline.selected_view()
        if view is not None:
            self.timeline.toggle_fold(view.key)

    def action_copy(self) -> None:
        """Give the selected message's text to the terminal's clipboard."""
        view = self.timeline.selected_view()
        if view is not None:
            self.app.copy_to_clipboard(view.body)
            self.say(_("Copied. Your clipboard keeps it after you leave."))

    def action_close_notice(self) -> None:
        """Put the notice away and forget a half-made decision."""
        self._deleting = None
        self.query_one(Status).put_away()
        self.say("")

    def on_option_list_option_selected(self, event: RoomList.OptionSelected) -> None:
        """A room at the side was chosen."""
        self.go_to(event.option_id)
