"""``peerroom chat --plain`` and its neighbours as real processes against a real server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.circle import Circle, until
from support.patience import PATIENCE
from support.plain_process import Process
from support.terminals import Terminal

from peerroom.client.session import Client
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def home(circle: Circle, tmp_path: Path) -> tuple[Path, bytes]:
    """A vault folder with an account in the room, and its key."""
    folder = tmp_path / "data"
    with Vault.create(folder, "a few words") as vault:
        await circle.admit(vault)
        return folder, vault.data_key


async def test_talking_in_lines(circle: Circle, home: tuple[Path, bytes]) -> None:
    folder, key = home
    otter = await circle.guest()
    process = await Process.start("chat", "--plain", data=folder, key=key)
    await process.hears("-- “Kitchen table”")
    await process.hears("-- Connected.")
    process.type("good evening")
    await otter.sees("good evening")
    assert (await process.hears("you: good evening"))[2] == ":"

    otter.say("hello\nand \x1b]0;owned\x07welcome\u202e")
    said = await process.hears("hello / and")
    assert "welcome" in said
    assert not any(mark in said for mark in "\x1b\x07\u202e")

    process.type("/delete last")
    await process.hears("-- Deleted here")
    await until(otter.client, lambda: "good evening" not in otter.bodies())
    process.type("/help-now")
    await process.hears("999")
    process.type("/quit")
    assert await process.ends() == 0


async def test_a_pipe_is_sent_to_the_end(circle: Circle, home: tuple[Path, bytes]) -> None:
    folder, key = home
    otter = await circle.guest()
    lines = [f"piped {number}" for number in range(10)]
    process = await Process.start(
        "chat", "--plain", data=folder, key=key, stdin="\n".join(lines).encode()
    )
    assert await process.ends() == 0
    await otter.sees("piped 9")
    assert otter.bodies() == lines


async def test_joining_by_a_piped_link_and_the_door_stays_shut_for_the_next(
    circle: Circle, tmp_path: Path
) -> None:
    link = (await circle.invite()).encode()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        Vault.create(tmp_path / name / "data", "a few words").close()
    broken = f"{link[:40]}\n {link[40:]}\n".encode()

    data = tmp_path / "first" / "data"
    with Vault.open(data, "a few words") as vault:
        key = vault.data_key
    process = await Process.start("join", data=data, key=key, stdin=broken)
    assert await process.ends() == 0, process.said
    assert process.said[-1].startswith("-- You are in, as ")
    assert link not in "".join(process.said)

    data = tmp_path / "second" / "data"
    with Vault.open(data, "a few words") as vault:
        key = vault.data_key
    process = await Process.start("join", link, data=data, key=key)
    assert await process.ends() == 1
    assert process.said[0].startswith("-- An invite is a secret")
    assert "This invite was already used, or it has expired." in process.said[-1]
    assert "Traceback" not in "".join(process.said)


async def test_joining_survives_being_killed_at_every_step(circle: Circle, tmp_path: Path) -> None:
    link = (await circle.invite()).encode().encode()
    data = tmp_path / "data"
    with Vault.create(data, "a few words") as vault:
        key = vault.data_key
    steps = ("Looking", "Making a name", "Making your", "Checking", "Knocking", "Waiting", "Going")
    for step in steps:
        process = await Process.start("join", data=data, key=key, stdin=link)
        await process.hears(f"-- {step}")
        await process.kill()
    process = await Process.start("join", data=data, key=key, stdin=link)
    assert await process.ends() == 0, process.said
    with Vault.open_with_key(data, key) as vault:
        assert len(vault.accounts.all()) == 1
        doors = [room for room in vault.rooms.all() if room.is_direct]
        assert len(doors) == 1
    guest = await circle.run(Vault.open_with_key(data, key))
    guest.say("made it")
    await until(guest.client, lambda: not guest.client.unsent())


async def test_in_a_terminal_a_used_invite_is_asked_for_again(
    circle: Circle, tmp_path: Path
) -> None:
    """Back in the shell, the next link pasted would stay in its history."""
    good = await circle.invite()
    used = replace(good, registration_token="used-up")
    (tmp_path / "config.toml").touch()
    environ = {"PEERROOM_DATA": str(tmp_path / "data"), "LANG": "C.UTF-8"}
    environ["PEERROOM_CONFIG"] = str(tmp_path / "config.toml")
    with Vault.create(tmp_path / "data", "a few words") as vault:
        key = vault.data_key
    reading, writing = os.pipe()
    os.write(writing, key)
    os.close(writing)
    words = [sys.executable, "-c", "from peerroom.cli import main; main()", "chat", "--plain"]
    words += ["--vault-key-fd", str(reading)]
    with Terminal(words, columns=200, environ=environ, inherit=[reading]) as terminal:
        os.close(reading)

        def paste(link: str, answer: str) -> None:
            terminal.send(f"{link}\n")
            terminal.wait_for(answer)

        await asyncio.to_thread(terminal.wait_for, "Paste your invite")
        await asyncio.to_thread(paste, used.encode(), "already used, or it has expired.")
        await asyncio.to_thread(paste, good.encode(), "-- You are in, as ")
        # Not its echo: what the room says meanwhile may stand in the middle of it.
        terminal.send("/quit\n")
        assert await asyncio.to_thread(terminal.wait_end) == 0


async def test_first_run_in_memory_from_a_pipe(circle: Circle, tmp_path: Path) -> None:
    otter = await circle.guest()
    link = (await circle.invite()).encode()
    answers = f"1\nJP\nyes\n{link}\nhello from a pipe\n".encode()
    data = tmp_path / "data"
    process = await Process.start("chat", "--plain", "--ephemeral", data=data, stdin=answers)
    assert await process.ends() == 0, process.said
    await otter.sees("hello from a pipe")
    assert not data.exists()


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://example.org", "This is not a PeerRoom invite."),
        ("peerroom:join/AQBkl", "The end of this invite is missing."),
    ],
)
async def test_a_bad_link_is_one_sentence(tmp_path: Path, link: str, words: str) -> None:
    process = await Process.start("join", data=tmp_path / "data", stdin=link.encode())
    assert await process.ends() == 1
    assert process.said == [process.said[0]] and process.said[0].startswith(words)


async def test_no_terminal_no_passphrase(home: tuple[Path, bytes]) -> None:
    process = await Process.start("chat", "--plain", data=home[0], stdin=b"")
    assert await process.ends() == 1
    assert "the input ended" in process.said[-1] or "passphrase" in process.said[-1].lower()


async def test_a_wrong_key_is_said_and_changes_nothing(home: tuple[Path, bytes]) -> None:
    before = {path: path.read_bytes() for path in home[0].rglob("*") if path.is_file()}
    process = await Process.start("chat", "--plain", data=home[0], key=bytes(32), stdin=b"")
    assert await process.ends() == 1
    assert "does not open this vault" in process.said[-1]
    assert {path: path.read_bytes() for path in home[0].rglob("*") if path.is_file()} == before


async def test_an_interactive_client_gets_a_yielding_agents_vault(
    circle: Circle, home: tuple[Path, bytes]
) -> None:
    folder, key = home
    vault = Vault.open_with_key(folder, key, yields=True)
    account = vault.accounts.current()
    assert account is not None
    from support.circle import CLOCK, RANDOM

    from peerroom.config import Config

    agent = Client(vault, account, config=Config(), clock=CLOCK, random=RANDOM)
    asked = asyncio.Event()
    agent.subscribe(lambda change: change.kind == "handed_over" and asked.set())
    await agent.start()
    process = await Process.start("chat", "--plain", data=folder, key=key)
    async with asyncio.timeout(PATIENCE):
        await asked.wait()
    await agent.stop()
    vault.close()
    await process.hears("-- Connected.")
    process.type("/quit")
    assert await process.ends() == 0
