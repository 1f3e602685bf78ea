"""Rules of policy lists, made ready to be asked: is somebody on one of them?

Literal rules are a dictionary. A pattern is looked at only for names that contain its longest piece
of plain text: one automaton finds all such pieces in one pass, and the patterns that share a piece
are one expression. 100,000 literal rules or 5,000 patterns cost a few milliseconds for 10,000
people (`tests/benchmarks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import ahocorasick
import re2

from peerroom.wire.policy import Kind, Rule, digest_of

MOST_RULES: Final = 500_000
"""Rules that are read at most, over all lists."""


class Policies:
    """What the lists that a room follows say. Frozen once built; empty says nothing of anybody.

    ``parts`` are lists that are asked one after another, so that a change of one of them builds
    none of the others anew.
    """

    def __init__(self, rules: Iterable[Rule] = (), parts: Sequence[Policies] = ()) -> None:
        self._parts = tuple(parts)
        self._literal: dict[tuple[Kind, str], Rule] = {}
        self._hashed: dict[tuple[Kind, bytes], Rule] = {}
        patterns: dict[Kind, list[Rule]] = {"user": [], "room": [], "server": []}
        self._count = 0
        for rule in rules:
            if self._count == MOST_RULES:
                break
            self._count += 1
            if rule.digest is not None:
                self._hashed.setdefault((rule.kind, rule.digest), rule)
            elif rule.is_glob:
                patterns[rule.kind].append(rule)
            elif rule.entity is not None:
                self._literal.setdefault((rule.kind, rule.entity), rule)
        self._patterns = {kind: _Patterns(globs) for kind, globs in patterns.items() if globs}

    def __len__(self) -> int:
        return self._count + sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Rule]:
        """Every rule; of several that say the same, one."""
        yield from self._literal.values()
        yield from self._hashed.values()
        for patterns in self._patterns.values():
            yield from patterns.rules
        for part in self._parts:
            yield from part

    def of_user(self, user_id: str) -> Rule | None:
        """The rule that a user id falls under, by itself or by its server."""
        found = self.find("user", user_id)
        return found or self.find("server", _server(user_id))

    def of_server(self, name: str) -> Rule | None:
        """The rule that a server falls under."""
        return self.find("server", name)

    def of_room(self, room_id: str) -> Rule | None:
        """The rule that a room falls under."""
        return self.find("room", room_id)

    def matching(self, users: Iterable[str]) -> Iterator[tuple[str, Rule]]:
        """Those of ``users`` who are on a list, each with one rule."""
        return ((user, rule) for user in users if (rule := self.of_user(user)) is not None)

    def servers(self) -> tuple[str, ...]:
        """Names and patterns of servers, sorted: what a server's access list denies."""
        literal = {entity for kind, entity in self._literal if kind == "server"}
        patterns = self._patterns.get("server")
        globs = {rule.entity or "" for rule in patterns.rules} if patterns else set()
        return tuple(sorted(literal.union(globs, *(part.servers() for part in self._parts))))

    def find(self, kind: Kind, entity: str) -> Rule | None:
        """The rule that an entity of this kind falls under by itself."""
        found = self._literal.get((kind, entity))
        if found is None and self._hashed:
            found = self._hashed.get((kind, digest_of(entity)))
        patterns = self._patterns.get(kind)
        if found is None and patterns is not None:
            found = patterns.find(entity)
        if found is None:
            for part in self._parts:
                if (found := part.find(kind, entity)) is not None:
                    return found
        return found


class _Patterns:
    """Globs of one kind. ``*`` is any number of characters, ``?`` is one (Matrix spec, "Glob-style
    matching")."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        by_piece: dict[str, list[Rule]] = {}
        for rule in rules:
            by_piece.setdefault(_piece(rule.entity or ""), []).append(rule)
        self._anywhere = _Group(by_piece.pop("", []))
        self._automaton: ahocorasick.Automaton[_Group] | None = None
        if by_piece:
            self._automaton = ahocorasick.Automaton()
            for piece, group in by_piece.items():
                self._automaton.add_word(piece, _Group(group))
            self._automaton.make_automaton()

    def find(self, entity: str) -> Rule | None:
        """The first rule that ``entity`` falls under."""
        if self._automaton is not None:
            for _end, group in self._automaton.iter(entity):
                if (found := group.find(entity)) is not None:
                    return found
        return self._anywhere.find(entity)


class _Group:
    """Globs that share their longest piece. Compiled when first asked: most never are."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._any: re2._Regexp | None = None

    def find(self, entity: str) -> Rule | None:
        if not self._rules:
            return None
        if self._any is None:
            either = "|".join(_expression(rule) for rule in self._rules)
            self._any = re2.compile(f"(?s)^(?:{either})$", _options())
        if self._any.search(entity) is None:
            return None
        if len(self._rules) == 1:
            return self._rules[0]
        return next(
            rule
            for rule in self._rules
            if re2.compile(f"(?s)^(?:{_expression(rule)})$", _options()).search(entity)
        )


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.never_capture = True
    options.log_errors = False
    return options


def _expression(rule: Rule) -> str:
    """A glob as a regular expression."""
    marks = {"*": ".*", "?": "."}
    return "".join(marks.get(mark) or re2.escape(mark) for mark in rule.entity or "")


def _piece(glob: str) -> str:
    return max(re.split(r"[*?]+", glob), key=len)


def _server(user_id: str) -> str:
    return user_id.partition(":")[2]
