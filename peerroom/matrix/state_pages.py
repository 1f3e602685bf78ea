"""State of a few types in one room, as the server has it now: also where there is a lot of it.

A sync never brings it (`sync_filter`): one room with a hundred thousand rules of a policy list
would be an answer too large for any turn.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

from peerroom.matrix import event
from peerroom.matrix.errors import AnswerTooLarge
from peerroom.matrix.event import Event
from peerroom.matrix.session import Session
from peerroom.matrix.transport import Json

PAGE: Final = 1_000
"""Events asked for at once (Synapse gives no more)."""
_NOTHING: Final = {"not_types": ["*"]}


async def pages(
    session: Session, room_id: str, types: Collection[str]
) -> AsyncIterator[Sequence[Event]]:
    """The state events, once for each type and state key. Raises `MatrixError`.

    In one answer if it is not too large; else from the history, the newest first: what was set
    before history is shown to us is then missing.
    """
    try:
        state = await _at_once(session, room_id, types)
    except AnswerTooLarge:
        async for page in _through_history(session, room_id, types):
            yield page
    else:
        yield state


async def _at_once(session: Session, room_id: str, types: Collection[str]) -> Sequence[Event]:
    """By a first sync of this room alone: unlike ``/state`` it leaves out everybody else."""
    only = {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "rooms": [room_id],
            # No room, and another one each time: Synapse answers the same first sync from memory
            # for two minutes, and what came meanwhile would be missing.
            "not_rooms": [f"!{secrets.token_hex(8)}:invalid"],
            "account_data": _NOTHING,
            "ephemeral": _NOTHING,
            "state": {"types": sorted(types)},
            "timeline": {"types": sorted(types), "limit": 1},
        },
    }
    query = {"filter": json.dumps(only), "set_presence": "offline", "timeout": "0"}
    answer = await session.get("/sync", query=query)
    room = _under(_under(_under(answer, "rooms"), "join"), room_id)
    state = _events(_under(room, "state").get("events"))
    newest = _events(_under(room, "timeline").get("events"))
    latest = {(one.type, one.state_key): one for one in (*state, *newest)}
    return tuple(latest.values())


async def _through_history(
    session: Session, room_id: str, types: Collection[str]
) -> AsyncIterator[Sequence[Event]]:
    seen: set[tuple[str, str | None]] = set()
    query = {"dir": "b", "limit": str(PAGE), "filter": json.dumps({"types": sorted(types)})}
    while True:
        answer = await session.get("/rooms", room_id, "messages", query=query)
        fresh: list[Event] = []
        for one in _events(answer.get("chunk")):
            if (one.type, one.state_key) not in seen:
                seen.add((one.type, one.state_key))
                fresh.append(one)
        yield fresh
        end = answer.get("end")
        if not isinstance(end, str) or end == query.get("from"):
            return
        query["from"] = end


def _events(value: object) -> tuple[Event, ...]:
    raw = value if isinstance(value, list) else []
    found, _nameless = event.read_all([one for one in raw if isinstance(one, dict)])
    return tuple(one for one in found if not one.malformed and one.state_key is not None)


def _under(value: Json, key: str) -> Json:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}
