"""A member who was given a room key hands it on as their own, and posts what others wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from support.key_directory import ROOM, KeyDirectory, machine_of, posted, room_key, said

from peerroom.matrix.crypto import Machine
from peerroom.matrix.identity import CrossSigning
from peerroom.matrix.outcome import Decrypted, Reason, Unattributable
from peerroom.matrix.trust import Trust

ALICE, BOB, MALLORY = (f"@{name}:example.org" for name in ("alice", "bob", "mallory"))


@dataclass
class Scene:
    """Alice writes; Mallory has passed her room key on to Bob as Mallory's own."""

    server: KeyDirectory = field(default_factory=KeyDirectory)
    alice: Machine = field(default_factory=lambda: machine_of(ALICE, "ALICEDEVICE"))
    bob: Machine = field(default_factory=lambda: machine_of(BOB, "BOBDEVICE"))
    mallory: Machine = field(default_factory=lambda: machine_of(MALLORY, "MALLORYDEVICE"))

    async def begin(self) -> None:
        for machine in (self.alice, self.bob, self.mallory):
            self.server.show(machine.user_id, CrossSigning.create(), machine)
            await machine.upload_keys(self.server)

    async def give(
        self, writer: Machine, reader: Machine, content: dict[str, Any] | None = None
    ) -> None:
        came = await room_key(self.server, writer, reader.user_id, content)
        assert reader.handle_to_device([came]).refused == 0
        await reader.learn(self.server, [ALICE, BOB, MALLORY])

    def original(self, event_id: str = "$original") -> dict[str, Any]:
        return said(self.alice, event_id, "I need help")


def copy(event: dict[str, Any], event_id: str = "$copy") -> dict[str, Any]:
    return posted(MALLORY, event_id, event["content"])


@pytest.fixture
async def scene() -> Scene:
    scene = Scene()
    await scene.begin()
    return scene


@pytest.mark.parametrize("passed_on_first", [False, True])
async def test_a_copy_hides_no_original_whichever_is_met_first(
    scene: Scene, passed_on_first: bool
) -> None:
    """Who was away meets the newest first, and Mallory may be quicker than Alice with the key."""
    key = scene.alice.start_outbound(ROOM, 0).room_key()
    await scene.give(scene.alice, scene.mallory, key)
    gifts = [(scene.alice, None), (scene.mallory, key)]
    for writer, content in reversed(gifts) if passed_on_first else gifts:
        await scene.give(writer, scene.bob, content)
    event = scene.original()
    copied = scene.bob.decrypt(ROOM, copy(event))
    assert not isinstance(copied, Decrypted) or copied.trust is Trust.SIGNED
    outcome = scene.bob.decrypt(ROOM, event)
    assert isinstance(outcome, Decrypted)
    assert (outcome.content, outcome.trust) == ({"body": "I need help"}, Trust.SIGNED)
    again = scene.bob.decrypt(ROOM, {**event, "event_id": "$again"})
    assert isinstance(again, Unattributable)
    assert again.reason is Reason.REPLAYED
    once_more = scene.bob.decrypt(ROOM, copy(event, "$copy-of-the-copy"))
    assert isinstance(once_more, Unattributable)


async def test_what_we_wrote_ourselves_is_nobody_else_s(scene: Scene) -> None:
    """Who made a session is not known of others'; of ours it is."""
    key = scene.alice.start_outbound(ROOM, 0).room_key()
    await scene.give(scene.alice, scene.mallory, key)
    await scene.give(scene.mallory, scene.alice, key)
    scene.alice.outbound[ROOM].ready = True
    event = scene.original()
    copied = scene.alice.decrypt(ROOM, copy(event))
    assert isinstance(copied, Unattributable)
    assert copied.reason is Reason.FORGED
    assert isinstance(scene.alice.decrypt(ROOM, event), Decrypted)
