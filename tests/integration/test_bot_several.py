"""``peerroom bot run`` for two circles: one process, and no harm from one to the other."""

from __future__ import annotations

import asyncio
import shutil
import socket
import urllib.error
import urllib.request
from pathlib import Path

from support.bot_process import BotHome
from support.plain_process import Process

from peerroom.bot.safe import DO_NOT_RESTART
from peerroom.host.homeserver import Homeserver


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def health(port: int) -> tuple[int, list[str]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            return answer.status, answer.read().decode().splitlines()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode().splitlines()


def both(folder: Path, server: Homeserver, port: int) -> tuple[BotHome, BotHome]:
    """Two bots' settings side by side, and a main file that names them. The process is that of the
    first, who has the passwords of both in variables of their own."""
    kitchen = BotHome.make(folder / "kitchen", server)
    garden = BotHome.make(folder / "garden", server)
    for name, home in (("kitchen", kitchen), ("garden", garden)):
        shutil.copy(home.folder / "config.toml", kitchen.folder / f"{name}.toml")
    main = f'[bot]\ncircles = ["kitchen", "garden"]\nmetrics_port = {port}\n'
    (kitchen.folder / "config.toml").write_text(main)
    return kitchen, garden


async def start(kitchen: BotHome, garden: BotHome, *words: str, phrase: str = "") -> Process:
    environ = {
        "PEERROOM_BOT_PASSWORD_FILE": str(kitchen.secrets / "password"),
        "PEERROOM_BOT_PASSWORD_GARDEN_FILE": str(garden.secrets / "password"),
        "PEERROOM_BOT_PASSPHRASE": kitchen.passphrase,
        "PEERROOM_BOT_PASSPHRASE_GARDEN": phrase or garden.passphrase,
    }
    return await Process.start("bot", *words, data=kitchen.data, environ=environ, umask=0)


async def test_two_circles_in_one_process_and_one_of_them_fails(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    port = a_free_port()
    kitchen, garden = both(tmp_path, homeserver, port)
    process = await start(kitchen, garden, "run")
    for _each in range(2):
        await process.hears("at work")
    lines = [line for line in process.said if "at work" in line]
    assert {"[kitchen]" in line for line in lines} == {True, False}
    assert await asyncio.to_thread(health, port) == (200, ["kitchen: at work", "garden: at work"])
    process.process.terminate()
    assert await process.ends() == 0
    assert {path.name for path in kitchen.data.iterdir()} == {"bot-kitchen", "bot-garden"}

    # Each is asked for by name, where a command is about one.
    process = await start(kitchen, garden, "moderators")
    assert await process.ends() == 1
    assert "--circle: kitchen, garden" in process.said[-1]
    process = await start(kitchen, garden, "invite", "--circle", "garden")
    assert await process.ends() == 0
    assert process.said[-1].startswith("peerroom:join/")

    # One cannot be opened; the other goes on.
    process = await start(kitchen, garden, "run", phrase="not this one")
    await process.hears("[garden] 1.")
    if not any("at work" in line for line in process.said):
        await process.hears("at work")
    status, told = await asyncio.to_thread(health, port)
    assert status == 503 and told[0] == "kitchen: at work"
    assert told[1].startswith("garden: ended; it needs you – That passphrase does not open")
    process.process.terminate()
    assert await process.ends() == 0

    # Alone, its end is the end, and says that starting again will not help.
    process = await start(kitchen, garden, "run", "--circle", "garden", phrase="not this one")
    assert await process.ends() == DO_NOT_RESTART
    (kitchen.folder / "config.toml").write_text("[bot]\nseets = 3\n")
    process = await start(kitchen, garden, "run")
    assert await process.ends() == DO_NOT_RESTART
    assert "bot.seats" in process.said[0]


async def test_a_backup_by_the_command_line_while_the_bot_runs(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    home = BotHome.make(tmp_path, homeserver)
    process = await home.at_work()
    file = tmp_path / "kitchen.backup"
    asking = await home.start("backup", str(file))
    assert await asking.ends() == 0, asking.said
    assert asking.said[-1].startswith("The backup is written")
    refused = await home.start("restore", str(file))
    assert await refused.ends() == 1
    assert "already running" in refused.said[-1]
    process.process.terminate()
    assert await process.ends() == 0
    refused = await home.start("restore", str(file))
    assert await refused.ends() == 1
    assert "--go-back" in refused.said[-1]
    done = await home.start("restore", "--go-back", str(file))
    assert await done.ends() == 0, done.said
    process = await home.at_work()
    process.process.terminate()
    assert await process.ends() == 0
