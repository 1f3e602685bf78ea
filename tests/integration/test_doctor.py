"""``peerroom doctor`` against a real server, and what it says of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.circle import CLOCK, RANDOM, Circle
from support.clock import FrozenClock
from support.dialogue import Key, dialogue
from support.plain_process import Process

from peerroom.client import doctor
from peerroom.host.homeserver import Homeserver
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault

PASSPHRASE = "a few words"


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def admitted(circle: Circle) -> Account:
    with Vault.ephemeral() as vault:
        await circle.admit(vault)
        account = vault.accounts.current()
        assert account is not None
        return account


async def test_a_server_that_is_well(homeserver: Homeserver) -> None:
    checks = await doctor.server(homeserver.base_url, proxy=None, clock=CLOCK, random=RANDOM)
    assert [(check.name, check.state) for check in checks] == [("Server", "ok"), ("Clock", "ok")]


async def test_a_clock_that_is_wrong_is_noticed(homeserver: Homeserver) -> None:
    clock = FrozenClock(CLOCK.now() - timedelta(minutes=42))
    _server, found = await doctor.server(
        homeserver.base_url, proxy=None, clock=clock, random=RANDOM
    )
    assert (found.state, found.found) == ("attention", "42 minutes away from the server's")
    assert found.next_step == "Set this computer's clock."


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9", "The server is not taking connections right now."),
        ("nonsense", "This is not a server address."),
        ("http://example.org", "This server address is not encrypted"),
    ],
)
async def test_a_server_that_is_not(address: str, words: str) -> None:
    (check,) = await doctor.server(address, proxy=None, clock=CLOCK, random=RANDOM)
    assert check.state == "attention" and check.found.startswith(words) and check.next_step


async def test_the_identity_is_ours_and_signs_this_device(circle: Circle) -> None:
    account = await admitted(circle)
    ask = doctor.identity
    good = await ask(account, proxy=None, clock=CLOCK, random=RANDOM)
    assert good.state == "ok"

    other = replace(account, cross_signing=bytes(96))
    swapped = await ask(other, proxy=None, clock=CLOCK, random=RANDOM)
    assert swapped.found == "the server shows another one than yours"

    elsewhere = replace(account, device_id="NOTHERE")
    unsigned = await ask(elsewhere, proxy=None, clock=CLOCK, random=RANDOM)
    assert unsigned.found == "this device is not signed by it"

    nothing = replace(account, cross_signing=None)
    missing = await ask(nothing, proxy=None, clock=CLOCK, random=RANDOM)
    assert missing.found == "not made yet"

    expired = replace(account, access_token="spent")
    ended = await ask(expired, proxy=None, clock=CLOCK, random=RANDOM)
    assert ended.state == "attention" and "ended this session" in ended.found


async def test_without_an_account_nothing_touches_the_network(tmp_path: Path) -> None:
    process = await Process.start("doctor", data=tmp_path / "data", stdin=b"")
    assert await process.ends() == 0
    assert process.said[0] == "Nothing here touches the network."
    assert any(line.startswith("✓ Encrypted storage: SQLCipher 4.") for line in process.said)


async def test_a_server_can_be_named(homeserver: Homeserver, tmp_path: Path) -> None:
    process = await Process.start(
        "doctor", "--server", homeserver.base_url, data=tmp_path / "data", stdin=b""
    )
    assert await process.ends() == 0
    assert "✓ Server: 127.0.0.1 answers" in process.said


async def test_the_account_is_checked_with_the_passphrase(circle: Circle, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Vault.create(folder, PASSPHRASE) as vault:
        await circle.admit(vault)
    code, said = await dialogue(["doctor"], folder, [("Passphrase of your vault:", PASSPHRASE)])
    assert code == 0, said
    assert "✓ Encryption identity: yours, and this device is signed by it" in said
    code, said = await dialogue(["doctor"], folder, [("Passphrase of your vault:", "")])
    assert code == 0 and "Nothing here touches the network." in said


async def test_files_that_others_may_read_are_an_alarm(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Vault.create(folder, PASSPHRASE).close()
    assert doctor.vault(folder).state == "ok"
    (folder / "vault.key").chmod(0o644)
    check = doctor.vault(folder)
    assert check.state == "attention" and "chmod" in check.next_step


async def test_the_panic_keys_can_be_tried(tmp_path: Path) -> None:
    code, said = await dialogue(
        ["doctor", "--keys", "--offline"],
        tmp_path / "data",
        [("Press F1 now", Key("\x1bOP")), ("Press CTRL+T now", Key("x"))],
    )
    assert "✓ Panic key F1: arrives" in said
    assert "! Panic key CTRL+T: something else arrived" in said
    assert code == 1
    process = await Process.start("doctor", "--keys", data=tmp_path / "data", stdin=b"")
    assert await process.ends() == 1
    assert process.said[-1].startswith("The keys can only be tried in a terminal.")


@pytest.mark.parametrize(
    ("pressed", "key", "is_it"),
    [
        (b"\x1bOP", "f1", True),
        (b"\x1b[11~", "f1", True),
        (b"\x1b[[A", "f1", True),
        (b"\x1b", "f1", False),
        (b"", "f1", False),
        (b"\x14", "ctrl+t", True),
        (b"\x1b[116;5u", "ctrl+t", True),
        (b"t", "ctrl+t", False),
        (b"\x1b[24~", "f12", True),
        (b"\x1b", "f12", False),
    ],
)
def test_what_a_terminal_sends(pressed: bytes, key: str, is_it: bool) -> None:
    assert doctor.is_key(pressed, key) is is_it


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TERM": "xterm-256color"}, "F1 and CTRL+T should arrive"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "may keep F1 for itself"),
        ({"TERM": "dumb"}, "no full terminal"),
        ({}, "no full terminal"),
    ],
)
def test_what_the_environment_says(environ: dict[str, str], words: str) -> None:
    check = doctor.terminal(environ, "ctrl+t")
    assert check.state == "unknown" and words in check.found and check.next_step


def test_the_library_really_encrypts() -> None:
    assert doctor.sqlcipher().state == "ok"
    assert doctor.python().state == "ok"
    assert asyncio.iscoroutinefunction(doctor.server)
