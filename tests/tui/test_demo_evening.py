"""``peerroom demo`` at a real terminal: it lives, it answers, and it ends with whoever leaves."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.processes import descendants, gone, is_signer

from peerroom.demo.talk import Talk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

PATIENCE = 180


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[pexpect.spawn]:
    """The demo with an empty home folder, painted."""
    (tmp_path / "home").mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    child = pexpect.spawn(
        str(Path(sys.executable).with_name("peerroom")),
        ["demo", "--lang", "en"],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"} | places,
        dimensions=(30, 120),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    try:
        child.expect_exact("Write a message")
        yield child
    finally:
        child.close(force=True)


def beginning(text: str) -> str:
    """The first words: they stand on one line however the rest is wrapped."""
    return " ".join(text.split()[:3])


def test_it_lives_and_answers_and_leaving_ends_it(terminal: pexpect.spawn, tmp_path: Path) -> None:
    talk = Talk.load("en")
    for _speaker, text in talk.welcome:
        terminal.expect_exact(beginning(text))
    terminal.send("Hello there\r")
    terminal.expect([re.escape(beginning(reply)) for reply in talk.replies])
    started = descendants(terminal.pid)
    assert len(started) >= 5  # the world and Synapse, each with its supervisor, and the signer
    assert sum(is_signer(pid) for pid in started) == 1
    terminal.send("\x11\x11")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 0
    assert [pid for pid in started if not gone(pid)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_kill_9_of_the_client_leaves_nothing(terminal: pexpect.spawn, tmp_path: Path) -> None:
    started = descendants(terminal.pid)
    assert len(started) >= 5
    assert sum(is_signer(pid) for pid in started) == 1
    os.kill(terminal.pid, signal.SIGKILL)
    assert [pid for pid in started if not gone(pid)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
