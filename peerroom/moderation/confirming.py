"""Anything broad is shown first and done on a word: ``yes 7K2``.

What waits for that word is in the bot's records. It counts for the moderator who asked, for a few
minutes, and for what was shown and nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation.state import State
from peerroom.wire.commands import DIGITS, LETTERS, Command, decode, encode
from peerroom.wire.content import BadContent

BOOK: Final = "preview"
LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pending:
    """What was shown, to whom, until when it can be confirmed, and all that it would reach."""

    code: str
    by: str
    command: Command
    covers: frozenset[str]
    until: datetime


class _Kept(msgspec.Struct, frozen=True):
    by: str
    command: dict[str, object]
    covers: tuple[str, ...]
    until: datetime


def pending(code: str, state: State) -> Pending | None:
    """What waits under ``code``; None if nothing does, or what is kept cannot be read."""
    kept = state.books.get(BOOK, {}).get(code)
    if kept is None:
        return None
    try:
        read = msgspec.convert(kept, _Kept)
        return Pending(code, read.by, decode(read.command), frozenset(read.covers), read.until)
    except (msgspec.MsgspecError, BadContent):
        return None  # of another version: it cannot be confirmed any more


def wait_for(
    command: Command,
    covers: frozenset[str],
    by: str,
    at: datetime,
    state: State,
    *,
    lasts: timedelta = LASTS,
) -> tuple[str, act.Action]:
    """The code under which ``command`` waits from now on, and the action that keeps it. What the
    bot itself asks (``by``) can be confirmed by everybody who may give the command."""
    code = next(code for code in _codes(by, at) if code not in state.books.get(BOOK, {}))
    kept = _Kept(by, encode(command), tuple(sorted(covers)), at + lasts)
    return code, act.Remember(BOOK, code, msgspec.to_builtins(kept))


def forget(code: str) -> act.Action:
    """It waits no longer."""
    return act.Remember(BOOK, code)


def over(at: datetime, state: State) -> list[act.Action]:
    """Forget what nobody confirmed in time."""
    gone = []
    for code in state.books.get(BOOK, {}):
        waits = pending(code, state)
        if waits is None or waits.until <= at:
            gone.append(forget(code))
    return gone


def _codes(by: str, at: datetime) -> Iterator[str]:
    """Codes in an order that follows from who asked when. They are no secrets: whoever else types
    one has confirmed nothing."""
    for turn in range(10_000):
        digest = hashlib.sha256(f"{turn} {by} {at.isoformat()}".encode()).digest()
        signs = zip(digest, (DIGITS, LETTERS, DIGITS), strict=False)
        yield "".join(choice[byte % len(choice)] for byte, choice in signs)
