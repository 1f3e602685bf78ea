"""The same scenes played by a bare nio client and by ours: `Arm` makes the players."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from support.accounts import MakeAccount
from support.bare_nio import bare_nio
from support.members import Member, People

ArmName = Literal["bare nio", "peerroom"]


class Player(Protocol):
    """What a scene may ask of a client, whichever it is."""

    @property
    def user_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def curve25519(self) -> str: ...
    async def turn(self) -> None: ...
    async def create_room(self, *guests: str) -> str: ...
    async def join(self, room_id: str) -> None: ...
    async def say(self, room_id: str, text: str) -> object: ...
    def heard(self, room_id: str) -> list[tuple[str, str]]: ...


@dataclass
class Ours:
    """A `Member` as a `Player`."""

    member: Member

    @property
    def user_id(self) -> str:
        return self.member.user_id

    @property
    def device_id(self) -> str:
        return self.member.device_id

    @property
    def token(self) -> str:
        return self.member.connection.session.credentials.access_token

    @property
    def curve25519(self) -> str:
        return self.member.connection.machine.curve25519

    async def turn(self) -> None:
        await self.member.turn()

    async def create_room(self, *guests: str) -> str:
        return await self.member.connection.rooms.create_room(invite=guests)

    async def join(self, room_id: str) -> None:
        await self.member.connection.rooms.join(room_id)

    async def say(self, room_id: str, text: str) -> str:
        return await self.member.say(room_id, text)

    def heard(self, room_id: str) -> list[tuple[str, str]]:
        """Sender and text of what could be read and is shown as the sender's."""
        return [
            (event.sender, event.clear["content"]["body"])
            for event in self.member.events(room_id)
            if event.status == "ok" and event.clear is not None
        ]


@dataclass
class Arm:
    """Makes players of one kind; closes them in the end."""

    name: ArmName
    make_account: MakeAccount
    people: People
    stack: AsyncExitStack
    folder: Path

    @property
    def ours(self) -> bool:
        return self.name == "peerroom"

    async def player(self, name: str, *, server: str | None = None, keeps: bool = False) -> Player:
        """A logged-in client with its keys on the server.

        ``server`` is the URL it talks to; with ``keeps``, its vault is on disk (nio's always is).
        """
        if self.ours:
            folder = self.folder / f"{name}-vault" if keeps else None
            return Ours(await self.people(name, server=server, folder=folder))
        account = self.make_account(name)
        return await self.stack.enter_async_context(
            bare_nio(account, self.folder / account.localpart, server)
        )

    async def scene(self, host: Player, *guests: Player) -> str:
        """An encrypted room that everyone is in and knows of."""
        room_id = await host.create_room(*(guest.user_id for guest in guests))
        for guest in guests:
            await guest.join(room_id)
        for player in (host, *guests):
            await player.turn()
        return room_id
