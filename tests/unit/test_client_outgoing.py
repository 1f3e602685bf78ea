"""Queueing, taking back and deleting, as rules over the vault."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation

from peerroom.client.outgoing import FORGOTTEN, Outgoing
from peerroom.client.timeline import Timeline
from peerroom.store.drafts import Draft
from peerroom.store.outbox import OutboxRow


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


@pytest.fixture
def outgoing(talk: Conversation, frozen_clock: FrozenClock) -> Outgoing:
    return Outgoing(talk.vault, talk.account.id, OWN, frozen_clock)


def rows(talk: Conversation) -> list[OutboxRow]:
    return talk.vault.outbox.of_room(ROOM)


def redactions(talk: Conversation) -> list[object]:
    return [row.content for row in rows(talk) if row.kind == "redaction"]


def shown(talk: Conversation) -> list[str]:
    return [view.body for view in Timeline(talk.vault, ROOM).page()]


def test_a_message_is_a_row_and_the_draft_is_gone(talk: Conversation, outgoing: Outgoing) -> None:
    talk.vault.drafts.set(ROOM, Draft("hello"))
    row = outgoing.message(ROOM, "hello")
    assert row.state == "queued"
    assert row.content == {
        "type": "m.room.message",
        "content": {"msgtype": "m.text", "body": "hello"},
    }
    assert talk.vault.drafts.get(ROOM) is None
    assert outgoing.waiting() == [row]


def test_me_is_an_action(outgoing: Outgoing) -> None:
    content = outgoing.message(ROOM, "/me waves").content["content"]
    assert content == {"msgtype": "m.emote", "body": "waves"}


def test_undo_gives_the_text_back(talk: Conversation, outgoing: Outgoing) -> None:
    row = outgoing.message(ROOM, "too early")
    taken = outgoing.undo(row.transaction_id)
    assert taken is not None and taken[1] == "too early"
    assert rows(talk) == []


def test_undo_is_refused_once_the_server_may_have_it(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "on its way")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    assert outgoing.undo(row.transaction_id) is None
    talk.vault.outbox.requeue(row.id)
    assert outgoing.undo(row.transaction_id) is None
    assert len(rows(talk)) == 1


def test_failed_rows_can_be_tried_again_or_taken_back(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "refused")
    assert outgoing.retry(row.transaction_id) is None
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    talk.vault.outbox.mark_failed(row.id, "no")
    assert outgoing.retry(row.transaction_id) is not None
    assert rows(talk)[0].state == "queued"
    assert rows(talk)[0].transaction_id == row.transaction_id
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    talk.vault.outbox.mark_failed(row.id, "no", refused=True)
    taken = outgoing.undo(row.transaction_id)
    assert taken is not None and taken[1] == "refused"
    assert rows(talk) == []


def test_what_an_earlier_try_may_have_brought_is_not_taken_back_as_if_unsent(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    """The answer to the first try was lost; the second one failed before it reached the server."""
    row = outgoing.message(ROOM, "maybe there")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    talk.vault.outbox.requeue(row.id)
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    talk.vault.outbox.mark_failed(row.id, "a mistake of ours")
    assert outgoing.undo(row.transaction_id) is None
    assert [one.state for one in rows(talk)] == ["failed"]


def test_deleting_what_never_left_leaves_nothing(talk: Conversation, outgoing: Outgoing) -> None:
    row = outgoing.message(ROOM, "never")
    assert outgoing.delete(ROOM, row.transaction_id)
    assert rows(talk) == [] and shown(talk) == []


def test_deleting_a_received_copy_redacts_it_here_and_there(
    talk: Conversation, outgoing: Outgoing
) -> None:
    event = talk.said("regretted", sender=OWN, transaction_id="t1")
    talk.vault.drafts.set(ROOM, Draft("regretted, I said"))
    assert outgoing.delete(ROOM, "t1")
    stored = talk.vault.events.get(event.event_id)
    assert stored is not None and stored.status == "redacted" and stored.clear is None
    assert redactions(talk) == [{"redacts": event.event_id}]
    assert talk.vault.drafts.get(ROOM) is None


def test_a_draft_about_something_else_stays(talk: Conversation, outgoing: Outgoing) -> None:
    event = talk.said("regretted", sender=OWN)
    talk.vault.drafts.set(ROOM, Draft("another thought"))
    assert outgoing.delete(ROOM, event.event_id)
    assert talk.vault.drafts.get(ROOM) == Draft("another thought")


def test_only_own_messages_of_this_room_can_be_deleted(
    talk: Conversation, outgoing: Outgoing
) -> None:
    event = talk.said("not mine", sender=OTHER)
    mine = talk.said("mine", sender=OWN)
    assert not outgoing.delete(ROOM, event.event_id)
    assert not outgoing.delete("!elsewhere:example.org", mine.event_id)
    assert not outgoing.delete(ROOM, "$unknown")
    assert shown(talk) == ["not mine", "mine"]


def test_only_messages_can_be_deleted(talk: Conversation, outgoing: Outgoing) -> None:
    """Redacting one's own coming in would take the name away by which moderators act."""
    talk.state("m.room.member", OWN, {"membership": "join"}, sender=OWN)
    assert not outgoing.delete(ROOM, "$event1")
    talk.state("m.room.message", "", {"msgtype": "m.text", "body": "state"}, sender=OWN)
    assert not outgoing.delete(ROOM, "$event2")
    poll = talk.said({}, sender=OWN, event_type="org.example.poll", encrypted=False)
    assert not outgoing.delete(ROOM, poll.event_id)
    assert redactions(talk) == []
    sticker = talk.said({"body": "hug"}, sender=OWN, event_type="m.sticker")
    unread = talk.said("unread", sender=OWN, status="undecryptable")
    assert outgoing.delete(ROOM, sticker.event_id) and outgoing.delete(ROOM, unread.event_id)


def test_deleting_what_the_server_took_but_has_not_sent_back(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "quick regret")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    outgoing.sent(row, "$event1")
    assert outgoing.delete(ROOM, row.transaction_id)
    assert shown(talk) == []

    event = talk.said("quick regret", sender=OWN, transaction_id=row.transaction_id)
    assert event.event_id == "$event1"
    assert shown(talk) == ["This message was deleted."]
    outgoing.arrived(event)
    stored = talk.vault.events.get("$event1")
    assert stored is not None and stored.status == "redacted"
    assert redactions(talk) == [{"redacts": "$event1"}]


def test_deleting_on_its_way_and_the_answer_comes(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "in flight")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    assert outgoing.delete(ROOM, row.transaction_id)
    assert outgoing.waiting() == [] and shown(talk) == []
    assert "in flight" not in str(rows(talk))

    outgoing.sent(row, "$event1")
    assert redactions(talk) == [{"redacts": "$event1"}]
    assert len(outgoing.waiting()) == 1


def test_deleting_on_its_way_and_the_answer_is_lost(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "in flight")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    outgoing.delete(ROOM, row.transaction_id)

    event = talk.said("in flight", sender=OWN, transaction_id=row.transaction_id)
    assert shown(talk) == ["This message was deleted."]
    outgoing.reconcile()
    stored = talk.vault.events.get(event.event_id)
    assert stored is not None and stored.status == "redacted"
    assert redactions(talk) == [{"redacts": event.event_id}]


def test_a_deletion_of_what_never_arrived_holds_nothing_up_and_is_forgotten(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "lost")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    outgoing.delete(ROOM, row.transaction_id)
    later = outgoing.message(ROOM, "next")
    assert [ready.id for ready in outgoing.waiting()] == [later.id]
    assert later.id in [ready.id for ready in talk.vault.outbox.ready(talk.account.id)]

    frozen_clock.advance((FORGOTTEN + timedelta(minutes=1)).total_seconds())
    outgoing.reconcile()
    assert redactions(talk) == []


def test_a_crash_between_the_event_and_its_row_is_mended(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    row = outgoing.message(ROOM, "once only")
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    talk.said("once only", sender=OWN, transaction_id=row.transaction_id)
    talk.vault.outbox.recover()
    outgoing.reconcile()
    assert rows(talk) == [] and shown(talk) == ["once only"]


def test_others_cannot_empty_our_outbox(talk: Conversation, outgoing: Outgoing) -> None:
    row = outgoing.message(ROOM, "mine")
    outgoing.arrived(talk.said("fake", sender=OTHER, transaction_id=row.transaction_id))
    assert rows(talk) == [row]


def test_a_row_leaves_with_its_redaction_event(
    talk: Conversation, outgoing: Outgoing, frozen_clock: FrozenClock
) -> None:
    event = talk.said("gone soon", sender=OWN)
    outgoing.delete(ROOM, event.event_id)
    row = rows(talk)[0]
    talk.vault.outbox.mark_sending(row.id, frozen_clock.now())
    outgoing.sent(row, "$event2")
    assert outgoing.waiting() == []
    back = talk.said(
        {}, sender=OWN, event_type="m.room.redaction", encrypted=False,
        transaction_id=row.transaction_id,
    )  # fmt: skip
    outgoing.arrived(back)
    assert rows(talk) == []
