"""Through the door: from an invite link to the room, in steps that survive a crash.

What is done is noted in the vault before the next step begins, so `join` with the same link goes
on where it stopped: no second account, no second knock. The account becomes the vault's current
one only at the end, inside the room.
"""

from __future__ import annotations

import asyncio
import importlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from peerroom.client.door import Door, Refused
from peerroom.client.expecting import sync_until
from peerroom.client.invitations import remember_bot
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _
from peerroom.matrix.errors import (
    AccountClosed,
    Forbidden,
    LoggedOut,
    MatrixError,
    NameTaken,
    WrongPassword,
)
from peerroom.pseudonym.names import Name, name_for
from peerroom.store.accounts import new_circuit
from peerroom.wire.invite import BadInvite, Invite

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.matrix.errors import Reach
    from peerroom.matrix.session import Credentials
    from peerroom.matrix.transport import Transport
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

PATIENCE: Final = 120.0
"""Seconds to wait for the bot, or for the room, before saying that it can be tried later."""

_KEPT: Final = "joining"
_GONE: Final = "joining.gone"
_DRAWS: Final = 3
"""How often a random name on the server may be taken; once is already a sign of a bad server."""

StepName = Literal["server", "account", "keys", "bot", "door", "answer", "room"]

_SENTENCES: Final[dict[StepName, str]] = {
    "server": N_("Looking for the server"),
    "account": N_("Making a name that is only yours here"),
    "keys": N_("Making your encryption keys"),
    "bot": N_("Checking that the door is the right one"),
    "door": N_("Knocking, encrypted"),
    "answer": N_("Waiting for the answer"),
    "room": N_("Going in"),
}

T = TypeVar("T")


class NoAnswer(PeerRoomError):
    """The bot did not come, or did not answer, within `PATIENCE`."""

    what = N_("Nobody answers at the door right now.")
    next_step = N_("Your place is kept: try the same invite again later.")


class NotEncryptedHere(PeerRoomError):
    """The room is not encrypted, whatever the reason."""

    what = N_("The room behind this invite is not encrypted, so PeerRoom does not go in.")
    next_step = N_("Do not go on. Ask the person who invited you, in another way.")


class NameNeverFree(PeerRoomError):
    """The server says of every random name that it is taken."""

    what = N_("The server would not make an account.")
    next_step = N_("Ask the person who invited you whether the server is well.")


@dataclass(frozen=True, slots=True)
class Step:
    """What is being done now. A step ends when the next one comes, or the iteration ends."""

    name: StepName

    @property
    def sentence(self) -> str:
        """The step in a few words of the current language, without a full stop."""
        return _(_SENTENCES[self.name])


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a join has come; kept in the vault, which is encrypted."""

    link: str = field(repr=False)
    localpart: str = ""
    """Set before the account is asked for: if the answer is lost, logging in tells."""
    password: str = field(default="", repr=False)
    account: int | None = None
    knocks: int = 0
    """How many answers said no: each further knock is another event."""
    circuit: str = field(default="", repr=False)
    """The account's from its first request on, also before there is one (hexadecimal)."""


async def join(
    invite: Invite,
    vault: Vault,
    *,
    config: Config | None = None,
    clock: Clock,
    random: Random,
    patience: float = PATIENCE,
) -> AsyncIterator[Step]:
    """Go in by ``invite``; yields each `Step` as it begins. Afterwards the vault's current account
    is in the room, under its pseudonym.

    Nothing is lost by an error or by closing the iterator: calling again with the same link goes
    on. Raises `MatrixError` (`InviteUsedUp`, `ServerUnreachable` …), `IdentityMismatch`,
    `peerroom.client.door.Refused`, `peerroom.client.door.SomeoneElse`, `NoAnswer`,
    `NotEncryptedHere`, `peerroom.client.rotation.entering.AnotherCircle`.
    """
    proxy = (config or Config()).privacy.proxy
    joining = _Joining(invite, vault, proxy, clock, random, patience)
    try:
        yield Step("server")
        await joining.meet_server()
        yield Step("account")
        await joining.have_account()
        yield Step("keys")
        await joining.connect()
        yield Step("bot")
        await joining.check_bot()
        yield Step("door")
        await joining.knock()
        yield Step("answer")
        await joining.hear()
        yield Step("room")
        await joining.enter()
    finally:
        await joining.close()


def pending(vault: Vault) -> Invite | None:
    """The invite of a join that was begun and not finished, or None."""
    kept = vault.settings.get(_KEPT)
    try:
        return Invite.parse(kept["link"]) if isinstance(kept, dict) else None
    except BadInvite:
        return None


class _Joining:
    """One walk through the door; each method may be repeated after a crash."""

    def __init__(
        self,
        invite: Invite,
        vault: Vault,
        proxy: str | None,
        clock: Clock,
        random: Random,
        patience: float,
    ) -> None:
        self._invite = invite
        self._vault = vault
        self._proxy = proxy
        self._clock = clock
        self._random = random
        self._patience = patience
        self._progress = self._resume()
        self._transport: Transport | None = None
        self._connection: Connection | None = None
        self._away: MatrixError | None = None
        self._door: Door | None = None
        self._room: tuple[str, tuple[str, ...]] | None = None

    def _resume(self) -> _Progress:
        link = self._invite.encode()
        kept = self._vault.settings.get(_KEPT)
        if isinstance(kept, dict) and kept.get("link") == link:
            progress = _Progress(**kept)
            return progress if progress.circuit else self._on_a_circuit(progress)
        # A new invite for a server that knows us already: another account would only leave more
        # traces, so the one we have knocks again. Others beside it are earlier or coming names.
        gone = self._vault.settings.get(_GONE, [])
        current = self._vault.accounts.current()
        for account in [current] if current is not None else self._vault.accounts.all():
            if account.homeserver == self._invite.homeserver and account.id not in gone:
                return self._on_a_circuit(_Progress(link, account=account.id))
        return self._on_a_circuit(_Progress(link))

    def _on_a_circuit(self, progress: _Progress) -> _Progress:
        number = progress.account
        drawn = new_circuit() if number is None else self._vault.accounts.get(number).circuit
        return replace(progress, circuit=drawn.hex())

    def _note(self, progress: _Progress) -> None:
        self._progress = progress
        self._vault.settings.set(_KEPT, asdict(progress))

    async def meet_server(self) -> None:
        """Is there a Matrix server at all? Before anything secret is sent there."""
        module = await asyncio.to_thread(importlib.import_module, "peerroom.matrix.connection")
        if self._transport is not None:
            await self._transport.close()
        self._transport = module.Transport(
            self._invite.homeserver,
            proxy=self._proxy,
            circuit=bytes.fromhex(self._progress.circuit),
            clock=self._clock,
            random=self._random,
        )
        await self._transport.request("GET", "/_matrix/client/versions")

    async def have_account(self) -> None:
        """An account with a random name and password that nobody ever types."""
        if self._progress.account is not None:
            return
        credentials = await self._register()
        with self._vault.transaction():
            account = self._vault.accounts.add(
                homeserver=self._invite.homeserver,
                user_id=credentials.user_id,
                device_id=credentials.device_id,
                access_token=credentials.access_token,
                password=self._progress.password,
                circuit=bytes.fromhex(self._progress.circuit),
                current=False,
            )
            self._note(replace(self._progress, account=account.id))

    async def _register(self) -> Credentials:
        from peerroom.matrix.session import login, register

        assert self._transport is not None
        if self._progress.localpart:
            try:
                return await login(
                    self._transport, self._progress.localpart, self._progress.password
                )
            except WrongPassword:
                pass  # the last try never reached the server
        for _attempt in range(_DRAWS):
            # One form for everybody: it says nothing, not even which language someone speaks.
            localpart, password = f"p{secrets.token_hex(8)}", secrets.token_urlsafe(24)
            self._note(replace(self._progress, localpart=localpart, password=password))
            try:
                return await register(
                    self._transport, localpart, password, self._invite.registration_token
                )
            except NameTaken:
                continue
        raise NameNeverFree

    async def connect(self) -> None:
        """Keys for this device, an identity that signs it, and what happened meanwhile."""
        try:
            await self._connect()
        except (LoggedOut, AccountClosed):
            if self._progress.localpart:
                raise
            # The account of an earlier invite is no more; this invite can make another.
            for room in self._vault.rooms.all(self._progress.account):
                self._vault.rooms.set_membership(room.room_id, "leave")
            gone = self._vault.settings.get(_GONE, [])
            self._vault.settings.set(_GONE, [*gone, self._progress.account])
            self._note(self._on_a_circuit(replace(self._progress, account=None)))
            await self.meet_server()
            await self.have_account()
            await self._connect()

    async def _connect(self) -> None:
        from peerroom.matrix.connection import Connection

        if self._connection is not None:
            await self._connection.close()
        self._connection = await Connection.open(
            self._vault,
            self._account(),
            proxy=self._proxy,
            clock=self._clock,
            random=self._random,
            on_state=self._on_state,
        )
        await self._connection.start()
        await self._connection.sync_once(0)

    async def check_bot(self) -> None:
        """The bot at this server must be the one that the link names: same identity key."""
        assert self._connection is not None
        await self._connection.identity.expect(self._invite.bot, self._invite.bot_identity)

    async def knock(self) -> None:
        """In an encrypted room of two, say the invite's secret."""
        assert self._connection is not None
        door = Door(self._vault, self._account(), self._connection, self._invite.bot)
        await door.make()
        await self._until(lambda: door.is_open() or None)
        if not door.is_encrypted():
            raise NotEncryptedHere
        await door.knock(self._invite.secret, self._progress.knocks, self._clock.now())
        self._door = door

    async def hear(self) -> None:
        """Wait for the bot's answer to this knock."""
        assert self._door is not None
        try:
            self._room = await self._until(self._door.answer)
        except Refused:
            self._note(replace(self._progress, knocks=self._progress.knocks + 1))
            raise

    async def enter(self) -> None:
        """Take a name, go into the room, and make this account the vault's own."""
        assert self._connection is not None and self._room is not None
        room_id, via = self._room
        account = self._account()
        await self._take_name(name_for(account.user_id, room_id.encode()))
        await self._join_room(room_id, via)
        await self._until(lambda: self._is_inside(room_id))
        if not self._vault.rooms.is_encrypted(room_id):
            raise NotEncryptedHere
        from peerroom.client.rotation import entering  # not before there is something to check

        entering.check(self._vault, room_id, self._invite)
        others = {
            str(content.get("displayname"))
            for user_id, content in self._vault.rooms.members(room_id).items()
            if user_id != account.user_id and content.get("displayname")
        }
        name = name_for(account.user_id, room_id.encode(), taken=others)
        if str(name) != self._account().display_name:
            await self._take_name(name)
        with self._vault.transaction():
            remember_bot(self._vault, self._invite.bot)
            entering.keep_pin(self._vault, self._invite)
            self._vault.accounts.set_current(account.id)
            self._vault.settings.remove(_KEPT)

    async def _join_room(self, room_id: str, via: tuple[str, ...]) -> None:
        assert self._connection is not None
        if self._is_inside(room_id):
            return
        try:
            await self._connection.rooms.join(room_id, via=via)
        except Forbidden:
            # The bot invites before it answers; on a busy server the invitation can come later.
            await self._until(lambda: self._is_invited(room_id))
            await self._connection.rooms.join(room_id, via=via)

    async def _take_name(self, name: Name) -> None:
        assert self._connection is not None
        await self._connection.rooms.set_display_name(str(name))
        self._vault.accounts.set_display_name(self._account().id, str(name))

    def _is_inside(self, room_id: str) -> bool | None:
        room = self._vault.rooms.get(room_id)
        return (room is not None and room.membership == "join") or None

    def _is_invited(self, room_id: str) -> bool | None:
        room = self._vault.rooms.get(room_id)
        return (room is not None and room.membership == "invite") or None

    def _account(self) -> Account:
        assert self._progress.account is not None
        return self._vault.accounts.get(self._progress.account)

    async def _until(self, look: Callable[[], T | None]) -> T:
        assert self._connection is not None
        try:
            return await sync_until(self._connection, look, self._clock, self._patience)
        except TimeoutError as error:
            raise self._away or NoAnswer from error

    def _on_state(self, _reach: Reach, error: MatrixError | None) -> None:
        self._away = error

    async def close(self) -> None:
        """Close what is open; the account stays logged in."""
        if self._connection is not None:
            await self._connection.close()
        if self._transport is not None:
            await self._transport.close()
