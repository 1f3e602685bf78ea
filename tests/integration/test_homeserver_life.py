"""How a homeserver begins and ends: never without a word, never longer than its owner."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.processes import descendants, gone

from peerroom.host.child import STOP_LIMIT
from peerroom.host.errors import HomeserverDidNotStart, HomeserverSilent
from peerroom.host.homeserver import Homeserver

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

OWNER = """
import sys, pathlib
from peerroom.host.homeserver import Homeserver
folder = pathlib.Path(sys.argv[1])
server = Homeserver.start(folder / "server", limits="open", remove=folder)
print(server.base_url, flush=True)
sys.stdin.read()
server.stop()
"""


def owner(folder: Path, *prefix: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environ,
    )


def test_kill_9_of_the_owner_leaves_neither_server_nor_folder(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    with owner(folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        supervisor, server = descendants(process.pid)
        process.kill()
        assert gone(server)
        assert gone(supervisor)
    assert not folder.exists()


def test_kill_9_of_the_supervisor_takes_the_server_along(tmp_path: Path) -> None:
    with owner(tmp_path / "world") as process:
        assert process.stdout is not None
        process.stdout.readline()
        supervisor, server = descendants(process.pid)
        os.kill(supervisor, signal.SIGKILL)
        assert gone(server)


def test_it_needs_neither_a_home_nor_a_network(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    alone = [unshare, "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] if unshare else []
    if not alone or subprocess.run([*alone, "true"], check=False).returncode != 0:
        pytest.skip("this machine makes no network namespaces")
    with owner(tmp_path / "world", *alone, HOME=str(tmp_path / "nowhere")) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.communicate("")
    assert process.returncode == 0
    assert not (tmp_path / "world").exists()
    assert not (tmp_path / "nowhere").exists()


def test_it_comes_back_where_it_was(tmp_path: Path) -> None:
    with Homeserver.start(tmp_path / "server", limits="open") as server:
        account = server.register("alice", login=True)
        address = server.base_url
        server.stop()
        assert not server.running
        with pytest.raises(HomeserverSilent):
            server.api().call("GET", "/_matrix/client/versions")
        server.resume()
        assert server.base_url == address
        who = server.api(account.access_token).call("GET", "/_matrix/client/v3/account/whoami")
        assert who["user_id"] == account.user_id


def test_a_server_that_hangs_is_ended_in_time(tmp_path: Path) -> None:
    before = set(descendants(os.getpid()))
    with Homeserver.start(tmp_path / "server") as server:
        _, process = [pid for pid in descendants(os.getpid()) if pid not in before]
        os.kill(process, signal.SIGSTOP)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < STOP_LIMIT
        assert gone(process, within=0)


def test_a_server_that_cannot_start_says_why_and_is_gone(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    with pytest.raises(HomeserverDidNotStart) as error:
        Homeserver.start(tmp_path / "server", overrides={"server_name": "not\x1b a name"})
    words = error.value.sentence()
    assert "not a name" in words.replace("  ", " ") or "server_name" in words
    assert "\x1b" not in words
    assert descendants(os.getpid()) == before


def test_without_synapse_it_says_what_to_install(tmp_path: Path) -> None:
    """In a Python without site-packages, so that Synapse is truly missing."""
    script = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n{OWNER}"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "SynapseMissing: The homeserver is not installed here." in run.stderr
    assert "peerroom[host]" in run.stderr
