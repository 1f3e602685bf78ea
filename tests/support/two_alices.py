"""A member, another one whom she writes to, and a second one of her whom the server made up."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.key_directory import KeyDirectory, machine_of, room_key, said

from peerroom.matrix.crypto import Machine
from peerroom.matrix.identity import CrossSigning
from peerroom.matrix.outcome import Decrypted
from peerroom.matrix.trust import Trust
from peerroom.store.vault import Vault

ALICE, BOB = "@alice:example.org", "@bob:example.org"


@dataclass
class Scene:
    """Bob, who knows Alice, and a second Alice whom the server made up."""

    server: KeyDirectory = field(default_factory=KeyDirectory)
    vault: Vault = field(default_factory=Vault.ephemeral)
    true: CrossSigning = field(default_factory=CrossSigning.create)
    false: CrossSigning = field(default_factory=CrossSigning.create)
    alice: Machine = field(default_factory=lambda: machine_of(ALICE, "REAL"))
    evil: Machine = field(default_factory=lambda: machine_of(ALICE, "EVIL"))
    bob: Machine = field(init=False)

    def __post_init__(self) -> None:
        self.bob = machine_of(BOB, "BOBDEVICE", vault=self.vault)

    async def begin(self) -> None:
        self.server.show(BOB, CrossSigning.create(), self.bob)
        await self.bob.upload_keys(self.server)
        await self.show_true()

    async def show_true(self) -> None:
        self.server.show(ALICE, self.true, self.alice)
        await self._look()

    async def show_false(self, *devices: Machine) -> None:
        self.server.show(ALICE, self.false, *devices)
        await self._look()

    async def _look(self) -> None:
        self.bob.device_lists([ALICE], [])
        await self.bob.learn(self.server, [ALICE])

    async def bring(self, writer: Machine) -> None:
        """Bob takes in the writer's room key."""
        came = self.bob.handle_to_device([await room_key(self.server, writer, BOB)])
        await self.bob.learn(self.server, {ALICE} | came.stale_users)

    def trust(self, writer: Machine, event_id: str) -> Trust | None:
        """How Bob sees a message of the writer; None when he does not take it for Alice's."""
        outcome = self.bob.decrypt("!circle:example.org", said(writer, event_id))
        return outcome.trust if isinstance(outcome, Decrypted) else None
