"""``peerroom doctor``: what PeerRoom needs, and what to do about what is missing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from peerroom.cli import opening
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

if TYPE_CHECKING:
    from peerroom.client.doctor import Check
    from peerroom.config import Config
    from peerroom.store.accounts import Account

_MARKS: Final = {"ok": "✓", "attention": "!", "unknown": "?"}

_WAIT: Final = 10.0
"""Seconds to wait for a key."""


class NoTerminal(PeerRoomError):
    """``--keys`` without a terminal to press them in."""

    what = N_("The keys can only be tried in a terminal.")
    next_step = N_("Run `peerroom doctor --keys` there, without a pipe.")


@click.command(
    help=_("Check what PeerRoom needs, and say what to do."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom doctor"
    + "\n  peerroom doctor --keys"
    + "\n  peerroom doctor --server https://example.org"
    + "\n\n"
    + _("Without an account and without --server nothing touches the network."),
)
@click.option("--server", metavar="URL", help=_("Check this server too."))
@click.option("--keys", is_flag=True, help=_("Try whether the panic keys arrive."))
@click.option("--offline", is_flag=True, help=_("Do not open the vault, touch no network."))
@click.option("--vault-key-fd", type=click.IntRange(0), metavar="N", hidden=True)
def command(server: str | None, keys: bool, offline: bool, vault_key_fd: int | None) -> None:
    from peerroom.client import doctor

    config = opening.settings()
    folder = opening.folder_of(config)
    checks = [doctor.python(), doctor.sqlcipher(), doctor.vault(folder)]
    chord = config.panic.second_chord
    checks += _keys(chord) if keys else [doctor.terminal(os.environ, chord)]
    account = None if offline else _account(config, vault_key_fd)
    if offline or (server is None and account is None):
        click.echo(_("Nothing here touches the network."))
    else:
        checks += asyncio.run(_online(config, server, account))
    for check in checks:
        _show(check)
    sys.exit(any(check.state == "attention" for check in checks))


def _show(check: Check) -> None:
    click.echo(f"{_MARKS[check.state]} {check.name}: {check.found}")
    if check.next_step:
        click.echo(f"  {check.next_step}")


def _account(config: Config, key_fd: int | None) -> Account | None:
    """The vault's account, if there is one and its owner opens the vault for this."""
    from peerroom.store.errors import VaultError
    from peerroom.store.vault import Vault

    folder = opening.folder_of(config)
    if not Vault.exists(folder) or (key_fd is None and not sys.stdin.isatty()):
        return None
    try:
        if key_fd is not None:
            vault = Vault.open_with_key(folder, opening.read_key(key_fd))
        else:
            asker = opening.plain_asker(config)
            asker.voice.note(_("With your passphrase your account is checked too; Enter skips it."))
            passphrase = asker.secret(_("Passphrase of your vault:"))
            if not passphrase:
                return None
            vault = Vault.open(folder, passphrase)
    except VaultError as error:
        click.echo(error.sentence())
        return None
    with vault:
        return vault.accounts.current()


async def _online(config: Config, server: str | None, account: Account | None) -> list[Check]:
    from random import SystemRandom

    from peerroom.client import doctor
    from peerroom.clock import SystemClock

    clock, random, proxy = SystemClock(), SystemRandom(), config.privacy.proxy
    homeserver = server or (account.homeserver if account is not None else "")
    checks = await doctor.server(homeserver, proxy=proxy, clock=clock, random=random)
    if account is not None:
        checks.append(await doctor.identity(account, proxy=proxy, clock=clock, random=random))
    return checks


def _keys(chord: str) -> list[Check]:
    from peerroom.client.doctor import Check

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal
    found = []
    with _key_by_key(sys.stdin.fileno()) as next_key:
        for key in ("f1", chord):
            click.echo(_("Press {key} now (10 seconds):").format(key=key.upper()))
            found.append(_tried(key, next_key()))
    if all(check.state == "attention" for check in found):
        words = _("Use the button on the screen, or `peerroom help-now` in the shell.")
        found.append(Check(_("Panic keys"), "attention", _("neither arrives"), words))
    return found


def _tried(key: str, pressed: bytes) -> Check:
    from peerroom.client.doctor import Check, is_key

    name = _("Panic key {key}").format(key=key.upper())
    if is_key(pressed, key):
        return Check(name, "ok", _("arrives"))
    found = _("nothing arrived") if not pressed else _("something else arrived")
    return Check(
        name, "attention", found, _("This terminal keeps it for itself, or sends another key.")
    )


@contextmanager
def _key_by_key(descriptor: int) -> Iterator[Callable[[], bytes]]:
    """A terminal that sends each key at once and echoes none; yields a way to wait for the next
    one, which is empty if nothing comes."""
    import select
    import termios
    import tty

    def pressed() -> bytes:
        ready, _out, _problems = select.select([descriptor], [], [], _WAIT)
        return os.read(descriptor, 64) if ready else b""

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
