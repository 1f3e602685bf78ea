"""To-device events that wait: how many, how long ones, and never the same one twice."""

from __future__ import annotations

import pytest
from support.clock import FrozenClock

from peerroom.matrix.crypto import Machine
from peerroom.matrix.outcome import ClearToDevice
from peerroom.matrix.waiting import AT_MOST, LARGEST, OF_ONE_SENDER, Waiting
from peerroom.store.vault import Vault

REDEEM = "org.peerroom.epoch.redeem"


@pytest.fixture
def waiting(frozen_clock: FrozenClock) -> Waiting:
    return Waiting(Vault.ephemeral(), frozen_clock)


def event(number: int, sender: str | None = None) -> ClearToDevice:
    return ClearToDevice(REDEEM, sender or f"@p{number}:h", {"sealed": str(number)})


def test_nobody_fills_a_disk(waiting: Waiting) -> None:
    waiting.keep([event(number) for number in range(AT_MOST + 7)])
    assert len(waiting.all()) == AT_MOST
    assert waiting.dropped == 7
    waiting.keep([event(-1)])
    assert waiting.dropped == 8
    waiting.remove(waiting.all()[0].number)
    waiting.keep([event(-1)])
    assert waiting.all()[-1].sender == "@p-1:h"
    assert waiting.dropped == 8


def test_one_account_leaves_room_for_the_others(waiting: Waiting) -> None:
    loud = [event(number, "@loud:h") for number in range(50)]
    waiting.keep(loud[:3])
    waiting.keep([*loud[3:], event(1)])
    senders = [one.sender for one in waiting.all()]
    assert senders == ["@loud:h"] * OF_ONE_SENDER + ["@p1:h"]
    assert waiting.dropped == 50 - OF_ONE_SENDER


def test_the_same_event_of_the_same_sender_is_kept_once(waiting: Waiting) -> None:
    waiting.keep([event(1), event(1), event(1, "@other:h")])
    waiting.keep([event(1)])
    assert [one.sender for one in waiting.all()] == ["@p1:h", "@other:h"]
    assert waiting.dropped == 0


def test_a_number_is_never_used_twice(waiting: Waiting) -> None:
    waiting.keep([event(1)])
    (first,) = waiting.all()
    waiting.remove(first.number)
    waiting.keep([event(2)])
    assert waiting.all()[0].number > first.number
    assert not waiting.remove(first.number)


HOSTILE = [1.5, 2**60, "\ud800", {"a": [0.1]}, {"\udfff": 1}, "x" * LARGEST, [[[]] * 3000]]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_content_that_no_honest_client_sends_loses_nothing_but_itself(
    value: object, frozen_clock: FrozenClock
) -> None:
    good = {"type": REDEEM, "sender": "@a:h", "content": {"v": 1}}
    batch = [
        good | {"content": {"x": value}},
        good | {"content": value if not isinstance(value, dict) else [value]},
        good | {"sender": 7},
        {"type": REDEEM},
        good,
    ]
    with Vault.ephemeral() as vault:
        account = vault.accounts.add(
            homeserver="https://h", user_id="@bot:h", device_id="D", access_token="t"
        )
        machine = Machine.open(vault, account, clock=frozen_clock, in_clear=[REDEEM])
        result = machine.handle_to_device(batch)
        machine.close()
        waiting = Waiting(vault, frozen_clock)
        waiting.keep(result.clear)
        assert [one.content for one in waiting.all()] == [{"v": 1}]
    assert (len(result.clear), result.refused) == (1, 4)


def test_an_event_that_cannot_be_stored_does_not_stop_the_others(waiting: Waiting) -> None:
    deep: object = 1
    for _ in range(
        80
    ):  # as deep as an answer of the server may be, and deeper than the vault takes
        deep = [deep]
    waiting.keep([event(1), ClearToDevice(REDEEM, "@a:h", {"x": deep}), event(2)])
    assert [one.sender for one in waiting.all()] == ["@p1:h", "@p2:h"]
    assert waiting.dropped == 1
