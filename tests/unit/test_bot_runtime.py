"""The bot reads each event once, and no event can stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from support.serverless_bot import BOT, CLOCK, DESK, MOD, bot_for, filled, put

from peerroom.bot import judging
from peerroom.bot.reader import Reader
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.moderation import actions as act
from peerroom.moderation.facts import Fact, Knocked, Said
from peerroom.store.vault import Vault
from peerroom.wire import door

IDENTITY = "A" * 43


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        yield filled(vault)


def answers(vault: Vault) -> list[str]:
    return [row.content["content"]["body"] for row in vault.outbox.queued(1)]


async def test_an_event_is_judged_once_also_after_a_restart(vault: Vault) -> None:
    put(vault, 1, "!status")
    bot_for(vault)._judge()
    assert len(answers(vault)) == 1
    bot_for(vault)._judge()
    assert len(answers(vault)) == 1
    put(vault, 2, "!status")
    bot_for(vault)._judge()
    assert len(answers(vault)) == 2


async def test_an_event_that_could_not_be_read_is_judged_when_it_can(vault: Vault) -> None:
    put(vault, 1, clear=None, status="undecryptable", session_id="s", trust=None)
    put(vault, 2, "!status")
    bot_for(vault)._judge()
    assert "could not read: 1" in answers(vault)[0]
    content = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "!help"}}
    vault.events.set_clear("$1", content, "ok", "signed")
    bot_for(vault)._judge()
    assert len(answers(vault)) == 2
    bot_for(vault)._judge()
    assert len(answers(vault)) == 2


async def test_a_poisonous_event_stops_nothing_and_is_said(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of ours that one event brings out must not become a crash at every start."""
    judged = judging.decide

    def fragile(fact: Fact, state: Any) -> list[act.Action]:
        if isinstance(fact, Said) and "poison" in fact.text.raw():
            raise ZeroDivisionError
        return judged(fact, state)

    monkeypatch.setattr(judging, "decide", fragile)
    put(vault, 1, "poison")
    put(vault, 2, "!status")
    bot = bot_for(vault)
    bot._judge()
    assert bot.ledger.counts() == {"event could not be judged": 1}
    assert "could not judge" in answers(vault)[0]
    assert "mistake in me: 1" in answers(vault)[1]
    monkeypatch.undo()
    bot_for(vault)._judge()
    assert len(answers(vault)) == 2


async def test_nothing_beyond_a_gap_is_judged_before_the_gap_is_filled(vault: Vault) -> None:
    put(vault, 1, "!help")
    gap = vault.gaps.open(DESK, "token")
    assert gap is not None
    put(vault, gap.newer, "!status", event_id="$later")
    bot_for(vault)._judge()
    assert len(answers(vault)) == 1
    put(vault, gap.newer - 1, "!invite", event_id="$between")
    vault.gaps.close(gap)
    bot_for(vault)._judge()
    kinds = [row.content.get("type") for row in vault.outbox.queued(1)]
    assert kinds == ["m.room.message", "PublishInvites", "m.room.message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": BOT},
        {"status": "unattributable"},
        {"status": "malformed"},
        {"clear": {"type": "m.room.message", "content": []}},
        {"clear": {"type": "m.room.message", "content": {"msgtype": "m.notice", "body": "!ban"}}},
        {"clear": {"type": "m.room.topic", "content": {"msgtype": "m.text", "body": "!ban"}}},
        {"clear": {"type": door.KNOCK, "content": {"v": 1, "secret": 5}}},
        {"clear": None, "raw": {"type": door.KNOCK, "content": {"v": 1, "secret": "s"}}},
        {"clear": None, "raw": {"type": 5, "content": {"msgtype": "m.text", "body": "!ban"}}},
    ],
)
def test_what_is_no_fact(vault: Vault, changes: dict[str, Any]) -> None:
    assert Reader(vault, BOT, CLOCK).fact(put(vault, 1, **changes)) is None


@pytest.mark.parametrize("ts", [-(10**18), 10**30, 0])
def test_a_strangers_clock_may_claim_anything(vault: Vault, ts: int) -> None:
    fact = Reader(vault, BOT, CLOCK).fact(
        put(vault, 1, origin_ts=max(-(2**63), min(ts, 2**63 - 1)))
    )
    assert isinstance(fact, Said)


def test_a_body_that_is_no_text_is_no_command(vault: Vault) -> None:
    fact = Reader(vault, BOT, CLOCK).fact(put(vault, 1, ["!ban"]))
    assert isinstance(fact, Said)
    assert fact.text.malformed


def test_a_knock_is_told_by_its_digest_and_by_our_clock(vault: Vault) -> None:
    clear = {"type": door.KNOCK, "content": door.Knock("secret", IDENTITY).content()}
    fact = Reader(vault, BOT, CLOCK).fact(put(vault, 1, clear=clear, origin_ts=0, trust="unsigned"))
    assert isinstance(fact, Knocked)
    assert "secret" not in repr(fact)
    assert not fact.signed
    assert not fact.own_identity
    vault.identities.pin(MOD, IDENTITY)
    known = Reader(vault, BOT, CLOCK).fact(put(vault, 2, clear=clear))
    assert isinstance(known, Knocked)
    assert known.own_identity
    assert fact.at.year > 2000


async def test_waiting_for_an_idle_executor_ends_with_an_empty_outbox(vault: Vault) -> None:
    bot = bot_for(vault)
    assert bot._executor is not None
    work = asyncio.create_task(bot._executor.run())
    await asyncio.wait_for(bot._executor.idle(), 5)
    work.cancel()
    await asyncio.wait([work])


async def test_moderators_of_the_settings_are_invited_once(vault: Vault) -> None:
    """Also after the outbox has forgotten: who left is not called back at every start."""
    config = Config(bot=BotConfig(homeserver="http://h", moderators=("@new:x",)))
    bot = bot_for(vault)
    bot._config = config
    bot._invite_moderators()
    assert [row.content["user_id"] for row in vault.outbox.queued(1)] == ["@new:x", "@new:x"]
    for row in vault.outbox.queued(1):
        vault.outbox.mark_sent(row.id)
        vault.outbox.remove(row.id)
    bot._invite_moderators()
    assert vault.outbox.queued(1) == []
    assert "@new:x" in bot.ledger.moderators()
