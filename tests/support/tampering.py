"""A homeserver that lies: a proxy in front of a real one that changes JSON answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from support.faults import FaultyServer

Change = Callable[[str, Any], Any]
"""Takes the path of the request and the answer's JSON; returns what is answered instead."""


@asynccontextmanager
async def lying_server(upstream: str, change: Change) -> AsyncIterator[FaultyServer]:
    """``upstream``, with every JSON answer of status 200 passed through ``change``."""

    async with aiohttp.ClientSession() as client:

        async def answer(request: web.Request) -> web.StreamResponse:
            names = ("Authorization", "Content-Type")
            headers = {name: request.headers[name] for name in names if name in request.headers}
            async with client.request(
                request.method,
                f"{upstream}{request.raw_path}",
                data=await request.read(),
                headers=headers,
            ) as truth:
                body = await truth.json()
                if truth.status == 200:
                    body = change(request.path, body)
                return web.Response(
                    text=json.dumps(body), status=truth.status, content_type="application/json"
                )

        async with FaultyServer(script=answer) as server:
            yield server


def timeline_events(sync: Any) -> list[dict[str, Any]]:
    """Every timeline event in the answer of /sync, to be changed in place."""
    rooms = sync.get("rooms", {}).get("join", {}).values()
    return [event for room in rooms for event in room.get("timeline", {}).get("events", [])]
