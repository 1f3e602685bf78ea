"""``peerroom bot``: run the moderator bot of a circle, make invites, read the audit log, keep
backups."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peerroom.cli.bot_homes import (
    ask_passphrase,
    folder_of,
    home_of,
    main_settings,
    one_of,
    open_vault,
    settings_of,
)
from peerroom.cli.bot_secrets import remember as put_away
from peerroom.cli.bot_secrets import secret
from peerroom.i18n import _, ngettext

if TYPE_CHECKING:
    from peerroom.bot.runtime import Bot
    from peerroom.bot.safe import Choice
    from peerroom.bot.several import End
    from peerroom.config import Config
    from peerroom.store.vault import Vault

_CIRCLE = click.option(
    "--circle", metavar="NAME", help="Which of the circles that the settings name."
)
_RECOVERIES = ("protections-off", "forget-failed", "skip-waiting", "new-device")


@click.group(
    epilog="""\b
Examples:
  peerroom bot run                      work until stopped
  peerroom bot invite --moderator       a link for the first moderator
  peerroom bot invite --count 5 --qr    five links with QR codes
  peerroom bot moderators               who may command
  peerroom bot audit                    who did what, and when
  peerroom bot backup kitchen.backup    a copy, also while it runs
  peerroom bot restore kitchen.backup   put it back

Secrets come from PEERROOM_BOT_PASSWORD (the first time) and
PEERROOM_BOT_PASSPHRASE, from files that the same names with
_FILE at the end point to, or from this computer's keyring
(`peerroom bot remember`). Everything else is in the settings file.
"""
)
def command() -> None:
    """Look after a room: invites, moderators' commands, an audit log."""


@command.command()
@_CIRCLE
@click.option(
    "--recover",
    type=click.Choice(_RECOVERIES),
    multiple=True,
    help="Before it starts: what safe mode would do if a moderator chose it.",
)
@click.pass_obj
def run(debug: bool | None, circle: str | None, recover: tuple[Choice, ...]) -> int:
    """Run the bot until it is stopped (Ctrl-C, SIGTERM).

    With several circles in the settings, all of them, or the one that --circle names. Exit code 78
    says that starting again will not help: something has to be chosen or mended first.
    """
    from peerroom.bot import safe
    from peerroom.cli.bot_log import begin
    from peerroom.clock import SystemClock
    from peerroom.settings import ConfigError

    try:
        config = main_settings()
    except ConfigError as error:
        trouble = safe.diagnose(error, (), SystemClock().now())
        click.echo(safe.for_host(trouble), err=True)
        return safe.DO_NOT_RESTART
    begin(config.bot.log, open_hearted=bool(debug))
    if circle is None and config.bot.circles and not recover:
        names = config.bot.circles
    else:
        names = (one_of(config, circle),)
    return asyncio.run(_look_after(config, names, recover))


async def _look_after(config: Config, names: tuple[str, ...], recover: tuple[Choice, ...]) -> int:
    from random import SystemRandom

    from peerroom.bot import safe
    from peerroom.bot.keeper import Ended
    from peerroom.bot.several import keep
    from peerroom.clock import SystemClock

    def told(end: End) -> None:
        if isinstance(end.error, Ended):
            words = safe.for_host(end.error.trouble)
        elif end.foreseen:
            words = str(end.error)
        else:
            return  # the log has its kind and place
        for line in words.splitlines():
            click.echo(f"[{end.home.label}] {line}" if end.home.label else line, err=True)

    work = asyncio.ensure_future(
        keep(
            [home_of(name, recover) for name in names],
            metrics_port=config.bot.metrics_port,
            clock=SystemClock(),
            random=SystemRandom(),
            told=told,
        )
    )
    _stop_on_signals(work)
    await asyncio.wait([work])
    if work.cancelled():
        return 0
    ends = work.result()
    if len(ends) == 1 and not ends[0].foreseen:
        raise ends[0].error
    return safe.DO_NOT_RESTART if all(isinstance(end.error, Ended) for end in ends) else 1


@command.command()
@_CIRCLE
@click.option("--count", type=click.IntRange(1, 20), default=1, show_default=True)
@click.option("--moderator", is_flag=True, help="Let the person in as a moderator.")
@click.option("--qr", is_flag=True, help="Draw each link as a QR code too.")
def invite(circle: str | None, count: int, moderator: bool, qr: bool) -> None:
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

    _work(circle, make)


@command.command()
@_CIRCLE
@click.option("--remove", metavar="ADDRESS", help="Take the powers of this account.")
def moderators(circle: str | None, remove: str | None) -> None:
    """List the moderators, or remove one, while the bot is not running.

    Someone named in the settings file comes back at the next start: take them out there too.
    """
    if remove is not None:

        async def take(bot: Bot) -> None:
            await bot.prepare()
            await bot.remove_moderator(remove)

        _work(circle, take)
        return
    vault, config, _name = open_vault(circle)
    from peerroom.bot.ledger import Ledger
    from peerroom.text.foreign import ForeignText

    with vault:
        for user_id in sorted(Ledger(vault, invite_days=config.bot.invite_days).moderators()):
            click.echo(ForeignText(user_id).line())


@command.command()
@_CIRCLE
def audit(circle: str | None) -> None:
    """Print the audit log: when, who, what, about whom, and the reason."""
    vault, config, _name = open_vault(circle)
    from peerroom.bot.ledger import Ledger
    from peerroom.text.foreign import ForeignText

    with vault:
        for _number, entry in Ledger(vault, invite_days=config.bot.invite_days).audit():
            fields = (entry[name] for name in ("at", "by", "what", "about", "reason"))
            click.echo("\t".join(ForeignText(field or "").line() for field in fields))


@command.command()
@_CIRCLE
@click.argument("file", type=click.Path(path_type=Path))
def backup(circle: str | None, file: Path) -> None:
    """Write a backup to FILE, whether the bot runs or not.

    It is as encrypted as the bot's vault, and opens with the passphrase of today. A password for
    the bot's account is in it too.
    """
    from datetime import UTC, datetime

    from peerroom.bot import backup as backups

    main = main_settings()
    name = one_of(main, circle)
    config = settings_of(name) if name else main
    folder = folder_of(config, name)
    passphrase = secret("passphrase", config, name)
    if passphrase is None and not backups.is_running(folder):
        passphrase = ask_passphrase(name)
    backups.back_up(folder, passphrase, file, datetime.now(UTC))
    size = file.stat().st_size // 1024
    click.echo(
        ngettext(
            "The backup is written, {size} kilobyte.",
            "The backup is written, {size} kilobytes.",
            size,
        ).format(size=size)
    )


@command.command()
@_CIRCLE
@click.option("--go-back", is_flag=True, help="Also over a vault that can still be opened.")
@click.argument("file", type=click.Path(path_type=Path))
def restore(circle: str | None, go_back: bool, file: Path) -> None:
    """Put the backup in FILE in the place of the bot's vault, while the bot is not running.

    What is there now is kept beside it. At its next start the bot logs in as a new device; what was
    said since the backup was made stays unreadable to it.
    """
    from datetime import UTC, datetime

    from peerroom.bot.backup import restore as put_back
    from peerroom.bot.keeper import BotAlreadyRuns
    from peerroom.store.errors import VaultBusy

    main = main_settings()
    name = one_of(main, circle)
    config = settings_of(name) if name else main
    folder = folder_of(config, name)
    passphrase = secret("passphrase", config, name) or ask_passphrase(name)
    try:
        aside = put_back(file, folder, passphrase, datetime.now(UTC), go_back=go_back)
    except VaultBusy as error:
        raise BotAlreadyRuns from error
    if aside is not None:
        click.echo(_("What was there before is in {folder}.").format(folder=aside))
    click.echo(_("The backup is in its place. `peerroom bot run` goes on from it."))


@command.command()
@_CIRCLE
@click.option("--password", is_flag=True, help="Also the password of the bot's account.")
def remember(circle: str | None, password: bool) -> None:
    """Put the passphrase into this computer's keyring, for `keyring = true` in the settings."""
    main = main_settings()
    name = one_of(main, circle)
    put_away("passphrase", ask_passphrase(name, confirm=True), name)
    if password:
        words = _("Password of the bot's account")
        put_away("password", click.prompt(words, hide_input=True, err=True), name)
    click.echo(_("Kept. `keyring = true` under [bot] in the settings makes use of it."))


def _work(circle: str | None, task: Callable[[Bot], Coroutine[Any, Any, None]]) -> None:
    """Open the bot, run ``task`` with it, close it; a stop by signal is a normal end."""
    from peerroom.cli.bot_log import begin

    vault, config, name = open_vault(circle)
    begin(config.bot.log, open_hearted=False)
    with vault:
        asyncio.run(_until_stopped(vault, config, name, task))


async def _until_stopped(
    vault: Vault, config: Config, circle: str, task: Callable[[Bot], Coroutine[Any, Any, None]]
) -> None:
    from random import SystemRandom

    from peerroom.bot.account import account_of
    from peerroom.bot.runtime import Bot
    from peerroom.clock import SystemClock

    clock, random = SystemClock(), SystemRandom()
    password = secret("password", config, circle)
    account = await account_of(vault, config, password, clock=clock, random=random)
    bot = await Bot.open(vault, account, config, clock=clock, random=random)
    work = asyncio.ensure_future(task(bot))
    _stop_on_signals(work)
    try:
        await asyncio.wait([work])
        if not work.cancelled():
            work.result()
    finally:
        await bot.close()


def _stop_on_signals(work: asyncio.Future[Any]) -> None:
    import signal

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
