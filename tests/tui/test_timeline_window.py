"""The stretch of messages in memory, over a real vault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from support import filled_vault

from peerroom.client.roster import Roster
from peerroom.store.vault import Vault
from peerroom.tui.timeline.window import LIMIT, STEP, Window

NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)


def window_over(vault: Vault) -> Window:
    account = vault.accounts.current()
    assert account is not None
    roster = Roster(vault, account.id, account.user_id)
    window = Window(roster.timeline(filled_vault.ROOM))
    window.load_newest()
    return window


@pytest.fixture
def long_room(vault: Vault) -> Vault:
    filled_vault.furnish(vault)
    filled_vault.say(vault, filled_vault.evening("en", NIGHT, 1000))
    return vault


def more(vault: Vault, count: int, first: int) -> None:
    said = filled_vault.Said("warm", "one more", NIGHT + timedelta(minutes=1))
    filled_vault.say(vault, [said] * count, first=first)


def test_it_begins_at_the_end(long_room: Vault) -> None:
    window = window_over(long_room)
    assert window.at_end
    assert not window.at_start
    assert [view.position for view in window.views] == list(range(1001 - STEP, 1001))


def test_an_empty_room_has_both_ends(vault: Vault) -> None:
    filled_vault.furnish(vault)
    window = window_over(vault)
    assert (window.views, window.at_end, window.at_start) == ([], True, True)
    assert window.load_older() == window.load_newer() == 0
    window.reread()
    assert window.views == []


def test_going_up_to_the_first_message_and_down_again_misses_none(long_room: Vault) -> None:
    window = window_over(long_room)
    seen = {view.position for view in window.views}
    while window.load_older():
        seen |= {view.position for view in window.views}
        assert len(window.views) <= LIMIT
        positions = [view.position for view in window.views]
        assert positions == list(range(positions[0], positions[-1] + 1))
    assert seen == set(range(1, 1001))
    assert window.at_start
    assert not window.at_end
    while window.load_newer():
        assert len(window.views) <= LIMIT
    assert window.at_end
    assert not window.at_start
    assert window.views[-1].position == 1000


def test_new_messages_are_appended_at_the_end(long_room: Vault) -> None:
    window = window_over(long_room)
    first = window.views[0].position
    more(long_room, 3, first=1001)
    window.reread()
    assert [view.position for view in window.views] == list(range(first, 1004))


def test_a_flood_moves_the_window_on(long_room: Vault) -> None:
    window = window_over(long_room)
    more(long_room, 500, first=1001)
    window.reread()
    positions = [view.position for view in window.views]
    assert positions[-1] == 1500
    assert positions == list(range(positions[0], 1501))
    assert not window.at_start


def test_further_up_new_messages_change_nothing(long_room: Vault) -> None:
    window = window_over(long_room)
    while window.at_end:
        window.load_older()
    before = list(window.views)
    more(long_room, 5, first=1001)
    window.reread()
    assert window.views == before
    assert len(window.newer_than(1000)) == 5


def test_older_messages_that_are_filled_in_are_found(vault: Vault) -> None:
    filled_vault.furnish(vault)
    filled_vault.say(vault, filled_vault.evening("en", NIGHT, 5), first=100)
    window = window_over(vault)
    assert window.at_start
    filled_vault.say(vault, filled_vault.evening("en", NIGHT, 5), first=10)
    window.reread()
    assert not window.at_start
    assert window.load_older() == 5
    assert [view.position for view in window.views] == [*range(10, 15), *range(100, 105)]


def test_what_is_deleted_changes_in_place(long_room: Vault) -> None:
    window = window_over(long_room)
    target = window.views[-3]
    assert target.event_id is not None
    long_room.events.redact(filled_vault.ROOM, target.event_id)
    window.reread()
    assert window.views[-3].key == target.key
    assert window.views[-3].state == "deleted"


def test_what_is_edited_changes_in_place(long_room: Vault) -> None:
    window = window_over(long_room)
    before = window.views.copy()
    target = before[-3]
    edit = filled_vault.Said(target.sender_id, "other words", NIGHT, edits=target.position)
    filled_vault.say(long_room, [edit], first=before[-1].position + 1)
    window.reread()
    assert [view.key for view in window.views] == [view.key for view in before]
    assert (window.views[-3].body, window.views[-3].edited) == ("other words", True)
    assert window.newer_than(before[-1].position) == []
