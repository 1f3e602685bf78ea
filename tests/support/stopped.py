"""A wallet that has stopped, in a vault whose room shows why."""

from __future__ import annotations

from random import Random

import msgspec
from support.scribe import START, Scribe, account

from peerroom.client import wallets
from peerroom.client.invitations import remember_bot
from peerroom.client.rotation.agent import Agent
from peerroom.client.session import Client
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.pseudonym.wallet import advance, begin
from peerroom.pseudonym.wallet_facts import SawRecord, Told
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault
from peerroom.wire.records import RECORD, SignedRecord, Skipped

BOT = "@bot:example.org"
FORGED = "2"
"""The state key of the record that the bot did not sign."""


def stop(vault: Vault, owner: Account, room_id: str) -> Wallet:
    """The owner was shown a forged record, and was told so. The record is still there."""
    bot, random = Scribe(), Random(3)
    bot.open()
    forged = msgspec.structs.replace(bot.signed(Skipped(1, "rounds"), START), signature=bytes(64))
    vault.rooms.set_state(room_id, "m.room.create", "", {}, sender=BOT)
    remember_bot(vault, BOT)
    put(vault, room_id, "1", bot.last)
    put(vault, room_id, FORGED, forged)
    wallet = begin(bot.chain, account(owner.user_id), now=START, random=random)
    for fact in (SawRecord(forged, room_id), Told(Notice.STOPPED)):
        wallet, _steps = advance(wallet, fact, now=START, random=random)
    assert wallet.stop == "RecordForged"
    wallets.keep(vault, owner.id, wallet)
    return wallet


def put(vault: Vault, room_id: str, number: str, record: SignedRecord) -> None:
    """A record in the room's state."""
    vault.rooms.set_state(room_id, RECORD, number, record.content(), sender=BOT)


def mend(vault: Vault, room_id: str) -> None:
    """What stood there as a record is none any more."""
    vault.rooms.set_state(room_id, RECORD, FORGED, {}, sender=BOT)


def attend(client: Client, vault: Vault, clock: Clock) -> None:
    """Give the client an agent that knows the wallets, and does nothing by itself."""
    client.agent = Agent(client, vault, config=Config(), clock=clock, random=Random(7))
    client.agent._read()
