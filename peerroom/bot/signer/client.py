"""The bot's side of the pipe to the signer: starts the process, asks, starts it anew if it dies."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from peerroom.bot.signer.errors import BY_NAME, SignerDied, SignerSilent
from peerroom.bot.signer.frames import (
    REPLIES,
    Ask,
    Destroy,
    Done,
    Held,
    Hello,
    Make,
    Refused,
    Request,
    Sign,
    pack,
)
from peerroom.bot.signer.life import COMMAND, Died, Life
from peerroom.pseudonym.tokens import Scope

LIMIT: Final = 60.0
"""Seconds for one request: making three keys takes about one, signing for 200 members half of one;
a process that takes over a folder waits up to five for the one before to end."""
LIVES: Final = 2
"""How many processes may die of one request before it is given up."""


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

    def __init__(self, hello: Hello, command: Sequence[str], limit: float) -> None:
        self._hello = hello
        self._command = command
        self._limit = limit
        self._turn = asyncio.Lock()
        self._life: Life | None = None
        self._closed = False

    @classmethod
    async def start(
        cls,
        folder: Path | None,
        key: bytes,
        lineage: bytes,
        *,
        command: Sequence[str] = COMMAND,
        limit: float = LIMIT,
    ) -> Self:
        """Start the process for the circle ``lineage`` (16 bytes).

        ``folder`` (0700) keeps the round keys, encrypted under ``key`` (32 bytes); with None they
        are in memory alone, and end with this object. A request may take ``limit`` seconds.

        Raises `SignerKeyWrong`, `SignerDamaged`, `SignerBusy`, `SignerDiskFailed`, `SignerDied`,
        `SignerSilent` and `peerroom.pseudonym.token_errors.SelfTestFailed`.
        """
        where = _spelled(folder)
        hello = Hello(key=key, lineage=lineage, parent=os.getpid(), folder=where, kept={})
        signer = cls(hello, command, limit)
        await signer.status()
        return signer

    async def make(self, epoch: int, rounds: int = 3) -> list[bytes]:
        """The public keys (388 bytes each) of ``epoch``, one a round; the same each time.

        Raises `KeysDestroyed`, `KeysNeverMade` for an epoch before one that has keys, and
        `RoundsDiffer`; and what `start` raises.
        """
        Scope(self._hello.lineage, epoch, rounds - 1)
        return await self._done(Make(epoch, rounds), rounds)

    async def sign(self, epoch: int, round_: int, requests: Sequence[bytes]) -> list[bytes]:
        """The blind signatures (384 bytes each) of the one batch of this round.

        The same requests in the same order give the same signatures, at any time before `destroy`.

        Raises `OtherBatch`, `KeysDestroyed`, `KeysNeverMade`; `RequestMalformed`,
        `RequestOutOfRange` and `SigningFailed` of `token_errors`, after which nothing was signed;
        and what `start` raises.
        """
        Scope(self._hello.lineage, epoch, round_)
        return await self._done(Sign(epoch, round_, list(requests)), len(requests))

    async def destroy(self, epoch: int) -> None:
        """End the keys of ``epoch`` and of every epoch before it, for ever; may be repeated.

        When it returns, the process that had them in memory has ended.

        Raises `KeysNeverMade` for an epoch after the last one that has keys; what `start` raises.
        """
        Scope(self._hello.lineage, epoch, 0)
        await self._done(Destroy(epoch), 0)

    async def status(self) -> Status:
        """What the signer holds now. Raises what `start` raises."""
        reply = await self._ask(Ask())
        if not isinstance(reply, Held):
            raise SignerDied
        return Status(reply.destroyed, tuple(reply.made), tuple(reply.signed))

    async def close(self) -> None:
        """End the process and wait until it has ended. Nothing can be asked any more."""
        async with self._turn:
            self._closed = True
            life, self._life = self._life, None
            if life is not None:
                await life.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _done(self, request: Request, values: int) -> list[bytes]:
        reply = await self._ask(request)
        if not isinstance(reply, Done) or len(reply.values) != values:
            raise SignerDied
        return reply.values

    async def _ask(self, request: Request) -> Done | Held:
        """The answer to ``request``, from the process that runs or from a new one."""
        async with self._turn:
            if self._closed:
                raise ValueError("the signer is closed")
            for _ in range(LIVES):
                try:
                    async with asyncio.timeout(self._limit):
                        life = self._life or await self._begin()
                        return await self._exchange(life, request)
                except TimeoutError:
                    raise SignerSilent from None
                except Died:
                    continue
            raise SignerDied

    async def _begin(self) -> Life:
        life = self._life = await Life.begin(self._command)
        await self._exchange(life, self._hello)
        return life

    async def _exchange(self, life: Life, frame: Hello | Request) -> Done | Held:
        """One question and its answer. Whatever else happens ends the process, because what it says
        next would be the answer to another question."""
        data = pack(frame)
        try:
            reply = REPLIES.decode(await life.exchange(data))
        except (Died, msgspec.DecodeError) as error:
            self._life = None
            await life.end()  # by itself, if it has something to say about it on the way
            raise Died from error
        except asyncio.CancelledError:  # by who asked, or by the time limit
            self._life = None
            await life.kill()
            raise
        if isinstance(reply, Done):
            self._keep(reply.kept)
        if reply.ends:
            self._life = None
            await life.end()
        if isinstance(reply, Refused):
            raise BY_NAME.get(reply.error, SignerDied)
        return reply

    def _keep(self, changes: dict[str, bytes | None]) -> None:
        """Remember for the next process what the last one had no folder for."""
        kept = {**self._hello.kept, **changes}
        left = {name: content for name, content in kept.items() if content is not None}
        self._hello = msgspec.structs.replace(self._hello, kept=left)


def _spelled(folder: Path | None) -> bytes | None:
    """The folder for another process, whatever becomes of our working directory."""
    return None if folder is None else os.fsencode(folder.absolute())
