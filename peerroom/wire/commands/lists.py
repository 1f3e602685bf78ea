"""Commands about policy lists: which ones the rooms follow, and the moderators' own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Self
from urllib.parse import unquote

from peerroom.i18n import N_
from peerroom.wire.address import is_room_alias, is_room_id, is_server_name
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

MOST_SERVERS: Final = 3
"""Servers by which a list's room can be joined."""
LONGEST: Final = 255
"""Bytes of an address at most."""
_SUBSCRIBE: Final = frozenset({"subscribe", "follow"})
_UNSUBSCRIBE: Final = frozenset({"unsubscribe", "unfollow"})
_PLAIN: Final = frozenset({"plain", "openly", "平文"})


@dataclass(frozen=True, slots=True)
class _OfLists(Command):
    word: ClassVar[str] = "list"
    also: ClassVar[tuple[str, ...]] = ("lists",)
    group: ClassVar[Group] = "watch"
    least: ClassVar[Rank] = "lead"


@dataclass(frozen=True, slots=True)
class Lists(_OfLists):
    """Policy lists that the rooms follow: what there are, which to follow from now on (by room id
    or alias), and the one in which the moderators publish their own rules."""

    summary: ClassVar[str] = N_("Shared lists of people and servers to keep out.")
    least: ClassVar[Rank] = "moderator"

    what: Literal["subscribe", "unsubscribe", "own", "create", "open", "close"] | None = field(
        default=None, metadata=shown("subscribe|unsubscribe|create|own|open|close", "word")
    )
    room_id: str | None = field(default=None, metadata=shown(N_("room"), "room"))
    via: tuple[str, ...] = ()

    @property
    def needs(self) -> Rank:
        """Everybody may look."""
        return "lead" if self.what else self.least

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        word = reading.normal(what)
        if not rest:
            if word in {"", "rules"}:
                return cls()
            return next((cls(one) for one in _ALONE if one == word), None)
        room, via = address(rest)
        if room is None:
            return None
        if word in _SUBSCRIBE:
            return cls("subscribe", room, via)
        if word in _UNSUBSCRIBE:
            return cls("unsubscribe", room)
        return cls("own", room, via) if word == "own" and is_room_id(room) else None


_ALONE: Final[tuple[Literal["create", "open", "close"], ...]] = ("create", "open", "close")


@dataclass(frozen=True, slots=True)
class ApplyLists(_OfLists):
    """What the lists say about those who are here is done."""

    summary: ClassVar[str] = N_("Ban everybody here who is on a list, after showing who that is.")

    what: Literal["apply"] = field(default="apply", metadata=shown("apply", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        return cls() if reading.normal(arguments) == "apply" else None


@dataclass(frozen=True, slots=True)
class Spare(_OfLists):
    """Somebody stays, whatever the lists say."""

    summary: ClassVar[str] = N_("Let someone stay whatever the lists say.")

    what: Literal["spare"] = field(metadata=shown("spare", "word"))
    name: str = field(metadata=shown(N_("name"), "name"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        name = reading.only_name(rest)
        return cls("spare", name) if reading.normal(what) == "spare" and name else None


@dataclass(frozen=True, slots=True)
class KeepServersOut(_OfLists):
    """Whether servers on a list can take part in the rooms."""

    summary: ClassVar[str] = N_("Keep servers on a list out of rooms that other servers can join.")

    what: Literal["servers"] = field(metadata=shown("servers", "word"))
    on: bool = field(metadata=shown("on|off", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        match reading.normal(arguments).split():
            case ["servers", "on" | "オン"]:
                return cls("servers", on=True)
            case ["servers", "off" | "オフ"]:
                return cls("servers", on=False)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class FindRules(_OfLists):
    """Rules in which a text occurs."""

    summary: ClassVar[str] = N_("Search the rules of the lists.")
    least: ClassVar[Rank] = "moderator"

    what: Literal["rules"] = field(metadata=shown("rules", "word"))
    text: str = field(metadata=shown(N_("text"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, text = reading.first(arguments)
        wanted = reading.normal(what) in {"rules", "search"} and text
        return cls("rules", text[:LONGEST]) if wanted else None


@dataclass(frozen=True, slots=True)
class TestLists(_OfLists):
    """What the lists say about one person, server or room."""

    __test__: ClassVar[bool] = False  # no test class, whatever its name begins with
    summary: ClassVar[str] = N_("Show whether someone or a server is on a list.")
    least: ClassVar[Rank] = "moderator"

    what: Literal["test"] = field(metadata=shown("test", "word"))
    entity: str = field(metadata=shown(N_("name, address or server"), "name"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, entity = reading.first(arguments)
        wanted = reading.normal(what) == "test" and entity
        return cls("test", entity[:LONGEST]) if wanted else None


@dataclass(frozen=True, slots=True)
class PublishRule(_OfLists):
    """A rule in the moderators' own policy list, or out of it again. ``plain``: also of a person
    the list says who it is."""

    summary: ClassVar[str] = N_("Put someone or a server on our own list, or take them off.")

    what: Literal["publish", "retract"] = field(metadata=shown("publish|retract", "word"))
    entity: str = field(metadata=shown(N_("name, address or server"), "name"))
    reason: str = field(default="", metadata=shown(N_(": reason"), "text"))
    plain: bool = field(default=False)

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        plain, after = reading.first(rest)
        is_plain = reading.normal(plain) in _PLAIN and bool(after)
        entity, reason = _entity(after if is_plain else rest)
        if not entity or len(entity.encode(errors="replace")) > LONGEST:
            return None
        match reading.normal(what):
            case "publish":
                return cls("publish", entity, reason, is_plain)
            case "retract" if not reason and not is_plain:
                return cls("retract", entity)
            case _:
                return None


def _entity(text: str) -> tuple[str, str]:
    """An address, a pattern, a server, or the name of somebody; and the reason."""
    word, rest = reading.first(text)
    bare = word.rstrip(":：")
    if re.match(r"[@!]", bare) or "*" in bare or "?" in bare or is_server_name(bare):
        if word != bare or not rest or rest[:1] in ":：":
            return bare, rest.lstrip(":： ").strip()
        if bare[:1] in "@!" or "." in bare:
            return bare, rest.strip()
    return reading.name(text)


def address(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The id or alias of a room, also out of its matrix.to link, and servers that know it: from the
    link, or named after it. None: it is neither."""
    word, rest = reading.first(text)
    # Appendices, "matrix.to navigation": an alias begins with "#", often not encoded.
    link = re.fullmatch(r"https://matrix\.to/#/([^/?\s]+)(?:\?\S*)?", word)
    alias = unquote(link[1]) if link else word
    if is_room_alias(alias):
        return (alias, ()) if not rest else (None, ())
    room, via = reading.room(word)
    named = rest.split()
    if room is None or not all(map(is_server_name, named)):
        return None, ()
    return room, tuple(dict.fromkeys([*via, *named]))[:MOST_SERVERS]
