"""A visit in a process of its own, to be killed: ``python -m support.visiting FOLDER``.

Standard input is a line of JSON: the fields of `NewAccount` (its circuit hexadecimal), ``to`` (whom
to show oneself to), and ``key``, the vault's, hexadecimal.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

from peerroom.clock import SystemClock
from peerroom.matrix import visit as visits
from peerroom.matrix.visit import Message, NewAccount, Say, visit
from peerroom.pseudonym.possession import Account as Card
from peerroom.store.vault import Vault

REDEEM = "org.peerroom.epoch.redeem"


def plan(wish: dict[str, Any]) -> NewAccount:
    """The account as it stands in ``wish``."""
    return NewAccount(
        wish["homeserver"],
        wish["localpart"],
        wish["password"],
        wish["registration_token"],
        bytes.fromhex(wish["circuit"]),
    )


def shows_itself_to(bot: str) -> Say:
    """A message that says which keys the account has."""

    def say(card: Card) -> Message:
        (device,) = card.devices
        keys = [card.master_key, device.ed25519, device.curve25519]
        content = {"v": 1, "keys": [key.hex() for key in keys]}
        return Message(REDEEM, bot, content, f"redeem{card.user_id[:18]}")

    return say


def described() -> list[str]:
    """The requests that the module promises, each once."""
    promised = re.findall(r"^\d\. ``(\w+ \S+)``", visits.__doc__ or "", re.MULTILINE)
    return [one.replace("{type}/{transaction}", "type/txn") for one in promised]


async def main(folder: Path) -> None:
    wish = json.loads(sys.stdin.readline())
    with Vault.open_with_key(folder, bytes.fromhex(wish["key"])) as vault:
        say = shows_itself_to(wish["to"])
        chance = random.Random(1)
        await visit(vault, plan(wish), say, proxy=None, clock=SystemClock(), random=chance)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
