"""``peerroom demo`` as a newcomer runs it: a process of its own, told only by what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import descendants, gone, is_signer

from peerroom.demo.errors import WorldDidNotStart
from peerroom.demo.world_process import WorldProcess

STEPS = [
    "server up",
    "bot up",
    "room encrypted",
    "member joined by invite link",
    "device cross-signed, chain verified from the server's view",
    "message sent, and decrypted on the other side",
    "own message deleted",
    "help-now shown with",
    "restart from the vault with history",
    "a raid: the room closed by itself, and was opened again",
    "an offer that harms people held, its author told in private",
    "a newcomer's link held, and released by a moderator",
    "words of distress left where they are, and answered by a human",
    "a report became a case, a decision, and the decision was taken back",
    "the bot restarted halfway: nothing lost, nothing doubled",
    "names begin to change, by a signed record",
    "members asked for new names",
    "someone banned before the cut-off",
    "cut-off, and one public ledger of tokens; the banned one declined",
    "ban in the window: that round void, the next one without the banned one",
    "tampered token refused",
    "tokens redeemed by new accounts",
    "second use of a token refused",
    "everyone switched: new room, new accounts, new names, nobody lost",
    "the banned ones are not back",
    "someone who was away came back with an unused token",
    "the talk goes on, and the old names' history stays",
]


def demo(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """The demo with an empty home folder, and its world below ``tmp_path``."""
    (tmp_path / "home").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.Popen(
        [Path(sys.executable).with_name("peerroom"), "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kept | {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
    )


def left(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.iterdir() if path.name != "home"]


@pytest.mark.timeout(400)
def test_every_step_of_the_script_happens(tmp_path: Path) -> None:
    """Once: most of it is a minute in which windows open and close."""
    with demo(tmp_path, "--json", "--lang", "ja") as process:
        printed, complaints = process.communicate(timeout=300)
    told = [json.loads(line) for line in printed.splitlines()]
    assert [step for step in told if not step["ok"]] == [], complaints
    assert len(told) == len(STEPS), complaints
    for step, name in zip(told, STEPS, strict=True):
        assert set(step) == {"step", "ok", "seconds"}
        assert step["step"].startswith(name)
        assert step["seconds"] >= 0
    assert process.returncode == 0
    assert left(tmp_path) == []
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_kill_9_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path, "--script", "--lang", "en") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        steps = 0
        for line in process.stdout:
            assert line.startswith("✓"), line
            steps += 1
            if "names begin to change" in line:
                break
        assert steps == STEPS.index("names begin to change, by a signed record") + 1
        started = descendants(process.pid)
        assert len(started) == 3  # Synapse and its supervisor, and the bot's signer
        assert sum(is_signer(pid) for pid in started) == 1
        process.kill()
        assert [pid for pid in started if not gone(pid)] == []
    assert left(tmp_path) == []


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        printed, complaints = process.communicate(timeout=30)
    assert process.returncode != 0
    assert printed == ""
    assert "peerroom demo --script" in complaints
    assert left(tmp_path) == []


def test_a_world_that_breaks_says_so_and_is_gone(tmp_path: Path) -> None:
    """Where the server's folder should be, there is a file."""
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "server").touch()
    with pytest.raises(WorldDidNotStart) as error:
        WorldProcess.start(folder, lambda words: None)
    assert error.value.sentence() == "The demo's world stopped (FileExistsError)."
    assert not folder.exists()
