"""One visit: these requests and no other, alike for everyone, and repeatable after any crash."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.faults import Fault, FaultyServer, Seen
from support.members import Member, People, meet, people_of
from support.vaults import CHEAP
from support.visiting import REDEEM, described, shows_itself_to

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token
from peerroom.matrix.canonical import from_base64
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import InviteUsedUp, NameTaken
from peerroom.matrix.session import Credentials, Session
from peerroom.matrix.transport import Transport
from peerroom.matrix.trust import Trust
from peerroom.matrix.visit import NewAccount, visit
from peerroom.store.accounts import Account, new_circuit
from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent
UPLOADS = ["POST /keys/device_signing/upload", "POST /keys/upload"]
SIGNS_UP = ["POST /register"] * 3  # this server has two stages
SENDS = "PUT /sendToDevice/type/txn"
WHOLE = [*SIGNS_UP, *UPLOADS, SENDS]


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


@pytest.fixture
async def between(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as one:
        yield one


@pytest.fixture
async def bot(people: People) -> Member:
    return await people("bot", in_clear=[REDEEM])


def planned(server: FaultyServer, homeserver: Homeserver, **changes: Any) -> NewAccount:
    """An account as a wallet draws it."""
    fields: dict[str, Any] = {
        "homeserver": server.url,
        "localpart": f"p{secrets.token_hex(8)}",
        "password": secrets.token_urlsafe(24),
        "registration_token": registration_token(homeserver.api(), uses=None),
        "circuit": new_circuit(),
    }
    return NewAccount(**(fields | changes))


async def made(vault: Vault, new: NewAccount, bot: Member) -> Account:
    say = shows_itself_to(bot.user_id)
    return await visit(vault, new, say, proxy=None, clock=SystemClock(), random=random.Random(7))


def steps(seen: list[Seen]) -> list[str]:
    """Method and path of each, without what is of one member alone."""
    found = []
    for one in seen:
        path = one.path.removeprefix("/_matrix/client/v3")
        if path.startswith("/sendToDevice/"):
            path = "/sendToDevice/type/txn"
        found.append(f"{one.method} {path}")
    return found


def shape(value: object) -> object:
    """JSON without its values; keys that name keys or people are of one form."""
    if isinstance(value, dict):
        return sorted((_form(key), str(shape(part))) for key, part in value.items())
    return type(value).__name__, len(value) if isinstance(value, str) else None


def _form(key: str) -> str:
    kind, colon, name = key.partition(":")
    return f"{'@' if kind.startswith('@') else kind}{colon}{len(kind)}{colon}{len(name)}"


async def test_these_are_the_requests_and_they_are_alike(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    lives: list[list[Seen]] = []
    for _ in range(3):
        between.seen.clear()
        with Vault.ephemeral() as vault:
            await made(vault, planned(between, homeserver), bot)
        lives.append(list(between.seen))
    for seen in lives:
        assert steps(seen) == WHOLE
        assert described() == list(dict.fromkeys(WHOLE))
        assert {name for one in seen for name in one.headers} <= {
            "Host", "User-Agent", "Accept", "Accept-Encoding", "Content-Type", "Content-Length",
            "Authorization",
        }  # fmt: skip
        uploaded = json.loads(seen[4].body)
        assert len(uploaded["one_time_keys"]) == 50
        assert len(uploaded["fallback_keys"]) == 1
        assert "device_display_name" not in b"".join(one.body for one in seen).decode()
    for others in lives[1:]:
        for first, second in zip(lives[0], others, strict=True):
            assert shape(json.loads(first.body)) == shape(json.loads(second.body))
            assert len(first.body) == len(second.body)
            assert len(first.path) == len(second.path)
            plain = {"Host", "Authorization"}
            assert {(n, v) for n, v in first.headers.items() if n not in plain} == {
                (n, v) for n, v in second.headers.items() if n not in plain
            }


async def test_what_the_bot_is_told_is_what_the_server_shows(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    with Vault.ephemeral() as vault:
        new = planned(between, homeserver)
        account = await made(vault, new, bot)
        assert vault.accounts.current() is None
        assert (account.password, account.circuit) == (new.password, new.circuit)
        await check(bot, account)


async def check(bot: Member, account: Account) -> None:
    """The bot has one message of this account, and it names the keys that everybody is shown."""
    await bot.turn()
    (told,) = [one for one in bot.connection.waiting.all() if one.sender == account.user_id]
    await bot.machine.learn(bot.session, [account.user_id])
    devices = bot.machine.devices
    (device,) = devices.current(account.user_id)
    assert devices.trust(account.user_id, device.curve25519, device.ed25519) is Trust.SIGNED
    shown = [devices.master(account.user_id), device.ed25519, device.curve25519]
    assert told.content["keys"] == [raw_hex(key) for key in shown]
    transport = Transport(account.homeserver, clock=SystemClock(), random=random.Random(1))
    credentials = Credentials(account.user_id, account.device_id, account.access_token)
    counts = await Session(transport, credentials).post("/keys/upload", json={})
    assert counts["one_time_key_counts"] == {"signed_curve25519": 50}
    await transport.close()


def raw_hex(key: str | None) -> str:
    raw = from_base64(key, 32)
    assert raw is not None
    return raw.hex()


async def test_the_account_goes_on_as_any_other(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    with Vault.ephemeral() as vault:
        account = await made(vault, planned(between, homeserver), bot)
        between.seen.clear()
        connection = await Connection.open(
            vault, account, proxy=None, clock=SystemClock(), random=random.Random(1)
        )
        await connection.start()
        assert not {"POST /keys/upload", UPLOADS[0]} & set(steps(between.seen))
        member = Member(vault, account, connection)
        room_id = await meet(member, bot)
        await member.say(room_id, "hello")
        await bot.turn()
        assert bot.heard(room_id) == ["hello"]
        assert bot.last(room_id).trust == "signed"
        await connection.close()


@dataclass(frozen=True)
class Cut:
    """After how many requests a visit is cut short, and how."""

    after: int
    fault: Fault
    then: tuple[str, ...]
    """What the next visit does."""


CUTS = [
    Cut(0, "silent", tuple(WHOLE)),
    Cut(1, "silent", tuple(WHOLE)),
    Cut(1, "silent after", tuple(WHOLE)),
    Cut(2, "silent", tuple(WHOLE)),
    Cut(2, "silent after", ("POST /register", "POST /login", *UPLOADS, SENDS)),
    Cut(3, "silent", (*UPLOADS, SENDS)),
    Cut(3, "silent after", (*UPLOADS, SENDS)),
    Cut(4, "silent", (*UPLOADS, SENDS)),
    Cut(4, "silent after", (*UPLOADS, SENDS)),
    Cut(5, "silent", (SENDS,)),
    Cut(5, "silent after", (SENDS,)),
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut.fault} {cut.after}")
async def test_a_visit_that_was_killed_is_made_again(
    cut: Cut, bot: Member, between: FaultyServer, homeserver: Homeserver, tmp_path: Path
) -> None:
    new = planned(between, homeserver)
    with Vault.create(tmp_path / "vault", "a passphrase", cost=CHEAP) as vault:
        key = vault.data_key
    wish = asdict(new) | {"circuit": new.circuit.hex(), "to": bot.user_id, "key": key.hex()}
    between.fail(cut.fault, after=cut.after)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "support.visiting", str(tmp_path / "vault"),
        stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(json.dumps(wish).encode() + b"\n")
    await asyncio.wait_for(between.struck(), 60)
    child.kill()
    await child.wait()
    assert steps(between.seen) == WHOLE[: cut.after + 1]
    between.heal()
    between.seen.clear()
    with Vault.open_with_key(tmp_path / "vault", key) as vault:
        account = await made(vault, new, bot)
        assert steps(between.seen) == list(cut.then)
        assert [one.id for one in vault.accounts.all()] == [account.id]
        await check(bot, account)


async def test_a_token_that_the_server_forgot_is_replaced_for_the_same_device(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    with Vault.ephemeral() as vault:
        new = planned(between, homeserver)
        between.fail("silent", path="/keys/device_signing")
        task = asyncio.create_task(made(vault, new, bot))
        await between.struck()
        task.cancel()
        await asyncio.wait([task])
        between.heal()
        (kept,) = vault.accounts.all()
        vault.accounts.update_token(kept.id, "forgotten")
        between.seen.clear()
        await made(vault, new, bot)
        assert steps(between.seen) == [UPLOADS[0], "POST /login", *UPLOADS, SENDS]
        (again,) = vault.accounts.all()
        assert again.device_id == kept.device_id
        await check(bot, again)


async def test_a_name_of_somebody_else_is_not_taken(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    taken = f"p{secrets.token_hex(8)}"
    homeserver.register(taken)
    with Vault.ephemeral() as vault:
        with pytest.raises(NameTaken):
            await made(vault, planned(between, homeserver, localpart=taken), bot)
        assert vault.accounts.all() == []
        assert steps(between.seen) == ["POST /register", "POST /login"]


async def test_a_token_that_is_used_up_leaves_nothing(
    bot: Member, between: FaultyServer, homeserver: Homeserver
) -> None:
    with Vault.ephemeral() as vault:
        with pytest.raises(InviteUsedUp):
            await made(vault, planned(between, homeserver, registration_token="none"), bot)
        assert vault.accounts.all() == []
