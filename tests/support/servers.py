"""Real homeservers for tests, with a line that says why nothing happens for a moment."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.faults import FaultyServer

from peerroom.host.errors import AdminRequestFailed
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import NewAccount
from peerroom.host.settings import Limits

BOTS = tuple(f"bot-{number}" for number in range(1, 100))
"""Localparts for the bots of one session on a server with a doorkeeper, which must know them."""


@contextmanager
def running(
    request: pytest.FixtureRequest, folder: Path, limits: Limits, *, circle: bool = False
) -> Iterator[Homeserver]:
    """A homeserver in ``folder`` for the length of the block; with ``circle`` as a host of circles
    runs it: with the doorkeeper, and behind a proxy."""
    say = teller(request.config)
    say(f"\nstarting the homeserver ({limits} limits)… ")
    server = Homeserver.start(
        folder,
        limits=limits,
        bots=BOTS if circle else (),
        forwarded=circle,
        # No limit of Synapse's, only 0.3 s of work for each account that a test makes.
        overrides={"bcrypt_rounds": 4} if circle else None,
        on_progress=lambda s: say(f"{s:.0f} s "),
    )
    say("ready\n")
    try:
        yield server
    finally:
        server.stop()


def bot_account(server: Homeserver, *, admin: bool = True, login: bool = False) -> NewAccount:
    """A new account for a bot: the next of the server's ``bots``, if it has any."""
    if not server.bots:
        return server.register(f"bot{uuid.uuid4().hex[:8]}", admin=admin, login=login)
    for name in server.bots:
        try:
            return server.register(name, admin=admin, login=login)
        except AdminRequestFailed as error:
            if error.fields["code"] != "M_USER_IN_USE":
                raise
    raise AssertionError("every bot has an account")


def own_address(server: Homeserver, number: int) -> FaultyServer:
    """A way to ``server`` (an async context; ``.url``) on which everyone comes from the same
    address, 10.x.y.z of ``number``; requests that came are in ``.seen``."""
    high, low = divmod(number, 65536)
    return FaultyServer(server.base_url, address=f"10.{high}.{low // 256}.{low % 256}")


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
