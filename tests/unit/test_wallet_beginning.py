"""The first wallet of an account: what its room's signed ledger says of it, and nothing else."""

from __future__ import annotations

import random

import pytest
from support.clock import FrozenClock
from support.scribe import FREEZE, ME, Scribe, carried
from support.vaults import ROOM, furnish

from peerroom.client.rotation.beginning import Beginner
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.matrix.power import MODERATOR
from peerroom.pseudonym.epochs import moment
from peerroom.pseudonym.wallet import Stage
from peerroom.store.vault import Vault
from peerroom.wire.records import PAGE, RECORD, page_content, page_key


@pytest.mark.parametrize(("resident", "power"), [(True, 0), (False, MODERATOR)])
def test_whether_it_asks_is_what_the_ledger_says(resident: bool, power: int) -> None:
    bot = Scribe()
    bot.open()
    bot.issue([])
    bot.admit([carried(ME.user_id, "resident" if resident else "away")])
    bot.open(at=bot.begins(1) + FREEZE)
    clock, chance = FrozenClock(moment(bot.opened.opened)), random.Random(7)
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        vault.rooms.set_state(ROOM, "m.room.power_levels", "", {"users": {ME.user_id: power}})
        for number in (3, 4):
            vault.rooms.set_state(ROOM, RECORD, str(number), bot.records[number].content())
            for index, page in bot.pages.get(number, {}).items():
                vault.rooms.set_state(ROOM, PAGE, page_key(number, index), page_content(page))
        client = Client(vault, account, config=Config(), clock=clock, random=chance)
        wallet = Beginner(client, vault, clock=clock, random=chance)._wallet(bot.chain, ME, ROOM)
    assert wallet.resident is resident
    assert wallet.stage is (Stage.UNSIGNED if resident else Stage.IDLE)
