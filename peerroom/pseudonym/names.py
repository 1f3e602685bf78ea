"""Bilingual names: "Quiet Heron / 静かなサギ".

A name is drawn from two lists of words by a hash, so that every client computes the same name for
the same account without asking anyone, and no one chooses a name that says who they are. A name
that is taken, reserved or confusable with one in use gives way to the next draw of the same hash.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from peerroom.pseudonym.words import CREATURES, QUALITIES

DOMAIN: Final = b"PeerRoom-name-v1\0"
RESERVED: Final = frozenset(
    {
        "moderator",
        "admin",
        "bot",
        "peerroom",
        "support",
        "staff",
        "見守り役",
        "管理人",
        "運営",
        "相談員",
    }
)
"""Words only moderators and the bot may carry; a name that holds one is never drawn or accepted."""

_QUALITY: Final = dict(QUALITIES)
_CREATURE: Final = dict(CREATURES)

SPACE: Final = len(QUALITIES) * len(CREATURES)
"""How many different names there are."""


class Name(NamedTuple):
    """One name in both languages."""

    english: str
    japanese: str

    def shown(self, language: str) -> str:
        """The half for ``language`` (``ja``, anything else is English)."""
        return self.japanese if language == "ja" else self.english

    def __str__(self) -> str:
        return f"{self.english} / {self.japanese}"


def read(text: str) -> Name | None:
    """The generated name that ``text`` is, in both languages; None for any other text."""
    english, _slash, japanese = text.partition(" / ")
    first, _space, second = english.partition(" ")
    quality, creature = _QUALITY.get(first), _CREATURE.get(second)
    if quality is None or creature is None or quality + creature != japanese:
        return None
    return Name(english, japanese)


def skeleton(name: str) -> str:
    """What two names must not share: compatibility form, case and white space folded away.

    NFKC and case folding as Matrix's appendix on disambiguation asks of display names.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(folded.split())


def is_reserved(name: str) -> bool:
    """Whether ``name`` holds a word that is kept for moderators and the bot."""
    folded = skeleton(name)
    return any(skeleton(word) in folded for word in RESERVED)


def draws(seed: bytes) -> Iterator[Name]:
    """An endless, fixed order of names for ``seed``; close to uniform over `SPACE`.

    Each draw reads 64 bits of SHA-256(domain ‖ seed ‖ counter), so that the bias of the modulo is
    below 2^-49.
    """
    counter = 0
    while True:
        block = hashlib.sha256(DOMAIN + seed + counter.to_bytes(4, "big")).digest()
        index = int.from_bytes(block[:8], "big") % SPACE
        quality = QUALITIES[index // len(CREATURES)]
        creature = CREATURES[index % len(CREATURES)]
        yield Name(f"{quality[0]} {creature[0]}", f"{quality[1]}{creature[1]}")
        counter += 1


def name_for(account: str, context: bytes = b"", taken: Iterable[str] = ()) -> Name:
    """The name of ``account`` (a Matrix user id) in ``context``.

    ``context`` is what the name is bound to beside the account: the room's id today, the admission
    ledger's digest once names rotate (a name derived from the account alone could be ground out by
    registering accounts until one fits). ``taken`` are names in use, in either language or both.

    Raises:
        ValueError: every name is taken.
    """
    used = {skeleton(part) for name in taken for part in (name, *name.split(" / "))}
    seed = len(account.encode()).to_bytes(2, "big") + account.encode() + context
    for name in islice(draws(seed), SPACE * 8):
        shown = {skeleton(name.english), skeleton(name.japanese)}
        if not used & shown and not is_reserved(str(name)):
            return name
    raise ValueError("every name is taken")
