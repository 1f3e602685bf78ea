"""The signing process, ended by SIGKILL before its first, second, third … step.

    python -I -B dying_signer.py STEP FUSE LOG

A step is something done to a file of its folder, an fsync, or a reply. It dies before step number
STEP, once: only if the file FUSE is there, which it takes away first. Then its steps go to the file
LOG, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from peerroom.bot.signer import process
from peerroom.bot.signer.frames import Reply

CHANGES = {"os.rename", "os.remove", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR


@dataclass
class Countdown:
    """Writes down every step, and ends the process when its turn has come."""

    left: int
    log: Path
    taken: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        if len(self.taken) == self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.taken.append(name)
        self.log.write_text("".join(f"{taken}\n" for taken in self.taken))

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if (opens or event in CHANGES) and isinstance(arguments[0], str | os.PathLike):
            path = Path(arguments[0])
            if path != self.log:
                self.step(f"{event.removeprefix('os.')} {path.name}")


def arm(countdown: Countdown) -> None:
    """Have everything counted from here on."""
    fsync, write = os.fsync, process._write

    def counted_fsync(descriptor: int) -> None:
        countdown.step("fsync")
        fsync(descriptor)

    def counted_write(pipe: BinaryIO, reply: Reply) -> None:
        countdown.step("reply")
        write(pipe, reply)
        countdown.step("replied")

    os.fsync = counted_fsync
    process._write = counted_write
    sys.addaudithook(countdown.audit)


def main() -> None:
    step, fuse, log = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    if fuse.exists():
        fuse.unlink()
        log.write_text("")
        arm(Countdown(step, log))
    process.main()


if __name__ == "__main__":
    main()
