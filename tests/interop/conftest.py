"""Fixtures for tests against a client that nobody here wrote."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from support.js_peer import FOLDER, NODE, NPM
from support.servers import teller


@pytest.fixture(scope="session")
def js_sdk(request: pytest.FixtureRequest) -> Path:
    """``node_modules`` as the lock has it, installed once and kept until the lock changes."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    installed = FOLDER / "node_modules"
    stamp = installed / ".peerroom-lock"
    with _alone(FOLDER / "package-lock.json"):
        if not stamp.exists() or stamp.read_text() != lock:
            say = teller(request.config)
            say("\ninstalling matrix-js-sdk (once)… ")
            subprocess.run([NODE, NPM, "ci", "--silent"], cwd=FOLDER, check=True)
            stamp.write_text(lock)
            say("ready\n")
    return installed


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open() as file:
        flock(file, LOCK_EX)
        yield
