"""A command that asks questions, answered at a real terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from support.terminals import Terminal

Answers = Sequence[tuple[str, str]]


class Key(str):
    """An answer that is a key and not a line: no Enter after it."""

    __slots__ = ()


async def dialogue(
    arguments: Sequence[str], data: Path, answers: Answers = (), **environ: str
) -> tuple[int, str]:
    """Run ``peerroom arguments``, type each answer after its question; exit code and output."""
    return await asyncio.to_thread(_play, list(arguments), data, answers, environ)


def _play(
    arguments: list[str], data: Path, answers: Answers, environ: dict[str, str]
) -> tuple[int, str]:
    argv = [sys.executable, "-c", "from peerroom.cli import main; main()", *arguments]
    config = data.parent / "config.toml"
    config.touch()
    home = {"PEERROOM_DATA": str(data), "PEERROOM_CONFIG": str(config)} | environ
    with Terminal(argv, columns=200, environ=home) as terminal:
        seen = 0
        for question, answer in answers:
            wanted = question.encode()
            terminal.wait_until(partial(_asked, terminal, wanted, seen), question)
            seen = len(terminal.output)
            terminal.send(answer if isinstance(answer, Key) else answer + "\n")
        code = terminal.wait_end()
        return code, terminal.output.decode("utf-8", "replace")


def _asked(terminal: Terminal, question: bytes, after: int) -> bool:
    return terminal.output.find(question, after) >= 0
