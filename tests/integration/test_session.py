"""Accounts on a real Synapse: registering, logging in, staying, leaving."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.accounts import MakeAccount, TestAccount
from support.faults import FaultyServer
from support.impatient import ImpatientClock

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.admin import Admin
from peerroom.matrix.errors import (
    AccountClosed,
    InviteUsedUp,
    LoggedOut,
    NameTaken,
    NotFound,
    RateLimited,
    RegistrationClosed,
    WrongPassword,
)
from peerroom.matrix.session import Credentials, Session, login, register
from peerroom.matrix.transport import Transport


@pytest.fixture
async def transport(homeserver: Homeserver, seeded: random.Random) -> AsyncIterator[Transport]:
    one = Transport(homeserver.base_url, clock=SystemClock(), random=seeded)
    yield one
    await one.close()


@pytest.fixture
def admin(homeserver: Homeserver, transport: Transport) -> Admin:
    return Admin(
        Session(transport, Credentials("@admin:localhost", "", homeserver.admin.access_token))
    )


def fresh_name() -> str:
    return f"n{secrets.token_hex(6)}"


async def session_of(transport: Transport, account: TestAccount) -> Session:
    return Session(transport, await login(transport, account.localpart, account.password))


async def test_an_invite_makes_one_account_and_a_device_without_a_name(
    transport: Transport, admin: Admin
) -> None:
    token = (await admin.create_token()).token
    name = fresh_name()
    session = Session(transport, await register(transport, name, "a password", token))
    assert session.user_id == f"@{name}:localhost"
    device = await session.get("/devices", session.device_id)
    assert device["display_name"] is None
    assert (await session.whoami()) == session.credentials
    with pytest.raises(InviteUsedUp):
        await register(transport, fresh_name(), "a password", token)


async def test_wrong_and_expired_invites_are_said(transport: Transport, admin: Admin) -> None:
    with pytest.raises(InviteUsedUp):
        await register(transport, fresh_name(), "a password", "not-a-token")
    with pytest.raises(RegistrationClosed):
        await register(transport, fresh_name(), "a password", None)


async def test_a_taken_name_is_said(
    transport: Transport, admin: Admin, make_account: MakeAccount
) -> None:
    account = make_account("taken")
    token = (await admin.create_token()).token
    with pytest.raises(NameTaken):
        await register(transport, account.localpart, "a password", token)
    left = await admin.token(token)
    assert left is not None
    assert left.completed == 0


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_an_answer_lost_on_the_way_costs_neither_account_nor_invite(
    lost: int, homeserver: Homeserver, admin: Admin, seeded: random.Random
) -> None:
    token = (await admin.create_token()).token
    name = fresh_name()
    async with FaultyServer(upstream=homeserver.base_url) as between:
        transport = Transport(between.url, clock=SystemClock(), random=seeded)
        between.fail("reset after", path="/register", times=1, after=lost - 1)
        credentials = await register(transport, name, "a password", token)
        await transport.close()
        assert between.struck_now
    assert credentials.user_id == f"@{name}:localhost"


async def test_an_account_that_was_made_in_silence_is_found_by_logging_in(
    homeserver: Homeserver, admin: Admin, seeded: random.Random
) -> None:
    token = (await admin.create_token()).token
    name = fresh_name()
    async with FaultyServer(upstream=homeserver.base_url) as between:
        transport = Transport(between.url, clock=ImpatientClock(), random=seeded)
        between.fail("reset after", path="/register", after=2)
        credentials = await register(transport, name, "a password", token)
        await transport.close()
    assert credentials.user_id == f"@{name}:localhost"


async def test_login(transport: Transport, make_account: MakeAccount) -> None:
    account = make_account("alice")
    first = await login(transport, account.localpart, account.password)
    again = await login(transport, account.user_id, account.password, device_id=first.device_id)
    assert again.device_id == first.device_id
    assert again.access_token != first.access_token
    with pytest.raises(WrongPassword):
        await login(transport, account.localpart, "wrong")


def test_tokens_stay_out_of_sight(make_account: MakeAccount) -> None:
    assert "s3cret" not in repr(Credentials("@a:b", "D", "s3cret"))


async def test_logout_ends_the_device_and_may_be_repeated(
    transport: Transport, make_account: MakeAccount
) -> None:
    session = await session_of(transport, make_account("leaver"))
    await session.logout()
    await session.logout()
    with pytest.raises(LoggedOut) as caught:
        await session.whoami()
    assert not caught.value.soft


async def test_closing_an_account_takes_the_password(
    transport: Transport, make_account: MakeAccount
) -> None:
    account = make_account("closer")
    session = await session_of(transport, account)
    with pytest.raises(WrongPassword):
        await session.deactivate("wrong")
    await session.deactivate(account.password)
    with pytest.raises((AccountClosed, WrongPassword)):
        await login(transport, account.localpart, account.password)


async def test_changing_the_password(transport: Transport, make_account: MakeAccount) -> None:
    account = make_account("changer")
    session = await session_of(transport, account)
    await session.change_password(account.password, "another password")
    assert (await session.whoami()).user_id == account.user_id
    await login(transport, account.localpart, "another password")


async def test_ids_cannot_climb_out_of_their_path(
    transport: Transport, make_account: MakeAccount
) -> None:
    session = await session_of(transport, make_account("climber"))
    with pytest.raises(NotFound):
        await session.get("/rooms", "..", "..", "account", "whoami")


async def test_versions(transport: Transport, admin: Admin, make_account: MakeAccount) -> None:
    session = await session_of(transport, make_account("asker"))
    assert "v1.11" in await session.server_versions()
    assert (await admin.server_version()).startswith("1.")


async def test_registration_tokens(admin: Admin) -> None:
    expires = SystemClock().now() + timedelta(hours=1)
    made = await admin.create_token(uses=2, expires=expires)
    assert made.token not in repr(made)
    known = await admin.token(made.token)
    assert known == made
    assert made.uses_allowed == 2
    assert made.expires is not None
    assert abs(made.expires - expires) < timedelta(seconds=1)
    assert made.token in {token.token for token in await admin.tokens()}
    assert await admin.delete_token(made.token)
    assert not await admin.delete_token(made.token)
    assert await admin.token(made.token) is None


async def test_rate_limits_can_be_lifted(admin: Admin, make_account: MakeAccount) -> None:
    account = make_account("bot")
    assert await admin.rate_limit(account.user_id) is None
    await admin.lift_rate_limit(account.user_id)
    assert await admin.rate_limit(account.user_id) == {"messages_per_second": 0, "burst_count": 0}


async def test_an_admin_closes_an_account(
    admin: Admin, transport: Transport, make_account: MakeAccount
) -> None:
    account = make_account("closed")
    session = await session_of(transport, account)
    await admin.deactivate(account.user_id)
    with pytest.raises(LoggedOut):
        await session.whoami()


@pytest.mark.soak  # waits as long as the server demands
async def test_too_many_logins_are_told_with_the_time_to_wait(
    make_strict_account: MakeAccount, seeded: random.Random
) -> None:
    account = make_strict_account("hasty")
    transport = Transport(account.homeserver, clock=SystemClock(), random=seeded)
    with pytest.raises(RateLimited) as caught:
        for _ in range(10):
            await login(transport, account.localpart, account.password)
    await transport.close()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 60
