"""The demo's world in a process of its own, so that it never slows the client down.

The child writes JSON objects, one a line: ``{"doing": sentence}`` while it sets up, then either
``{"invite": link}`` or ``{"problem": sentence}``. After the invite it is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from random import SystemRandom
from types import TracebackType

from peerroom.clock import SystemClock
from peerroom.demo.errors import WorldDidNotStart
from peerroom.demo.rhythm import EVENING, SHIFT
from peerroom.demo.world import World
from peerroom.errors import PeerRoomError
from peerroom.host.child import Child
from peerroom.i18n import _, language, set_language
from peerroom.moderation.state import Role


class WorldProcess:
    """A running world, seen from the client's process."""

    def __init__(self, child: Child, invite: str) -> None:
        self._child = child
        self.invite = invite
        """A one-use link into the room."""

    @classmethod
    def start(
        cls, folder: Path, tell: Callable[[str], object], *, role: Role = "member"
    ) -> WorldProcess:
        """Set the world up in ``folder``, which goes with it; ``tell`` hears what is being done.
        The invite is for a ``role``: a moderator gets something to look after.

        Blocks for some seconds. Raises `WorldDidNotStart`; then nothing is left.
        """
        reading, writing = os.pipe()
        with os.fdopen(reading, encoding="utf-8") as told:
            try:
                child = Child(
                    [sys.executable, "-m", __name__, str(folder), language(), role],
                    cwd=folder,
                    output=folder / "world.log",
                    report=writing,
                    remove=folder,
                )
            finally:
                os.close(writing)
            try:
                return cls(child, _invite(told, tell))
            except BaseException:
                child.stop()
                raise

    def stop(self) -> None:
        """End the world and remove its folder."""
        self._child.stop()


def _invite(told: Iterable[str], tell: Callable[[str], object]) -> str:
    for line in told:
        message = json.loads(line)
        if "invite" in message:
            return str(message["invite"])
        if "problem" in message:
            raise WorldDidNotStart(reason=message["problem"])
        tell(message["doing"])
    raise WorldDidNotStart(reason=_("Its process ended without a word."))


def _say(**message: str) -> None:
    sys.stdout.write(f"{json.dumps(message)}\n")
    sys.stdout.flush()


async def _live(folder: Path, role: Role) -> int:
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    world = World(folder, clock=SystemClock(), random=SystemRandom())
    try:
        _say(doing=_("Starting a homeserver…"))
        await world.start_server(
            lambda seconds: _say(
                doing=_("Starting a homeserver… {seconds} s").format(seconds=f"{seconds:.0f}")
            )
        )
        _say(doing=_("Starting the moderator bot…"))
        await world.start_moderator(SHIFT if role == "moderator" else EVENING)
        _say(doing=_("Three simulated members are coming in…"))
        await world.bring_members()
        if role == "member":
            await world.bring_keeper()
        _say(invite=await world.moderator.invite(role))
        await world.talk(errands=role == "moderator")
    except PeerRoomError as error:
        _say(problem=error.sentence())
        return 1
    except asyncio.CancelledError:
        return 0
    finally:
        await world.close()
    return 0


def _last_words(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """What a mistake of ours looks like from the client's side: its kind, and no details."""
    sys.__excepthook__(kind, error, trace)  # to the log
    with contextlib.suppress(OSError):  # nobody listens any more after the invite
        _say(problem=_("The demo's world stopped ({kind}).").format(kind=kind.__name__))


def main(folder: str, code: str, role: str) -> int:
    """Live in ``folder`` and speak language ``code`` until SIGTERM; the user comes as ``role``."""
    sys.excepthook = _last_words
    set_language(code)
    return asyncio.run(_live(Path(folder), "moderator" if role == "moderator" else "member"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
