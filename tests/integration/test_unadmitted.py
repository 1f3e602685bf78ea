"""What an account that no circle has let in can do to others: nothing. And how it is let in.

On a real Synapse with its default rate limits. Most tests need no bot at work, only its account.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.accounts import TestAccount
from support.bot_process import arrive
from support.circle import Circle
from support.servers import BOTS, bot_account

from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import NewAccount
from peerroom.host.synapse_module import DOORS

CLIENT = "/_matrix/client/v3"

_numbers = itertools.count(1)


@dataclass
class Person:
    """An account and its requests; each answers with status and body."""

    server: Homeserver
    account: NewAccount
    circle: str = ""
    _synced: str = ""

    @property
    def user_id(self) -> str:
        return self.account.user_id

    def does(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        root = path if path.startswith("/_") else CLIENT + path
        token = self.account.access_token
        return self.server.api(token).answer(method, root, {} if body is None else body)

    def status(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        return self.does(method, path, body)[0]

    def makes_room(self, **request: Any) -> str:
        status, answer = self.does("POST", "/createRoom", request)
        assert status == 200, answer
        return str(answer["room_id"])

    def in_room(self, room_id: str, action: str, **request: Any) -> int:
        return self.status("POST", f"/rooms/{quote(room_id)}/{action}", request)

    def says(self, room_id: str, words: str = "hello") -> int:
        path = f"/rooms/{quote(room_id)}/send/m.room.message/t{next(_numbers)}"
        return self.status("PUT", path, {"msgtype": "m.text", "body": words})

    def hears(self) -> set[str]:
        """The rooms but the circle of which something came since the last time."""
        since = f"&since={self._synced}" if self._synced else ""
        _, answer = self.does("GET", f"/sync?timeout=0{since}")
        self._synced = answer["next_batch"]
        heard = {room_id for kind in answer.get("rooms", {}).values() for room_id in kind}
        return heard - {self.circle}


class Town:
    """People on a server that a bot keeps a circle on."""

    def __init__(self, server: Homeserver) -> None:
        self.server = server
        self.bot = Person(server, bot_account(server, login=True))
        path = f"/_synapse/admin/v1/users/{quote(self.bot.user_id)}/override_ratelimit"
        self.bot.does("POST", path, {"messages_per_second": 0, "burst_count": 0})
        self.circle = self.bot.makes_room(preset="private_chat")

    def stranger(self) -> Person:
        """Someone with an account and nothing more."""
        account = self.server.register(f"person{next(_numbers)}", login=True)
        return Person(self.server, account, self.circle)

    def member(self) -> Person:
        """Someone whom the bot has put into the circle, and who has heard of it."""
        person = self.stranger()
        self.admits(person)
        assert not person.hears()
        return person

    def admits(self, person: Person) -> None:
        path = f"/_synapse/admin/v1/join/{quote(self.circle)}"
        assert self.bot.status("POST", path, {"user_id": person.user_id}) == 200

    def removes(self, person: Person) -> None:
        assert self.bot.in_room(self.circle, "kick", user_id=person.user_id) == 200

    def door(self, person: Person) -> str:
        return person.makes_room(invite=[self.bot.user_id], is_direct=True)


@pytest.fixture
def town(circle_homeserver: Homeserver) -> Town:
    return Town(circle_homeserver)


@pytest.fixture
def victim(town: Town) -> Person:
    return town.member()


@pytest.fixture
def stranger(town: Town) -> Person:
    return town.stranger()


Request = Callable[[str, str], dict[str, Any]]
"""The body of a request from the bot's and the victim's user ids."""

HARMFUL_ROOMS: dict[str, Request] = {
    "one invited": lambda _bot, victim: {"invite": [victim]},
    "the bot too": lambda bot, victim: {"invite": [bot, victim]},
    "in the first state": lambda bot, victim: {
        "invite": [bot],
        "initial_state": [
            {"type": "m.room.member", "state_key": victim, "content": {"membership": "invite"}}
        ],
    },
    "banned in the first state": lambda bot, victim: {
        "invite": [bot],
        "initial_state": [
            {
                "type": "m.room.member",
                "state_key": victim,
                "content": {"membership": "ban", "reason": "read this"},
            }
        ],
    },
    "on another server": lambda _bot, _victim: {"invite": ["@someone:elsewhere.example"]},
    "by address": lambda bot, _victim: {
        "invite": [bot],
        "invite_3pid": [
            {
                "medium": "email",
                "address": "someone@elsewhere.example",
                "id_server": "elsewhere.example",
                "id_access_token": "t",
            }
        ],
    },
    "with an alias": lambda bot, _victim: {"invite": [bot], "room_alias_name": "everyone"},
    "published": lambda bot, _victim: {"invite": [bot], "visibility": "public"},
    "for itself": lambda _bot, _victim: {},
}


@pytest.mark.parametrize("kind", HARMFUL_ROOMS)
def test_no_room_but_with_the_bot(town: Town, stranger: Person, victim: Person, kind: str) -> None:
    request = HARMFUL_ROOMS[kind](town.bot.user_id, victim.user_id)
    assert stranger.status("POST", "/createRoom", request) == 403
    assert not victim.hears()


OWN_REASONS = {"on another server", "by address", "published"}
"""What this server refuses everyone: it federates with nobody and lists no rooms."""


@pytest.mark.parametrize("kind", sorted(HARMFUL_ROOMS.keys() - OWN_REASONS))
def test_a_member_may_make_such_rooms(town: Town, victim: Person, kind: str) -> None:
    """The positive control: the request is a good one."""
    request = HARMFUL_ROOMS[kind](town.bot.user_id, town.member().user_id)
    assert victim.status("POST", "/createRoom", request) == 200


def test_nor_for_ten_at_once(town: Town, stranger: Person) -> None:
    victims = [town.member() for _ in range(10)]
    invited = [victim.user_id for victim in victims]
    assert stranger.status("POST", "/createRoom", {"invite": invited}) == 403
    assert not any(victim.hears() for victim in victims)


def test_the_bot_is_not_asked_out_without_end(town: Town, stranger: Person) -> None:
    for _ in range(DOORS):
        town.door(stranger)
    request = {"invite": [town.bot.user_id]}
    assert stranger.status("POST", "/createRoom", request) == 403


def test_many_strangers_at_once_find_the_door(town: Town) -> None:
    """Synapse's limit of five invitations to one person does not count those of a new room."""
    for _ in range(12):
        town.door(town.stranger())


def test_a_member_who_had_many_rooms_finds_the_door_again(town: Town) -> None:
    person = town.member()
    for _ in range(DOORS + 1):
        person.makes_room()
    town.removes(person)
    assert person.says(town.door(person)) == 200


def test_no_invitation_and_none_counted_against_its_victim(
    town: Town, stranger: Person, victim: Person
) -> None:
    door = town.door(stranger)
    for _ in range(6):  # one more than Synapse lets through
        assert stranger.in_room(door, "invite", user_id=victim.user_id) in (403, 429)
    state = f"/rooms/{quote(door)}/state/m.room.member/{quote(victim.user_id)}"
    assert stranger.status("PUT", state, {"membership": "invite"}) in (403, 429)
    assert not victim.hears()
    # A member without any privilege can still invite, five times as ever.
    member = town.member()
    room = member.makes_room()
    assert member.in_room(room, "invite", user_id=victim.user_id) == 200


def test_without_the_doorkeeper_it_would_be_counted(strict_homeserver: Homeserver) -> None:
    """The positive control: what the test above sees is the doorkeeper's doing."""
    stranger, victim, member = (
        Person(strict_homeserver, strict_homeserver.register(f"free{next(_numbers)}", login=True))
        for _ in range(3)
    )
    for _ in range(5):
        room = stranger.makes_room()
        assert stranger.in_room(room, "invite", user_id=victim.user_id) == 200
    room = member.makes_room()
    assert member.in_room(room, "invite", user_id=victim.user_id) == 429


def test_no_words_by_way_of_a_ban(town: Town, stranger: Person, victim: Person) -> None:
    door = town.door(stranger)
    for action in ("ban", "kick"):
        assert stranger.in_room(door, action, user_id=victim.user_id, reason="read this") == 403
    path = f"/rooms/{quote(door)}/state/m.room.member/{quote(victim.user_id)}"
    for membership in ("ban", "leave", "join"):
        assert stranger.status("PUT", path, {"membership": membership, "reason": "x"}) == 403
    assert not victim.hears()
    # So it would reach them: a ban by a member is seen by someone who was never there.
    member = town.member()
    room = member.makes_room()
    assert member.in_room(room, "ban", user_id=victim.user_id, reason="read this") == 200
    assert victim.hears() == {room}


def test_no_public_room(town: Town, stranger: Person) -> None:
    room = town.member().makes_room(preset="public_chat")
    assert stranger.in_room(room, "join") == 403
    assert stranger.status("POST", f"/join/{quote(room)}") == 403
    assert stranger.says(room) == 403


def test_no_room_by_invitation_of_a_member(town: Town, stranger: Person) -> None:
    member = town.member()
    room = member.makes_room(invite=[stranger.user_id])
    assert stranger.in_room(room, "join") == 403
    assert stranger.in_room(room, "leave") == 200


def test_no_knocking(town: Town, stranger: Person) -> None:
    rules = {"type": "m.room.join_rules", "content": {"join_rule": "knock"}}
    room = town.member().makes_room(initial_state=[rules])
    assert stranger.status("POST", f"/knock/{quote(room)}", {"reason": "read this"}) == 403
    assert town.member().status("POST", f"/knock/{quote(room)}") == 200


def test_no_alias_and_no_list(town: Town, stranger: Person) -> None:
    door = town.door(stranger)
    alias = f"/directory/room/{quote('#everyone:localhost')}"
    assert stranger.status("PUT", alias, {"room_id": door}) == 403
    listed = f"/directory/list/room/{quote(door)}"
    assert stranger.status("PUT", listed, {"visibility": "public"}) == 403


def test_no_address_and_no_other_server(town: Town, stranger: Person) -> None:
    door = town.door(stranger)
    by_address = {
        "medium": "email",
        "address": "someone@elsewhere.example",
        "id_server": "elsewhere.example",
        "id_access_token": "t",
    }
    assert stranger.in_room(door, "invite", **by_address) == 403
    assert stranger.in_room(door, "invite", user_id="@someone:elsewhere.example") in (403, 429)
    assert stranger.status("POST", "/join/!room:elsewhere.example?via=elsewhere.example") == 403


def test_no_next_room_for_a_door(town: Town, stranger: Person) -> None:
    door = town.door(stranger)
    assert stranger.in_room(door, "upgrade", new_version="12") == 403
    town.admits(stranger)
    assert stranger.in_room(door, "upgrade", new_version="12") == 200


def test_no_upload_and_no_look_at_others(town: Town, stranger: Person, victim: Person) -> None:
    too_large = 413  # what Synapse answers who may upload nothing
    assert stranger.status("POST", "/_matrix/media/v3/upload") == too_large
    assert victim.status("POST", "/_matrix/media/v3/upload") == 200
    assert stranger.status("GET", f"/profile/{quote(victim.user_id)}") == 403


def test_in_company_with_the_bot_alone_it_may_speak(town: Town, stranger: Person) -> None:
    door = town.door(stranger)
    assert stranger.says(door) == 200
    assert town.bot.in_room(door, "join") == 200
    assert stranger.says(door) == 200
    # The bot brings someone along: now it is a room of others.
    assert stranger.in_room(door, "invite", user_id=town.member().user_id) in (403, 429)


def test_it_may_write_to_the_bots_device(town: Town, stranger: Person) -> None:
    message = {town.bot.user_id: {town.bot.account.device_id: {"sealed": "x"}}}
    path = "/sendToDevice/org.peerroom.epoch.redeem/t1"
    assert stranger.status("PUT", path, {"messages": message}) == 200
    _, answer = town.bot.does("GET", "/sync?timeout=0")
    [event] = answer["to_device"]["events"]
    assert event["sender"] == stranger.user_id


def test_its_name_changes_nothing_for_anyone(town: Town, stranger: Person, victim: Person) -> None:
    name = f"/profile/{quote(stranger.user_id)}/displayname"
    town.door(stranger)
    assert stranger.status("PUT", name, {"displayname": "read this"}) == 200
    assert not victim.hears()
    assert victim.status("GET", f"/profile/{quote(stranger.user_id)}") == 403


def test_who_was_let_in_is_as_free_as_any_member(town: Town, victim: Person) -> None:
    person = town.stranger()
    assert person.status("POST", "/createRoom", {"invite": [victim.user_id]}) == 403
    town.admits(person)
    room = person.makes_room(invite=[victim.user_id])
    assert victim.in_room(room, "join") == 200
    assert person.says(room) == person.says(town.circle) == 200
    public = victim.makes_room(preset="public_chat")
    assert person.in_room(public, "join") == 200
    assert person.says(public) == 200


def test_who_was_removed_is_a_stranger_again(town: Town, victim: Person) -> None:
    person = town.member()
    room = person.makes_room(invite=[victim.user_id])
    door = town.door(person)
    assert victim.in_room(room, "join") == 200
    assert person.says(room) == 200
    town.removes(person)
    assert person.says(room) == 403
    state = f"/rooms/{quote(room)}/state/m.room.topic/"
    assert person.status("PUT", state, {"topic": "read this"}) == 403
    assert person.in_room(room, "kick", user_id=victim.user_id, reason="read this") == 403
    assert person.status("POST", "/createRoom", {"invite": [victim.user_id]}) == 403
    assert person.says(door) == 200
    assert person.in_room(room, "leave") == 200


def test_the_host_s_own_accounts_are_free(town: Town, stranger: Person) -> None:
    admin = Person(town.server, town.server.admin)
    room = admin.makes_room(invite=[stranger.user_id])
    assert admin.says(room) == 200
    assert stranger.in_room(room, "join") == 403


def test_nobody_is_found_where_the_host_keeps_a_directory(tmp_path: Path) -> None:
    directory = {"enabled": True, "search_all_users": True}
    with Homeserver.start(
        tmp_path / "server", limits="open", bots=BOTS, overrides={"user_directory": directory}
    ) as server:
        town = Town(server)
        member, stranger = town.member(), town.stranger()
        name = f"/profile/{quote(member.user_id)}/displayname"
        assert member.status("PUT", name, {"displayname": "Quiet Heron"}) == 200

        def finds(person: Person) -> list[str]:
            path = "/user_directory/search"
            _, answer = person.does("POST", path, {"search_term": "heron"})
            return [one["user_id"] for one in answer["results"]]

        assert finds(town.member()) == [member.user_id]
        assert finds(stranger) == []


@pytest.fixture
async def circle(circle_homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(circle_homeserver)
    yield circle
    await circle.stop()


async def test_an_invite_link_leads_into_the_room(circle: Circle) -> None:
    """Register by token, a room with the bot, the secret, the bot's invitation, in."""
    guest, other = await circle.guest(), await circle.guest()
    guest.say("hello")
    await other.sees("hello")


async def test_a_moderator_with_another_client_comes_in_by_the_bots_invitations(
    circle_homeserver: Homeserver,
) -> None:
    name = f"moderator{next(_numbers)}"
    made = await asyncio.to_thread(circle_homeserver.register, name)
    circle = await Circle.start(circle_homeserver, moderators=(made.user_id,))
    account = TestAccount(circle_homeserver.base_url, made.user_id, name, made.password)
    try:
        moderator = await arrive(account)
        circle.guests.append(moderator)
        moderator.say("hello")
        await moderator.sees("hello")
    finally:
        await circle.stop()
