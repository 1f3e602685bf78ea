"""``kill -9`` of the signer before every step it takes: never two lists, never an old key again."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import dying_signer

from peerroom.bot.signer.client import Signer
from peerroom.bot.signer.errors import KeysDestroyed, OtherBatch
from peerroom.bot.signer.frames import REPLIES, Destroy, Done, Hello, Make, Request, Sign, pack
from peerroom.bot.signer.life import Died, Life
from peerroom.pseudonym.blind import fits
from peerroom.pseudonym.round_keys import PublicKey

KEY, LINEAGE = secrets.token_bytes(32), secrets.token_bytes(16)
NEVER = 10**6
"""More steps than a process takes."""
REPLIED = ["reply", "replied"]


def batch(seed: int) -> list[bytes]:
    """Numbers that any key of ours can sign."""
    return [(1000 * seed + number + 2).to_bytes(384) for number in range(2)]


@dataclass(frozen=True)
class Grave:
    """Where signers die, each with a folder of its own."""

    place: Path

    @property
    def folder(self) -> Path:
        return self.place / "signer"

    def begin(self, like: Path | None) -> None:
        """A new folder: none at all, or a copy."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if like is not None:
            shutil.copytree(like, self.folder)

    def command(self, step: int) -> list[str]:
        """A process that dies before ``step``; the second one does not."""
        fuse = self.place / "fuse"
        fuse.touch()
        script = [str(dying_signer.__file__), str(step), str(fuse), str(self.place / "log")]
        return [sys.executable, "-I", "-B", *script]

    def steps(self) -> list[str]:
        """What the one that was to die has done."""
        return (self.place / "log").read_text().splitlines()

    async def ask(self, request: Request, step: int) -> list[bytes] | None:
        """What a process answers that dies before ``step``; None if it did not come to that."""
        life = await Life.begin(self.command(step))
        hello = Hello(
            key=KEY, lineage=LINEAGE, parent=os.getpid(), folder=os.fsencode(self.folder), kept={}
        )
        try:
            await life.exchange(pack(hello))
            reply = REPLIES.decode(await life.exchange(pack(request)))
        except Died:
            return None
        finally:
            await life.end()
        assert isinstance(reply, Done)
        return reply.values

    async def whole(self, request: Request, like: Path | None) -> list[str]:
        """The steps of one that does not die."""
        self.begin(like)
        assert await self.ask(request, NEVER) is not None
        return self.steps()

    async def next(self) -> Signer:
        """An ordinary signer on what is left."""
        return await Signer.start(self.folder, KEY, LINEAGE)


@pytest.fixture
def grave(tmp_path: Path) -> Grave:
    return Grave(tmp_path)


@pytest.fixture
async def two_epochs(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder with keys of one round for epochs 1 and 2."""
    folder = tmp_path / "two epochs"
    async with await Signer.start(folder, KEY, LINEAGE) as signer:
        await signer.make(1, 1)
        await signer.make(2, 1)
    yield folder


@pytest.mark.soak
async def test_killed_while_making_keys(grave: Grave) -> None:
    steps = await grave.whole(Make(1, 1), None)
    written = ["open keys-1.new", "fsync", "rename keys-1.new", "fsync"]
    noted = ["open journal.new", "fsync", "rename journal.new", "fsync"]
    assert steps[-len(written + noted + REPLIED) :] == written + noted + REPLIED
    for step in range(len(steps)):
        grave.begin(None)
        shown = await grave.ask(Make(1, 1), step)
        assert len(grave.steps()) == step
        async with await grave.next() as signer:
            made = await signer.make(1, 1)
            assert shown in (None, made), steps[:step]
        assert {path.name for path in grave.folder.iterdir()} == {"journal", "keys-1"}
        async with await grave.next() as signer:
            assert await signer.make(1, 1) == made, steps[:step]


async def test_killed_while_signing(grave: Grave, two_epochs: Path) -> None:
    request = Sign(1, 0, batch(1))
    steps = await grave.whole(request, two_epochs)
    noted = ["open journal.new", "fsync", "rename journal.new", "fsync"]
    assert steps[-len(noted + REPLIED) :] == noted + REPLIED
    signed_after = set()
    for step in range(len(steps)):
        grave.begin(two_epochs)
        shown = await grave.ask(request, step)
        assert len(grave.steps()) == step
        async with await grave.next() as signer:
            key = PublicKey.decode((await signer.make(1, 1))[0])
            try:
                await signer.sign(1, 0, batch(2))
                signed = 2
            except OtherBatch:
                signed = 1
            assert shown is None or signed == 1, steps[:step]
            with pytest.raises(OtherBatch):
                await signer.sign(1, 0, batch(3 - signed))
            answers = await signer.sign(1, 0, batch(signed))
            assert all(fits(key, *pair) for pair in zip(batch(signed), answers, strict=True))
            assert shown in (None, answers), steps[:step]
        signed_after.add(signed)
    assert signed_after == {1, 2}


async def test_killed_while_destroying(grave: Grave, two_epochs: Path) -> None:
    steps = await grave.whole(Destroy(1), two_epochs)
    noted = ["open journal.new", "fsync", "rename journal.new", "fsync"]
    removed = ["open keys-1", "fsync", "remove keys-1", "fsync"]
    assert steps[-len(noted + removed + REPLIED) :] == noted + removed + REPLIED
    left_after = set()
    for step in range(len(steps)):
        grave.begin(two_epochs)
        shown = await grave.ask(Destroy(1), step)
        assert len(grave.steps()) == step
        async with await grave.next() as signer:
            status = await signer.status()
            if status.destroyed == 1:
                assert not (grave.folder / "keys-1").exists(), steps[:step]
            else:
                assert shown is None and status.made == (1, 2)
                await signer.destroy(1)
            left_after.add(status.made)
            for refused in (signer.make(1, 1), signer.sign(1, 0, batch(1))):
                with pytest.raises(KeysDestroyed):
                    await refused
            assert len(await signer.sign(2, 0, batch(1))) == 2
        assert {path.name for path in grave.folder.iterdir()} == {"journal", "keys-2"}
    assert left_after == {(1, 2), (2,)}


@pytest.mark.parametrize("kept", ["in memory", pytest.param("in a folder", marks=pytest.mark.soak)])
async def test_the_bot_does_not_notice(grave: Grave, kept: str) -> None:
    """The same requests with a death before each step of the first process: the same answers."""
    folder = grave.folder if kept == "in a folder" else None

    async def evening(step: int) -> None:
        grave.begin(None)
        command = grave.command(step)
        async with await Signer.start(folder, KEY, LINEAGE, command=command) as signer:
            keys = await signer.make(1, 1)
            signed = await signer.sign(1, 0, batch(1))
            assert all(
                fits(PublicKey.decode(keys[0]), *pair)
                for pair in zip(batch(1), signed, strict=True)
            )
            status = await signer.status()
            assert (status.made, status.signed) == ((1,), ((1, 0),))
            with pytest.raises(OtherBatch):
                await signer.sign(1, 0, batch(2))
            await signer.destroy(1)
            with pytest.raises(KeysDestroyed):
                await signer.make(1, 1)
            assert (await signer.status()).destroyed == 1

    await evening(NEVER)
    steps = grave.steps()
    assert steps.count("replied") == 7  # up to the one of `destroy`
    for step in range(len(steps)):
        await evening(step)
        assert len(grave.steps()) == step
