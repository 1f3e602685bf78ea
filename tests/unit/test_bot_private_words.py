"""Plain words to the bot in a room of two, from whatever program, are words to the moderators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.clock import FrozenClock
from support.serverless_bot import BOT, CIRCLE, DESK, MOD, bot_for, filled, put

from peerroom.moderation import actions as act
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


@pytest.mark.parametrize("place", ["circle", "desk", "protected", "left circle", "three people"])
def test_a_room_of_many_is_never_one_of_two_whatever_it_is_called(
    vault: Vault, frozen_clock: FrozenClock, place: str
) -> None:
    """Who invites says that a room is direct, and a server may say it of any."""
    room_id = {"circle": CIRCLE, "desk": DESK}.get(place, "!some")
    if room_id == "!some":
        vault.rooms.put(StoredRoom(room_id, 1, encrypted=True))
        for user_id in (BOT, ANNA):
            vault.rooms.set_state(room_id, "m.room.member", user_id, {"membership": "join"})
    else:
        vault.rooms.set_state(room_id, "m.room.member", MOD, {"membership": "leave"})
    if place == "protected":
        bot_for(vault, frozen_clock).ledger.apply(act.AddRoom(room_id), frozen_clock.now())
    if place == "left circle":
        marker = {"v": 1, "role": "circle"}
        vault.rooms.set_state(room_id, "org.peerroom.room", "", marker, sender=BOT)
    if place == "three people":
        vault.rooms.set_state(room_id, "m.room.member", "@asked:x", {"membership": "invite"})
    vault.rooms.set_direct(room_id, True)
    assert cases_after(vault, frozen_clock, "I do not know what to do", room_id=room_id) == []
