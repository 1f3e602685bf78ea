"""The bot's own account: logged in once, then the token in its vault is used."""

from __future__ import annotations

import logging
from random import Random
from typing import Final

from peerroom.bot.circle import NAMESPACE
from peerroom.bot.missing import NoPassword
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.session import Credentials, Session, login
from peerroom.matrix.transport import Transport
from peerroom.store.accounts import Account, new_circuit
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

RENEW: Final = "new device"
"""The record that says that the account needs another device before anything else."""


class NoHomeserver(PeerRoomError):
    """The settings do not say where the bot lives."""

    what = N_("The bot does not know its homeserver.")
    next_step = N_("Set `homeserver` under [bot] in the settings file.")


async def account_of(
    vault: Vault, config: Config, password: str | None, *, clock: Clock, random: Random
) -> Account:
    """The account in the vault; the first time, log in with ``password``.

    A homeserver makes an account wait minutes after a few logins, so the token is kept and used
    until it ends. Where the vault says that another device is needed (`RENEW`), it is logged in
    with ``password``, or with the one that is kept. Raises `NoHomeserver`, `NoPassword`,
    `MatrixError`.
    """
    known = vault.accounts.current()
    if known is not None:
        if vault.records.get(NAMESPACE, RENEW):
            return await _renewed(vault, config, known, password, clock=clock, random=random)
        return known
    if config.bot.homeserver is None:
        raise NoHomeserver
    if not password:
        raise NoPassword
    circuit = new_circuit()
    transport = Transport(
        config.bot.homeserver,
        proxy=config.privacy.proxy,
        circuit=circuit,
        clock=clock,
        random=random,
    )
    try:
        credentials = await login(transport, config.bot.username, password)
    finally:
        await transport.close()
    return vault.accounts.add(
        homeserver=config.bot.homeserver,
        user_id=credentials.user_id,
        device_id=credentials.device_id,
        access_token=credentials.access_token,
        password=password,
        circuit=circuit,
    )


async def _renewed(
    vault: Vault,
    config: Config,
    known: Account,
    password: str | None,
    *,
    clock: Clock,
    random: Random,
) -> Account:
    """The same account on a new device.

    Ratchets that were set back would use keys a second time, so none is ever taken from a copy of
    the vault. The identity stays the same, and signs the new device; the old one is logged out, if
    its token still counts.
    """
    password = password or known.password
    if not password:
        raise NoPassword
    transport = Transport(
        known.homeserver,
        proxy=config.privacy.proxy,
        circuit=known.circuit,
        clock=clock,
        random=random,
    )
    try:
        fresh = await login(transport, known.user_id, password)
        with vault.transaction():
            account = vault.accounts.new_device(known.id, fresh.device_id, fresh.access_token)
            vault.accounts.set_password(known.id, password)
            vault.records.remove(NAMESPACE, RENEW)
        old = Credentials(known.user_id, known.device_id, known.access_token)
        try:
            await Session(transport, old, retry=False).logout()
        except MatrixError as error:
            log.info("the old device was not logged out: %s", type(error).__name__)
    finally:
        await transport.close()
    return account
