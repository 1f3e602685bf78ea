"""What the bot says to a command shows which one it answers, in any program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.serverless_bot import CIRCLE, DESK, MOD, bot_for, filled, put

from peerroom.bot.runtime import Bot
from peerroom.clock import SystemClock
from peerroom.moderation import actions as act
from peerroom.store.vault import Vault
from peerroom.wire import cases

CLOCK = SystemClock()


@pytest.fixture
def vault() -> Iterator[Vault]:
    vault = filled(Vault.ephemeral())
    vault.rooms.set_state(CIRCLE, "m.room.member", "@anna:x", {"membership": "join"})
    yield vault
    vault.close()


def said(bot: Bot, vault: Vault, room: str = DESK) -> list[dict[str, Any]]:
    """What the bot is to say in a room."""
    bot._judge()
    rows = vault.outbox.queued(1)
    return [row.content["content"] for row in rows if row.kind == "message" and row.room_id == room]


def answered(content: dict[str, Any]) -> object:
    return content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")


@pytest.mark.parametrize("line", ["!status", "!stauts", "!help", "!remove $1"])
def test_an_answer_is_a_reply_to_its_command(vault: Vault, line: str) -> None:
    put(vault, 7, line)
    [content] = said(bot_for(vault), vault)
    assert answered(content) == "$7"


def test_so_is_what_a_command_makes_of_a_case(vault: Vault) -> None:
    bot = bot_for(vault)
    at = int(CLOCK.now().timestamp() * 1000)
    opened = cases.Opened(case=1, n=1, at=at, source="flag", reason="risk", room_id=CIRCLE)
    bot.ledger.casebook.take(opened)
    put(vault, 8, "!claim 1")
    [content] = said(bot, vault)
    assert cases.FIELD in content
    assert answered(content) == "$8"


def test_links_are_a_reply_to_who_asked_for_them(vault: Vault) -> None:
    put(vault, 9, "!invite 2")
    bot = bot_for(vault)
    bot._judge()
    kept = [row.content for row in vault.outbox.queued(1) if row.kind == "action"]
    [publish] = [act.from_content(one) for one in kept if one["type"] == "PublishInvites"]
    assert isinstance(publish, act.PublishInvites)
    assert publish.answers == "$9"


def test_what_is_said_in_the_members_room_is_no_reply(vault: Vault) -> None:
    put(vault, 10, "!lock 30m")
    bot = bot_for(vault)
    assert [answered(one) for one in said(bot, vault)] == ["$10"]
    [announced] = said(bot, vault, CIRCLE)
    assert "m.relates_to" not in announced


def test_what_nobody_asked_for_is_no_reply(vault: Vault) -> None:
    bot = bot_for(vault)
    bot._requests.add(act.Say(DESK, "Something happened."), "by itself")
    [content] = said(bot, vault)
    assert "m.relates_to" not in content


def test_the_moderators_room_has_the_only_answer(vault: Vault) -> None:
    put(vault, 11, "!status", room_id=CIRCLE, sender=MOD)
    assert said(bot_for(vault), vault) == []
