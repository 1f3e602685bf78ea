"""``peerroom agent`` as a real process: it makes way, takes up again, and keeps its secrets."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from support.agents import POLICY
from support.circle import CLOCK, RANDOM, Circle
from support.clock import ShiftedClock
from support.plain_process import Process

from peerroom.client import wallets
from peerroom.client.rotation import alone
from peerroom.client.rotation.hours import Whose, whose
from peerroom.config import Config, Privacy
from peerroom.host.homeserver import Homeserver
from peerroom.store.errors import VaultBusy
from peerroom.store.vault import Vault

PAGE = Path(__file__).parent.parent.parent / "docs" / "agent.md"


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    async with AsyncExitStack() as stack:
        circle = await Circle.start(homeserver, policy=POLICY)
        stack.push_async_callback(circle.stop)
        yield circle


async def test_it_makes_way_and_takes_up_again(circle: Circle, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Vault.create(folder, "a few words") as vault:
        await circle.admit(vault)
        key, current = vault.data_key, vault.accounts.current()
        assert current is not None

    # One run of cron's begins to look after the name, in an hour of that name, and ends.
    once = await Process.start("agent", "--once", data=folder, key=key)
    assert await once.ends() == 0, once.said
    await alone.once(
        folder, key, 60.0, config=Config(), clock=in_an_hour(Whose.USED), random=RANDOM
    )
    with Vault.open_with_key(folder, key) as vault:
        [wallet] = wallets.of(vault, current.id)

    # The one that stays makes way for whoever opens the vault, and takes it back.
    agent = await Process.start("agent", data=folder, key=key)
    await agent.hears("at work")
    with pytest.raises(VaultBusy):
        Vault.open_with_key(folder, key, yields=True)  # another agent asks for nothing
    with Vault.open_with_key(folder, key) as vault:  # a face asks, and waits for it
        await agent.hears("made way")
        # What cron starts meanwhile leaves it alone.
        idle = await Process.start("agent", "--once", data=folder, key=key)
        assert await idle.ends() == 0, idle.said
    await agent.hears("at work")
    agent.process.terminate()
    assert await agent.ends() == 0, agent.said

    said = "\n".join(once.said + agent.said + idle.said)
    secrets = (current.user_id, current.access_token, current.display_name or "", circle.room_id)
    assert not [secret for secret in secrets if secret in said]
    assert wallet.account.user_id == current.user_id


async def test_without_a_network_it_says_that_it_has_to_be_tried_again(
    circle: Circle, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    with Vault.create(folder, "a few words") as vault:
        await circle.admit(vault)
        key, current = vault.data_key, vault.accounts.current()
        assert current is not None
    proxy = "socks5h://127.0.0.1:9"
    (tmp_path / "config.toml").write_text(f'[privacy]\nproxy = "{proxy}"\n')
    hour = whose(CLOCK.now())
    process = await Process.start("agent", "--once", "--patience", "3", data=folder, key=key)
    code = await process.ends()
    if hour is whose(CLOCK.now()):
        assert code == (75 if hour is Whose.USED else 0), process.said
    config = Config(privacy=Privacy(proxy=proxy))
    clock = in_an_hour(Whose.USED)
    with pytest.raises(alone.NotFinished) as raised:
        await alone.once(folder, key, 3.0, config=config, clock=clock, random=RANDOM)
    assert raised.value.exit_code == 75
    assert "Run it again later" in raised.value.sentence()
    # In an hour of the name to come there is nothing to do without one.
    clock = in_an_hour(Whose.COMING)
    await alone.once(folder, key, 3.0, config=config, clock=clock, random=RANDOM)


def in_an_hour(wanted: Whose) -> ShiftedClock:
    """A clock that is ahead by an hour, if this is not an hour of that kind."""
    return ShiftedClock(timedelta(hours=whose(CLOCK.now()) is not wanted))


async def test_the_key_is_written_for_its_owner_alone_and_opens_the_vault(tmp_path: Path) -> None:
    folder, kept = tmp_path / "data", tmp_path / "agent.key"
    with Vault.create(folder, "a few words") as vault:
        key = vault.data_key
    words = ("agent", "--write-key", str(kept))
    process = await Process.start(*words, data=folder, key=key, umask=0)
    assert await process.ends() == 0, process.said
    assert kept.read_bytes() == key
    assert kept.stat().st_mode & 0o777 == 0o600
    again = await Process.start(*words, data=folder, key=key)
    assert await again.ends() == 1
    assert "is not there yet" in again.said[-1]

    passed = tmp_path / "credentials"
    passed.mkdir()
    shutil.copy(kept, passed / "peerroom-vault-key")
    environ = {"CREDENTIALS_DIRECTORY": str(passed)}
    process = await Process.start("agent", "--once", data=folder, environ=environ)
    assert await process.ends() == 1
    assert "peerroom join" in process.said[-1]  # it is open, and nobody is in it


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_the_unit_in_the_manual_is_one(tmp_path: Path) -> None:
    [unit] = re.findall(r"```ini\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "peerroom-agent.service"
    file.write_text(unit.replace("%h/.local/bin/peerroom", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
