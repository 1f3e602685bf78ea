"""Every request of a whole epoch of three clients, held against the list of what must not leak.

A real server, the real bot and signer, and the agents of real clients on machines that are on all
the time; see `support.agents`. What each sends passes a recorder of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from support.agents import Person, Scene
from support.leaks import CHECKS, SENT, Check, Log, Request, Stage, life_of

from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault


async def _talk(people: list[Person], about: str) -> None:
    """Everyone says something, of different lengths, and reads all."""
    said = [f"{about} " + "x" * 300 * number for number in range(len(people))]
    for person, text in zip(people, said, strict=True):
        person.say(text)
        for other in people:
            await other.sees(text)


async def _recorded(server: Homeserver) -> Log:
    async with AsyncExitStack() as stack:
        scene = await Scene.open(server, stack, awake=True)
        people = [await scene.person() for _ in range(3)]
        old_room, old = scene.circle.room_id, [person.account for person in people]
        marks: list[list[int]] = []

        def mark() -> None:
            marks.append([len(person.road.seen) for person in people])

        await _talk(people, "before")
        await scene.ask(*people)
        await scene.cut_off(*people)
        mark()
        await scene.visit(*people)
        mark()
        await scene.freeze()
        tokens = {
            account.access_token: _local(account.user_id)
            for person in people
            for account in person.vault.accounts.all()
        }
        mark()
        await scene.switch()
        await scene.in_time(lambda: all(person.is_in_new_room(old_room) for person in people))
        await _talk(people, "after")
        new = [person.account for person in people]
        lives = tuple(
            life_of(
                _local(old[number]),
                _local(new[number]),
                tokens,
                _staged(person, [at[number] for at in marks]),
            )
            for number, person in enumerate(people)
        )
        vault, rooms = people[0].vault, {person.room_id for person in people}
        [new_room] = rooms
        doors = {room.room_id for person in people for room in person.vault.rooms.all()} - rooms
        return Log(
            lives,
            frozenset({*map(_local, old), *doors, old_room, *_events(vault, old_room)}),
            frozenset({*map(_local, new), new_room, *_events(vault, new_room)}),
            tuple(json.dumps(one.clear) for one in vault.events.page(new_room, limit=500)),
        )


def _local(user_id: str) -> str:
    return user_id[1:].partition(":")[0]


def _events(vault: Vault, room_id: str) -> list[str]:
    return [one.event_id for one in vault.events.page(room_id, limit=500)]


def _staged(person: Person, marks: list[int]) -> list[tuple[Stage, Any]]:
    stages: tuple[Stage, ...] = ("before", "visits", "frozen", "after")
    seen = person.road.seen
    return [(stages[sum(n >= mark for mark in marks)], one) for n, one in enumerate(seen)]


@pytest.fixture(scope="module")
def log(homeserver: Homeserver) -> Log:
    """The epoch, lived once."""
    return asyncio.run(_recorded(homeserver))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_leaks(check: Check, log: Log) -> None:
    assert check(log) == []


# --- the checks find what they look for -----------------------------------------------------------


def _first(log: Log, part: str, *, new: bool = True) -> Request:
    """The first request of somebody's new (old) account whose kind has ``part``."""
    life = log.lives[0]
    return next(one for one in life.of(life.new if new else life.old) if part in one.kind)


def _changed(log: Log, one: Request, **fields: Any) -> Log:
    """With another request in the place of this one."""
    life = log.lives[0]
    requests = tuple(replace(one, **fields) if r is one else r for r in life.requests)
    return replace(log, lives=(replace(life, requests=requests), *log.lives[1:]))


def _more(log: Log, like: str, *, new: bool = True, **fields: Any) -> Log:
    """With one more request, somewhat like one that was there."""
    life = log.lives[0]
    requests = (*life.requests, replace(_first(log, like, new=new), **fields))
    return replace(log, lives=(replace(life, requests=requests), *log.lives[1:]))


def _with(log: Log, part: str, **words: object) -> Log:
    """With more in the body of a request."""
    one = _first(log, part)
    return _changed(log, one, body={**one.body, **words})


def _header(log: Log, name: str, value: str) -> Log:
    one = _first(log, "/sync")
    return _changed(log, one, headers={**one.headers, name: value})


def _query(log: Log, **words: str) -> Log:
    one = _first(log, "/sync")
    return _changed(log, one, query={**one.query, **words})


def _ask(log: Log, path: str, *, new: bool = True) -> Log:
    return _more(log, "/keys/query", new=new, stage="after", path=path, body={})


def _longer(log: Log) -> Log:
    one = _first(log, SENT)
    return _changed(log, one, body={**one.body, "ciphertext": one.body["ciphertext"] + "AAAA"})


def _old_thing(log: Log) -> str:
    return next(thing for thing in sorted(log.old_things) if thing.startswith("$"))


def _answer(log: Log) -> dict[str, object]:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": _old_thing(log)}}}


def _same_password(log: Log) -> Log:
    used = _first(log, "/register", new=False).body["password"]
    return _with(log, "/register", password=used)


LEAKS: dict[str, tuple[Callable[[Log], Log], ...]] = {
    "addresses_are_of_one_form": (lambda log: _with(log, "/register", username="heron"),),
    "the_server_names_the_device": (lambda log: _with(log, "/register", device_id="HOME"),),
    "devices_have_no_name": (
        lambda log: _with(log, "/register", initial_device_display_name="My laptop"),
        lambda log: _with(log, "/keys/upload", device_display_name="My laptop"),
    ),
    "there_is_no_picture": (
        lambda log: _ask(log, "/profile/@p:localhost/avatar_url"),
        lambda log: _ask(log, "/_matrix/media/v3/upload"),
        lambda log: _with(log, "/keys/query", avatar_url="mxc://localhost/x"),
    ),
    "nobody_names_themselves_at_a_switch": (
        lambda log: _ask(log, "/profile/@p:localhost/displayname"),
        lambda log: _ask(log, "/profile/@p:localhost/displayname", new=False),
    ),
    "nobody_is_seen_online": (
        lambda log: _query(log, set_presence="online"),
        lambda log: _ask(log, "/presence/@p:localhost/status"),
    ),
    "nobody_is_seen_typing_or_reading": (
        lambda log: _ask(log, "/rooms/!r/typing/@p:localhost"),
        lambda log: _ask(log, "/rooms/!r/receipt/m.read.private/$e"),
        lambda log: _ask(log, "/rooms/!r/read_markers"),
    ),
    "all_ask_for_the_same": (
        lambda log: _with(log, "/filter", event_fields=["type"]),
        lambda log: _query(log, filter="1"),
        lambda log: _query(log, timeout="30000"),
        lambda log: _query(log, full_state="true"),
    ),
    "all_programs_look_alike": (
        lambda log: _header(log, "User-Agent", "PeerRoom/1.0 (Linux)"),
        lambda log: _header(log, "Accept-Language", "ja"),
        lambda log: _header(log, "Cookie", "a=b"),
    ),
    "no_connection_has_two_names": (
        lambda log: _more(log, "/sync", port=_first(log, "/sync", new=False).port),
    ),
    "one_visit_and_no_more": (
        lambda log: _more(log, "/sync", stage="frozen"),
        lambda log: _more(log, "/sendToDevice/org", stage="visits"),
        lambda log: _changed(log, _first(log, "/sendToDevice/org"), length=(80, 1)),
    ),
    "the_old_name_does_nothing_then": (lambda log: _more(log, SENT, new=False, stage="visits"),),
    "the_old_name_does_not_come_back": (
        lambda log: _more(log, "/sync", new=False, stage="after", port=1),
    ),
    "keys_are_not_passed_on": (
        lambda log: _ask(log, "/sendToDevice/m.room_key_request/txn"),
        lambda log: _ask(log, "/sendToDevice/m.forwarded_room_key/txn"),
        lambda log: _ask(log, "/room_keys/version"),
        lambda log: _ask(log, "/user/@p:localhost/account_data/m.secret_storage.default_key"),
        lambda log: _ask(log, "/pushers/set"),
        lambda log: _ask(log, "/pushrules/global/override/x"),
    ),
    "nothing_else_is_asked_for": (
        lambda log: _ask(log, "/account/whoami"),
        lambda log: _more(log, "/sync", method="GET", path="/joined_rooms"),
    ),
    "lengths_are_of_few_kinds": (_longer,),
    "nothing_is_answered_across_a_switch": (
        lambda log: _with(log, SENT, **_answer(log)),
        lambda log: replace(log, said=(*log.said, f"https://matrix.to/#/!r/{_old_thing(log)}")),
    ),
    "the_two_never_meet": (
        lambda log: _ask(log, f"/rooms/!r/event/{_old_thing(log)}"),
        lambda log: _with(log, "/keys/query", asked=f"@{log.lives[1].old}:localhost"),
        lambda log: _more(log, "/sync", account=log.lives[0].old, path=f"/{log.lives[1].new}"),
    ),
    "nothing_is_used_under_two_names": (_same_password,),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_leaks_is_found(check: Check, log: Log) -> None:
    for leak in LEAKS[check.__name__]:
        assert check(leak(log)), "a planted leak was not found"
