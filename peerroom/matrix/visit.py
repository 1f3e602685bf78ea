"""One visit of an account that is only just made: it shows itself to one user, and goes.

These are all its requests, always in this order, over connections of its own:

1. ``POST /register`` as often as the server has stages, and once before (`session.register`);
   only if the server says that the name exists: ``POST /login``, because an earlier visit was cut
   short after it had made the account
2. ``POST /keys/device_signing/upload``: master, self-signing and user-signing key
3. ``POST /keys/upload``: the device's keys, signed by the device and by its owner, 50 one-time keys
   and one fallback key
4. ``PUT /sendToDevice/{type}/{transaction}``: one event to all devices of one user

No sync, no filter, no room, no profile, no question about anybody's keys, and no logout. Nothing in
them is of another length or shape for one member than for another, if localpart, password, token
and message are not. A visit that was cut short anywhere can be made again: what is in the vault or
on the server already is left out (1 once the vault has the account, 2 and 3 once the server had the
keys), and a token that the server has forgotten costs a ``POST /login`` for the same device.

The registration token should not be counted to the last use: a visit that is cut short between the
stages leaves one use reserved (on Synapse for two days).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from peerroom.clock import Clock
from peerroom.matrix.crypto import Machine
from peerroom.matrix.errors import LoggedOut, NameTaken, WrongPassword
from peerroom.matrix.identity import Identity
from peerroom.matrix.session import Credentials, Session, login, register
from peerroom.matrix.transport import PATIENT, Timeouts, Transport

if TYPE_CHECKING:
    from peerroom.pseudonym.possession import Account as Card
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


@dataclass(frozen=True, slots=True)
class NewAccount:
    """The account that is to be. Drawn and kept by the caller before the first visit."""

    homeserver: str = field(repr=False)
    localpart: str = field(repr=False)
    password: str = field(repr=False)
    registration_token: str | None = field(repr=False)
    circuit: bytes = field(repr=False)
    """From `peerroom.store.accounts.new_circuit`; the account keeps it for its whole life."""


@dataclass(frozen=True, slots=True)
class Message:
    """The one event of a visit. The same transaction id in every try: the server takes it once."""

    event_type: str
    user_id: str = field(repr=False)
    content: Mapping[str, object] = field(repr=False)
    transaction_id: str = field(repr=False)


Say = Callable[["Card"], Message]
"""Called with what the server now shows of the account, right before the event goes out: what has
to be in the vault before that can be written here."""


async def visit(
    vault: Vault,
    new: NewAccount,
    say: Say,
    *,
    proxy: str | None,
    clock: Clock,
    random: Random,
    timeouts: Timeouts = PATIENT,
) -> Account:
    """Make the visit; returns the account, which is in the vault and not the current one.

    Raises `NameTaken` (draw another localpart), `InviteUsedUp`, `RegistrationClosed`,
    `OwnIdentityUnknown`, `MatrixError`; after any of them it may be called again.
    """
    transport = Transport(
        new.homeserver,
        proxy=proxy,
        circuit=new.circuit,
        clock=clock,
        random=random,
        timeouts=timeouts,
    )
    try:
        account = known(vault, new) or _keep(vault, new, await _sign_up(transport, new))
        try:
            await _show(vault, account, transport, say, clock)
        except LoggedOut:
            again = await login(
                transport, account.user_id, new.password, device_id=account.device_id
            )
            vault.accounts.update_token(account.id, again.access_token)
            await _show(vault, vault.accounts.get(account.id), transport, say, clock)
    finally:
        await transport.close()
    return account


def known(vault: Vault, new: NewAccount) -> Account | None:
    """The account, if an earlier visit has made it."""
    for account in vault.accounts.all():
        if (account.homeserver, account.circuit) == (new.homeserver, new.circuit):
            return account
    return None


async def _sign_up(transport: Transport, new: NewAccount) -> Credentials:
    try:
        return await register(transport, new.localpart, new.password, new.registration_token)
    except NameTaken as taken:
        try:
            return await login(transport, new.localpart, new.password)
        except WrongPassword:
            raise taken from None


def _keep(vault: Vault, new: NewAccount, credentials: Credentials) -> Account:
    return vault.accounts.add(
        homeserver=new.homeserver,
        user_id=credentials.user_id,
        device_id=credentials.device_id,
        access_token=credentials.access_token,
        password=new.password,
        circuit=new.circuit,
        current=False,
    )


async def _show(
    vault: Vault, account: Account, transport: Transport, say: Say, clock: Clock
) -> None:
    credentials = Credentials(account.user_id, account.device_id, account.access_token)
    session = Session(transport, credentials)
    machine = Machine.open(vault, account, clock=clock)
    try:
        identity = Identity(vault, account, machine, session)
        await identity.publish()
        message = say(identity.card())
        await session.send_to_device(
            message.event_type, message.user_id, "*", message.content, message.transaction_id
        )
    finally:
        machine.close()
