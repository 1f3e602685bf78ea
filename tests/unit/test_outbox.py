"""What is to be sent: order, retries, withdrawal, actions that happen once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.vaults import NOW, PASSPHRASE, ROOM, furnish, new_vault

from peerroom.store.errors import NotStorable
from peerroom.store.outbox import Outbox, OutboxRow
from peerroom.store.vault import Vault

OTHER = "!other:example.org"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        furnish(vault)
        yield vault


@pytest.fixture
def outbox(vault: Vault) -> Outbox:
    return vault.outbox


def _add(outbox: Outbox, room_id: str = ROOM, **more: Any) -> OutboxRow:
    return outbox.add(1, room_id, "message", {"body": "hello"}, now=NOW, **more)


def _ids(rows: list[OutboxRow]) -> list[int]:
    return [row.id for row in rows]


def test_a_row_from_queue_to_server(outbox: Outbox) -> None:
    row = _add(outbox)
    assert (row.state, row.attempts, row.order_key, row.created) == ("queued", 0, ROOM, NOW)
    assert len(row.transaction_id) >= 20
    assert outbox.mark_sending(row.id, NOW)
    outbox.requeue(row.id, "The server is away.")
    waiting = outbox.get(row.id)
    assert waiting is not None
    assert (waiting.state, waiting.last_error) == ("queued", "The server is away.")
    assert outbox.mark_sending(row.id, NOW + timedelta(hours=30))
    outbox.mark_sent(row.id, "$event")
    sent = outbox.by_transaction(row.transaction_id)
    assert sent is not None
    assert (sent.state, sent.attempts, sent.event_id, sent.last_error) == (
        "sent",
        2,
        "$event",
        None,
    )
    assert sent.first_attempt == NOW
    outbox.remove(row.id)
    assert outbox.get(row.id) is outbox.by_transaction(row.transaction_id) is None
    assert _add(outbox).id > row.id


def test_rooms_go_side_by_side_and_each_keeps_its_order(outbox: Outbox) -> None:
    first, second = _add(outbox), _add(outbox)
    apart = _add(outbox, OTHER)
    lane = _add(outbox, OTHER, order_key="slow lane")
    assert _ids(outbox.ready(1)) == [first.id, apart.id, lane.id]
    assert _ids(outbox.queued(1)) == [first.id, second.id, apart.id, lane.id]
    outbox.mark_sending(first.id, NOW)
    assert _ids(outbox.ready(1)) == [apart.id, lane.id]
    outbox.mark_sent(first.id, "$1")
    assert _ids(outbox.ready(1)) == [second.id, apart.id, lane.id]
    assert outbox.ready(2) == outbox.queued(2) == []


def test_a_refused_row_waits_for_its_owner_and_holds_nothing_up(outbox: Outbox) -> None:
    first, second, third = _add(outbox), _add(outbox), _add(outbox)
    outbox.mark_sending(first.id, NOW)
    outbox.mark_failed(first.id, "You may not write here.")
    assert _ids(outbox.ready(1)) == [second.id]
    assert [row.last_error for row in outbox.failed(1)] == ["You may not write here."]
    outbox.requeue(first.id)
    assert _ids(outbox.ready(1)) == [first.id]  # what was tried again goes before what waits
    outbox.mark_sending(second.id, NOW)
    assert outbox.ready(1) == []
    assert _ids(outbox.of_room(ROOM)) == [first.id, second.id, third.id]


@pytest.mark.parametrize("state", ["queued", "failed", "sending", "sent"])
def test_only_what_is_not_under_way_can_be_taken_back(outbox: Outbox, state: str) -> None:
    row = _add(outbox)
    if state != "queued":
        outbox.mark_sending(row.id, NOW)
    if state == "failed":
        outbox.mark_failed(row.id, "No.")
    if state == "sent":
        outbox.mark_sent(row.id, "$1")
    assert outbox.withdraw(row.id) == (state in ("queued", "failed"))
    assert (outbox.get(row.id) is None) == (state in ("queued", "failed"))
    assert not outbox.withdraw(999)


def test_a_row_that_was_taken_back_is_not_sent(outbox: Outbox) -> None:
    row = _add(outbox)
    outbox.withdraw(row.id)
    assert not outbox.mark_sending(row.id, NOW)
    row = _add(outbox)
    assert outbox.mark_sending(row.id, NOW)
    assert not outbox.mark_sending(row.id, NOW)  # nor twice at once


def test_what_is_sent_stays_sent(outbox: Outbox) -> None:
    row = _add(outbox)
    outbox.mark_sending(row.id, NOW)
    outbox.mark_sent(row.id, "$1")
    outbox.mark_failed(row.id, "A late answer.")
    outbox.requeue(row.id)
    sent = outbox.get(row.id)
    assert sent is not None
    assert (sent.state, sent.event_id, sent.last_error) == ("sent", "$1", None)


def test_an_action_with_a_key_happens_once(outbox: Outbox) -> None:
    row = _add(outbox, idempotency_key="ban:@x")
    assert _add(outbox, idempotency_key="ban:@x") == row
    outbox.mark_sending(row.id, NOW)
    outbox.mark_sent(row.id, "$1")
    assert _add(outbox, idempotency_key="ban:@x").state == "sent"
    assert _add(outbox, idempotency_key="ban:@y").id != row.id
    assert len(outbox.of_room(ROOM)) == 2


def test_old_rows_that_were_sent_are_forgotten(outbox: Outbox) -> None:
    old, waiting = _add(outbox), _add(outbox)
    outbox.mark_sent(old.id, "$1")
    assert outbox.remove_sent(NOW) == 0
    assert outbox.remove_sent(NOW + timedelta(seconds=1)) == 1
    assert _ids(outbox.of_room(ROOM)) == [waiting.id]


def test_what_is_no_json_is_not_queued(outbox: Outbox) -> None:
    with pytest.raises(NotStorable):
        outbox.add(1, ROOM, "message", {"x": float("nan")}, now=NOW)
    assert outbox.queued(1) == []


def test_after_a_crash_rows_under_way_go_again_under_the_same_transaction(tmp_path: Path) -> None:
    with new_vault(tmp_path) as vault:
        furnish(vault)
        rows = [_add(vault.outbox) for _ in range(3)]
        vault.outbox.mark_sending(rows[0].id, NOW)
        vault.outbox.mark_sent(rows[0].id, "$1")
        vault.outbox.mark_sending(rows[1].id, NOW)
    with Vault.open(tmp_path, PASSPHRASE) as vault:
        again = vault.outbox.ready(1)
        assert [(row.id, row.transaction_id) for row in again] == [
            (rows[1].id, rows[1].transaction_id)
        ]
        assert _ids(vault.outbox.queued(1)) == _ids(rows[1:])


def test_rows_go_with_their_account_and_room(vault: Vault) -> None:
    _add(vault.outbox)
    vault.rooms.remove(ROOM)
    assert vault.outbox.of_room(ROOM) == []
    _add(vault.outbox, OTHER)
    vault.accounts.remove(1)
    assert vault.outbox.of_room(OTHER) == []


class AnyOrderOfEvents(RuleBasedStateMachine):
    """Whatever users, servers and crashes do, a room's rows reach the server in order, once."""

    def __init__(self) -> None:
        super().__init__()
        self.vault = Vault.ephemeral()
        furnish(self.vault)
        self.outbox = self.vault.outbox
        self.delivered: list[int] = []
        self.given_up: set[int] = set()

    def teardown(self) -> None:
        self.vault.close()

    @rule(room=st.sampled_from([ROOM, OTHER]))
    def add(self, room: str) -> None:
        _add(self.outbox, room)

    @rule(choice=st.integers(0, 9))
    def send(self, choice: int) -> None:
        ready = self.outbox.ready(1)
        if ready:
            assert self.outbox.mark_sending(ready[choice % len(ready)].id, NOW)

    @rule(choice=st.integers(0, 9), answer=st.sampled_from(["taken", "refused", "fault"]))
    def answer(self, choice: int, answer: str) -> None:
        under_way = self._in_state("sending")
        if not under_way:
            return
        row = under_way[choice % len(under_way)]
        if answer == "taken":
            self.outbox.mark_sent(row.id, f"${row.id}")
            self.delivered.append(row.id)
        elif answer == "refused":
            self.outbox.mark_failed(row.id, "No.")
            self.given_up.add(row.id)
        else:
            self.outbox.requeue(row.id, "Away.")

    @precondition(lambda self: self.outbox.failed(1))
    @rule(again=st.booleans())
    def decide(self, again: bool) -> None:
        row = self.outbox.failed(1)[0]
        if again:
            self.outbox.requeue(row.id)
        else:
            assert self.outbox.withdraw(row.id)

    @rule()
    def crash(self) -> None:
        self.outbox.recover()
        assert self._in_state("sending") == []

    @invariant()
    def in_order_and_once(self) -> None:
        assert len(set(self.delivered)) == len(self.delivered)
        for room in (ROOM, OTHER):
            rows = {row.id for row in self.outbox.of_room(room)}
            straight = [n for n in self.delivered if n in rows and n not in self.given_up]
            assert straight == sorted(straight)
            assert len([row for row in self._in_state("sending") if row.id in rows]) <= 1

    def _in_state(self, state: str) -> list[OutboxRow]:
        rows = [*self.outbox.of_room(ROOM), *self.outbox.of_room(OTHER)]
        return [row for row in rows if row.state == state]


TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
