"""Each protection once, in one encrypted room, on a Synapse that has its own rate limits.

What hits is seen twice: by another member in the room, and at a moderator's desk. The tests share
the room and stand in an order in which they leave each other alone.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from support.bot_process import come_in
from support.circle import CLOCK, Circle, Guest, until

from peerroom.client.casework import Casework
from peerroom.client.casework_views import CasePage
from peerroom.client.views import MessageView
from peerroom.host.homeserver import Homeserver
from peerroom.moderation.findings import REASONS, Reason
from peerroom.moderation.protections import PROTECTIONS
from peerroom.wire.invite import Invite

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGE, LEVELS = "m.room.message", "m.room.power_levels"


@dataclass
class Scene:
    """A room with a moderator and three members, all new."""

    circle: Circle
    keeper: Guest
    work: Casework
    anna: Guest
    ben: Guest
    cora: Guest
    gone: set[str] = field(default_factory=set)
    """What was seen to be removed before."""

    async def order(self, command: str) -> str:
        answer = await self.work.command(command)
        assert answer.kind in ("said", "done"), (command, answer)
        return answer.text

    async def case(self, reason: Reason) -> CasePage:
        """The case of this kind."""

        def found() -> CasePage | None:
            titled = (row.number for row in self.work.cases() if REASONS[reason] in row.title)
            return next((self.work.page(number) for number in titled), None)

        return await until(self.keeper.client, found)

    async def says(self, part: str) -> str:
        """What the bot said in the management room, with ``part`` in it."""
        page = self.keeper.client.timeline(self.work.room_id)

        def found() -> str | None:
            bodies = (view.body for view in page.page(limit=500) if not view.own)
            return next((body for body in bodies if part in body), None)

        return await until(self.keeper.client, found)

    def written(self, witness: Guest, author: Guest) -> list[MessageView]:
        user = author.client.user_id
        return [view for view in witness.messages(500) if view.sender_id == user]

    async def removed(self, witness: Guest, author: Guest, count: int = 1) -> list[str]:
        """The event ids of the author's newest messages, once another member sees them gone."""

        def gone() -> list[str] | None:
            newest = self.written(witness, author)[-count:]
            ids = [str(view.event_id) for view in newest]
            done = all(view.state == "deleted" for view in newest)
            return ids if done and len(ids) == count and not self.gone & {*ids} else None

        found: list[str] = await until(witness.client, gone)
        self.gone.update(found)
        return found

    async def explained(self, author: Guest, event_id: str) -> None:
        """Its author was told why, in private."""
        await until(author.client, lambda: author.client.desk.why(self.circle.room_id, event_id))

    async def held(self, reason: Reason, author: Guest, witness: Guest, count: int = 1) -> None:
        """Seen by another member as gone, by a moderator as a case, by its author as explained."""
        page = await self.case(reason)
        ids = await self.removed(witness, author, count)
        await self.explained(author, ids[-1])
        assert (page.row.stand, page.row.urgent) == ("open", False)
        assert "held" in page.row.title

    async def level(self, witness: Guest, look: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the room's power levels are so, as another member has them."""

        def fits() -> bool:
            found = witness.vault.rooms.state(self.circle.room_id, LEVELS)
            return found is not None and look(found)

        await until(witness.client, fits)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(strict_homeserver: Homeserver) -> AsyncIterator[Scene]:
    circle = await Circle.start(strict_homeserver)
    [link] = await circle.bot.make_invites(1, "moderator")
    # One registration more than Synapse takes at once from an address.
    keeper, anna, ben, cora = await asyncio.gather(
        come_in(Invite.parse(link)), *(circle.guest() for _ in range(3))
    )
    circle.guests.append(keeper)
    [work] = await until(keeper.client, keeper.client.casework)
    yield Scene(circle, keeper, work, anna, ben, cora)
    await circle.stop()


def event(guest: Guest, content: dict[str, Any]) -> None:
    """Send what no face of ours would write."""
    guest.client.say_event(guest.room_id, MESSAGE, content, uuid.uuid4().hex)


async def calls_itself(guest: Guest, name: str) -> None:
    """Take another name in the room: the server gives the profile's only after a while."""
    connection, user = guest.client.link.connection, guest.client.user_id
    assert connection is not None
    content = {"membership": "join", "displayname": name}
    await connection.rooms.set_state(guest.room_id, "m.room.member", content, user)


async def test_scam(scene: Scene) -> None:
    scene.anna.say(
        "My coach guarantees school in two weeks, 3 places left, WhatsApp me for a price"
    )
    await scene.held("scam", scene.anna, scene.ben)


async def test_newcomers(scene: Scene) -> None:
    scene.anna.say("this helped us: https://example.org/mornings")
    await scene.held("newcomer", scene.anna, scene.ben)


async def test_contact(scene: Scene) -> None:
    await scene.order("set newcomers.contacts off")
    scene.anna.say("call me on 07700 900123")
    await scene.held("contact", scene.anna, scene.ben)


async def test_words(scene: Scene) -> None:
    await scene.order("words add pyramid")
    scene.anna.say("it is no P.y.r.a.m.i.d at all")
    await scene.held("words", scene.anna, scene.ben)


async def test_risk(scene: Scene) -> None:
    """A human hears of it, and nothing is done."""
    scene.anna.say("I don't want to be here any more")
    seen = await scene.ben.sees("I don't want to be here any more")
    page = await scene.case("risk")
    assert page.row.urgent and "nothing was done" in page.row.title
    await scene.circle.bot.idle()
    assert scene.written(scene.ben, scene.anna)[-1].event_id == seen.event_id
    assert scene.anna.client.desk.why(scene.circle.room_id, str(seen.event_id)) is None


async def test_mentions(scene: Scene) -> None:
    people = [f"@nobody{number}:localhost" for number in range(7)]
    event(scene.anna, {"msgtype": "m.text", "body": "wake up", "m.mentions": {"user_ids": people}})
    await scene.held("mentions", scene.anna, scene.ben)


async def test_malformed(scene: Scene) -> None:
    event(scene.anna, {"msgtype": 5, "body": ["no text"]})
    await scene.case("malformed")
    user = scene.anna.client.user_id

    def removed() -> bool:
        page = scene.ben.vault.events.page(scene.circle.room_id, limit=500)
        own = [event for event in page if event.sender == user and "state_key" not in event.raw]
        return own[-1].event_id not in scene.gone and own[-1].status == "redacted"

    await until(scene.ben.client, removed)


async def test_repeats(scene: Scene) -> None:
    for _ in range(4):
        scene.ben.say("the same few words from me, over and over")
    await scene.held("repeated", scene.ben, scene.anna, 4)


async def test_pace(scene: Scene) -> None:
    """A short pause, and nothing is removed."""
    user = scene.cora.client.user_id
    await scene.order("set pace.messages 3")
    await scene.order("set pace.pause 20")
    lines = ["please", "I am", "so tired", "of all this"]
    for line in lines:
        scene.cora.say(line)
    await scene.level(scene.anna, lambda levels: levels["users"].get(user) == -1)
    told = scene.cora.client.desk.explanations
    await until(scene.cora.client, told)
    assert [view.what for view in told()] == ["You can write again in a moment."]
    await scene.case("pace")
    assert [view.body for view in scene.written(scene.anna, scene.cora)] == lines
    await scene.level(scene.anna, lambda levels: user not in levels["users"])


async def test_impersonation(scene: Scene) -> None:
    user = scene.cora.client.user_id
    members = scene.circle.vault.rooms.members(scene.circle.room_id)
    name = members[scene.keeper.client.user_id]["displayname"]
    await calls_itself(scene.cora, name)
    await scene.level(scene.anna, lambda levels: levels["users"].get(user) == -1)
    await scene.case("impersonation")
    await until(scene.cora.client, scene.cora.client.desk.explanations)


async def test_churn(scene: Scene) -> None:
    await scene.order("set churn.changes 3")
    for number in range(4):
        await calls_itself(scene.ben, f"Somebody {number}")
    page = await scene.case("churn")
    assert "nothing was done" in page.row.title


async def test_quiet(scene: Scene) -> None:
    """The room says that it closes, and opens again."""
    now = CLOCK.now().astimezone(ZoneInfo("Asia/Tokyo"))
    await scene.order(f"set quiet.closes {now - timedelta(minutes=5):%H:%M}")
    await scene.order(f"set quiet.opens {now + timedelta(hours=2):%H:%M}")
    await scene.order("protect quiet on")
    await scene.level(scene.anna, lambda levels: levels["events_default"] == 50)
    timeline = scene.anna.client.timeline(scene.circle.room_id)
    await until(
        scene.anna.client,
        lambda: any(view.body.startswith("This room is quiet for") for view in timeline.page()),
    )
    await scene.order("protect quiet off")
    await scene.order("unlock")
    await scene.level(scene.anna, lambda levels: levels["events_default"] == 0)


async def test_raid(scene: Scene) -> None:
    await scene.order("set raid.voices 3")
    for guest, text in ((scene.anna, "hello"), (scene.ben, "hi there")):
        guest.say(text)
    await scene.order("unban " + scene.cora.client.user_id)
    scene.cora.say("good evening")
    await scene.level(scene.anna, lambda levels: levels["events_default"] == 50)
    await scene.says("Locked the room for 15 minutes: many people coming at once.")


async def test_policy(scene: Scene) -> None:
    """A list of others names one who is here."""
    user = scene.cora.client.user_id
    server = scene.circle.server
    keeper = await asyncio.to_thread(server.register, f"lists-{uuid.uuid4().hex[:8]}", login=True)
    rule = {"entity": user, "recommendation": "m.ban", "reason": "spam"}
    made = await asyncio.to_thread(
        server.api(keeper.access_token).call,
        "POST",
        "/_matrix/client/v3/createRoom",
        {
            "preset": "public_chat",
            "initial_state": [
                {"type": "m.policy.rule.user", "state_key": "rule:cora", "content": rule}
            ],
        },
    )
    await scene.order(f"list subscribe {made['room_id']} localhost")

    def banned() -> bool:
        member = scene.anna.vault.rooms.members(scene.circle.room_id)[user]
        return member["membership"] == "ban"

    await until(scene.anna.client, banned)
    await scene.says("on a list that this room follows")


async def test_none_was_left_out() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert tests >= set(PROTECTIONS)
