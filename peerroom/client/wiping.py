"""Leaving for good: the account on the server, then everything on this computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.matrix.errors import AccountClosed, LoggedOut
from peerroom.store import folder as vault_folder
from peerroom.store.vault import erase

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of one account. ``server`` is a host name, for showing."""

    server: str
    problem: PeerRoomError | None = None
    """Why it is still open; None when it is closed."""


def belongings(folder: Path) -> list[Path]:
    """Every file and folder here that `remove` would remove; other people's files stay."""
    return vault_folder.belongings(folder) if folder.is_dir() else []


def servers(vault: Vault) -> list[str]:
    """Host names of the servers on which this vault has accounts, one an account."""
    return [_host(account) for account in vault.accounts.all()]


async def close_accounts(
    vault: Vault, *, proxy: str | None, clock: Clock, random: Random
) -> list[Closing]:
    """Close every account of the vault on its server, for ever.

    An account whose password we hold is deactivated: it leaves its rooms, its name is never given
    to anyone again, and the server shows its messages to no newcomer. One without a password is
    logged out. An account that is gone already counts as closed. Every account is tried.
    """
    return [
        await _close(account, proxy=proxy, clock=clock, random=random)
        for account in vault.accounts.all()
    ]


async def _close(account: Account, *, proxy: str | None, clock: Clock, random: Random) -> Closing:
    from peerroom.matrix.session import Credentials, Session
    from peerroom.matrix.transport import Transport

    transport = None
    try:
        transport = Transport(
            account.homeserver, proxy=proxy, circuit=account.circuit, clock=clock, random=random
        )
        credentials = Credentials(account.user_id, account.device_id, account.access_token)
        session = Session(transport, credentials)
        if account.password is not None:
            await session.deactivate(account.password)
        else:
            await session.logout()
    except (AccountClosed, LoggedOut):
        return Closing(_host(account))
    except PeerRoomError as error:
        return Closing(_host(account), error)
    finally:
        if transport is not None:
            await transport.close()
    return Closing(_host(account))


def remove(folder: Path, vault: Vault | None) -> list[Path]:
    """Remove the vault for good, open or not, damaged or not; returns what was removed.

    Raises `VaultMissing`, `VaultBusy`, `VaultNotWritable`.
    """
    return vault.erase() if vault is not None else erase(folder)


def _host(account: Account) -> str:
    return urlsplit(account.homeserver).hostname or account.homeserver
