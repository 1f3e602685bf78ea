"""What the bot does to a real encrypted room, as its members see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.accounts import MakeAccount
from support.circle import Circle, Guest, until
from support.deciding import decides, state_of, takes_back

from peerroom.client.views import MessageView
from peerroom.host.homeserver import Homeserver
from peerroom.moderation import actions as act
from peerroom.moderation import measures
from peerroom.store.errors import DiskFull
from peerroom.store.events import StoredEvent
from peerroom.wire import member


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


def shown(guest: Guest) -> list[MessageView]:
    """Everything that somebody sees in the room, notices too."""
    return guest.client.timeline(guest.room_id).page(limit=500)


def deleted(guest: Guest) -> int:
    return sum(view.state == "deleted" for view in guest.messages(500))


def told(guest: Guest, bot: str) -> list[member.Tell]:
    """What the bot told somebody in their rooms of two."""
    found = []
    for room in guest.vault.rooms.all():
        if room.is_direct and room.encrypted:
            for event in guest.vault.events.page(room.room_id, limit=100):
                clear = event.clear or {}
                said = (clear.get("content") or {}).get(member.TELL)
                if event.sender == bot and said is not None:
                    assert event.trust == "signed"
                    found.append(member.read_tell(said))
    return found


def events_of(guest: Guest, kind: str) -> list[dict[str, object]]:
    page = guest.vault.events.page(guest.room_id, limit=500)
    return [event.raw for event in page if event.type == kind]


async def test_a_message_is_held_explained_and_put_back_once(circle: Circle) -> None:
    anna, ben = [await circle.guest() for _ in range(2)]
    anna.say("call me on 07700 900123")
    event_id = str((await ben.sees("call me on 07700 900123")).event_id)
    await until(ben.client, lambda: deleted(ben) == 1)
    [case] = circle.bot.ledger.casebook.cases().values()
    assert (case.source, case.event_ids) == ("hold", (event_id,))
    [(deed, note)] = [one for one in circle.bot.ledger.audit() if one[1]["what"] == "held"]
    explained = await until(anna.client, lambda: told(anna, circle.bot_id))
    [said] = explained
    assert (said.deed, said.what, said.reason) == (deed, "held", case.reason)
    assert said.event_ids == (event_id,)
    assert said.text  # why, in words that moderators can write anew
    assert note["event_ids"] == [event_id]

    takes_back(circle, deed)
    name = state_of(circle).people[anna.client.user_id]
    posted = f"Posted by a moderator for {name}:\ncall me on 07700 900123"
    await until(ben.client, lambda: posted in [view.body for view in shown(ben)])
    await circle.bot.idle()
    assert len(events_of(ben, "m.room.redaction")) == 1
    # The bot's own word is not judged, and what was held can be seen only where it was put back.
    assert sum("07700" in view.body for view in shown(ben)) == 1


@pytest.mark.soak
async def test_a_pause_a_lock_and_a_mute_end_by_themselves(circle: Circle) -> None:
    anna = await circle.guest()
    user = anna.client.user_id

    def level() -> tuple[object, object]:
        levels = anna.vault.rooms.state(circle.room_id, "m.room.power_levels") or {}
        return levels["events_default"], levels["users"].get(user)

    second = timedelta(seconds=1)
    room = circle.room_id
    decides(circle, lambda state, cause: measures.slow(state, cause, room, user, second))
    decides(
        circle,
        lambda state, cause: measures.lock(
            state, cause, room, cause.at + second, says_after="Open again."
        ),
    )
    await until(anna.client, lambda: "Open again." in [view.body for view in shown(anna)])
    await circle.bot.idle()
    changes = events_of(anna, "m.room.power_levels")
    assert [content_of(event)["events_default"] for event in changes[-4:]].count(50) >= 1
    await until(anna.client, lambda: level() == (0, None))
    anna.say("still here")
    await anna.sees("still here")
    state = state_of(circle)
    assert (state.locks, state.slowed) == ({}, {})


def content_of(event: dict[str, object]) -> dict[str, object]:
    content = event["content"]
    assert isinstance(content, dict)
    return content


async def test_a_ban_takes_all_messages_along_and_is_taken_back(circle: Circle) -> None:
    anna, ben = [await circle.guest() for _ in range(2)]
    user = anna.client.user_id
    for number in range(5):
        anna.say(f"buy {number}")
    await ben.sees("buy 4")
    # The bot decides about what it has seen itself, and may hear of it after the others.
    while len(circle.vault.events.of_sender(circle.room_id, user, 9)) <= 5:
        ben.say("really")
        await ben.client.outbox_empty()
    ben.say("what?")
    await ben.sees("what?")
    number = decides(
        circle, lambda state, cause: measures.ban(state, cause, user, None, redact=True)
    )
    await until(ben.client, lambda: deleted(ben) == 5)
    assert membership(ben, user) == "ban"
    ban = events_of(ben, "m.room.member")[-1]
    assert content_of(ban)["org.matrix.msc4293.redact_events"] is True
    assert "reason" not in content_of(ban)
    await until(ben.client, lambda: len(redactions(ben)) == 5)
    assert set(redactions(ben)) == {e.event_id for e in written(ben, user)}
    assert ben.bodies()[-1] == "what?"

    takes_back(circle, number)
    await until(ben.client, lambda: sum("buy" in view.body for view in shown(ben)) == 5)
    await until(ben.client, lambda: membership(ben, user) == "join")  # her program accepts
    assert circle.bot.ledger.bans() == frozenset()


def redactions(guest: Guest) -> list[object]:
    page = guest.vault.events.page(guest.room_id, limit=500)
    return [e.raw["content"].get("redacts") for e in page if e.type == "m.room.redaction"]


def written(guest: Guest, user: str) -> list[StoredEvent]:
    page = guest.vault.events.page(guest.room_id, limit=500)
    return [event for event in page if event.sender == user and "state_key" not in event.raw]


def membership(guest: Guest, user: str) -> object:
    return guest.vault.rooms.members(guest.room_id)[user].get("membership")


async def test_who_has_no_room_with_the_bot_is_told_in_a_new_one(
    circle: Circle, make_account: MakeAccount
) -> None:
    user = make_account("resident").user_id
    bot = circle.bot
    tell = act.TellMember(user, member.Reply(text="hello"))
    for number in range(2):
        bot._requests.add(tell, f"test:{number}")
    assert bot._executor is not None
    bot._executor.wake()
    await bot.idle()
    [room] = [room for room in circle.vault.rooms.all() if room.is_direct]
    assert room.encrypted
    assert circle.vault.rooms.members(room.room_id)[user]["membership"] == "invite"
    rows = [row for row in circle.vault.outbox.of_room(room.room_id) if row.kind == "message"]
    assert [(row.state, row.content["readers"]) for row in rows] == [("sent", [user])] * 2


async def test_a_disk_that_fails_ends_the_bot_by_its_own_name(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as one of a group that nobody knows: what is said and done about it hangs on that."""

    def fails(*_args: object, **_kwargs: object) -> None:
        raise DiskFull

    monkeypatch.setattr(circle.vault.outbox, "mark_sent", fails)
    bot = circle.bot
    bot._requests.add(act.Say(circle.room_id, "hello"), "test")
    assert bot._executor is not None
    bot._executor.wake()
    with pytest.raises(DiskFull):
        await circle._work
    monkeypatch.undo()
    await circle.bot.close()
    await circle.resume()
    await circle.bot.idle()
    rows = circle.vault.outbox.of_room(circle.room_id)
    assert [row.state for row in rows if row.kind == "message"][-1] == "sent"
