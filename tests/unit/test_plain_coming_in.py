"""An invite that is no use: asked for again in a terminal, where the next line is a secret too."""

from __future__ import annotations

import io
import os
import pty
from datetime import UTC

import pytest

from peerroom.cli.faces import NoInvite, come_in
from peerroom.config import Config
from peerroom.plain.asking import Asker
from peerroom.plain.lines import Lines
from peerroom.plain.voice import Voice
from peerroom.store.vault import Vault
from peerroom.wire.invite import BadInvite

QUESTION = "Paste your invite (it starts with peerroom:join/):"


def asker_at(fd: int) -> tuple[Asker, io.StringIO]:
    out = io.StringIO()
    return Asker(Lines(fd), Voice(out, UTC), help_now=list), out


def test_in_a_terminal_a_damaged_invite_is_asked_for_again() -> None:
    person, program = pty.openpty()
    asker, out = asker_at(program)
    os.write(person, b"https://example.org\npeerroom:join/AQBkl\n\n")
    with Vault.ephemeral() as vault, pytest.raises(NoInvite):
        come_in(vault, Config(), asker)
    os.close(person)
    os.close(program)
    said = out.getvalue().splitlines()
    assert said[0] == said[2] == said[4] == QUESTION
    assert said[1].startswith("-- This is not a PeerRoom invite.")
    assert said[3].startswith("-- The end of this invite is missing.")


def test_a_pipe_is_told_at_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"https://example.org\nhello\n")
    os.close(writing)
    asker, out = asker_at(reading)
    with Vault.ephemeral() as vault, pytest.raises(BadInvite):
        come_in(vault, Config(), asker)
    assert asker.lines.next() == "hello"
    os.close(reading)
    assert out.getvalue().splitlines() == [QUESTION]
