"""Giving a command in the management room, and waiting for what the bot makes of it.

The command goes through the outbox like any message: it is in the vault before anything else, and
goes out once, now or when the connection is back. The answer is the bot's own next word about it:
a step of the case that the command is about, made in our name, or a sentence.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import TYPE_CHECKING, Final

from peerroom.client import casework_words as words
from peerroom.client.bot_words import word_of
from peerroom.client.casework_heard import step_of
from peerroom.client.casework_views import Answer
from peerroom.client.names import Names
from peerroom.client.timeline import own_event
from peerroom.i18n import _
from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import CommandError, parse
from peerroom.wire.commands.basics import CODE

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault
    from peerroom.wire.cases import Step
    from peerroom.wire.commands import Command

PATIENCE: Final = 20.0
"""Seconds to wait for an answer."""
_PAGE: Final = 200
_CONFIRM: Final = re.compile(rf"\byes\s+({CODE})(?![a-z0-9])", re.IGNORECASE)


class Moderating:
    """Commands of one moderator in one management room. ``bot`` is whose word counts there."""

    def __init__(self, client: Client, vault: Vault, room_id: str, bot: str, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._room_id = room_id
        self._bot = bot
        self._clock = clock

    async def give(self, text: str) -> Answer:
        """Give the command ``text``, with or without "!", and wait at most `PATIENCE` seconds for
        what comes of it. What is no command is not sent. Raises `VaultError` only."""
        line = ForeignText(text).line(4_000).strip()
        line = line if line[:1] in ("!", "！") else f"!{line}"
        command = parse(ForeignText(line))
        if command is None:
            return Answer("said", _("That is no command. `!help` lists them."))
        if isinstance(command, CommandError):
            return Answer("said", command.sentence())
        return await self._answer_to(command, self._send(line))

    def _send(self, line: str) -> str:
        """Queue the command; returns its transaction id."""
        key = secrets.token_urlsafe(16)
        self._vault.outbox.add(
            self._client.account.id,
            self._room_id,
            "message",
            {"type": "m.room.message", "content": {"msgtype": "m.text", "body": line}},
            now=self._clock.now(),
            transaction_id=key,
        )
        self._client.queued(self._room_id)
        return key

    async def _answer_to(self, command: Command, key: str) -> Answer:
        changed = asyncio.Event()
        stop = self._client.watch(lambda _change: changed.set())
        timer = asyncio.ensure_future(self._clock.sleep(PATIENCE))
        try:
            while (answer := self._look(command, key)) is None:
                changed.clear()
                waiting = asyncio.ensure_future(changed.wait())
                await asyncio.wait((waiting, timer), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if timer.done():
                    return self._look(command, key) or self._nothing_yet()
            return answer
        finally:
            timer.cancel()
            stop()

    def _nothing_yet(self) -> Answer:
        if self._client.connection.kind != "online":
            return Answer("silent", _("Kept. It is sent when the connection is back."))
        return Answer(
            "silent", _("The bot has not answered yet. What comes of it will be seen in the list.")
        )

    def _look(self, command: Command, key: str) -> Answer | None:
        """The answer, if the vault has it."""
        row = self._vault.outbox.by_transaction(key)
        if row is not None and row.state == "failed":
            return Answer("silent", row.last_error or "")
        own = self._client.user_id
        asked = own_event(self._vault, self._room_id, own, key)
        if asked is None:
            return None
        position = asked.position
        while page := self._vault.events.page(self._room_id, after=position, limit=_PAGE):
            for event in page:
                if (answer := self._answer(event, command, asked)) is not None:
                    return answer
            position = page[-1].position
        return None

    def _answer(self, event: StoredEvent, command: Command, asked: StoredEvent) -> Answer | None:
        """What this event answers, if it is the bot's and answers this command."""
        content = word_of(event, self._bot)
        if content is None:
            return None
        relation = content.get("m.relates_to")
        replied = relation.get("m.in_reply_to") if isinstance(relation, dict) else None
        about = replied.get("event_id") if isinstance(replied, dict) else None
        if about is not None and about != asked.event_id:
            return None  # somebody else's answer
        if (step := step_of(event, self._bot)) is not None:
            return self._done(step) if about or self._is_meant(step, command) else None
        text = ForeignText(content.get("body")).block()
        if (code := _CONFIRM.search(text)) is not None:
            return Answer("asks", text, confirm=f"yes {code[1]}")
        return Answer("said", text)

    def _is_meant(self, step: Step, command: Command) -> bool:
        """Whether a step can be what came of the command: made in our name, and of its case."""
        number = getattr(command, "number", None) or getattr(command, "case", None)
        ours = getattr(step, "by", None) == self._client.user_id
        return ours and number in (None, step.case)

    def _done(self, step: Step) -> Answer:
        names = Names(self._vault, self._room_id).here()
        said = words.news(step, names, self._client.user_id)
        return Answer("done", said, case=step.case)
