"""A client as nio's documentation has one write it: the other arm of the tests of its defects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nio import (
    AsyncClient,
    AsyncClientConfig,
    JoinResponse,
    LoginResponse,
    MatrixRoom,
    RoomCreateResponse,
    RoomMessageText,
    RoomSendResponse,
    SyncResponse,
)
from support.accounts import TestAccount

_ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class BareNio:
    """One account on `nio.AsyncClient`, whose calls do what nio does."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self._heard: list[tuple[str, str, str]] = []
        self._token = client.access_token
        client.add_event_callback(self._hear, RoomMessageText)

    async def _hear(self, room: MatrixRoom, event: RoomMessageText) -> None:
        self._heard.append((room.room_id, event.sender, event.body))

    @property
    def user_id(self) -> str:
        return self.client.user_id

    @property
    def device_id(self) -> str:
        return self.client.device_id or ""

    @property
    def token(self) -> str:
        return self.client.access_token

    @property
    def curve25519(self) -> str:
        return self.client.olm.account.identity_keys["curve25519"]

    async def turn(self) -> None:
        """One turn of sync, with what nio wants done after it."""
        answer = await self.client.sync(timeout=0, full_state=not self.client.next_batch)
        assert isinstance(answer, SyncResponse), answer
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()

    async def create_room(self, *guests: str) -> str:
        answer = await self.client.room_create(initial_state=[_ENCRYPTION], invite=list(guests))
        assert isinstance(answer, RoomCreateResponse), answer
        return answer.room_id

    async def join(self, room_id: str) -> None:
        assert isinstance(await self.client.join(room_id), JoinResponse)

    async def say(self, room_id: str, text: str) -> None:
        # Some of nio's errors take the token away; an application that knows it puts it back.
        self.client.access_token = self._token
        answer = await self.client.room_send(
            room_id,
            "m.room.message",
            {"msgtype": "m.text", "body": text},
            ignore_unverified_devices=True,
        )
        assert isinstance(answer, RoomSendResponse), answer

    def heard(self, room_id: str) -> list[tuple[str, str]]:
        """Sender and text of what could be read, in order."""
        return [(sender, text) for room, sender, text in self._heard if room == room_id]

    async def close(self) -> None:
        await self.client.close()
        self.client.store.database.close()


@asynccontextmanager
async def bare_nio(
    account: TestAccount, folder: Path, server: str | None = None
) -> AsyncIterator[BareNio]:
    """A logged-in client with its keys uploaded and a first sync behind it."""
    await asyncio.to_thread(folder.mkdir)
    config = AsyncClientConfig(
        encryption_enabled=True, store_sync_tokens=True, max_limit_exceeded=0, max_timeouts=0
    )
    client = AsyncClient(account.homeserver, account.user_id, store_path=str(folder), config=config)
    assert isinstance(await client.login(account.password), LoginResponse)
    client.homeserver = server or account.homeserver
    one = BareNio(client)
    try:
        await client.keys_upload()
        await one.turn()
        yield one
    finally:
        await one.close()
