"""The same view from a real Synapse: its database, and the log of requests that it can keep.

PeerRoom's own host keeps no such log. Whoever runs a server can, so the experiment does: with
`listening` in the server's settings every request of every account is written down.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from unlinkability.hours import Spans, merged
from unlinkability.lives import Life, Member, Rotation
from unlinkability.trails import Sight
from unlinkability.views import seen

from peerroom.wire.records import RECORD
from peerroom.wire.rotation import REDEEM

PAUSE: Final = 5.0
"""Seconds without any request for which an account still counts as connected."""

_LINE: Final = re.compile(
    r"(?P<end>[\d-]+ [\d:]+[.,]\d+) .*\{(?P<user>[^}]*)\} Processed request: (?P<took>[\d.]+)sec/"
    r'(?P<sent>-?[\d.]+)sec .* (?P<size>\d+)B (?P<code>\S+) "(?P<method>[A-Z]+) (?P<path>\S+) '
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in seconds since 1970. ``user`` is None for one without a token."""

    begin: float
    end: float
    user: str | None
    method: str
    path: str
    size: int


def listening(server_log: Path, request_log: Path) -> dict[str, Any]:
    """Synapse's logging, in which it writes down every request as it can with one setting more
    (`synapse.http.site`), and otherwise as `peerroom.host.settings.log_settings`."""

    def handler(file: Path) -> dict[str, Any]:
        return {"class": "logging.FileHandler", "filename": str(file), "formatter": "timed"}

    return {
        "version": 1,
        "formatters": {"timed": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"server": handler(server_log), "requests": handler(request_log)},
        "loggers": {
            "synapse.app._base": {"level": "INFO"},
            "synapse.access": {"level": "INFO", "handlers": ["requests"], "propagate": False},
        },
        "root": {"level": "WARNING", "handlers": ["server"]},
        "disable_existing_loggers": False,
    }


def requests(lines: Iterable[str]) -> list[Request]:
    """What a log says, in the order in which requests began. The log's clock is this machine's."""
    found = []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        end = datetime.fromisoformat(match["end"].replace(",", ".")).astimezone().timestamp()
        user = match["user"] if match["user"].startswith("@") else None
        found.append(
            Request(
                end - float(match["took"]) - max(0.0, float(match["sent"])),
                end,
                user,
                match["method"],
                match["path"].partition("?")[0],
                int(match["size"]),
            )
        )
    return sorted(found, key=lambda request: request.begin)


@dataclass(frozen=True, slots=True)
class Server:
    """What somebody with root on the server holds after an experiment."""

    database: Path
    log: Path = field(repr=False)

    def lives(self, users: Iterable[str]) -> dict[str, Life]:
        """All that is known about these accounts."""
        asked = requests(self.log.read_text(encoding="utf-8").splitlines())
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            circle = _circle_rooms(database)
            return {user: _life(database, circle, asked, user) for user in users}

    def sight(self, pairs: Sequence[tuple[str, str]], switched: float, random: Random) -> Sight:
        """The homeserver's view of one switch (seconds since 1970), as from the simulation."""
        lives = self.lives(user for pair in pairs for user in pair)
        members = tuple(Member(lives[old], lives[new], "one machine", ()) for old, new in pairs)
        return seen(Rotation(switched, members), "homeserver", random)


def _circle_rooms(database: sqlite3.Connection) -> frozenset[str]:
    rows = database.execute("SELECT DISTINCT room_id FROM state_events WHERE type = ?", (RECORD,))
    return frozenset(room for (room,) in rows)


def _life(
    database: sqlite3.Connection, circle: frozenset[str], asked: Sequence[Request], user: str
) -> Life:
    own = [request for request in asked if request.user == user]
    acts: dict[str, list[float]] = {"redeem": [], "logout": []}
    for request in own:
        if f"/sendToDevice/{REDEEM}/" in request.path:
            acts["redeem"].append(request.begin)
        elif request.path.endswith("/logout"):
            acts["logout"].append(request.begin)
    # Synapse keeps the second of the registration; the first request with the new token says more.
    (made,) = database.execute("SELECT creation_ts FROM users WHERE name = ?", (user,)).fetchone()
    first = own[0].begin if own else float(made)
    acts["register"] = [first if 0.0 <= first - made < 5.0 else float(made)]
    sizes = []
    for kind, room, received, text in database.execute(
        """
        SELECT type, e.room_id, received_ts, json FROM events e
        JOIN event_json USING (event_id) WHERE sender = ? ORDER BY stream_ordering
        """,
        (user,),
    ):
        if kind == "m.room.encrypted":
            act = "message" if room in circle else "request"
            acts.setdefault(act, []).append(received / 1000)
            if act == "message":
                sizes.append(len(json.loads(text)["content"].get("ciphertext", "")))
    place = _place(database, circle, user)
    return Life(
        online=_connections(own),
        acts={kind: tuple(moments) for kind, moments in acts.items()},
        sizes=tuple(sizes),
        marks={} if place is None else {"place": place},
    )


def _connections(own: Sequence[Request]) -> Spans:
    longer = merged([(request.begin, request.end + PAUSE) for request in own])
    return tuple((begin, end - PAUSE) for begin, end in longer)


def _place(database: sqlite3.Connection, circle: frozenset[str], user: str) -> float | None:
    """Its place among those who came into the newest of the circle's rooms that it is in."""
    rooms = [
        room
        for (room,) in database.execute(
            """
            SELECT room_id FROM local_current_membership JOIN events USING (event_id, room_id)
            WHERE user_id = ? ORDER BY stream_ordering DESC
            """,
            (user,),
        )
        if room in circle
    ]
    if not rooms:
        return None
    order: dict[str, None] = {}
    for (member,) in database.execute(
        """
        SELECT m.user_id FROM room_memberships m JOIN events e USING (event_id)
        WHERE m.room_id = ? AND m.membership = 'join' ORDER BY e.stream_ordering
        """,
        (rooms[0],),
    ):
        order.setdefault(member)
    return float(list(order).index(user)) if user in order else None
