"""Real homeservers for tests, with a line that says why nothing happens for a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from peerroom.host.homeserver import Homeserver
from peerroom.host.settings import Limits


@contextmanager
def running(request: pytest.FixtureRequest, folder: Path, limits: Limits) -> Iterator[Homeserver]:
    """A homeserver in ``folder`` for the length of the block."""
    say = teller(request.config)
    say(f"\nstarting the homeserver ({limits} limits)… ")
    server = Homeserver.start(folder, limits=limits, on_progress=lambda s: say(f"{s:.0f} s "))
    say("ready\n")
    try:
        yield server
    finally:
        server.stop()


def teller(config: pytest.Config) -> Callable[[str], None]:
    """Writes to the terminal past pytest's capture; in an xdist worker too (standard error)."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(words: str) -> None:
        if capture is None:
            print(words, end="", file=sys.stderr, flush=True)
            return
        with capture.global_and_fixture_disabled():
            print(words, end="", file=sys.stderr, flush=True)

    return say
