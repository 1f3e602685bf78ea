"""Bilingual names: "Quiet Amber Otter / 静かな琥珀のカワウソ".

A name has three parts: a quality, a modifier (colour, material, place, weather, plant) and a
creature or thing. It is drawn by a hash, so that every client computes the same name for the same
account without asking anyone, and no one chooses a name that says who they are.

A name is a number below `SPACE`, and only that number travels. What the numbers stand for is in
`words`; whoever changes a word there changes everybody's names, and must change `DOMAIN` too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import Final

from peerroom.i18n import N_
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.words import CREATURES, MODIFIERS, QUALITIES
from peerroom.text.confusable import skeleton

DOMAIN: Final = b"PeerRoom-name-v1\0"
DIGEST_BYTES: Final = 32

SPACE: Final = len(QUALITIES) * len(MODIFIERS) * len(CREATURES)
"""How many different names there are."""

_INDEX_BYTES: Final = 4
_QUALITY: Final = {english: number for number, (english, _) in enumerate(QUALITIES)}
_MODIFIER: Final = {english: number for number, (english, _) in enumerate(MODIFIERS)}
_CREATURE: Final = {english: number for number, (english, _) in enumerate(CREATURES)}

_ALIKE: Final = len(QUALITIES) + len(MODIFIERS) + len(CREATURES)
"""More names than share two parts with a given one."""

_PATIENCE: Final = 1000
"""Draws for one newcomer: in a room of a thousand people not one name in ten is in the way."""

LONGEST: Final = sum(
    max(len(english) for english, _ in words) + max(len(japanese) for _, japanese in words)
    for words in (QUALITIES, MODIFIERS, CREATURES)
) + len("  ") + len(" / ")  # fmt: skip
"""Characters of a whole name at most."""


class NoNameLeft(RecordError):
    """More names are in use than can be told apart: of a ledger, it cannot be right."""

    what = N_("There are too many people here to give everyone a name of their own.")
    next_step = N_("Please tell the person who hosts the circle.")


class NamesMalformed(RecordError):
    """A record speaks of names that there are not, or not in the one way to say it."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name in both languages, and its number (0 … `SPACE` - 1)."""

    index: int
    english: str
    japanese: str

    def shown(self, language: str) -> str:
        """The half for ``language`` (``ja``, anything else is English)."""
        return self.japanese if language == "ja" else self.english

    def looks(self) -> tuple[str, str]:
        """What no other name in the room may look like: the skeleton of each half."""
        return skeleton(self.english), skeleton(self.japanese)

    def __str__(self) -> str:
        return f"{self.english} / {self.japanese}"


def by_index(index: int) -> Name:
    """The name with this number. Raises ValueError outside 0 … `SPACE` - 1."""
    if not 0 <= index < SPACE:
        raise ValueError("no such name")
    quality, modifier, creature = _parts(index)
    words = QUALITIES[quality], MODIFIERS[modifier], CREATURES[creature]
    return Name(
        index, " ".join(english for english, _ in words), "".join(japanese for _, japanese in words)
    )


def read(text: str) -> Name | None:
    """The generated name that ``text`` is, in both languages; None for any other text."""
    if len(text) > LONGEST:
        return None
    words = text.partition(" / ")[0].split(" ")
    if len(words) != 3:
        return None
    quality, modifier, creature = map(dict.get, (_QUALITY, _MODIFIER, _CREATURE), words)
    if quality is None or modifier is None or creature is None:
        return None
    name = by_index((quality * len(MODIFIERS) + modifier) * len(CREATURES) + creature)
    return name if str(name) == text else None


def draws(seed: bytes) -> Iterator[Name]:
    """An endless, fixed order of names for ``seed``; close to uniform over `SPACE`."""
    return map(by_index, _indexes(seed))


def name_for(account: str, context: bytes = b"", taken: Iterable[str] = ()) -> Name:
    """The name of ``account`` (a Matrix user id) that comes in alone, in ``context``.

    ``context`` is what the name is bound to beside the account: the hash of the newest record, or
    the room's id where there is none (a name derived from the account alone could be ground out by
    registering accounts until one fits). ``taken`` are names in use, in either language or both.
    The name is unlike all of them, in the sense of `assign` where they are generated names.

    Raises:
        NoNameLeft: no draw fits.
    """
    shown = _Shown()
    looks: set[str] = set()
    for text in taken:
        if (name := read(text.strip())) is not None:
            shown.add(name.index)
        looks.update(skeleton(half) for half in (text, *text.split(" / ")))
    encoded = _encoded(account)
    for name in islice(draws(len(encoded).to_bytes(2, "big") + encoded + context), _PATIENCE):
        if shown.fits(name.index) and looks.isdisjoint(name.looks()):
            return name
    raise NoNameLeft


def assign(
    accounts: Sequence[str], digest: bytes, recent: Collection[int], kept: Mapping[str, int]
) -> dict[str, Name]:
    """The names of ``accounts`` (Matrix user ids), which come in together: one admission ledger.

    Everyone computes the same from the ledger. The n-th draw of an account is
    SHA-256(`DOMAIN` ‖ ``digest`` ‖ account ‖ n), and its first draw that fits is its name. What
    does not fit: a name of ``recent`` (the numbers used in the last epochs), and a name that
    shares two of its three parts with another that is given here or is in ``kept``: in a room the
    two would be taken for each other. That no two numbers look alike in either language, or hold
    a reserved word, is a property of the words, held by tests.

    ``kept`` are those who keep their name (residents, carried); one of ``accounts`` that is in it
    keeps it too. The others choose in the order of their first hash, never in that of the list, so
    whoever writes the list favours nobody by its order. (They can still try whole ledgers until
    they like the names. That gives them nothing that they do not know: they see every account.)

    Args:
        accounts: in any order; an account that stands twice counts once.
        digest: `DIGEST_BYTES` bytes of the admission ledger.
        recent: numbers of names not to be given again.
        kept: number of the name by account.

    Raises:
        NamesMalformed: a kept number outside `SPACE`.
        NoNameLeft: more than half of all names could be in the way (from about 10,000 people on).
        ValueError: a digest of another length.
    """
    if len(digest) != DIGEST_BYTES:
        raise ValueError("not a digest")
    if any(not 0 <= index < SPACE for index in kept.values()):
        raise NamesMalformed
    given = {account: by_index(kept[account]) for account in accounts if account in kept}
    shown = _Shown(kept.values())
    seeds = {account: digest + _encoded(account) for account in {*accounts} - kept.keys()}
    if (len(kept) + len(seeds)) * _ALIKE + len(recent) > SPACE // 2:
        raise NoNameLeft  # below it a draw fits every other time at least, so the search ends
    used = frozenset(recent)
    for account in sorted(seeds, key=lambda account: _block(seeds[account], 0)):
        fitting = (n for n in _indexes(seeds[account]) if n not in used and shown.fits(n))
        index = next(fitting)
        shown.add(index)
        given[account] = by_index(index)
    return given


def pack(indexes: Collection[int]) -> bytes:
    """Numbers of names as bytes: ascending, each once, 4 bytes big-endian each.

    Raises ValueError for a number outside `SPACE`.
    """
    if any(not 0 <= index < SPACE for index in indexes):
        raise ValueError("no such name")
    return b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in sorted({*indexes}))


def unpack(packed: bytes) -> frozenset[int]:
    """The numbers in ``packed``. Raises `NamesMalformed` for all that `pack` does not make."""
    if len(packed) % _INDEX_BYTES:
        raise NamesMalformed
    starts = range(0, len(packed), _INDEX_BYTES)
    indexes = [int.from_bytes(packed[start : start + _INDEX_BYTES], "big") for start in starts]
    ascending = all(one < other for one, other in pairwise(indexes))
    if not ascending or (indexes and indexes[-1] >= SPACE):
        raise NamesMalformed
    return frozenset(indexes)


class _Shown:
    """Names that are shown at the same time: no two share two of their three parts."""

    def __init__(self, indexes: Iterable[int] = ()) -> None:
        self._pairs: set[tuple[str, int, int]] = set()
        for index in indexes:
            self.add(index)

    def fits(self, index: int) -> bool:
        return self._pairs.isdisjoint(_pairs(index))

    def add(self, index: int) -> None:
        self._pairs.update(_pairs(index))


def _parts(index: int) -> tuple[int, int, int]:
    """The rows of a name's quality, modifier and creature."""
    rest, creature = divmod(index, len(CREATURES))
    return *divmod(rest, len(MODIFIERS)), creature


def _pairs(index: int) -> tuple[tuple[str, int, int], ...]:
    quality, modifier, creature = _parts(index)
    return ("qm", quality, modifier), ("qc", quality, creature), ("mc", modifier, creature)


def _indexes(seed: bytes) -> Iterator[int]:
    """Reads 64 bits of each hash, so that the bias of the modulo is below 2^-39."""
    return (int.from_bytes(_block(seed, number)[:8], "big") % SPACE for number in count())


def _block(seed: bytes, number: int) -> bytes:
    return hashlib.sha256(DOMAIN + seed + number.to_bytes(4, "big")).digest()


def _encoded(account: str) -> bytes:
    """An account in bytes; total, as half a surrogate pair may come from a hostile server."""
    return account.encode("utf-8", "surrogatepass")
