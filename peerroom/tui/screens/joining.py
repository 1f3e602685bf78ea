"""From an invite link to the room: paste it, and watch the steps."""

from __future__ import annotations

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from peerroom.client.joining import Step, join
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.store.vault import Vault
from peerroom.text.terminal import scrub
from peerroom.tui.screens.page import Page
from peerroom.tui.widgets.prose import Prose
from peerroom.wire.invite import Invite


class InviteField(TextArea):
    """Several rows, since a link is longer than one; Enter takes it, whatever breaks it holds."""

    class Submitted(Message):
        """The user wants to go on with this."""

    def on_key(self, event: events.Key) -> None:
        """Enter goes on."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted())

    def on_paste(self, event: events.Paste) -> None:
        """Nothing but text comes in, over what is selected; the reader forgives line breaks."""
        event.stop()
        event.prevent_default()
        text = scrub(event.text.replace("\r", "\n")).strip()
        self.move_cursor(self.replace(text, *self.selection).end_location)

    def take_again(self) -> None:
        """What stands here was refused: it can be mended, or pasted over."""
        self.disabled = False
        self.focus()
        self.select_all()


class InviteScreen(Page[None]):
    """Asks for the link and goes through the door with it."""

    AUTO_FOCUS = "InviteField"

    def __init__(self, vault: Vault, link: str | None = None) -> None:
        super().__init__()
        self._vault = vault
        self._link = link
        self._steps: list[Step] = []

    def heading(self) -> str:
        """What this is."""
        return _("Your invite")

    def body(self) -> ComposeResult:
        """The field, and what happens."""
        with Vertical(classes="card"):
            yield Prose(
                _(
                    "Paste the invite you were given. It starts with peerroom:join/ "
                    "and is good for one person, once."
                )
            )
            yield InviteField(
                self._link or "",
                compact=True,
                highlight_cursor_line=False,
                placeholder="peerroom:join/…",
            )
            yield Static(id="steps", markup=False)
            yield Prose(id="said", classes="said")

    def hints(self) -> tuple[str, ...]:
        """What the keys do."""
        return (_("Enter goes on"), _("F1 talk to a person"), _("Ctrl+Q twice leaves"))

    def on_mount(self) -> None:
        """A link that was given at the start is tried at once."""
        self.query_one(InviteField).cursor_blink = False
        if self._link:
            self._begin()

    @on(InviteField.Submitted)
    def _begin(self) -> None:
        field = self.query_one(InviteField)
        try:
            invite = Invite.parse(field.text)
        except PeerRoomError as error:
            self._tell(error.sentence())
            field.take_again()
            return
        field.disabled = True
        self._tell("")
        self._join(invite)

    def _tell(self, sentence: str) -> None:
        self.query_one("#said", Prose).say(sentence)

    @work(exclusive=True)
    async def _join(self, invite: Invite) -> None:
        app = self.peerroom
        self._steps.clear()
        try:
            async for step in join(
                invite,
                self._vault,
                config=app.entry.config,
                clock=app.start.clock,
                random=app.start.random,
            ):
                self._show(step)
        except PeerRoomError as error:
            self._tell(error.sentence())
            self.query_one(InviteField).take_again()
            return
        app.call_later(app.entry.enter, self._vault)

    def _show(self, step: Step) -> None:
        self._steps.append(step)
        lines = [f"✓ {each.sentence}" for each in self._steps[:-1]] + [f"… {step.sentence}"]
        self.query_one("#steps", Static).update(Content("\n".join(lines)))
