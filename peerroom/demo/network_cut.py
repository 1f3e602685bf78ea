"""``peerroom help-now`` where there is no network, and the proof that there is none."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from functools import cache
from typing import Final

_HELP: Final = "sys.argv[:] = ['peerroom', 'help-now', *sys.argv[2:]]; main()"

_IN_NAMESPACE: Final = f"""
import socket, sys
if socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0:
    sys.exit("the network is still there")
from peerroom.cli import main
{_HELP}
"""
"""The homeserver listens on the port that comes first; from in here it must be out of reach."""

_GUARDED: Final = f"""
import sys
def guard(event, arguments):
    if event.startswith("socket."):
        raise OSError("no network in here")
sys.addaudithook(guard)
from peerroom.cli import main
{_HELP}
"""


@cache
def namespaces_allowed() -> bool:
    """Whether this machine lets us start a process in a network namespace of its own (Linux)."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)  # noqa: S607
    return tried.returncode == 0


async def help_now(port: int, *arguments: str) -> tuple[int, str]:
    """The exit code of ``peerroom help-now`` without a network, and what it printed.

    In a network namespace of its own, from where even this machine's ``port`` cannot be reached
    (checked from inside). Where that is not allowed: in a process in which every use of a socket
    fails.
    """
    inside = ["unshare", "-rn", sys.executable, "-c", _IN_NAMESPACE]
    guarded = [sys.executable, "-c", _GUARDED]
    process = await asyncio.create_subprocess_exec(
        *(inside if namespaces_allowed() else guarded),
        str(port),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")
