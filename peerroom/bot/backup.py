"""Backups of a bot's vault: made while it works or not, and put back."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from peerroom.bot.account import RENEW
from peerroom.bot.backup_asked import ask
from peerroom.bot.circle import NAMESPACE, lineage_of
from peerroom.bot.epochs.book import ROWS
from peerroom.bot.ledger import Ledger
from peerroom.bot.recovery import forget_outbox
from peerroom.durable import sync_folder
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.moderation import actions as act
from peerroom.store import copying
from peerroom.store import folder as files
from peerroom.store.errors import VaultBusy, VaultDamaged, VaultMissing, WrongPassphrase
from peerroom.store.lock import VaultLock
from peerroom.store.vault import Vault

_RESTORING: Final = ".restoring"


class StillGood(PeerRoomError):
    """The vault that is there can be opened: it knows more than any backup of it."""

    what = N_("The bot's vault is whole and knows more than this backup, so nothing was changed.")
    next_step = N_("If you want to go back all the same, run it again with --go-back.")


class OtherCircle(PeerRoomError):
    """The backup is of another circle."""

    what = N_("This backup is of another circle, so nothing was changed.")
    next_step = N_("Check the file, and which circle you named.")


class NamesWentOn(PeerRoomError):
    """Names change in this circle: who has a seat may be another one since."""

    what = N_("Names change in this circle, and a backup cannot know who has a seat by now.")
    next_step = N_(
        "If names have not changed since it was made, run it again with --go-back. Otherwise the "
        "circle begins anew: docs/running-the-bot.md says how."
    )


def back_up(folder: Path, passphrase: str | None, backup: Path, now: datetime) -> None:
    """Make the file ``backup`` of the vault in ``folder``. A bot that has it open makes the copy;
    otherwise ``passphrase`` is needed (None: not known, which is fine while the bot runs).

    Raises `NotAnswered`, `WrongPassphrase`, `BackupThere`, `VaultError`.
    """
    if backup.exists():
        raise copying.BackupThere(path=str(backup))
    copy = _copied(folder, passphrase)
    try:
        copying.pack(copy, backup, now)
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def is_running(folder: Path) -> bool:
    """Whether a bot has the vault in ``folder`` open. Raises `VaultMissing`."""

    if not Vault.exists(folder):
        raise VaultMissing
    try:
        VaultLock.acquire(folder, wait=0.0).release()
    except VaultBusy:
        return True
    return False


def _copied(folder: Path, passphrase: str | None) -> Path:
    if passphrase is None:
        return ask(folder)
    try:
        vault = Vault.open(folder, passphrase)
    except VaultBusy:
        return ask(folder)
    copy = folder / "copy-here"
    shutil.rmtree(copy, ignore_errors=True)
    with vault:
        try:
            vault.copy(copy)
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise
    return copy


def restore(
    backup: Path, folder: Path, passphrase: str, now: datetime, *, go_back: bool = False
) -> Path | None:
    """Put ``backup`` in the place of the vault in ``folder``; returns where that is now, if there
    was one: it is kept, and never removed by us.

    What waited in the backup's outbox is forgotten (most of it was done since), and at its next
    start the bot logs in on a new device: see `peerroom.store.copying`.

    Args:
        go_back: also over a vault that can still be opened, or whose passphrase is another one, and
            where names change.

    Raises:
        BackupMissing, BackupDamaged, BackupTooNew, WrongPassphrase (of the backup), OtherCircle,
        StillGood, NamesWentOn, VaultBusy (the bot runs), VaultError.
    """
    fresh = folder.with_name(folder.name + _RESTORING)
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        about = copying.unpack(backup, fresh)
        with Vault.open(fresh, passphrase) as vault:
            vault.check()
            _compare(vault, folder, passphrase, go_back)
            _make_ready(vault, about, now)
        return _put_in_place(fresh, folder, now)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _compare(vault: Vault, folder: Path, passphrase: str, go_back: bool) -> None:
    """With what is in ``folder`` now."""
    rotates = bool(vault.records.items(ROWS))
    if rotates and not go_back:
        raise NamesWentOn
    if not Vault.exists(folder):
        return
    try:
        with Vault.open(folder, passphrase) as present:
            present.check()
            same = lineage_of(present) == lineage_of(vault)
    except VaultDamaged:
        return
    except WrongPassphrase as error:
        if not go_back:
            raise StillGood from error
        return
    if not same:
        raise OtherCircle
    if not go_back:
        raise StillGood


def _make_ready(vault: Vault, about: copying.About, now: datetime) -> None:
    with vault.transaction():
        forget_outbox(vault)
        vault.records.replace(NAMESPACE, RENEW, True)
        Ledger(vault, invite_days=1).note(
            act.Note(by="host", what="restored", about=about.made.isoformat()), now
        )


def _put_in_place(fresh: Path, folder: Path, now: datetime) -> Path | None:
    aside = None
    with files.os_errors_in_words():
        if folder.exists():
            aside = folder.with_name(f"{folder.name}.before-{now:%Y%m%d-%H%M%S}")
            folder.rename(aside)
        fresh.rename(folder)
        sync_folder(folder.parent)
    return aside
