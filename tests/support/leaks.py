"""What a server could tell one's names by, read from all requests of a whole epoch.

A check returns what it found, one sentence each, and nothing where nothing leaks. How long
things take is not looked at here: see `tests/unlinkability`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from support.faults import Seen
from support.lengths import megolm, whole
from support.visiting import REDEEM, described

from peerroom.matrix.padding import BUCKETS

Stage = Literal["before", "visits", "frozen", "after"]
"""Before the first visit; until the last one; until the switch; from then on."""
SENT = "/send/m.room.encrypted/"


@dataclass(frozen=True)
class Request:
    """One request, and whose it was (a localpart)."""

    account: str
    stage: Stage
    port: int
    method: str
    path: str
    """Below ``/_matrix/client/v3``, with all of it decoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    """The JSON in it, or None."""
    length: tuple[int, int]
    """Of path and body, as they were sent."""

    @property
    def kind(self) -> str:
        """Method and path, without what is of one person, room or moment."""
        path = re.sub(r"(?<=/)[@!$][^/]*", lambda found: found[0][0], self.path)
        return f"{self.method} {re.sub(r'(?<=/)[-_0-9A-Za-z]{22,32}$', 'txn', path)}"

    def text(self) -> str:
        """All of it that somebody's program chose."""
        return f"{self.path} {dict(self.query)} {json.dumps(self.body, ensure_ascii=False)}"


@dataclass(frozen=True)
class Life:
    """Someone's requests, in the order in which they came."""

    old: str
    new: str
    requests: tuple[Request, ...]

    def of(self, account: str, *stages: Stage) -> list[Request]:
        """The requests of one account, in these stages or in all."""
        return [
            one
            for one in self.requests
            if one.account == account and (not stages or one.stage in stages)
        ]


@dataclass(frozen=True)
class Log:
    """An epoch of a circle."""

    lives: tuple[Life, ...]
    old_things: frozenset[str]
    """Room ids, event ids and localparts of the time before the switch."""
    new_things: frozenset[str]
    """Those of the time after it."""
    said: tuple[str, ...]
    """What was in the messages in the new room, as members could read it, in JSON."""

    def all(self) -> Iterator[Request]:
        for life in self.lives:
            yield from life.requests


Check = Callable[[Log], list[str]]


def life_of(
    old: str, new: str, tokens: Mapping[str, str], staged: list[tuple[Stage, Seen]]
) -> Life:
    """What was recorded, as the server could sort it: by token, by name, or else by connection."""
    owners: dict[int, str] = {}
    for _stage, seen in staged:
        owners.setdefault(seen.port, _owner(seen, tokens))
        owners[seen.port] = owners[seen.port] or _owner(seen, tokens)
    requests = []
    for stage, seen in staged:
        path, _mark, query = seen.path.partition("?")
        requests.append(
            Request(
                _owner(seen, tokens) or owners[seen.port],
                stage,
                seen.port,
                seen.method,
                unquote(re.sub("^/_matrix/client(/v3)?(?=/)", "", path)),
                dict(parse_qsl(query)),
                seen.headers,
                _json(seen),
                (len(path), len(seen.body)),
            )
        )
    return Life(old, new, tuple(requests))


def _owner(seen: Seen, tokens: Mapping[str, str]) -> str:
    token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
    named = (_json(seen) or {}).get("username", "")
    return tokens.get(token, named if isinstance(named, str) else "")


def _json(seen: Seen) -> Any:
    return json.loads(seen.body) if seen.body else None


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _keys(part)
    elif isinstance(value, list):
        for part in value:
            yield from _keys(part)


def _words(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys and values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)


def _asked(log: Log, pattern: str) -> list[str]:
    """The requests whose path has ``pattern``."""
    return [f"{one.kind}: not to be asked" for one in log.all() if re.search(pattern, one.path)]


def _one(what: str, values: set[Any]) -> list[str]:
    return [] if len(values) < 2 else [f"{what} differs: {sorted(map(str, values))}"]


# --- who one is -----------------------------------------------------------------------------------


def addresses_are_of_one_form(log: Log) -> list[str]:
    found = [one for one in log.all() if one.path == "/register"]
    return [
        f"an address of another form: {one.account}"
        for one in found
        if not re.fullmatch("p[0-9a-f]{16}", str(one.body.get("username")))
    ] + [
        f"somebody made {len(names)} accounts"
        for life in log.lives
        if (names := {one.account for one in found if one in life.requests}) != {life.old, life.new}
    ]


def the_server_names_the_device(log: Log) -> list[str]:
    own = {"device_id", "initial_device_display_name"}
    return [
        f"{one.kind}: names the device"
        for one in log.all()
        if one.path in ("/register", "/login") and own & one.body.keys()
    ] + _asked(log, "^/devices")


def devices_have_no_name(log: Log) -> list[str]:
    names = {"initial_device_display_name", "device_display_name", "display_name"}
    return [f"{one.kind}: a device's name" for one in log.all() if names & {*_keys(one.body)}]


def there_is_no_picture(log: Log) -> list[str]:
    with_one = [one.kind for one in log.all() if "avatar_url" in {*_keys(one.body)}]
    return [*with_one, *_asked(log, "avatar|/media/")]


def nobody_names_themselves_at_a_switch(log: Log) -> list[str]:
    """Once, on coming into the circle by an invite, and never again: the bot names accounts."""
    found = []
    for life in log.lives:
        inside = False
        for one in life.requests:
            inside |= one.path.startswith("/join/") or one.account == life.new
            naming = one.path.startswith("/profile/") or "displayname" in {*_keys(one.body)}
            if one.method != "GET" and naming and inside:
                found.append(f"{one.kind} in the circle")
    return found


# --- what one does --------------------------------------------------------------------------------


def nobody_is_seen_online(log: Log) -> list[str]:
    syncs = [one for one in log.all() if one.path == "/sync"]
    loud = [one.kind for one in syncs if one.query.get("set_presence") != "offline"]
    return [*loud, *_asked(log, "^/presence")]


def nobody_is_seen_typing_or_reading(log: Log) -> list[str]:
    return _asked(log, "/typing|/receipt|/read_markers|m.fully_read")


def all_ask_for_the_same(log: Log) -> list[str]:
    filters = {json.dumps(one.body) for one in log.all() if one.path.endswith("/filter")}
    syncs = [one for one in log.all() if one.path == "/sync"]
    named = {one.query.get("filter") for one in syncs}
    waits = {one.query.get("timeout") for one in syncs} - {"0"}
    asked = {tuple(sorted(one.query.keys() - {"since"})) for one in syncs}
    return [
        *_one("a filter", filters),
        *_one("the filter's number", named),
        *_one("how long a sync waits", waits),
        *_one("what a sync asks for", asked),
    ]


def all_programs_look_alike(log: Log) -> list[str]:
    of_each: dict[tuple[str, bool], set[Any]] = defaultdict(set)
    own = {"Host", "Authorization", "Content-Length"}
    for one in log.all():
        shown = tuple((name, value) for name, value in one.headers.items() if name not in own)
        of_each[one.method, one.body is None].add(shown)
    agents = {one.headers.get("User-Agent") for one in log.all()} - {"PeerRoom"}
    extra = {name for one in log.all() for name in one.headers} & {"Cookie", "Referer", "From"}
    return [
        *(f"a program says it is {agent}" for agent in agents),
        *(f"a header {name}" for name in extra),
        *(line for kind, shown in of_each.items() for line in _one(f"headers of {kind}", shown)),
    ]


def no_connection_has_two_names(log: Log) -> list[str]:
    of_each: dict[int, set[str]] = defaultdict(set)
    for one in log.all():
        of_each[one.port].add(one.account)
    return [f"one connection of {names}" for names in of_each.values() if len(names) > 1]


def one_visit_and_no_more(log: Log) -> list[str]:
    """These requests, alike for all, and until the switch no other one of the new account."""
    found, visits = [], []
    for life in log.lives:
        visit = life.of(life.new, "before", "visits", "frozen")
        kinds = [one.kind.replace(REDEEM, "type") for one in visit]
        if list(dict.fromkeys(kinds)) != described() or len(kinds) != len(described()) + 2:
            found.append(f"a visit of {kinds}")
        visits.append(tuple(one.length for one in visit))
    return [*found, *_one("how long a visit's requests are", set(visits))]


def the_old_name_does_nothing_then(log: Log) -> list[str]:
    """What the old account does around the visit has nothing to do with it."""
    return [
        f"{one.kind} of the old name while new accounts are made"
        for life in log.lives
        for one in life.of(life.old, "visits", "frozen")
        if one.path != "/sync"
    ]


def the_old_name_does_not_come_back(log: Log) -> list[str]:
    """It goes at a moment of its own; it does not begin anew when the new one is seen."""
    found = []
    for life in log.lives:
        came = next(n for n, one in enumerate(life.requests) if one in life.of(life.new, "after"))
        before = {one.port for one in life.requests[:came] if one.account == life.old}
        again = [one for one in life.requests[came:] if one.account == life.old]
        found += [f"{one.kind} of the old name anew" for one in again if one.port not in before]
    return found


# --- keys and messages ----------------------------------------------------------------------------


def keys_are_not_passed_on(log: Log) -> list[str]:
    """No key is asked for, handed on, or kept with the server; nothing else is kept there."""
    kinds = {REDEEM, "m.room.encrypted"}
    told = [one.path.split("/")[2] for one in log.all() if one.path.startswith("/sendToDevice/")]
    return [f"to devices: {kind}" for kind in told if kind not in kinds] + _asked(
        log, "room_keys|account_data|pushers|pushrules|dehydrated|m.secret_storage|room_key_request"
    )


KNOWN = {
    "GET /versions", "POST /register", "POST /createRoom", "PUT /profile/@/displayname",
    "POST /join/!", "POST /user/@/filter", "GET /sync", "POST /keys/upload", "POST /keys/query",
    "POST /keys/claim", "POST /keys/device_signing/upload", "POST /keys/signatures/upload",
    "PUT /sendToDevice/m.room.encrypted/txn", f"PUT /sendToDevice/{REDEEM}/txn",
    "PUT /rooms/!/send/m.room.encrypted/txn",
}  # fmt: skip


def nothing_else_is_asked_for(log: Log) -> list[str]:
    """Every kind of request is one that was thought about."""
    return [f"{one.kind}: unknown" for one in log.all() if one.kind not in KNOWN]


def lengths_are_of_few_kinds(log: Log) -> list[str]:
    found, sealed = [], defaultdict(set)
    for one in log.all():
        if SENT in one.path:
            if megolm(one.body["ciphertext"]) not in {whole(bucket) for bucket in BUCKETS}:
                found.append(f"a message of {len(one.body['ciphertext'])} characters")
        elif one.path.startswith("/sendToDevice/m.room.encrypted/"):
            for user, devices in one.body["messages"].items():
                for content in devices.values():
                    (parcel,) = content["ciphertext"].values()
                    sealed[user, parcel["type"]].add(len(parcel["body"]))
    # A key for one member is as long as for another, and as another time.
    for kind in (0, 1):
        names = {n for life in log.lives for n in (life.old, life.new)}
        sizes = {s for (user, k), found in sealed.items() if k == kind for s in found
                 if user[1:].partition(":")[0] in names}  # fmt: skip
        found += _one(f"how long a key of kind {kind} is", sizes)
    return found


# --- from one name to the next --------------------------------------------------------------------


def nothing_is_answered_across_a_switch(log: Log) -> list[str]:
    """Nothing that is said in the new room points to the old one, inside or outside."""
    said = [one.text() for life in log.lives for one in life.of(life.new) if SENT in one.path]
    return [
        f"a message with {thing}"
        for text in (*said, *log.said)
        for thing in log.old_things
        if thing in text
    ]


def the_two_never_meet(log: Log) -> list[str]:
    """The new account asks for nothing of the old time, the old one for nothing of the new."""
    return [
        f"{one.kind} of {account} with {thing}"
        for life in log.lives
        for account, others in ((life.new, log.old_things), (life.old, log.new_things))
        for one in life.of(account)
        for thing in others
        if thing in one.text()
    ]


def nothing_is_used_under_two_names(log: Log) -> list[str]:
    """Whatever stands in requests of both of someone's accounts stands in everyone's."""
    used = [[_used(life, name) for name in (life.old, life.new)] for life in log.lives]
    common = set.intersection(*(old | new for old, new in used))
    return [f"{value!r} under two names" for old, new in used for value in (old & new) - common]


def _used(life: Life, account: str) -> set[str]:
    found: set[str] = set()
    for one in life.of(account):
        # Where a sync goes on was said by the server, and is the same for all who ask then.
        asked = [value for name, value in one.query.items() if name != "since"]
        token = one.headers.get("Authorization", "")
        found.update((token, *one.path.split("/"), *asked, *_words(one.body)))
    return found


CHECKS: tuple[Check, ...] = (
    addresses_are_of_one_form,
    the_server_names_the_device,
    devices_have_no_name,
    there_is_no_picture,
    nobody_names_themselves_at_a_switch,
    nobody_is_seen_online,
    nobody_is_seen_typing_or_reading,
    all_ask_for_the_same,
    all_programs_look_alike,
    no_connection_has_two_names,
    one_visit_and_no_more,
    the_old_name_does_nothing_then,
    the_old_name_does_not_come_back,
    keys_are_not_passed_on,
    nothing_else_is_asked_for,
    lengths_are_of_few_kinds,
    nothing_is_answered_across_a_switch,
    the_two_never_meet,
    nothing_is_used_under_two_names,
)
