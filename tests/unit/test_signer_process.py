"""The signing process itself: what it loads and shows, how it ends, and what the bot is told."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.processes import gone
from support.searching import Search

from peerroom.bot.signer import frames
from peerroom.bot.signer.client import Signer, Status
from peerroom.bot.signer.errors import (
    BY_NAME,
    KeysNeverMade,
    OtherBatch,
    SignerBusy,
    SignerDamaged,
    SignerDied,
    SignerDiskFailed,
    SignerError,
    SignerKeyWrong,
    SignerSilent,
)
from peerroom.bot.signer.life import COMMAND
from peerroom.pseudonym import blind, tokens
from peerroom.pseudonym.round_keys import PublicKey
from peerroom.pseudonym.token_errors import RequestMalformed, SelfTestFailed, SigningFailed

KEY, LINEAGE = secrets.token_bytes(32), secrets.token_bytes(16)


def batch(seed: int, size: int = 2) -> list[bytes]:
    """Numbers that any key of ours can sign."""
    return [(1000 * seed + number + 2).to_bytes(384) for number in range(size)]


def altered(before: str, *arguments: str) -> list[str]:
    """The command of a signer that runs ``before`` first, which finds it as ``process``."""
    code = f"import sys\nfrom peerroom.bot.signer import process\n{before}\nprocess.main()"
    return [sys.executable, "-I", "-c", code, *arguments]


@pytest.fixture
async def signer() -> AsyncIterator[Signer]:
    async with await Signer.start(None, KEY, LINEAGE) as signer:
        yield signer


async def test_a_token_comes_of_it(signer: Signer) -> None:
    keys = [PublicKey.decode(key) for key in await signer.make(7)]
    assert len(keys) == 3
    scope = tokens.Scope(LINEAGE, 7, 1)
    pending = tokens.request(keys[1], scope)
    (answer,) = await signer.sign(7, 1, [pending.request])
    tokens.check(tokens.finish(keys[1], pending, answer), keys[1], scope)
    assert await signer.status() == Status(None, (7,), ((7, 1),))


async def test_a_batch_does_not_keep_the_bot_from_other_things(signer: Signer) -> None:
    """Signing in this process instead, the loop would turn once."""
    await signer.make(7, 1)
    work = asyncio.create_task(signer.sign(7, 0, batch(1, size=200)))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(work.result()) == 200
    assert turns > 200


async def test_requests_at_once_take_their_turns(signer: Signer) -> None:
    await signer.make(7, 2)
    one, other, status = await asyncio.gather(
        signer.sign(7, 0, batch(1)), signer.sign(7, 1, batch(1)), signer.status()
    )
    assert len(one) == len(other) == 2
    assert one != other
    assert status.signed == ((7, 0), (7, 1))


async def test_refusals_are_what_they_are_and_nothing_ends(signer: Signer) -> None:
    await signer.make(7, 1)
    pid = pid_of(signer)
    await signer.sign(7, 0, batch(1))
    with pytest.raises(OtherBatch):
        await signer.sign(7, 0, batch(2))
    with pytest.raises(KeysNeverMade):
        await signer.sign(7, 1, batch(2))
    await signer.make(8, 1)
    with pytest.raises(RequestMalformed):
        await signer.sign(8, 0, [b"short"])
    assert pid_of(signer) == pid


@pytest.mark.parametrize(("epoch", "rounds"), [(-1, 3), (2**32, 3), (1, 0), (1, 257)])
async def test_numbers_that_no_token_has_are_a_mistake_of_ours(
    signer: Signer, epoch: int, rounds: int
) -> None:
    with pytest.raises(ValueError, match="out of range"):
        await signer.make(epoch, rounds)


async def test_what_was_destroyed_is_in_no_memory(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "signer"):
        async with await Signer.start(folder, KEY, LINEAGE) as signer:
            await signer.make(7, 1)
            kept = await signer.make(8, 1)
            pid = pid_of(signer)
            await signer.destroy(7)
            assert gone(pid, within=0)
            assert await signer.make(8, 1) == kept
            assert pid_of(signer) != pid
            assert await signer.status() == Status(7, (8,), ())


# --- what it loads and shows ----------------------------------------------------------------------


def test_it_loads_little() -> None:
    code = "import peerroom.bot.signer.process, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    never = {"nio", "aiohttp", "textual", "rich", "sqlcipher3", "asyncio", "socket", "ssl"}
    assert loaded & never == set()
    ours = {name for name in loaded if name.startswith("peerroom.")}
    assert {name.split(".")[1] for name in ours} == {
        "bot", "durable", "errors", "i18n", "kernel", "paths", "pseudonym",
    }  # fmt: skip
    assert {name.split(".")[2] for name in ours if name.count(".") > 1} & {"runtime"} == set()


async def test_arguments_and_environment_tell_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEERROOM_BOT_PASSWORD", "correct horse")
    seen = tmp_path / "seen"
    command = altered(
        "import json, os\n"
        "shown = {'argv': sys.orig_argv, 'environ': dict(os.environ)}\n"
        "open(sys.argv[1], 'w').write(json.dumps(shown))",
        str(seen),
    )
    folder = tmp_path / "signer"
    async with await Signer.start(folder, KEY, LINEAGE, command=command) as signer:
        await signer.make(7, 1)
    look = Search({"key": KEY, "password": "correct horse", "folder": str(folder)})
    assert look.in_bytes(seen.read_bytes()) == set()
    environ = json.loads(seen.read_text())["environ"]
    assert not any(name.startswith("PEERROOM") for name in environ)
    assert look.in_bytes(json.dumps([*COMMAND]).encode()) == set()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux")
async def test_its_memory_is_its_own(tmp_path: Path) -> None:
    """No core dump, and not dumpable, which also keeps debuggers of the same user out."""
    seen = tmp_path / "seen"
    command = altered(
        "import ctypes, os, resource, signal\n"
        "serve = process.serve\n"
        "def look(*pipes):\n"
        "    dumpable = ctypes.CDLL(None).prctl(3)\n"
        "    limits = resource.getrlimit(resource.RLIMIT_CORE)\n"
        "    open(sys.argv[1], 'w').write(f'{dumpable} {limits} {os.umask(0o077):o}')\n"
        "    serve(*pipes)\n"
        "process.serve = look",
        str(seen),
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command):
        assert seen.read_text() == "0 (0, 0) 77"


async def test_a_mistake_in_it_is_told_without_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    command = altered(
        "def fail(self, epoch, rounds):\n"
        "    raise LookupError(self._wrapping._lineage.hex(), sys.argv[1])\n"
        "process.Keeper.make = fail",
        KEY.hex(),
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
        with pytest.raises(SignerDied):
            await signer.make(7)
    said = capfd.readouterr().err
    assert said.count("signer: LookupError in ") == 2
    assert Search({"key": KEY, "lineage": LINEAGE}).in_bytes(said.encode()) == set()


async def test_what_a_library_prints_is_no_reply(capfd: pytest.CaptureFixture[str]) -> None:
    command = altered(
        "make = process.Keeper.make\n"
        "def talk(self, *asked):\n"
        "    print('a word of a library', flush=True)\n"
        "    return make(self, *asked)\n"
        "process.Keeper.make = talk"
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
        assert len(await signer.make(7, 1)) == 1
    assert "a word of a library" in capfd.readouterr().err


# --- how it ends ----------------------------------------------------------------------------------


BOT = """
import asyncio, sys
from peerroom.bot.signer.client import Signer
async def main():
    signer = await Signer.start(None, bytes(32), bytes(16), command=sys.argv[1:])
    print(signer._life.pid, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
"""

NOTICES_NOTHING = """
import signal
read = process._read
frames = iter(range(2))
process._read = lambda pipe: signal.pause() if next(frames, None) is None else read(pipe)
"""
"""It reads two frames and then nothing, not even that its input has ended."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="waits by pidfd")
@pytest.mark.parametrize(
    "before",
    ["", "process.die_with = lambda parent: None", NOTICES_NOTHING],
    ids=["as it is", "by its input alone", "by the kernel alone"],
)
def test_it_does_not_outlive_the_bot(before: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BOT, *altered(before)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as bot:
        assert bot.stdout is not None
        pid = int(bot.stdout.readline())
        bot.kill()
        assert gone(pid)


async def test_closing_ends_it_and_it_stays_ended(signer: Signer) -> None:
    pid = pid_of(signer)
    await signer.close()
    assert gone(pid, within=0)
    await signer.close()
    with pytest.raises(ValueError, match="closed"):
        await signer.status()


async def test_one_death_is_not_noticed(signer: Signer) -> None:
    keys = await signer.make(7, 1)
    signed = await signer.sign(7, 0, batch(1))
    for _ in range(3):
        os.kill(pid_of(signer), signal.SIGKILL)
        assert await signer.sign(7, 0, batch(1)) == signed
        assert await signer.make(7, 1) == keys


async def test_two_deaths_of_one_request_are_said() -> None:
    command = altered("process.Keeper.make = lambda *_: sys.exit()")
    async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
        with pytest.raises(SignerDied):
            await signer.make(7)
        assert await signer.status() == Status(None, (), ())


@pytest.mark.parametrize(
    "reply",
    [b"", b"\0\0", b"\0\0\0\1\xc1", b"\xff\xff\xff\xff", b"\0\0\0\x0f\x81\xa4type\xa7Nothing"],
    ids=["nothing", "half a length", "no MessagePack", "too much", "no reply"],
)
async def test_nonsense_is_as_good_as_a_death(reply: bytes) -> None:
    command = altered(
        "process._write = lambda pipe, reply: (pipe.write(bytes.fromhex(sys.argv[1])), sys.exit())",
        reply.hex(),
    )
    with pytest.raises(SignerDied):
        await Signer.start(None, KEY, LINEAGE, command=command)


async def test_an_answer_to_another_question_is_as_good_as_none() -> None:
    held = "frames.Held(destroyed=None, made=[], signed=[])"
    done = "frames.Done(values=[b'one'], kept={})"
    for answer, ask in ((held, "make"), (done, "make"), (done, "destroy"), (done, "status")):
        command = altered(
            "from peerroom.bot.signer import frames\n"
            "answer = process._Signer.answer\n"
            "process._Signer.answer = lambda self, request: "
            f"{answer} if len(sys.argv) > 1 or not isinstance(request, frames.Ask) "
            "else answer(self, request)",
            *(["always"] if ask == "status" else []),
        )
        with pytest.raises(SignerDied):
            async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
                await (signer.make(7) if ask == "make" else signer.destroy(7))


async def test_silence_ends_it_and_the_next_request_gets_another(tmp_path: Path) -> None:
    """It falls silent once, in the middle of making keys."""
    once = tmp_path / "once"
    command = altered(
        "import os, signal\n"
        "make = process.Keeper.make\n"
        "def fall_silent(self, *asked):\n"
        "    try:\n"
        "        os.mkdir(sys.argv[1])\n"
        "    except FileExistsError:\n"
        "        return make(self, *asked)\n"
        "    signal.pause()\n"
        "process.Keeper.make = fall_silent",
        str(once),
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command, limit=3.0) as signer:
        pid = pid_of(signer)
        with pytest.raises(SignerSilent):
            await signer.make(7, 1)
        assert gone(pid, within=0)
        assert len(await signer.make(7, 1)) == 1


async def test_nobody_gets_the_answer_that_another_did_not_wait_for(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    command = altered(
        "sign = process.Keeper.sign\n"
        "def tell(self, epoch, round_, requests):\n"
        "    if round_ == 0:\n"
        "        open(sys.argv[1], 'w').close()\n"
        "    return sign(self, epoch, round_, requests)\n"
        "process.Keeper.sign = tell",
        str(begun),
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
        made = await signer.make(7, 2)
        impatient = asyncio.create_task(signer.sign(7, 0, batch(1, size=200)))
        await asyncio.to_thread(begun.read_bytes)  # until it is opened and closed there
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        other = await signer.sign(7, 1, batch(2))
        key = PublicKey.decode(made[1])
        assert all(blind.fits(key, *pair) for pair in zip(batch(2), other, strict=True))
        assert (await signer.status()).signed == ((7, 1),)


# --- what the bot is told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        "import Crypto\nCrypto.version_info = (3, 23, '0')",
        "from Crypto.Math.Numbers import Integer\nInteger.__name__ = 'IntegerNative'",
    ],
    ids=["another version", "integers of Python"],
)
async def test_cryptography_that_does_not_work_is_never_started(before: str) -> None:
    with pytest.raises(SelfTestFailed):
        await Signer.start(None, KEY, LINEAGE, command=altered(before))


async def test_a_signature_that_came_out_wrong_is_said() -> None:
    command = altered(
        "from peerroom.pseudonym import blind\n"
        "process.self_test()\n"
        "blind.raw_private = lambda key, number: bytes(384)"
    )
    async with await Signer.start(None, KEY, LINEAGE, command=command) as signer:
        await signer.make(7, 1)
        with pytest.raises(SigningFailed):
            await signer.sign(7, 0, batch(1))
        assert (await signer.status()).signed == ()


async def test_wrong_keys_and_damage_are_said_and_touch_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "signer"
    async with await Signer.start(folder, KEY, LINEAGE) as signer:
        keys = await signer.make(7, 1)
    before = contents(folder)
    with pytest.raises(SignerKeyWrong):
        await Signer.start(folder, bytes(32), LINEAGE)
    with pytest.raises(SignerKeyWrong):
        await Signer.start(folder, KEY, bytes(16))
    assert contents(folder) == before

    (folder / "journal").write_bytes(before["journal"][:-1])
    with pytest.raises(SignerDamaged):
        await Signer.start(folder, KEY, LINEAGE)
    (folder / "journal").write_bytes(before["journal"])
    (folder / "keys-7").write_bytes(before["keys-7"][:-1] + b"x")
    async with await Signer.start(folder, KEY, LINEAGE) as signer:
        with pytest.raises(SignerDamaged):
            await signer.make(7, 1)
        (folder / "keys-7").write_bytes(before["keys-7"])
        assert await signer.make(7, 1) == keys


async def test_a_second_bot_is_told(tmp_path: Path) -> None:
    impatient = altered("from peerroom.bot.signer import shelf\nshelf._PATIENCE = 0.0")
    folder = tmp_path / "signer"
    async with await Signer.start(folder, KEY, LINEAGE):
        with pytest.raises(SignerBusy):
            await Signer.start(folder, KEY, LINEAGE, command=impatient)
    async with await Signer.start(folder, KEY, LINEAGE, command=impatient) as signer:
        assert await signer.make(7, 1)


async def test_a_folder_that_cannot_be_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SignerDiskFailed):
        await Signer.start(tmp_path / "file", KEY, LINEAGE)


async def test_no_room_is_said_and_nothing_half_is_left(tmp_path: Path) -> None:
    """Files may have 1,000 bytes: enough for the journal, not for keys."""
    folder = tmp_path / "signer"
    command = altered(
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))"
    )
    async with await Signer.start(folder, KEY, LINEAGE, command=command) as signer:
        with pytest.raises(SignerDiskFailed):
            await signer.make(7, 1)
        assert contents(folder).keys() == {"journal"}
        assert (await signer.status()).made == ()
    async with await Signer.start(folder, KEY, LINEAGE) as signer:
        assert await signer.make(7, 1)


async def test_a_folder_is_where_it_was_when_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with await Signer.start(Path("signer"), KEY, LINEAGE) as signer:
        keys = await signer.make(7, 1)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        os.kill(pid_of(signer), signal.SIGKILL)
        assert await signer.make(7, 1) == keys


def test_frames_do_not_show_what_is_in_them() -> None:
    hello = frames.Hello(key=KEY, lineage=LINEAGE, parent=1, folder=b"/home/someone", kept={})
    assert repr(hello) == "<Hello>"
    with pytest.raises(ValueError, match="too much"):
        frames.pack(frames.Sign(1, 0, [bytes(frames.LIMIT)]))
    with pytest.raises(ValueError, match="too much"):
        frames.length(b"\xff\xff\xff\xff")


def test_every_refusal_has_words() -> None:
    for kind in (*BY_NAME.values(), *SignerError.__subclasses__()):
        assert kind().sentence().count(".") >= 2


def pid_of(signer: Signer) -> int:
    assert signer._life is not None
    return signer._life.pid


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
