"""The bot's side of the pipe to the signer: starts the process, asks, starts it anew if it dies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Status:
    """What the signer holds. ``destroyed`` is the last epoch whose keys are gone, if any."""

    destroyed: int | None
    made: tuple[int, ...]
    """Epochs with keys, ascending."""
    signed: tuple[tuple[int, int], ...]
    """(epoch, round) of every batch that was signed with them, ascending."""


class Signer:
    """Asks one at a time; every request may be repeated, so a death in between costs nothing."""

    @classmethod
    async def start(cls, folder: Path | None, key: bytes, lineage: bytes) -> Self:
        """Start the process for the circle ``lineage`` (16 bytes).

        ``folder`` (0700) keeps the round keys, encrypted under ``key`` (32 bytes); with None they
        are in memory alone, and end with this object.

        Raises `SignerKeyWrong`, `SignerDamaged`, `SignerBusy`, `SignerDiskFailed`, `SignerDied`,
        `SignerSilent` and `peerroom.pseudonym.token_errors.SelfTestFailed`.
        """
        raise NotImplementedError

    async def make(self, epoch: int, rounds: int = 3) -> list[bytes]:
        """The public keys (388 bytes each) of ``epoch``, one a round; the same each time.

        Raises `KeysDestroyed`, `KeysNeverMade` for an epoch before one that has keys, and
        `RoundsDiffer`; and what `start` raises.
        """
        raise NotImplementedError

    async def sign(self, epoch: int, round_: int, requests: Sequence[bytes]) -> list[bytes]:
        """The blind signatures (384 bytes each) of the one batch of this round.

        The same requests in the same order give the same signatures, at any time before `destroy`.

        Raises `OtherBatch`, `KeysDestroyed`, `KeysNeverMade`; `RequestMalformed`,
        `RequestOutOfRange` and `SigningFailed` of `token_errors`, after which nothing was signed;
        and what `start` raises.
        """
        raise NotImplementedError

    async def destroy(self, epoch: int) -> None:
        """End the keys of ``epoch`` and of every epoch before it, for ever; may be repeated.

        Raises `KeysNeverMade` for an epoch after the last one that has keys; what `start` raises.
        """
        raise NotImplementedError

    async def status(self) -> Status:
        """What the signer holds now."""
        raise NotImplementedError

    async def close(self) -> None:
        """End the process and wait until it has ended."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
