"""What each door of the house loads, and what it must not: measured in fresh interpreters."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"textual", "rich", "nio", "aiohttp", "msgspec"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that ``statement`` brings into a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*sorted({{n.partition('.')[0] for n in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import peerroom.cli", HEAVY | {"sqlcipher3", "cryptography"}),
        ("import peerroom.bot.runtime", {"textual", "rich", "synapse", "twisted"}),
        ("import peerroom.plain", {"textual", "rich"}),
        ("import peerroom.client.session", {"textual", "rich", "nio", "aiohttp"}),
        ("import peerroom.client.timeline", {"textual", "nio", "aiohttp"}),
        ("import peerroom.store.vault", {"textual", "nio", "aiohttp", "cryptography"}),
        ("import peerroom.care.helplines", HEAVY | {"sqlcipher3"}),
        ("import peerroom.moderation.decide", {"textual", "nio", "aiohttp", "sqlcipher3"}),
        ("import peerroom.host.homeserver", {"synapse", "twisted", "nio", "textual"}),
    ],
)
def test_a_floor_loads_nothing_it_does_not_need(statement: str, never: set[str]) -> None:
    assert loaded_by(statement) & never == set()
