"""A bot as it is after `prepare`, over a vault and without a server; events are put into the vault
as the matrix floor would."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from peerroom.bot.circle import NAMESPACE
from peerroom.bot.executor import Executor
from peerroom.bot.judging import Judging
from peerroom.bot.picture import Picture
from peerroom.bot.requests import Requests
from peerroom.bot.runtime import Bot
from peerroom.clock import Clock, SystemClock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

BOT, MOD = "@bot:x", "@mod:x"
CIRCLE, DESK = "!circle", "!desk"
CLOCK = SystemClock()


def filled(vault: Vault, members: tuple[str, ...] = ()) -> Vault:
    """``vault`` with the bot's account and its two rooms; ``members`` are in the circle."""
    vault.accounts.add(homeserver="http://h", user_id=BOT, device_id="D", access_token="t")
    for room_id, people in ((CIRCLE, (BOT, MOD, *members)), (DESK, (BOT, MOD))):
        vault.rooms.put(StoredRoom(room_id, 1, encrypted=True))
        for user_id in people:
            vault.rooms.set_state(room_id, "m.room.member", user_id, {"membership": "join"})
    return vault


def put(vault: Vault, number: int, body: Any = "hello", **changes: Any) -> StoredEvent:
    """A message, in the management room by a moderator unless said otherwise."""
    fields: dict[str, Any] = {
        "room_id": DESK,
        "event_id": f"${number}",
        "position": number,
        "sender": MOD,
        "type": "m.room.encrypted",
        "origin_ts": int(datetime.now(UTC).timestamp() * 1000),
        "raw": {"type": "m.room.encrypted", "content": {}},
        "clear": {"type": "m.room.message", "content": {"msgtype": "m.text", "body": body}},
        "trust": "signed",
    }
    event = StoredEvent(**{**fields, **changes})
    vault.events.upsert(event)
    return event


def bot_for(vault: Vault, clock: Clock = CLOCK) -> Bot:
    """The bot of ``vault``, in another life each time."""
    config = Config(bot=BotConfig(homeserver="http://h", moderators=(MOD,)))
    account = vault.accounts.get(1)
    bot = Bot(vault, account, None, config, clock=clock, random=Random(1))  # type: ignore[arg-type]
    bot.ledger.add_moderator(MOD)
    for role, room_id in (("circle", CIRCLE), ("management", DESK)):
        vault.records.replace(NAMESPACE, role, room_id)
    bot._picture = Picture(
        vault,
        bot.ledger,
        config.bot,
        BOT,
        1,
        clock,
        {"en": "Welcome."},
        clock.now(),
        True,
        watching=bot._watching,
    )
    bot._requests = Requests(vault, bot.ledger, account, DESK, None, clock)
    bot._executor = Executor(
        vault,
        account,
        None,  # type: ignore[arg-type]
        bot.ledger,
        bot._requests,
        room_name="Room",
        clock=clock,
    )
    bot._judging = Judging(
        vault,
        bot.ledger,
        bot._reader,
        bot._watching,
        bot._picture,
        bot._requests,
        None,
        clock,
    )
    return bot
