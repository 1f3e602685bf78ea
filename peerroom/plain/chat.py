"""A conversation in the linear mode: lines in, lines out, nothing ever redrawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from typing import Final

from peerroom.client.dates import local
from peerroom.client.pseudonym_words import newcomer
from peerroom.client.sending import Muted, NamesChanging
from peerroom.client.session import Client
from peerroom.client.timeline import OUTBOX
from peerroom.client.views import Change, MessageView
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _, ngettext
from peerroom.plain.about import here_line, person_line, room_line
from peerroom.plain.accepting import Accepting
from peerroom.plain.commands import MODERATION, Command, Say, Unknown, parse
from peerroom.plain.covered import Covered
from peerroom.plain.moderation import Moderation
from peerroom.plain.naming import Naming
from peerroom.plain.said import Said
from peerroom.plain.voice import Voice, sentence_of

SENT_ALL, NOT_SENT = 0, 1
"""Exit codes."""

_FIRST_PAGE: Final = 10
_OLDER_PAGE: Final = 20
_OWN_LISTED: Final = 9


async def run(
    client: Client,
    lines: AsyncIterator[str],
    voice: Voice,
    *,
    help_now: Callable[[], Iterable[str]],
    rules: Callable[[], Iterable[str]],
    clock: Clock,
    room: str | None = None,
    piped: bool = False,
    kept: bool = True,
    patience: float,
) -> int:
    """Talk until ``/quit`` or the end of ``lines``; returns the exit code.

    ``client`` is started and stopped by the caller. ``room`` is where to begin (the most recent
    one otherwise). ``piped`` says that the input is no terminal: at its end everything is sent
    first, for at most ``patience`` seconds. ``kept`` says that the vault outlives this run.
    """
    chat = PlainChat(client, voice, help_now, rules, clock, kept=kept)
    unsubscribe = client.subscribe(chat.hear)
    listener = asyncio.ensure_future(chat.listen())
    try:
        chat.begin(room)
        while (line := await _next(lines, listener, chat.over)) is not None:
            if not await chat.obey(line):
                return chat.leave()
        if piped and not chat.over.is_set() and not listener.done():
            return await chat.finish(clock, patience)
        return chat.leave()
    finally:
        unsubscribe()
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        if not listener.cancelled() and (error := listener.exception()):
            raise error


class PlainChat:
    """What one conversation in the linear mode knows."""

    def __init__(
        self,
        client: Client,
        voice: Voice,
        help_now: Callable[[], Iterable[str]],
        rules: Callable[[], Iterable[str]],
        clock: Clock,
        *,
        kept: bool,
    ) -> None:
        self._client = client
        self._voice = voice
        self._help_now = help_now
        self._rules = rules
        self._clock = clock
        self._kept = kept
        self._said: Said | None = None
        self._accepting = Accepting(client, voice)
        self._covered = Covered(client, voice)
        self._naming = Naming(client, voice, clock)
        self._moderation = Moderation(client, voice, clock)
        self._changed = asyncio.Event()
        self.over = asyncio.Event()
        self._sentences: list[str] = []
        self._connection = ""
        self._unread_told: set[str] = set()
        self._changing = False
        self._in_the_past = False
        self._moved_to: str | None = None
        self._numbered: list[str] = []

    # Hearing

    def hear(self, change: Change) -> None:
        """Something changed; said in `listen`, many changes at once."""
        if change.text:
            self._sentences.append(change.text)
        if change.about == "answer":
            self._sentences.append(_("`/moderators` shows it."))
        if change.kind == "moved":
            self._moved_to = change.room_id or self._moved_to
        if change.kind == "handed_over":
            self.over.set()
        self._changed.set()

    async def listen(self) -> None:
        """Say what is new, until cancelled."""
        while True:
            self._tell_news()
            await self._changed.wait()
            self._changed.clear()

    def _tell_news(self) -> None:
        for sentence in self._sentences:
            self._voice.note(sentence)
        self._sentences.clear()
        state = self._client.connection
        if state.kind != "connecting" and state.sentence != self._connection:
            self._connection = state.sentence
            self._voice.note(state.sentence)
        if self._moved_to is not None:
            self._go_along(self._moved_to)
        if self._said is None:
            self.open(None)
        if self._said is not None:
            self._tell_of_names(self._said.room_id)
            self._said.catch_up()
            self._accepting.tell(self._said.room_id)
        self._tell_other_rooms()

    def _tell_of_names(self, room_id: str) -> None:
        if (greeting := self._client.greeting(room_id)) is not None:
            self._voice.note(newcomer(greeting, self._clock.now(), self._voice.zone))
        room = self._client.room(room_id)
        changing = room is not None and room.changing
        if changing and not self._changing:
            self._voice.note(NamesChanging().sentence())
        self._changing = changing

    def _go_along(self, room_id: str) -> None:
        """Everyone has a new name, and this is where they are."""
        self._moved_to = None
        here = self._client.room(self._said.room_id) if self._said is not None else None
        if here is None or (here.former is not None and not self._in_the_past):
            self.open(room_id)
            if self._client.draft(room_id):
                self._voice.note(_("Something was not sent before: /draft shows it."))

    def _tell_other_rooms(self) -> None:
        for number, room in enumerate(self._client.rooms(), 1):
            here = self._said is not None and room.room_id == self._said.room_id
            if not room.unread or here or not room.joined:
                self._unread_told.discard(room.room_id)
            elif room.room_id not in self._unread_told:
                self._unread_told.add(room.room_id)
                words = _("Something new in “{room}”: /room {number}")
                self._voice.note(words.format(room=room.title, number=number))

    # Obeying

    async def obey(self, line: str) -> bool:
        """Do what ``line`` says; False when it asks to leave."""
        match parse(line):
            case Say(text=text):
                self._say(text)
            case Unknown() as unknown:
                self._voice.note(unknown.sentence())
            case Command(word="quit"):
                return False
            case Command(word="older"):
                await self._older()
            case Command(word=word) as command if word in MODERATION:
                room_id = self._said.room_id if self._said is not None else None
                await self._moderation.obey(room_id, command)
            case Command() as command:
                self._do(command)
        return True

    def _do(self, command: Command) -> None:
        match command.word:
            case "help":
                self._read_out(self._moderation.help())
            case "help-now":
                self._read_out(self._help_now())
            case "rules":
                self._read_out(self._rules())
            case "rooms":
                self._rooms()
            case "room":
                self._go(command.number)
            case "open":
                if self._said is not None:
                    self._covered.obey(self._said.room_id, command)
            case "who":
                self._who()
            case "accept":
                if self._said is not None:
                    self._accepting.accept(self._said.room_id, command)
            case "delete":
                self._delete(command)
            case "retry":
                self._retry()
            case "undo":
                self._undo()
            case "name":
                self._naming.obey(self._said.room_id if self._said else None, command.argument)
            case "draft":
                self._draft(command.argument)

    def _read_out(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._voice.line(line)

    def _rooms(self) -> None:
        rooms = enumerate(self._client.rooms(), 1)
        self._read_out(room_line(n, room, self._today(), self._voice.zone) for n, room in rooms)

    def begin(self, room_id: str | None) -> None:
        """Go to where one was last time, unless one was somebody else there."""
        room = self._client.room(room_id) if room_id is not None else None
        self.open(room_id if room is not None and room.former is None else None)

    def open(self, room_id: str | None) -> None:
        """Go to this room, or to the first one there is."""
        rooms = self._client.rooms()
        room = next((room for room in rooms if room.room_id == room_id), None)
        room = room or next((room for room in rooms if room.joined and not room.direct), None)
        if room is None:
            return
        self._unread_told.discard(room.room_id)
        self._in_the_past = room.former is not None
        self._voice.note(here_line(room, self._today(), self._voice.zone))
        self._said = Said(self._client, self._voice, room.room_id)
        self._said.begin(_FIRST_PAGE)

    def _today(self) -> date:
        return local(self._clock.now(), self._voice.zone).date()

    def _go(self, number: int | None) -> None:
        rooms = self._client.rooms()
        if number is None or number > len(rooms):
            self._voice.note(_("Which room? /rooms numbers them."))
            return
        self.open(rooms[number - 1].room_id)

    def _say(self, text: str) -> None:
        room = self._client.room(self._said.room_id) if self._said is not None else None
        if room is None:
            self._voice.note(_("There is no room to say it in yet."))
        elif room.former is not None:
            self._voice.note(_("You were here under an earlier name; nothing was sent."))
        elif room.changing:
            self._keep(room.room_id, text)
        elif not room.joined:
            self._voice.note(_("You are not in this room any more; nothing was sent."))
        else:
            try:
                self._client.send(room.room_id, text)
            except PeerRoomError as error:
                self._voice.note(error.sentence())
                return
            if self._client.connection.kind == "online":
                return  # what becomes of it is said by itself
            if not room.may_write:
                self._voice.note(Muted().sentence())
            else:
                self._voice.note(_("Kept. It is sent when the connection is back."))

    def _keep(self, room_id: str, text: str) -> None:
        """Names are changing: what is said now waits for the new ones."""
        kept = self._client.draft(room_id)
        self._client.set_draft(room_id, f"{kept}\n{text}" if kept else text)
        self._voice.note(_("Kept for now: it goes with you to the new names."))

    def _draft(self, what: str) -> None:
        text = self._client.draft(self._said.room_id) if self._said is not None else ""
        if self._said is None or not text:
            self._voice.note(_("Nothing was begun here."))
        elif what == "drop":
            self._client.set_draft(self._said.room_id, "")
            self._voice.note(_("Forgotten."))
        elif what == "send":
            self._say(text)
        else:
            self._voice.line(text)
            self._voice.note(_("`/draft send` sends it, `/draft drop` forgets it."))

    async def _older(self) -> None:
        if self._said is None:
            return
        if self._said.older(_OLDER_PAGE):
            return
        more = await self._client.load_older(self._said.room_id)
        if not self._said.older(_OLDER_PAGE):
            online = self._client.connection.kind == "online"
            beginning = _("This is the beginning.")
            self._voice.note(beginning if online and not more else _("Nothing older is here yet."))

    def _who(self) -> None:
        if self._said is not None:
            self._read_out(map(person_line, self._client.members(self._said.room_id)))

    def _delete(self, command: Command) -> None:
        own = [m for m in self._own() if m.state != "deleted"][:_OWN_LISTED]
        if not command.argument:
            self._numbered = [message.key for message in own]
            for index, message in enumerate(own, 1):
                self._voice.line(f"{index}. {sentence_of(message)}")
            self._voice.note(_("/delete N deletes number N; 1 is your last message."))
            return
        # Numbers keep meaning what was listed, whatever has been said since.
        keys = self._numbered or [message.key for message in own]
        number = command.number
        if self._said is None or number is None or number > len(keys):
            self._voice.note(_("Which message? /delete alone numbers your last ones."))
        elif self._client.delete(self._said.room_id, keys[number - 1]):
            self._voice.note(_("Deleted here; the others' copies follow."))
        else:
            self._voice.note(_("That message is gone already."))
        self._numbered = []

    def _own(self) -> list[MessageView]:
        """Our messages in this room, the newest first."""
        if self._said is None:
            return []
        page = self._client.timeline(self._said.room_id).page(limit=200)
        return [view for view in reversed(page) if view.own and view.kind in ("text", "action")]

    def _retry(self) -> None:
        failed = [view for view in reversed(self._own()) if view.state == "failed"]
        for view in failed:
            self._client.retry(view.key)
        if not failed:
            self._voice.note(_("Nothing waits to be sent again."))

    def _undo(self) -> None:
        for view in self._own():
            if view.position >= OUTBOX and (text := self._client.undo(view.key)) is not None:
                self._voice.note(_("Taken back: {text}").format(text=text))
                return
        self._voice.note(_("There is nothing to take back; /delete deletes what was sent."))

    # Leaving

    def leave(self) -> int:
        """Say what stays behind; the exit code."""
        self._tell_news()
        unsent = self._client.unsent()
        if not unsent:
            return SENT_ALL
        self._voice.note(self._unsent_words(unsent))
        return NOT_SENT

    async def finish(self, clock: Clock, patience: float) -> int:
        """The input has ended: send everything, or say what was not sent; the exit code."""
        sending = asyncio.ensure_future(self._client.outbox_empty())
        timer = asyncio.ensure_future(clock.sleep(patience))
        await asyncio.wait((sending, timer), return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, timer):
            task.cancel()
        await asyncio.gather(sending, timer, return_exceptions=True)
        return self.leave()

    def _unsent_words(self, unsent: int) -> str:
        if self._kept:
            words = ngettext(
                "{count} message was not sent. It is kept, and goes out next time.",
                "{count} messages were not sent. They are kept, and go out next time.",
                unsent,
            )
        else:
            words = ngettext(
                "{count} message was not sent, and nothing is kept on this computer.",
                "{count} messages were not sent, and nothing is kept on this computer.",
                unsent,
            )
        return words.format(count=unsent)


async def _next(
    lines: AsyncIterator[str], listener: asyncio.Future[None], over: asyncio.Event
) -> str | None:
    """The next line; None at the end of the input, or when there is nothing to talk to any more."""
    line = asyncio.ensure_future(anext(lines, None))
    closed = asyncio.ensure_future(over.wait())
    try:
        await asyncio.wait((line, closed, listener), return_when=asyncio.FIRST_COMPLETED)
        return line.result() if line.done() else None
    finally:
        line.cancel()
        closed.cancel()
