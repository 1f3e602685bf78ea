"""The texts that moderators answer with, as they stand in one management room: those that come
along, and over them what the bot said that moderators wrote anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerroom.client.bot_words import word_of
from peerroom.moderation.template_texts import LANGUAGES, REASON_TEXTS, REPLY_TEXTS
from peerroom.moderation.template_texts import Texts as Text
from peerroom.text.foreign import ForeignText
from peerroom.wire.content import BadContent
from peerroom.wire.texts import FIELD, read

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent


class Texts:
    """What was heard of texts; the bot's last word on each counts, whenever it is read."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], tuple[int, str | None]] = {}

    def hear(self, event: StoredEvent, bot: str) -> None:
        """Take in what ``bot`` said with this event, if it is about texts."""
        content = word_of(event, bot)
        if content is None or FIELD not in content:
            return
        try:
            texts = read(content[FIELD])
        except BadContent:
            return
        for one in texts:
            key = one.name, one.language
            known = self._heard.get(key)
            if known is None or known[0] <= event.position:
                self._heard[key] = event.position, one.text

    def replies(self) -> dict[str, Text]:
        """Answers to who reported, asked or appealed, by name."""
        return self._over(REPLY_TEXTS)

    def reasons(self) -> dict[str, Text]:
        """Words to whom something was done, by reason."""
        return self._over(REASON_TEXTS)

    def _over(self, came_along: dict[str, Text]) -> dict[str, Text]:
        return {
            name: {tongue: self._text(name, tongue) or text[tongue] for tongue in LANGUAGES}
            for name, text in came_along.items()
        }

    def _text(self, name: str, tongue: str) -> str:
        _position, text = self._heard.get((name, tongue), (0, None))
        return ForeignText(text or "").block(4_000).strip()
