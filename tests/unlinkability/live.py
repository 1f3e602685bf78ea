"""The same question to a real Synapse: real bot, signer and agents; the server writes all down.

Epochs last forty seconds, so there are no habits in this, only the protocol as it is on the wire.
The adversary learns on one half of the switches and is tried on the other, then the other way
round. To show that it could find something, the same accounts also change names as they did before
PeerRoom: leave, register, join.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote

from support.circle import Circle, Guest
from unlinkability.adversary import judge, trained
from unlinkability.real import Server, listening
from unlinkability.referee import Tally, tally
from unlinkability.trails import Sight

from peerroom.host.api import ServerApi
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.wire.records import RECORD

EPOCH: Final = timedelta(seconds=40)
POLICY: Final = Policy(
    rhythm=Every(EPOCH),
    window=timedelta(seconds=18),
    freeze=timedelta(seconds=1),
    floor=3,
)

Pair = tuple[str, str]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Live:
    """What came of it: PeerRoom's switches, new accounts at once, and what of one person's two
    accounts the database has in common that it has of nobody else."""

    peerroom: Tally
    at_once: Tally
    shared: tuple[str, ...]


def live(folder: Path, *, members: int, switches: int, told: Told = lambda _: None) -> Live:
    """Run a server in ``folder`` through so many switches of so many people."""
    log, settings = folder / "requests.log", folder / "watching.json"
    home = folder / "server"
    settings.write_text(json.dumps(listening(home / "homeserver.log", log)), encoding="utf-8")
    options = {"log_config": str(settings), "bcrypt_rounds": 4}
    with Homeserver.start(home, limits="open", overrides=options) as server:
        held = Server(home / "homeserver.db", log)
        pairs = asyncio.run(_rotate(server, held, members, switches, told))
        before = _at_once(server, members, switches, told)
        random = Random("live")
        rotated = [held.sight(pair, switched, random) for pair, switched in pairs]
        renamed = [held.sight(pair, switched, random) for pair, switched in before]
        shared = held.shared([pair for pair, _ in pairs])
        return Live(_crossed(rotated), _crossed(renamed), shared)


def _crossed(sights: Sequence[Sight]) -> Tally:
    """Trial on each half, after training on the other."""
    halves = sights[::2], sights[1::2]
    total = Tally()
    for here, there in (halves, halves[::-1]):
        adversary = trained(here)
        total += tally((sight, judge(adversary, sight)) for sight in there)
    return total


# --- PeerRoom -----------------------------------------------------------------------------------


async def _rotate(
    server: Homeserver, held: Server, members: int, switches: int, told: Told
) -> list[tuple[list[Pair], float]]:
    circle = await Circle.start(server, policy=POLICY)
    try:
        people = [_Person(await circle.guest()) for _ in range(members)]
        deadline = time.monotonic() + 4 * switches * EPOCH.total_seconds()
        done: list[tuple[list[Pair], float]] = []
        while len(done) < switches and time.monotonic() < deadline:
            await asyncio.sleep(POLICY.window.total_seconds() / 4)
            done = [
                (pairs, switched)
                for seated, switched in held.switches()
                if (pairs := [pair for person in people if (pair := person.pair(seated))])
            ]
            told(f"real server: {len(done)} of {switches} switches")
        # What follows the last switch belongs to it: until the old accounts are gone.
        await asyncio.sleep(POLICY.window.total_seconds() / 4)
        return done
    finally:
        await circle.stop()


class _Person:
    """Which accounts somebody had, one after the other."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._accounts = [guest.client.account.user_id]
        guest.client.subscribe(lambda _change: self._look())

    def _look(self) -> None:
        user = self._guest.client.account.user_id
        if user != self._accounts[-1]:
            self._accounts.append(user)

    def pair(self, seated: frozenset[str]) -> Pair | None:
        """The old and the new account of this person at the switch that seated these."""
        for old, new in zip(self._accounts, self._accounts[1:], strict=False):
            if new in seated:
                return old, new
        return None


# --- as it was before ---------------------------------------------------------------------------


def _at_once(
    server: Homeserver, members: int, switches: int, told: Told
) -> list[tuple[list[Pair], float]]:
    """Everyone leaves, registers and joins, one after the other and in another order each time."""
    assert server.admin is not None
    admin = server.api(server.admin.access_token)
    room = admin.call("POST", "/_matrix/client/v3/createRoom", {})["room_id"]
    admin.call("PUT", f"{_room(room)}/state/{RECORD}/0", {"v": 1})
    random = Random("at once")
    people = [server.register(f"once{number}", login=True) for number in range(members)]
    for one in people:
        _join(admin, server.api(one.access_token), one.user_id, room)
    done = []
    for number in range(switches):
        told(f"real server: new accounts at once, {number + 1} of {switches}")
        switched = time.time()
        pairs = []
        order = list(range(members))
        random.shuffle(order)
        for index in order:
            old = people[index]
            server.api(old.access_token).call("POST", f"{_room(room)}/leave", {})
            new = server.register(f"once{number}.{random.randrange(1 << 40)}", login=True)
            _join(admin, server.api(new.access_token), new.user_id, room)
            pairs.append((old.user_id, new.user_id))
            people[index] = new
        done.append((pairs, switched))
    return done


def _join(admin: ServerApi, own: ServerApi, user: str, room: str) -> None:
    admin.call("POST", f"{_room(room)}/invite", {"user_id": user})
    own.call("POST", f"{_room(room)}/join", {})


def _room(room: str) -> str:
    return f"/_matrix/client/v3/rooms/{quote(room)}"
