"""What was not sent when names change is never sent twice, and never lost."""

from __future__ import annotations

import pytest
from support.vaults import NOW, ROOM, furnish, message

from peerroom.client.outgoing import Outgoing
from peerroom.client.timeline import Timeline
from peerroom.clock import SystemClock
from peerroom.store.accounts import Account
from peerroom.store.crossing import UNSURE, Crossed, cross
from peerroom.store.drafts import Draft
from peerroom.store.outbox import OutboxRow
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

NEXT = "!next-harbour:example.org"
ROOMS = {ROOM: NEXT}


class Scene:
    """An old account with one room, and a new one with the next."""

    def __init__(self) -> None:
        self.vault = Vault.ephemeral()
        self.old = furnish(self.vault)
        self.new = self.vault.accounts.add(
            homeserver="https://example.org",
            user_id="@calm-otter:example.org",
            device_id="D",
            access_token="token",
        )
        self.vault.rooms.put(StoredRoom(NEXT, self.new.id, encrypted=True))

    def said(self, text: str, *, account: Account | None = None, **content: object) -> OutboxRow:
        inner = {"msgtype": "m.text", "body": text} | content
        wish = {"type": "m.room.message", "content": inner}
        return self.vault.outbox.add((account or self.old).id, ROOM, "message", wish, now=NOW)

    def tried(self, text: str) -> OutboxRow:
        """A message whose first try has an unknown end."""
        row = self.said(text)
        self.vault.outbox.mark_sending(row.id, NOW)
        self.vault.outbox.requeue(row.id)
        return row

    def cross(self) -> Crossed:
        return cross(self.vault, self.old.id, ROOMS)

    def draft(self, room_id: str = NEXT) -> str | None:
        draft = self.vault.drafts.get(room_id)
        return draft.text if draft else None

    def states(self) -> list[str]:
        return [row.state for row in self.vault.outbox.of_room(ROOM)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_unsent_messages_become_one_draft_in_their_order(scene: Scene) -> None:
    scene.vault.drafts.set(NEXT, Draft("already here"))
    scene.vault.drafts.set(ROOM, Draft("half a thought", reply_to="$old"))
    scene.said("first")
    scene.said("second\nwith two lines")
    assert scene.cross() == Crossed(drafted=2, unsure=0)
    assert scene.draft() == ("already here\n\nfirst\n\nsecond\nwith two lines\n\nhalf a thought")
    assert scene.draft(ROOM) is None
    assert scene.states() == []
    assert scene.vault.drafts.get(NEXT) == Draft(scene.draft() or "")


def test_a_second_time_nothing_is_left_to_do(scene: Scene) -> None:
    scene.said("once")
    scene.tried("maybe")
    assert scene.cross() == Crossed(1, 1)
    before = scene.draft(), scene.states()
    assert scene.cross() == Crossed(0, 0)
    assert (scene.draft(), scene.states()) == before


def test_what_the_server_refused_becomes_a_draft_however_often_it_was_tried(scene: Scene) -> None:
    row = scene.tried("the room is closed by now")
    scene.vault.outbox.mark_sending(row.id, NOW)
    scene.vault.outbox.mark_failed(row.id, "No.", refused=True)
    assert scene.cross() == Crossed(1, 0)
    assert scene.draft() == "the room is closed by now"


def test_what_failed_at_the_first_try_becomes_a_draft(scene: Scene) -> None:
    row = scene.said("too long")
    scene.vault.outbox.mark_sending(row.id, NOW)
    scene.vault.outbox.mark_failed(row.id, "This message is too long.")
    assert scene.cross() == Crossed(1, 0)


@pytest.mark.parametrize("end", ["sending", "queued", "failed"])
def test_what_may_have_arrived_stays_behind_and_says_so(scene: Scene, end: str) -> None:
    row = scene.tried("did it?")
    if end != "queued":
        scene.vault.outbox.mark_sending(row.id, NOW)
    if end == "failed":
        scene.vault.outbox.mark_failed(row.id, "A mistake of ours, before it was sent again.")
    scene.said("after it")
    assert scene.cross() == Crossed(drafted=1, unsure=1)
    assert scene.draft() == "after it"
    (view,) = Timeline(scene.vault, ROOM).page()
    assert (view.state, view.body, view.problem) == ("unsure", "did it?", UNSURE)
    # Nobody sends it any more, whatever is asked for.
    outgoing = Outgoing(scene.vault, scene.old.id, scene.old.user_id, SystemClock())
    assert outgoing.retry(row.transaction_id) is None
    assert outgoing.undo(row.transaction_id) is None
    assert scene.vault.outbox.ready(scene.old.id) == []
    assert outgoing.waiting() == []


def test_what_is_in_the_room_already_is_only_there(scene: Scene) -> None:
    row = scene.tried("here I am")
    own = message(7, "here I am", sender=scene.old.user_id, transaction_id=row.transaction_id)
    scene.vault.events.upsert(own)
    assert scene.cross() == Crossed(0, 0)
    assert scene.draft() is None
    assert [view.body for view in Timeline(scene.vault, ROOM).page()] == ["here I am"]


def test_a_message_whose_event_comes_after_all_is_certain_again(scene: Scene) -> None:
    row = scene.tried("late")
    scene.cross()
    own = message(7, "late", sender=scene.old.user_id, transaction_id=row.transaction_id)
    scene.vault.events.upsert(own)
    Outgoing(scene.vault, scene.old.id, scene.old.user_id, SystemClock()).arrived(own)
    assert [view.state for view in Timeline(scene.vault, ROOM).page()] == ["sent"]


def test_only_messages_that_somebody_typed_cross(scene: Scene) -> None:
    add = scene.vault.outbox.add
    knock = {"type": "org.peerroom.door.knock", "content": {"body": "secret"}}
    add(scene.old.id, ROOM, "message", knock, now=NOW)
    add(scene.old.id, ROOM, "redaction", {"redacts": "$e"}, now=NOW)
    sent = scene.said("sent")
    scene.vault.outbox.mark_sending(sent.id, NOW)
    scene.vault.outbox.mark_sent(sent.id, "$sent")
    scene.said("of another account", account=scene.new)
    assert scene.cross() == Crossed(0, 0)
    assert scene.draft() is None
    assert scene.states() == ["queued", "queued", "sent", "queued"]


def test_several_rooms_can_lead_to_one(scene: Scene) -> None:
    other = "!door:example.org"
    scene.vault.rooms.put(StoredRoom(other, scene.old.id, encrypted=True))
    scene.said("to all")
    wish = {"type": "m.room.message", "content": {"msgtype": "m.emote", "body": "waves"}}
    scene.vault.outbox.add(scene.old.id, other, "message", wish, now=NOW)
    assert cross(scene.vault, scene.old.id, {ROOM: NEXT, other: NEXT}) == Crossed(2, 0)
    assert scene.draft() == "to all\n\nwaves"


def test_a_room_that_is_not_there_yet_changes_nothing(scene: Scene) -> None:
    scene.said("kept")
    scene.tried("kept too")
    with pytest.raises(KeyError):
        cross(scene.vault, scene.old.id, {ROOM: "!unknown:example.org"})
    assert scene.states() == ["queued", "queued"]
