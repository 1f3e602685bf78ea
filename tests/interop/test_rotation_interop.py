"""Someone with matrix-js-sdk in a circle whose names change: a resident, from the invitation on.

Real server, real bot and signer, the agents of real clients; see `support.agents`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from support.accounts import MakeAccount, TestAccount
from support.agents import Person, Scene
from support.js_peer import JsPeer, js_peer
from support.rotating import Walker

from peerroom.client.views import MemberView, keeping_words
from peerroom.host.homeserver import Homeserver
from peerroom.wire.invite import Invite

pytestmark = pytest.mark.usefixtures("js_sdk")

HELLO = "good to see you 🦊"


@pytest.fixture
async def scene(homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await Scene.open(homeserver, stack)


async def moderator(scene: Scene) -> Walker:
    """Someone at the moderators' desk."""
    [link] = await scene.circle.bot.make_invites(1, "moderator")
    walker = await Walker.come(Invite.parse(link))
    scene.stack.push_async_callback(walker.close)
    desk = scene.circle.bot.circle.management
    await walker.member.connection.rooms.join(desk)
    await walker.until(lambda: walker.vault.rooms.is_encrypted(desk) or None)
    return walker


async def let_in(scene: Scene, account: TestAccount) -> None:
    """A moderator asks the account in, by its address."""
    walker = await moderator(scene)
    desk = scene.circle.bot.circle.management
    await walker.say(f"!resident {account.user_id}", desk)
    await walker.until(
        lambda: next((said for said in walker.bodies(desk) if "is invited" in said), None)
    )
    await scene.circle.bot.idle()


async def talk(scene: Scene, peer: JsPeer, person: Person, other: Person) -> None:
    """All three read what the others say, and nobody is warned of anybody."""
    room_id = scene.circle.room_id
    person.say(f"{HELLO} in {room_id}")
    read = await peer.hears(room_id, HELLO)
    assert read["sender"] == person.account
    assert (read["shield"], read["why"]) == (0, None)  # EventShieldColour.NONE
    answer = f"and you, in {room_id}"
    await peer.call("send", room=room_id, body=answer)
    for reader in (person, other):
        seen = await reader.sees(answer)
        assert seen.trust is None
        assert seen.sender_id == peer.user_id


def shown(person: Person, user_id: str) -> MemberView:
    [view] = [one for one in person.client.members(person.room_id) if one.user_id == user_id]
    return view


async def test_who_uses_element_goes_along_and_is_known(
    scene: Scene, make_account: MakeAccount
) -> None:
    account = make_account("js")
    heron, otter = [await scene.person() for _ in range(2)]
    async with js_peer(account) as peer:
        await let_in(scene, account)
        old = scene.circle.room_id
        asked = await peer.call("invited")
        assert asked == {"room": old, "by": scene.circle.bot_id}
        await peer.call("join", room=old)
        await talk(scene, peer, heron, otter)

        await scene.ask(heron, otter)
        await scene.cut_off(heron, otter)
        await scene.visit(heron, otter)
        before = {heron.account, otter.account}
        await scene.switch()
        for person in (heron, otter):
            await scene.until(lambda person=person: person.is_in_new_room(old) or None)
        new = scene.circle.room_id
        assert new != old and not before & {heron.account, otter.account}

        # The same account is invited, by the same bot, and goes in by itself.
        asked = await peer.call("invited")
        assert asked == {"room": new, "by": scene.circle.bot_id}
        await peer.call("join", room=new)
        await talk(scene, peer, heron, otter)
        for person in (heron, otter):
            assert keeping_words(shown(person, account.user_id)) == "does not rotate"
            assert keeping_words(shown(person, person.account)) == ""
        for room_id in (old, new):
            here = [one for one in peer.read if one["room"] == room_id and not one["failure"]]
            said = dict.fromkeys(one["content"]["body"] for one in here)  # some come twice
            assert list(said) == [f"{HELLO} in {room_id}", f"and you, in {room_id}"]
