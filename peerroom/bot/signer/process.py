"""The signer as a process: reads requests from its standard input until the bot lets go of it.

    python -I -m peerroom.bot.signer.process

Apart from the bot, so that a mistake in what speaks with strangers does not lie in one memory with
the keys, and because only the end of a process surely empties its memory: after `Destroy` it ends.
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from peerroom.bot.signer.errors import BY_NAME, SignerDiskFailed
from peerroom.bot.signer.frames import (
    HEADER,
    HELLOS,
    REQUESTS,
    Ask,
    Destroy,
    Done,
    Hello,
    Make,
    Refused,
    Reply,
    Request,
    Sign,
    length,
    pack,
)
from peerroom.bot.signer.keeper import Keeper
from peerroom.bot.signer.shelf import FolderShelf, MemoryShelf, Wrapping
from peerroom.errors import PeerRoomError
from peerroom.kernel import die_with, keep_memory_private
from peerroom.pseudonym.blind_selftest import self_test


class _Signer:
    """What is held between requests, from `Hello` on."""

    def __init__(self, hello: Hello) -> None:
        self_test()
        self._memory = MemoryShelf(hello.kept)
        folder = hello.folder
        shelf = self._memory if folder is None else FolderShelf(Path(os.fsdecode(folder)))
        self._keeper = Keeper(shelf, Wrapping(hello.key, hello.lineage))

    def answer(self, request: Request) -> Reply:
        if isinstance(request, Ask):
            return self._keeper.held()
        if isinstance(request, Make):
            values = self._keeper.make(request.epoch, request.rounds)
        elif isinstance(request, Sign):
            values = self._keeper.sign(request.epoch, request.round, request.requests)
        else:
            values = []
            self._keeper.destroy(request.epoch)
        return Done(values=values, kept=self.changes(), ends=isinstance(request, Destroy))

    def changes(self) -> dict[str, bytes | None]:
        """What the bot is to keep, if there is no folder; once."""
        changes, self._memory.changes = self._memory.changes, {}
        return changes


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until ``requests`` ends, or until a reply was the last.

    Raises `msgspec.ValidationError` or ValueError for what the bot would not say.
    """
    data = _read(requests)
    if data is None:
        return
    hello = HELLOS.decode(data)
    die_with(hello.parent)
    try:
        signer = _Signer(hello)
    except (PeerRoomError, OSError) as error:
        _write(replies, _refusal(error, ends=True))
        return
    _write(replies, Done(values=[], kept=signer.changes()))
    while (data := _read(requests)) is not None:
        try:
            reply = signer.answer(REQUESTS.decode(data))
        except (PeerRoomError, OSError) as error:
            # After a failure of the disk only a new process knows what is on it.
            reply = _refusal(error, ends=isinstance(error, OSError))
        _write(replies, reply)
        if reply.ends:
            return


def main() -> None:
    """Speak over the pipes 0 and 1. What a library might print goes to 2, and is no reply."""
    sys.excepthook = _say_little
    keep_memory_private()
    os.umask(0o077)
    replies = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(replies, "wb") as pipe, suppress(BrokenPipeError):  # the bot is gone
        serve(sys.stdin.buffer, pipe)


def _read(pipe: BinaryIO) -> bytes | None:
    """The next frame; None when the bot let go of the pipe, in the middle of one or not."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    size = length(header)
    data = pipe.read(size)
    return data if len(data) == size else None


def _write(pipe: BinaryIO, reply: Reply) -> None:
    pipe.write(pack(reply))
    pipe.flush()


def _refusal(error: PeerRoomError | OSError, *, ends: bool) -> Refused:
    kind = SignerDiskFailed if isinstance(error, OSError) else type(error)
    if BY_NAME.get(kind.__name__) is not kind:
        raise error
    return Refused(error=kind.__name__, ends=ends)


def _say_little(
    kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    """What went wrong and where, without the values: there may be keys among them."""
    last = traceback.extract_tb(trace)[-1:]
    place = "".join(f" in {Path(step.filename).name}, line {step.lineno}" for step in last)
    sys.stderr.write(f"signer: {kind.__name__}{place}\n")


if __name__ == "__main__":
    main()
