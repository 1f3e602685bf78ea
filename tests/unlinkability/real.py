"""The same view from a real Synapse: its database, and the log of requests that it can keep.

PeerRoom's own host keeps no such log. Whoever runs a server can, so the experiment does: with
`listening` in the server's settings every request of every account is written down.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from unlinkability.hours import Spans, merged
from unlinkability.lives import Life, Member, Rotation
from unlinkability.referee import poisson_quantile
from unlinkability.trails import Sight
from unlinkability.views import seen

from peerroom.pseudonym.records import rows_of
from peerroom.wire.records import (
    PAGE,
    RECORD,
    Admitted,
    Seated,
    SignedRecord,
    decode_record,
    page_key,
    read_page,
)
from peerroom.wire.rotation import REDEEM

_USER_IDS: Final = ("full_user_id", "user_id", "sender", "user_name", "name")
"""What Synapse calls the column of the account, the surest first."""
_WORD: Final = re.compile(r"[\w+/=.-]{8,}")
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


Column = tuple[str, Iterable[tuple[str, object]]]


@dataclass(frozen=True, slots=True)
class Server:
    """What somebody with root on the server holds after an experiment."""

    database: Path
    log: Path = field(repr=False)

    def lives(self, users: Iterable[str]) -> dict[str, Life]:
        """All that is known about these accounts."""
        asked = requests(self.log.read_text(encoding="utf-8").splitlines())
        with closing(self._open()) as database:
            circle = _circle_rooms(database)
            return {user: _life(database, circle, asked, user) for user in users}

    def sight(self, pairs: Sequence[tuple[str, str]], switched: float, random: Random) -> Sight:
        """The homeserver's view of one switch (seconds since 1970), as from the simulation."""
        lives = self.lives(user for pair in pairs for user in pair)
        members = tuple(Member(lives[old], lives[new], "one machine", ()) for old, new in pairs)
        return seen(Rotation(switched, members), "homeserver", random)

    def switches(self) -> list[tuple[frozenset[str], float]]:
        """For every change of names the new accounts, and when it was (seconds since 1970)."""
        with closing(self._open()) as database:
            state = {
                (kind, key): json.loads(text)["content"]
                for kind, key, text in database.execute(
                    """
                    SELECT s.type, s.state_key, j.json FROM state_events s
                    JOIN event_json j USING (event_id) WHERE s.type IN (?, ?)
                    """,
                    (RECORD, PAGE),
                )
            }
        found: dict[int, tuple[frozenset[str], float]] = {}
        for (kind, _), content in state.items():
            if kind != RECORD or "record" not in content:
                continue
            record = decode_record(SignedRecord.read(content).data)
            if isinstance(record.body, Admitted):
                keys = (page_key(record.sequence, index) for index in range(len(record.body.pages)))
                pages = {i: read_page(state[PAGE, key]) for i, key in enumerate(keys)}
                rows = rows_of(record.body, pages)
                seated = frozenset(row.user_id for row in rows if isinstance(row, Seated))
                found[record.sequence] = seated, record.at / 1000
        return [found[sequence] for sequence in sorted(found)]

    def shared(self, switches: Sequence[Sequence[tuple[str, str]]]) -> tuple[str, ...]:
        """Where the database holds something that an old and a new account have in common, and no
        other account of the switch, more often if they are one person's: ``table.column`` of each.

        What is looked at are words of at least eight characters in every column of every table that
        names an account. Names are drawn from lists, so that two people's may share a word, too:
        how often that happens by chance is counted on accounts that are not one person's.
        """
        found = []
        with closing(self._open()) as database:
            for where, rows in _all_columns(database):
                words: dict[str, set[str]] = defaultdict(set)
                for user, value in rows:
                    words[user].update(_WORD.findall(str(value)))
                counts = [_in_common(words, pairs) for pairs in switches]
                own = sum(count for count, _ in counts)
                expected = sum(
                    others / (len(pairs) - 1)
                    for (_, others), pairs in zip(counts, switches, strict=True)
                )
                if own > (poisson_quantile(expected, 0.999) if expected else 0):
                    found.append(where)
        return tuple(sorted(found))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)


def _all_columns(
    database: sqlite3.Connection,
) -> Iterator[tuple[str, Iterable[tuple[str, object]]]]:
    """For every column beside one of user ids its name, and all pairs of user id and value."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        user = next((column for column in _USER_IDS if column in columns), None)
        for column in columns:
            if user is not None and column != user:
                query = f'SELECT DISTINCT "{user}", "{column}" FROM "{table}"'
                yield f"{table}.{column}", database.execute(query)
    events = "SELECT sender, json FROM events JOIN event_json USING (event_id)"
    yield "event_json.json", database.execute(events)


def _in_common(words: Mapping[str, set[str]], pairs: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """How many words are an old and a new account's alone: of one person, and of two."""
    holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for person, pair in enumerate(pairs):
        for side, user in enumerate(pair):
            for word in words.get(user, ()):
                if not word.isdigit():
                    holders[word].append((person, side))
    own = others = 0
    for found in holders.values():
        if len(found) == 2 and found[0][1] != found[1][1]:
            own += found[0][0] == found[1][0]
            others += found[0][0] != found[1][0]
    return own, others


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
