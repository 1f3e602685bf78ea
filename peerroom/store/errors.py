"""What can go wrong with the vault, each in one sentence, each leaving the vault as it was."""

from __future__ import annotations

import errno
from typing import Final

import sqlcipher3

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class VaultError(PeerRoomError):
    """The vault could not do what was asked; what it held before it still holds."""


class VaultMissing(VaultError):
    """There is no vault in the folder."""

    what = N_("There is no vault here yet.")
    next_step = N_("Run `peerroom` to make one.")


class VaultExists(VaultError):
    """`Vault.create` found a vault already there."""

    what = N_("There is already a vault here.")
    next_step = N_("Open it with its passphrase, or remove it with `peerroom wipe`.")


class EmptyPassphrase(VaultError):
    """A passphrase without a single character."""

    what = N_("The passphrase is empty.")
    next_step = N_("Choose a few words that only you know.")


class WrongPassphrase(VaultError):
    """The key file is whole, and the passphrase does not open it."""

    what = N_("That passphrase does not open the vault.")
    next_step = N_("Try again; capital letters and spaces count.")


class WrongKey(WrongPassphrase):
    """The key that another process handed over is not this vault's."""

    what = N_("The key that was handed over does not open this vault.")
    next_step = N_("Start `peerroom` again and give the passphrase.")


class VaultDamaged(VaultError):
    """A file of the vault is cut off, changed or missing."""

    what = N_("The vault is damaged, so it was left as it is.")
    next_step = N_("Put back a copy from a backup, or start anew with `peerroom wipe`.")


class VaultTooNew(VaultError):
    """The vault was written by a later PeerRoom."""

    what = N_("This vault was last used by a newer PeerRoom.")
    next_step = N_("Update PeerRoom and open it again.")


class VaultBusy(VaultError):
    """Another process holds the vault and did not let go in time."""

    what = N_("PeerRoom is already open with this vault.")
    next_step = N_("Go to that window, or close it and try again.")


class VaultNotWritable(VaultError):
    """The folder, or a file in it, may not be read or written by this user."""

    what = N_("PeerRoom is not allowed to use the vault's folder.")
    next_step = N_("Check who owns the folder, or choose another one in the configuration.")


class DiskFailed(VaultError):
    """The disk, a quota or a limit on file size did not let the vault be read or written."""

    what = N_("The disk could not be read or written, so nothing was changed.")
    next_step = N_("Check that it has room and is connected, then try again.")


class DiskFull(DiskFailed):
    """There was no room for what was to be written."""

    what = N_("The disk is full, so nothing was changed.")
    next_step = N_("Make some room and try again.")


class NotStorable(VaultError):
    """A value that is no JSON: NaN or infinity, an integer too long, nesting too deep."""

    what = N_("A message could not be stored because it is malformed.")
    next_step = N_("Nothing needs to be done.")


class AccountRetired(VaultError):
    """The account is history (see `peerroom.store.accounts.Accounts.retire`)."""

    what = N_("This name is retired: what was said with it can be read, and no more.")
    next_step = N_("Nothing needs to be done.")


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
)


def from_os(error: OSError) -> VaultError:
    """The vault's word for a failed system call."""
    if error.errno in _FULL:
        return DiskFull()
    if error.errno in _FORBIDDEN:
        return VaultNotWritable()
    return DiskFailed()


def from_sqlite(error: sqlcipher3.Error) -> VaultError | None:
    """The vault's word for SQLite's result code, or None where it is a mistake in our own code.

    SQLite calls a disk full (``SQLITE_FULL``) only when the system says ``ENOSPC``; a used-up
    quota or a limit on file size is to it an error of the disk like any other.
    """
    name = getattr(error, "sqlite_errorname", "")
    return next((word() for prefix, word in _WORDS if name.startswith(prefix)), None)


_WORDS: Final = (
    ("SQLITE_FULL", DiskFull),
    ("SQLITE_IOERR", DiskFailed),
    ("SQLITE_CORRUPT", VaultDamaged),
    ("SQLITE_NOTADB", VaultDamaged),
    ("SQLITE_BUSY", VaultBusy),
    ("SQLITE_LOCKED", VaultBusy),
    ("SQLITE_READONLY", VaultNotWritable),
    ("SQLITE_CANTOPEN", VaultNotWritable),
    ("SQLITE_PERM", VaultNotWritable),
)
