"""``peerroom`` as a real process, with the vault's key on an inherited descriptor."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from support.patience import PATIENCE


class Process:
    """A running command; its output is read line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    @classmethod
    async def start(
        cls,
        *arguments: str,
        data: Path,
        key: bytes | None = None,
        stdin: bytes | None = None,
        environ: Mapping[str, str] | None = None,
        errors: Path | None = None,
        umask: int = -1,
    ) -> Process:
        """``peerroom arguments`` with its data in ``data``; ``stdin`` is everything piped in, None
        leaves the pipe open. ``errors`` gets what would go between the lines, on stderr."""
        words = [sys.executable, "-c", "from peerroom.cli import main; main()", *arguments]
        inherited: Sequence[int] = ()
        if key is not None:
            reading, writing = os.pipe()
            os.write(writing, key)
            os.close(writing)
            inherited = (reading,)
            words += ["--vault-key-fd", str(reading)]
        outer = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PEERROOM", "LC_", "LANG"))
        }
        own = {
            "PEERROOM_DATA": str(data),
            "PEERROOM_CONFIG": str(data.parent / "config.toml"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        (data.parent / "config.toml").touch()
        stderr = None if errors is None else errors.open("ab")
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr or asyncio.subprocess.STDOUT,
            pass_fds=inherited,
            env=outer | own | dict(environ or {}),
            umask=umask,
            start_new_session=True,  # no terminal to ask for a passphrase
        )
        for descriptor in inherited:
            os.close(descriptor)
        if stderr is not None:
            stderr.close()
        running = cls(process)
        if stdin is not None:
            assert process.stdin is not None
            process.stdin.write(stdin)
            process.stdin.close()
        return running

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def hears(self, wanted: Callable[[str], bool] | str) -> str:
        """The next line that is, or holds, what is wanted."""
        found = (lambda line: wanted in line) if isinstance(wanted, str) else wanted
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                while line := (await self.process.stdout.readline()).decode():
                    self.said.append(line.rstrip("\n"))
                    if found(line):
                        return self.said[-1]
        except TimeoutError:
            pass
        raise AssertionError(f"not said: {wanted!r}; said: {self.said[-20:]}")

    async def ends(self) -> int:
        """Read the rest; the exit code."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            rest = (await self.process.stdout.read()).decode()
            self.said += rest.splitlines()
            return await self.process.wait()

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.ends()
