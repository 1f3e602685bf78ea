"""The registrar's time stands still while the bot cannot know what has come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.clock import START, FrozenClock
from support.vaults import ROOM, furnish, message

from peerroom.bot.epochs.desk import TOUCH, Desk, is_missing
from peerroom.pseudonym.epochs import Policy
from peerroom.store.vault import Vault


def desk(vault: Vault, clock: FrozenClock) -> Desk:
    return Desk(vault, bytes(16), Policy(), lambda _effect, _office: None, clock)


@pytest.fixture
def vault() -> Vault:
    return Vault.ephemeral()


def test_time_goes_on_in_touch_with_the_server(vault: Vault) -> None:
    clock = FrozenClock()
    at_work = desk(vault, clock)
    at_work.in_touch()
    clock.advance(TOUCH)
    assert at_work.now() == START + timedelta(seconds=TOUCH)


def test_time_stands_still_out_of_touch_and_jumps_when_all_has_been_told(vault: Vault) -> None:
    clock = FrozenClock()
    at_work = desk(vault, clock)
    at_work.in_touch()
    clock.advance(3600)
    assert at_work.now() == START
    at_work.in_touch()
    assert at_work.now() == START + timedelta(hours=1)


def test_after_a_restart_time_is_what_it_was_until_the_backlog_is_told(vault: Vault) -> None:
    clock = FrozenClock()
    desk(vault, clock).in_touch()
    clock.advance(7200)
    restarted = desk(vault, clock)
    assert restarted.now() == START
    restarted.in_touch()
    assert restarted.now() == START + timedelta(hours=2)


def test_a_new_circle_begins_now(vault: Vault) -> None:
    assert desk(vault, FrozenClock()).now() == START


def test_time_waits_for_what_is_missing_but_not_in_a_room_that_we_were_removed_from(
    vault: Vault,
) -> None:
    """Whoever fills a room of two faster than we read, and then removes us, would otherwise have
    stopped the names of a whole circle for ever."""
    furnish(vault)
    assert not is_missing(vault)
    vault.events.upsert(message(1))
    vault.gaps.open(ROOM, "token")
    assert is_missing(vault)
    vault.rooms.set_membership(ROOM, "leave")
    assert not is_missing(vault)
