"""``peerroom wipe``: remove everything, here and on the server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peerroom import paths
from peerroom.cli import opening
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _, ngettext

if TYPE_CHECKING:
    from peerroom.client.wiping import Closing
    from peerroom.config import Config
    from peerroom.plain.asking import Asker
    from peerroom.store.vault import Vault

CONFIRMATION = "wipe"


class NothingToWipe(PeerRoomError):
    """There are no files of a vault."""

    what = N_("There is nothing of PeerRoom here to remove.")
    next_step = N_("If your data is elsewhere, set PEERROOM_DATA and run it again.")


class NotWiped(PeerRoomError):
    """The user said no, or an account could not be closed."""

    what = N_("Nothing was removed from this computer.")
    next_step = N_("Run it again when you are ready; --here-only leaves the server out.")


@click.command(
    help=_("Remove everything, here and on the server."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom wipe"
    + "\n  peerroom wipe --here-only"
    + "\n\n"
    + _(
        "It says first what it would remove and close, and asks. What others have already "
        "received stays with them: delete your messages one by one before, if they should go."
    ),
)
@click.option(
    "--here-only", is_flag=True, help=_("Only this computer; the account stays on the server.")
)
@click.option("--yes", is_flag=True, help=_("Do not ask. Stops if an account cannot be closed."))
def command(here_only: bool, yes: bool) -> None:
    from peerroom.client import wiping

    config = opening.settings()
    folder = opening.folder_of(config)
    files = wiping.belongings(folder)
    if not files:
        raise NothingToWipe
    asker = opening.plain_asker(config)
    vault = None if here_only else _opened(folder, asker)
    try:
        _say_what_goes(asker, files, vault)
        if not yes and asker.ask(_("Type {word} to go on:").format(word=CONFIRMATION)) != (
            CONFIRMATION
        ):
            raise NotWiped
        if vault is not None:
            _close(config, vault, asker, ask=not yes)
        removed = wiping.remove(folder, vault)
    finally:
        if vault is not None:
            vault.close()
    words = ngettext("{count} file removed.", "{count} files removed.", len(removed))
    asker.voice.note(words.format(count=len(removed)))
    _say_what_stays(asker)


def _opened(folder: Path, asker: Asker) -> Vault | None:
    """The vault, for the passwords of its accounts; None when it cannot or shall not be opened."""
    from peerroom.store.errors import VaultBusy, VaultError

    asker.voice.note(_("To close your account on the server too, PeerRoom needs your passphrase."))
    try:
        return opening.unlocked(folder, asker)
    except VaultBusy:
        raise
    except VaultError as error:
        asker.voice.note(error.sentence())
        asker.voice.note(_("So only this computer can be cleared; the account stays as it is."))
        return None


def _say_what_goes(asker: Asker, files: list[Path], vault: Vault | None) -> None:
    from peerroom.client import wiping

    asker.voice.note(_("This is removed from this computer, for good:"))
    for path in files:
        asker.voice.line(f"  {path}")
    for server in wiping.servers(vault) if vault is not None else ():
        words = _("And your account on {server} is closed; nobody gets its name again.")
        asker.voice.note(words.format(server=server))


def _close(config: Config, vault: Vault, asker: Asker, *, ask: bool) -> None:
    from random import SystemRandom

    from peerroom.client import wiping
    from peerroom.clock import SystemClock

    asker.voice.note(_("Closing the account; a server that is away is waited for a moment …"))
    closings = asyncio.run(
        wiping.close_accounts(
            vault, proxy=config.privacy.proxy, clock=SystemClock(), random=SystemRandom()
        )
    )
    for closing in closings:
        _say_closing(asker, closing)
    if all(closing.problem is None for closing in closings):
        return
    question = _(
        "Remove everything here all the same? Then only the server's host can close the account."
    )
    if not ask or not asker.yes(question):
        raise NotWiped


def _say_closing(asker: Asker, closing: Closing) -> None:
    if closing.problem is None:
        words = _("Your account on {server} is closed.")
        asker.voice.note(words.format(server=closing.server))
    else:
        words = _("Your account on {server} is still open. {why}")
        what = _(closing.problem.what).format(**closing.problem.fields)
        asker.voice.note(words.format(server=closing.server, why=what))


def _say_what_stays(asker: Asker) -> None:
    settings = paths.config_file()
    if settings.exists():
        words = _("Your settings stay, for the help numbers: {file}")
        asker.voice.note(words.format(file=settings))
    asker.voice.note(
        _("Not in PeerRoom's hands: your shell's history, and what your terminal keeps.")
    )
    sys.stdout.flush()
