"""``peerroom bot``: run the moderator bot of a circle, make invites, read the audit log."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peerroom import paths
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _, language_from_environment, set_language

if TYPE_CHECKING:
    from peerroom.bot.runtime import Bot
    from peerroom.config import Config
    from peerroom.store.vault import Vault


class BotAlreadyRuns(PeerRoomError):
    """Another process has the bot's vault open."""

    what = N_("The bot is already running.")
    next_step = N_("Stop it first; invites it also makes by `!invite` in the moderators' room.")


class SecretFileUnreadable(PeerRoomError):
    """A file that was to hold a secret could not be read. Fields: ``variable``."""

    what = N_("The file named in {variable} could not be read.")
    next_step = N_("Check its path and that you may read it.")


def secret(variable: str) -> str | None:
    """A secret from ``variable``, or from the file that ``variable`` + ``_FILE`` names."""
    if (path := os.environ.get(f"{variable}_FILE")) is None:
        return os.environ.get(variable)
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileUnreadable(variable=f"{variable}_FILE") from error


@click.group(
    epilog="""\b
Examples:
  peerroom bot run                      work until stopped
  peerroom bot invite --moderator       a link for the first moderator
  peerroom bot invite --count 5 --qr    five links with QR codes
  peerroom bot moderators               who may command
  peerroom bot audit                    who did what, and when

Secrets come from PEERROOM_BOT_PASSWORD (the first time) and
PEERROOM_BOT_PASSPHRASE, or from files that the same names with
_FILE at the end point to. Everything else is in the settings file.
"""
)
def command() -> None:
    """Look after a room: invites, moderators' commands, an audit log."""


@command.command()
def run() -> None:
    """Run the bot until it is stopped (Ctrl-C, SIGTERM)."""
    _work(lambda bot: bot.run())


@command.command()
@click.option("--count", type=click.IntRange(1, 20), default=1, show_default=True)
@click.option("--moderator", is_flag=True, help="Let the person in as a moderator.")
@click.option("--qr", is_flag=True, help="Draw each link as a QR code too.")
def invite(count: int, moderator: bool, qr: bool) -> None:
    """Make invite links while the bot is not running.

    Each link lets one person in, once. Give it only to that person.
    """

    async def make(bot: Bot) -> None:
        await bot.prepare()
        for link in await bot.make_invites(count, "moderator" if moderator else "member"):
            click.echo(link)
            if qr:
                import segno

                segno.make(link, error="l").terminal(out=sys.stdout, compact=True)

    _work(make)


@command.command()
@click.option("--remove", metavar="ADDRESS", help="Take the powers of this account.")
def moderators(remove: str | None) -> None:
    """List the moderators, or remove one, while the bot is not running.

    Someone named in the settings file comes back at the next start: take them out there too.
    """
    if remove is not None:

        async def take(bot: Bot) -> None:
            await bot.prepare()
            await bot.remove_moderator(remove)

        _work(take)
        return
    vault, config = _open_vault()
    from peerroom.bot.ledger import Ledger
    from peerroom.text.foreign import ForeignText

    with vault:
        for user_id in sorted(Ledger(vault, invite_days=config.bot.invite_days).moderators()):
            click.echo(ForeignText(user_id).line())


@command.command()
def audit() -> None:
    """Print the audit log: when, who, what, about whom, and the reason."""
    vault, config = _open_vault()
    from peerroom.bot.ledger import Ledger
    from peerroom.text.foreign import ForeignText

    with vault:
        for _number, entry in Ledger(vault, invite_days=config.bot.invite_days).audit():
            fields = (entry[name] for name in ("at", "by", "what", "about", "reason"))
            click.echo("\t".join(ForeignText(field or "").line() for field in fields))


def _open_vault() -> tuple[Vault, Config]:
    """The bot's own vault, made at the first start, and the settings."""
    from peerroom.config import load
    from peerroom.store.errors import VaultBusy
    from peerroom.store.vault import Vault

    config = load()
    set_language(config.interface.language or language_from_environment())
    folder = (config.vault.folder or paths.data_folder()) / "bot"
    passphrase = secret("PEERROOM_BOT_PASSPHRASE")
    known = Vault.exists(folder)
    if passphrase is None:
        passphrase = click.prompt(
            _("Passphrase of the bot's vault"),
            hide_input=True,
            confirmation_prompt=not known,
            err=True,
        )
    try:
        vault = Vault.open(folder, passphrase) if known else Vault.create(folder, passphrase)
    except VaultBusy as error:
        raise BotAlreadyRuns from error
    return vault, config


def _work(task: Callable[[Bot], Coroutine[Any, Any, None]]) -> None:
    """Open the bot, run ``task`` with it, close it; a stop by signal is a normal end."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("peerroom").setLevel(logging.INFO)
    vault, config = _open_vault()
    with vault:
        asyncio.run(_until_stopped(vault, config, task))


async def _until_stopped(
    vault: Vault, config: Config, task: Callable[[Bot], Coroutine[Any, Any, None]]
) -> None:
    import signal
    from random import SystemRandom

    from peerroom.bot.account import account_of
    from peerroom.bot.runtime import Bot
    from peerroom.clock import SystemClock

    clock, random = SystemClock(), SystemRandom()
    password = secret("PEERROOM_BOT_PASSWORD")
    account = await account_of(vault, config, password, clock=clock, random=random)
    bot = await Bot.open(vault, account, config, clock=clock, random=random)
    work = asyncio.ensure_future(task(bot))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        await asyncio.wait([work])
        if not work.cancelled():
            work.result()
    finally:
        await bot.close()
