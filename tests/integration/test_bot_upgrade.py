"""Both rooms of a circle are replaced by their second owner, and the bot goes along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.bot_process import come_in, desk_of
from support.circle import CLOCK, RANDOM, Guest, until
from support.kept_bot import KeptBot

from peerroom.bot.circle import MARKER, current
from peerroom.client.views import MessageView
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import NewAccount
from peerroom.matrix.rooms import Rooms
from peerroom.matrix.session import Session, login
from peerroom.matrix.transport import Transport
from peerroom.moderation import actions as act
from peerroom.wire.invite import Invite


@asynccontextmanager
async def owner(server: Homeserver, account: NewAccount) -> AsyncIterator[Rooms]:
    transport = Transport(server.base_url, proxy=None, clock=CLOCK, random=RANDOM)
    try:
        yield Rooms(Session(transport, await login(transport, account.user_id, account.password)))
    finally:
        await transport.close()


async def replaced(rooms: Rooms, old: str, bot: str) -> str:
    """As an owner's program does it: upgrade, and ask those over who have to be there."""
    upgrade = {"new_version": "12", "additional_creators": [bot]}
    answer = await rooms.session.post("/rooms", old, "upgrade", json=upgrade)
    new = str(answer["replacement_room"])
    await rooms.invite(new, bot)
    return new


def is_in(guest: Guest, room_id: str) -> bool:
    room = guest.client.room(room_id)
    return room is not None and room.joined


def answer_in(guest: Guest, room_id: str) -> MessageView | None:
    """What the bot answered to ``!status``."""
    page = guest.client.timeline(room_id).page(limit=50)
    return next((message for message in page if "Running for" in message.body), None)


async def test_rooms_that_their_owner_replaced_are_followed(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    recovery = homeserver.register(f"recovery-{tmp_path.name[-20:].lower()}")
    kept = KeptBot.make(tmp_path, homeserver)
    settings = kept.home.folder / "config.toml"
    settings.write_text(settings.read_text() + f'recovery = "{recovery.user_id}"\n')
    kept.start()
    await kept.reaches("working")
    [link] = await kept.bot.make_invites(1, "moderator")
    desk = await desk_of(await come_in(Invite.parse(link)))
    vault, bot = kept.keeper._vault, kept.home.user_id
    assert vault is not None
    old = current(vault)
    desk.say("!status")
    before = await until(desk.client, lambda: answer_in(desk, old.management))
    setting = act.SetProtection("pace", old.circle, mode="trial")
    kept.bot.ledger.apply(setting, CLOCK.now())

    async with owner(homeserver, recovery) as rooms:
        for room in (old.circle, old.management):
            await kept.bot._connection.rooms.invite(room, recovery.user_id)
            await rooms.join(room)
        new_circle = await replaced(rooms, old.circle, bot)
        new_desk = await replaced(rooms, old.management, bot)

        # The bot asks the moderator over, whose program knows the bot and comes.
        for room in (new_circle, new_desk):
            await until(desk.client, lambda room=room: is_in(desk, room))
        assert await rooms.get_state(new_desk, MARKER) == await rooms.get_state(
            old.management, MARKER
        )
    await kept.reaches("working")
    assert (current(vault).circle, current(vault).management) == (new_circle, new_desk)
    standings = kept.bot.ledger.standings.standings()
    assert standings["pace", new_circle].mode == "trial"

    Guest(desk.vault, desk.client, new_desk).say("!status")
    await until(desk.client, lambda: answer_in(desk, new_desk))

    # What it said in the old one can still go: evidence does when its time is over.
    assert before.event_id is not None
    kept.bot._requests.add(act.RedactMessage(old.management, before.event_id), "over")
    assert kept.bot._executor is not None
    kept.bot._executor.wake()
    timeline = desk.client.timeline(old.management)
    await until(
        desk.client,
        lambda: (view := timeline.find(before.key)) is not None and view.state == "deleted",
    )
    await desk.stop()
    await kept.stop()
