"""What a host meets: a bot that cannot go on, a lost device, a broken vault, and its log."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.bot_process import come_in, desk_of
from support.circle import RANDOM, Guest, until
from support.kept_bot import KeptBot

from peerroom.bot import backup as backups
from peerroom.bot.circle import NAMESPACE, current
from peerroom.bot.health import Vitals, exposition, report
from peerroom.bot.ledger import Ledger
from peerroom.bot.reader import CURSORS
from peerroom.cli.bot_log import Lines
from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.session import Credentials, Session
from peerroom.matrix.transport import Transport
from peerroom.store.errors import VaultDamaged
from peerroom.wire.invite import Invite

CLOCK = SystemClock()
TEXT = "nobody-else-should-read-this"


@pytest.fixture
async def kept(tmp_path: Path, homeserver: Homeserver) -> AsyncIterator[KeptBot]:
    kept = KeptBot.make(tmp_path, homeserver)
    kept.start()
    await kept.reaches("working")
    yield kept
    await kept.stop()


async def people(kept: KeptBot) -> tuple[Guest, Guest]:
    """A moderator, in the moderators' room, and a member."""
    [link] = await kept.bot.make_invites(1, "moderator")
    moderator = await come_in(Invite.parse(link))
    [link] = await kept.bot.make_invites(1)
    return await desk_of(moderator), await come_in(Invite.parse(link))


def lines(desk: Guest) -> list[str]:
    """What was said, the bot's own notices among it."""
    page = desk.client.timeline(desk.room_id).page(limit=50)
    return [message.body for message in page if message.kind in ("text", "notice")]


async def answered(desk: Guest, command: str, words: str) -> str:
    """Give a command; the bot's answer that holds ``words`` and came after it."""
    desk.say(command)

    def found() -> str | None:
        bodies = lines(desk)
        if command not in bodies:
            return None
        last = len(bodies) - bodies[::-1].index(command)
        return next((body for body in bodies[last:] if words in body), None)

    return await until(desk.client, found)


async def said(desk: Guest, words: str) -> str:
    return await until(
        desk.client, lambda: next((body for body in lines(desk) if words in body), None)
    )


async def test_a_bot_that_crashes_again_and_again_asks_its_moderators(kept: KeptBot) -> None:
    desk, member = await people(kept)
    await kept.stop()
    with kept.vault() as vault:
        # A mistake that every start meets again.
        vault.records.replace(CURSORS, current(vault).circle, "not a position")
    kept.start()
    await kept.reaches("safe")
    menu = await said(desk, "I have stopped looking after the room")
    assert "!4 – Leave out the messages" in menu
    assert desk.room_id not in menu and desk.client.user_id not in menu

    member.say("!1")  # in another room, and not from a moderator
    assert "numbers from 1 to 5" in await answered(desk, "!9", "numbers")
    assert "not done" in await answered(desk, "!status", "not done")
    assert "Only the host" in await answered(desk, "!5", "Only the host")
    assert kept.keeper.stage == "safe"

    await answered(desk, "！４", "starting again")
    await kept.reaches("working")
    status = await answered(desk, "!status", "Running for")
    assert status
    assert not any("!9" in body and "Did you mean" in body for body in lines(desk))
    await kept.stop()
    with kept.vault() as vault:
        deeds = [entry for _number, entry in Ledger(vault, invite_days=1).audit()]
    assert [entry["about"] for entry in deeds if entry["what"] == "recovered"] == ["skip-waiting"]
    for guest in (desk, member):
        await guest.stop()


async def test_a_device_that_was_logged_out_is_replaced_when_the_host_says_so(
    kept: KeptBot,
) -> None:
    desk, member = await people(kept)
    await kept.stop()
    with kept.vault() as vault:
        account = vault.accounts.all()[0]
    transport = Transport(account.homeserver, proxy=None, clock=CLOCK, random=RANDOM)
    credentials = Credentials(account.user_id, account.device_id, account.access_token)
    await Session(transport, credentials).logout()
    await transport.close()

    kept.start()
    ended = await kept.ends()
    assert ended.trouble.choices == ("new-device", "restore")
    assert kept.keeper.stage == "ended"

    kept.start("new-device")
    await kept.reaches("working")
    assert await answered(desk, "!status", "Running for")
    await kept.stop()
    with kept.vault() as vault:
        again = vault.accounts.all()[0]
    assert again.device_id != account.device_id and again.cross_signing == account.cross_signing
    for guest in (desk, member):
        await guest.stop()


async def test_a_backup_made_while_it_runs_brings_the_circle_back(
    kept: KeptBot, tmp_path: Path
) -> None:
    desk, member = await people(kept)
    await answered(desk, "!status", "Running for")
    file = tmp_path / "kitchen.backup"
    await asyncio.to_thread(backups.back_up, kept.folder, None, file, CLOCK.now())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    names = (kept.home.user_id, member.client.user_id, desk.room_id)
    for secret in (*names, "SQLite format", "!status"):
        assert secret.encode() not in content
    assert not list(kept.folder.glob("copy-*"))

    old = kept.keeper._vault.accounts.all()[0]
    await kept.stop()
    with pytest.raises(backups.StillGood):
        backups.restore(file, kept.folder, kept.home.passphrase, CLOCK.now())
    (kept.folder / "vault.db").write_bytes(b"\0" * 8192)
    kept.start()
    assert (await kept.ends()).trouble.choices == ("restore",)
    assert VaultDamaged().sentence() in str((await kept.ends()).trouble.what)

    aside = backups.restore(file, kept.folder, kept.home.passphrase, CLOCK.now())
    assert aside is not None and (aside / "vault.db").read_bytes() == b"\0" * 8192
    kept.start()
    await kept.reaches("working")
    assert await answered(desk, "!status", "Running for")
    await kept.stop()
    with kept.vault() as vault:
        fresh = vault.accounts.all()[0]
        assert fresh.device_id != old.device_id and fresh.crypto_file != old.crypto_file
        assert vault.records.get(NAMESPACE, "new device") is None
    for guest in (desk, member):
        await guest.stop()


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Every line of every logger, down to DEBUG, as the bot's log would write it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    formatter, handler, root = Lines(journal=False), Keep(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("peerroom").setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        logging.getLogger("peerroom").setLevel(logging.NOTSET)


async def test_log_health_and_metrics_name_nobody_and_quote_nothing_at_any_level(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    with everything_logged() as log:
        kept = KeptBot.make(tmp_path, homeserver)
        kept.start()
        await kept.reaches("working")
        desk, member = await people(kept)
        member.say(TEXT)
        await answered(desk, "!status", "Running for")
        await answered(desk, "!mute nobody-called-this", "nobody")
        figures = kept.keeper.figures()
        assert figures is not None and figures.judged > 10 and figures.rooms == 1
        vitals = Vitals("working", figures)
        log += [exposition([vitals]).decode(), report([vitals])[1]]
        await kept.stop()
        with kept.vault() as vault:
            vault.records.replace(CURSORS, current(vault).circle, TEXT)
            accounts, rooms = vault.accounts.all(), vault.rooms.all()
        kept.start()
        await said(desk, "I have stopped")
        await answered(desk, "!1", "starting again")
        await kept.stop()
        for guest in (desk, member):
            await guest.stop()
    assert any("the bot stopped: " in line for line in log)
    names = [member.client.user_id, desk.client.user_id, kept.home.user_id, "Kitchen table"]
    names += [name.partition(":")[0][1:] for name in names[:3]]
    names += [room.room_id for room in rooms] + [account.access_token for account in accounts]
    names += [account.device_id for account in accounts] + [TEXT, "nobody-called-this"]
    names += [kept.home.password, kept.home.passphrase]
    told = [line for line in log for name in names if name in line]
    assert told == []
