"""``peerroom agent``: look after names while nobody has PeerRoom open."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peerroom.cli import opening
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

if TYPE_CHECKING:
    from peerroom.config import Config

CREDENTIAL: Final = "peerroom-vault-key"
"""What a service manager passes the key under (systemd: ``LoadCredential=``)."""


class KeyNotKept(PeerRoomError):
    """The file for the key is there already, or cannot be made. Fields: ``path``, ``why``."""

    what = N_("The key could not be written to {path}: {why}.")
    next_step = N_("Name a file that is not there yet, in a folder of your own.")


class KeyUnreadable(PeerRoomError):
    """There is no readable credential where the service manager says that it is."""

    what = N_("The key that the service passes on could not be read.")
    next_step = N_("Look at LoadCredential= in the service, and at the file that it names.")


@click.command(
    help=_("Look after your names while PeerRoom is not open."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom agent"
    + "\n  peerroom agent --write-key ~/.config/peerroom/agent.key"
    + "\n  peerroom agent --vault-key-fd 3 3< ~/.config/peerroom/agent.key"
    + "\n  peerroom agent --once --spread 3000 --vault-key-fd 3 3< ~/.config/peerroom/agent.key",
)
@click.option("--once", is_flag=True, help=_("Do what is due now, then end (for cron)."))
@click.option(
    "--spread",
    type=click.FloatRange(0),
    default=0.0,
    metavar="SECONDS",
    help=_("Begin at a random moment within so many seconds."),
)
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=90.0,
    show_default=True,
    metavar="SECONDS",
    help=_("With --once: how long to wait for what is under way."),
)
@click.option(
    "--write-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=_("Write the vault's key to FILE, which opens the vault without its passphrase."),
)
@click.option(
    "--vault-key-fd",
    type=click.IntRange(0),
    metavar="N",
    help=_("Read the vault's 32-byte key from file descriptor N instead of asking."),
)
def command(
    once: bool, spread: float, patience: float, write_key: Path | None, vault_key_fd: int | None
) -> None:
    config = opening.settings()
    folder = opening.folder_of(config)
    key = _key(config, folder, vault_key_fd, asking=write_key is not None)
    if write_key is not None:
        _write(write_key, key)
        click.echo(_("Whoever can read this file can read your vault. To end that, remove it."))
        return
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("peerroom.client.rotation").setLevel(logging.INFO)
    from random import SystemRandom

    from peerroom.client.rotation import alone
    from peerroom.clock import SystemClock

    clock, random = SystemClock(), SystemRandom()

    async def work() -> None:
        await clock.sleep(random.uniform(0.0, spread))
        if once:
            await alone.once(folder, key, patience, config=config, clock=clock, random=random)
        else:
            await alone.watch(folder, key, config=config, clock=clock, random=random)

    asyncio.run(_until_stopped(work()))


def _key(config: Config, folder: Path, number: int | None, *, asking: bool) -> bytes:
    """The vault's key: from the descriptor, from the service manager, or by asking."""
    from peerroom.store import keys

    passed = os.environ.get("CREDENTIALS_DIRECTORY")
    if number is not None:
        key = opening.read_key(number)
    elif passed is not None and not asking:
        try:
            key = (Path(passed) / CREDENTIAL).read_bytes()
        except OSError as error:
            raise KeyUnreadable from error
    else:
        return opening.asked_key(folder, opening.plain_asker(config))
    keys.check(folder, key)
    return key


def _write(path: Path, key: bytes) -> None:
    """A file that nobody else may read. Raises `KeyNotKept`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise KeyNotKept(path=str(path), why=error.strerror or "?") from error


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Until it ends, or a signal ends it: that is a normal end."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
