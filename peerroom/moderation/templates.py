"""Texts that are said in private, by name: those that came along, or as moderators wrote them anew.

Nobody's language is kept, so a text is told in every one: the reader's program shows the reader's.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation.state import State
from peerroom.moderation.template_texts import LANGUAGES, REASON_TEXTS, REPLY_TEXTS, Language, Texts
from peerroom.text.foreign import ForeignText
from peerroom.wire.commands.reading import normal
from peerroom.wire.member import Text
from peerroom.wire.texts import Written

BOOK: Final = "template"
LONGEST: Final = 1_500
"""Characters of a text; all its languages, twice, and what is around them fit into one event."""
ROOM: Final = 18_000
"""Bytes of texts in one answer."""
ALL: Final[dict[str, Texts]] = {**REASON_TEXTS, **REPLY_TEXTS}
NAMES: Final = tuple(ALL)
"""The templates there are, those of reasons first. Their names are what ``!template`` takes."""


def key(name: str, tongue: Language) -> str:
    """Under which a text written anew is kept in the book `BOOK`."""
    return f"{name} {tongue}"


def in_language(name: str, tongue: Language, state: State) -> str:
    """The text of a template, of which there must be one called ``name``."""
    written = state.books.get(BOOK, {}).get(key(name, tongue))
    if isinstance(written, str) and written:
        return ForeignText(written).block(LONGEST)
    return ALL[name][tongue]


def text(name: str, state: State) -> dict[str, str]:
    """The same in every language."""
    return {tongue: in_language(name, tongue, state) for tongue in LANGUAGES}


def why(code: str | None, state: State) -> dict[str, str]:
    """What is said to whom something was done for this reason code."""
    return text(of_reason(code), state)


def is_changed(name: str, tongue: Language, state: State) -> bool:
    """Whether moderators wrote it anew."""
    return key(name, tongue) in state.books.get(BOOK, {})


def as_written(name: str, state: State) -> tuple[Written, ...]:
    """How one text stands in every language, for moderators' programs."""
    book = state.books.get(BOOK, {})
    return tuple(_written(key(name, tongue), book.get(key(name, tongue))) for tongue in LANGUAGES)


def all_written(state: State) -> tuple[Written, ...]:
    """Every text that was written anew, as far as they fit into one event with what else is in
    it."""
    found = [
        one
        for name in NAMES
        if any(is_changed(name, tongue, state) for tongue in LANGUAGES)
        for one in as_written(name, state)
    ]
    sizes = accumulate(len((one.text or "").encode()) + 60 for one in found)
    return tuple(one for one, size in zip(found, sizes, strict=True) if size <= ROOM)


def read_back(actions: list[act.Action]) -> list[act.Action]:
    """The same, with the texts that are written anew by them in the answer, for moderators'
    programs. However it came about: a text that is taken back is written anew, too."""
    texts = tuple(
        _written(one.key, one.value)
        for one in actions
        if isinstance(one, act.Remember) and one.book == BOOK
    )
    answer = next((one for one in actions if isinstance(one, act.Say)), None)
    if not texts or answer is None:
        return actions
    told = msgspec.structs.replace(answer, texts=texts)
    return [told if one is answer else one for one in actions]


def _written(kept: str, text: object) -> Written:
    name, _space, tongue = kept.partition(" ")
    return Written(name, tongue, text if isinstance(text, str) and text else None)


def of_reason(code: str | None) -> str:
    """The template that belongs to a reason code."""
    return code if code is not None and code in REASON_TEXTS else "other"


def named(words: str) -> str | None:
    """The template whose name somebody typed, if it is one."""
    name = normal(words)
    return name if name in ALL else None


def said(words: str, state: State) -> Text:
    """A template's text, if ``words`` is the name of one; else the words themselves."""
    name = named(words)
    return ForeignText(words).block(LONGEST) if name is None else text(name, state)
