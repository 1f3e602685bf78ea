"""The round keys of a circle: made once, for one batch a round, and destroyed for good.

On the shelf lie the journal, from the first start on (which keys were made, which batch each round
signed, up to which epoch all is destroyed), and the keys of each epoch, ``keys-<epoch>``. Those
are written once, so that overwriting the file later meets all there ever was of it. Keys that the
journal does not name never left, or are to be gone; they are removed at the start. Thus every
crash is either before a change of the journal or after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from peerroom.bot.signer.errors import (
    KeysDestroyed,
    KeysNeverMade,
    OtherBatch,
    RoundsDiffer,
    SignerDamaged,
)
from peerroom.bot.signer.frames import Held
from peerroom.bot.signer.shelf import Shelf, Wrapping
from peerroom.pseudonym import tokens
from peerroom.pseudonym.round_keys import SigningKey
from peerroom.pseudonym.token_errors import BadKey

JOURNAL: Final = "journal"
KEYS: Final = "keys-"


class Made(msgspec.Struct, frozen=True):
    """Keys of an epoch that were shown to the bot."""

    rounds: int
    public: bytes
    """SHA-256 of the public keys, one after the other."""
    signed: dict[int, bytes] = {}
    """The digest of the batch of each round that was signed."""


class Journal(msgspec.Struct, frozen=True):
    """What the signer must never forget."""

    destroyed: int | None = None
    """The last epoch of which, and before which, every key is gone."""
    made: dict[int, Made] = {}


class Keeper:
    """Works on ``shelf``. Each method may be repeated, by this process or by the next one.

    After an OSError the shelf may or may not have changed: only a new process knows.

    Raises `SignerKeyWrong` and `SignerDamaged`, then nothing on the shelf is touched; and OSError.
    """

    def __init__(self, shelf: Shelf, wrapping: Wrapping) -> None:
        self._shelf = shelf
        self._wrapping = wrapping
        self._loaded: dict[int, list[SigningKey]] = {}
        self._journal = self._read_journal() or self._write_journal(Journal())
        for name in self._key_files():
            if name not in map(_file, self._journal.made):
                shelf.remove(name)

    def make(self, epoch: int, rounds: int) -> list[bytes]:
        """The public keys of ``epoch``, in canonical form. New only for an epoch after all others.

        Raises `KeysDestroyed`, `KeysNeverMade` and `RoundsDiffer`.
        """
        journal = self._journal
        if epoch not in journal.made:
            self._refuse_destroyed(epoch)
            if any(epoch < later for later in journal.made):
                raise KeysNeverMade
            keys = [SigningKey.generate() for _ in range(rounds)]
            content = msgspec.msgpack.encode([key.store() for key in keys])
            self._put(_file(epoch), content)
            made = Made(rounds, _digest_of_keys(keys))
            self._write_journal(replace(journal, made={**journal.made, epoch: made}))
            self._loaded[epoch] = keys
        if self._journal.made[epoch].rounds != rounds:
            raise RoundsDiffer
        return [key.public.encode() for key in self._keys(epoch)]

    def sign(self, epoch: int, round_: int, requests: Sequence[bytes]) -> list[bytes]:
        """The blind signatures of the batch, each checked; the journal knows it when this returns.

        Nothing is written before all are signed: a request that cannot be signed spends no round.

        Raises `OtherBatch`, `KeysDestroyed`, `KeysNeverMade`, and what `tokens.sign` raises.
        """
        made = self._made(epoch)
        if round_ >= made.rounds:
            raise KeysNeverMade
        key = self._keys(epoch)[round_]
        batch = _digest_of_batch(key, requests)
        if made.signed.get(round_, batch) != batch:
            raise OtherBatch
        signatures = [tokens.sign(key, request) for request in requests]
        if round_ not in made.signed:
            made = replace(made, signed={**made.signed, round_: batch})
            journal = self._journal
            self._write_journal(replace(journal, made={**journal.made, epoch: made}))
        return signatures

    def destroy(self, epoch: int) -> None:
        """Remove the keys up to ``epoch``. What is in memory goes when the process ends.

        Raises `KeysNeverMade` for an epoch after all that have keys.
        """
        journal = self._journal
        if journal.destroyed is not None and epoch <= journal.destroyed:
            return
        if not any(epoch <= known for known in journal.made):
            raise KeysNeverMade
        left = {known: made for known, made in journal.made.items() if known > epoch}
        self._write_journal(Journal(epoch, left))
        for known in journal.made.keys() - left.keys():
            self._loaded.pop(known, None)
            self._shelf.remove(_file(known))

    def held(self) -> Held:
        """What the journal says."""
        made = sorted(self._journal.made)
        signed = [
            (epoch, round_) for epoch in made for round_ in sorted(self._journal.made[epoch].signed)
        ]
        return Held(self._journal.destroyed, made, signed)

    def _made(self, epoch: int) -> Made:
        self._refuse_destroyed(epoch)
        try:
            return self._journal.made[epoch]
        except KeyError:
            raise KeysNeverMade from None

    def _refuse_destroyed(self, epoch: int) -> None:
        if self._journal.destroyed is not None and epoch <= self._journal.destroyed:
            raise KeysDestroyed

    def _keys(self, epoch: int) -> list[SigningKey]:
        if epoch not in self._loaded:
            self._loaded[epoch] = self._read_keys(epoch)
        return self._loaded[epoch]

    def _read_keys(self, epoch: int) -> list[SigningKey]:
        data = self._shelf.get(_file(epoch))
        if data is None:
            raise SignerDamaged
        content = self._wrapping.unwrap(_file(epoch), data)
        try:
            keys = [
                SigningKey.load(key) for key in msgspec.msgpack.decode(content, type=list[bytes])
            ]
        except (BadKey, msgspec.MsgspecError):
            raise SignerDamaged from None
        if _digest_of_keys(keys) != self._journal.made[epoch].public:
            raise SignerDamaged
        return keys

    def _read_journal(self) -> Journal | None:
        data = self._shelf.get(JOURNAL)
        if data is None:
            if self._key_files():
                raise SignerDamaged
            return None
        try:
            return msgspec.msgpack.decode(self._wrapping.unwrap(JOURNAL, data), type=Journal)
        except msgspec.MsgspecError:
            raise SignerDamaged from None

    def _write_journal(self, journal: Journal) -> Journal:
        self._put(JOURNAL, msgspec.msgpack.encode(journal))
        self._journal = journal
        return journal

    def _put(self, name: str, content: bytes) -> None:
        self._shelf.put(name, self._wrapping.wrap(name, content))

    def _key_files(self) -> list[str]:
        return [name for name in self._shelf.names() if name.startswith(KEYS)]


def _file(epoch: int) -> str:
    return f"{KEYS}{epoch}"


def _digest_of_keys(keys: Sequence[SigningKey]) -> bytes:
    return hashlib.sha256(b"".join(key.public.encode() for key in keys)).digest()


def _digest_of_batch(key: SigningKey, requests: Sequence[bytes]) -> bytes:
    """Of the requests in their order. The key stands for circle, epoch and round."""
    return hashlib.sha256(key.public.id + msgspec.msgpack.encode(list(requests))).digest()
