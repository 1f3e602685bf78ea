"""Run one command that cannot outlive whoever asked for it.

Started as a program by `peerroom.host.child`; it loads little more than the standard library. Its
standard input is a lifeline: a pipe that nobody writes to. When the owner closes it, or dies in
whatever way (``kill -9`` included), the read ends, the command is stopped and, if asked for, its
folder is removed. A pipe rather than Linux's ``PR_SET_PDEATHSIG`` alone, because that signal fires
when the *thread* that started the child ends, and because macOS has no such thing. It guards the
second link, from here to the command, in case this process itself is killed.

Usage: ``-m peerroom.host.supervise [--remove FOLDER] -- COMMAND ...``
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from peerroom.kernel import die_with

GRACE = 3.0
"""Seconds between asking the command to end and ending it."""


def end(child: subprocess.Popen[bytes]) -> None:
    """Stop ``child`` politely, then for certain."""
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


def watch_lifeline(child: subprocess.Popen[bytes]) -> None:
    """Return only after the owner let go of the pipe and ``child`` was told to end."""
    while os.read(sys.stdin.fileno(), 64):
        pass
    end(child)


def remove(folder: str) -> None:
    """Delete ``folder``, again if someone who is just ending still wrote into it."""
    until = time.monotonic() + GRACE
    while os.path.lexists(folder) and time.monotonic() < until:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)


def main(argv: list[str]) -> int:
    """The exit code of the command; negative signal numbers become 128 + n as in a shell."""
    split = argv.index("--")
    options, command = argv[:split], argv[split + 1 :]
    os.umask(0o077)
    own = os.getpid()
    child = subprocess.Popen(  # noqa: S603 - the command comes from our own code
        command, stdin=subprocess.DEVNULL, preexec_fn=lambda: die_with(own)
    )
    signal.signal(signal.SIGTERM, lambda _signal, _frame: child.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch_lifeline, args=(child,), daemon=True).start()
    code = child.wait()
    if options:
        remove(options[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
