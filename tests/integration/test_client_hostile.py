"""Events that no honest client sends, through a real server, in front of a real client."""

from __future__ import annotations

import asyncio
import io
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from typing import Any
from urllib.parse import quote

import pytest
from support.circle import CLOCK, Circle, Guest, until
from support.patience import PATIENCE

from peerroom.host.homeserver import Homeserver
from peerroom.plain.voice import Voice

WRONG: tuple[object, ...] = (
    None, True, -1, 2**53, [], ["x"], {}, {"body": {"body": []}}, "", "\x1b]0;owned\x07", "\u202e",
    "\u0000", "\u200b" * 50, "a" + "\u0301" * 1000, "[link=http://x]y[/link]", "x" * 40_000,
    "\x9b31m", "\x1b]52;c;eA==\x07", "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", "\ufeff\u2066\u2069",
)  # fmt: skip

HONEST: dict[str, object] = {
    "msgtype": "m.text",
    "body": "fine",
    "format": "org.matrix.custom.html",
    "formatted_body": "<b>fine</b>",
    "url": "mxc://x/y",
    "info": {"w": 1},
    "m.new_content": {"msgtype": "m.text", "body": "new"},
    "m.mentions": {"user_ids": []},
    "org.peerroom.transaction": "theirs",
}


def contents() -> Iterator[object]:
    """Every field of a message with every wrong thing in it, and contents that are no object."""
    for name in (*HONEST, "m.relates_to"):
        for wrong in WRONG:
            yield {**HONEST, name: wrong}


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    circle.watch_nothing()
    yield circle
    await circle.stop()


def is_clean(text: str) -> bool:
    return not any(
        (unicodedata.category(char) in ("Cc", "Cs") and char != "\n")
        or char in "\u202e\u2066\u2069"
        for char in text
    )


def queue(guest: Guest, event_type: str, content: object) -> None:
    account = guest.vault.accounts.current()
    assert account is not None
    guest.vault.outbox.add(
        account.id, guest.room_id, "message", {"type": event_type, "content": content},
        now=CLOCK.now(),
    )  # fmt: skip


async def test_wrong_types_in_every_field_of_an_encrypted_message(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    everything = list(contents())
    for content in everything:
        queue(otter, "m.room.message", content)
    for event_type in ("m.sticker", "m.reaction", "m.room.member", "org.example.new", "", "\x1b[m"):
        queue(otter, event_type, HONEST)
    otter.say("after it all")
    await until(
        heron.client,
        lambda: any(m.body == "after it all" for m in heron.messages(limit=10)),
        within=PATIENCE,
    )
    # A server takes no relation that is none, nor an event that is too long: the rest arrived.
    refused = otter.vault.outbox.failed(otter.vault.accounts.all()[0].id)
    assert len(refused) <= 2 * len(WRONG)
    seen = heron.client.timeline(heron.room_id).page(limit=1000)
    assert len([view for view in seen if view.kind in ("text", "file")]) >= (
        len(everything) - len(refused)
    )
    assert all(is_clean(view.body) and is_clean(view.sender_name) for view in seen)
    malformed = [view for view in seen if view.state == "malformed"]
    assert malformed
    assert {view.body for view in malformed} == {"A message that could not be shown."}
    out = io.StringIO()
    voice = Voice(out, UTC)
    for view in seen:
        voice.message(view)
    assert is_clean(out.getvalue())
    assert heron.client.connection.kind == "online"


def events(room_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method path and content of raw events, as a hostile client of the server would send them."""
    send = f"/_matrix/client/v3/rooms/{quote(room_id)}/send"
    for number, wrong in enumerate(WRONG[:9]):
        for name in ("algorithm", "sender_key", "session_id", "ciphertext", "device_id"):
            content: dict[str, Any] = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "sender_key": "a" * 43,
                "session_id": "b" * 43,
                "ciphertext": "c" * 100,
                "device_id": "D",
            }
            yield f"{send}/m.room.encrypted/h{number}{name}", name, {**content, name: wrong}
        yield f"{send}/m.reaction/r{number}", "reaction", {"m.relates_to": wrong}
        yield f"{send}/m.room.redaction/x{number}", "redaction", {"redacts": wrong}
    yield f"{send}/m.room.message/clear", "clear", {"msgtype": "m.text", "body": "in clear"}


async def test_raw_events_that_are_nothing_lose_nothing(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    account = otter.vault.accounts.current()
    assert account is not None
    api = circle.server.api(account.access_token)
    name = f"/_matrix/client/v3/profile/{quote(account.user_id)}/displayname"
    otter.say("before")
    await heron.sees("before")

    attacks = list(events(circle.room_id))

    def attack() -> int:
        taken = 0
        for path, _about, content in attacks:
            status, _answer = api.answer("PUT", path, content)
            taken += status == 200
        api.answer("PUT", name, {"displayname": "\x1b[31mModerator\u202e\n\n"})
        return taken

    assert await asyncio.to_thread(attack) > 30
    otter.say("after")
    seen = await heron.sees("after")
    assert is_clean(seen.sender_name) and "\n" not in seen.sender_name
    views = heron.client.timeline(heron.room_id).page(limit=500)
    assert all(is_clean(view.body) for view in views)
    assert not [view for view in views if "in clear" in view.body]
    assert [view.state for view in views if "was not encrypted" in view.body] == ["unattributable"]
    states = {view.state for view in views if view.sender_id == account.user_id}
    assert states <= {"received", "undecryptable", "unattributable", "malformed"}
    (room,) = [room for room in heron.client.rooms() if not room.direct]
    assert is_clean(room.title) and room.last is not None and is_clean(room.last)
    heron.say("still here")
    await otter.sees("still here")
