"""Plain words to the bot in a room of two, from whatever program, are words to the moderators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.clock import FrozenClock
from support.serverless_bot import CIRCLE, bot_for, filled, put

from peerroom.moderation.cases import Case
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

ANNA = "@anna:x"
DOOR = "!door"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault, (ANNA,))


def cases_after(vault: Vault, clock: FrozenClock, body: Any, **changes: Any) -> list[Case]:
    """The cases that follow from a message."""
    direct = changes.pop("direct", True)
    vault.rooms.put(StoredRoom(DOOR, 1, encrypted=True, is_direct=direct))
    at = int(clock.now().timestamp() * 1000)
    put(vault, 1, body, **{"room_id": DOOR, "sender": ANNA, "origin_ts": at, **changes})
    bot = bot_for(vault, clock)
    bot._judge()
    return list(bot.ledger.casebook.cases().values())


def test_plain_words_reach_the_moderators(vault: Vault, frozen_clock: FrozenClock) -> None:
    [case] = cases_after(vault, frozen_clock, "I do not know\nwhat to do")
    assert case.source == "request"
    assert "I do not know\nwhat to do" in [
        *(line.text for line in case.lines),
        *(note.text for note in case.notes),
    ]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("", {}),
        ("  ", {}),
        (None, {}),
        (["x"], {}),
        ("!ban @anna:x", {}),
        ("！help", {}),
        ("hello", {"trust": "unsigned"}),
        ("hello", {"sender": "@stranger:x"}),
        ("hello", {"room_id": CIRCLE}),
        ("hello", {"direct": False}),
        ("hello", {"clear": None}),
    ],
)
def test_nothing_else_does(
    vault: Vault, frozen_clock: FrozenClock, body: Any, changes: dict[str, Any]
) -> None:
    assert cases_after(vault, frozen_clock, body, **changes) == []
