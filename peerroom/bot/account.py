"""The bot's own account: logged in once, then the token in its vault is used."""

from __future__ import annotations

from random import Random

from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.session import login
from peerroom.matrix.transport import Transport
from peerroom.store.accounts import Account, new_circuit
from peerroom.store.vault import Vault


class NoHomeserver(PeerRoomError):
    """The settings do not say where the bot lives."""

    what = N_("The bot does not know its homeserver.")
    next_step = N_("Set `homeserver` under [bot] in the settings file.")


class NoPassword(PeerRoomError):
    """The bot was never logged in here, and no password was given."""

    what = N_("The bot is not logged in yet and was given no password.")
    next_step = N_(
        "Put it into PEERROOM_BOT_PASSWORD, or a file named by PEERROOM_BOT_PASSWORD_FILE."
    )


async def account_of(
    vault: Vault, config: Config, password: str | None, *, clock: Clock, random: Random
) -> Account:
    """The account in the vault; the first time, log in with ``password``.

    A homeserver makes an account wait minutes after a few logins, so the token is kept and used
    until it ends. Raises `NoHomeserver`, `NoPassword`, `MatrixError`.
    """
    known = vault.accounts.current()
    if known is not None:
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
