"""What a protection is: a name, a struct of settings, and a function from an event to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

import msgspec

from peerroom.moderation.findings import Finding
from peerroom.moderation.policies import Policies
from peerroom.moderation.seen import Seen
from peerroom.moderation.window import Window

Mode = Literal["on", "trial", "off"]
"""``trial``: moderators are told what it would do, and nothing is done."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a protection's settings: every field has a default, bounds and a description
    (``Annotated[int, msgspec.Meta(ge=…, le=…, description=N_("…"))]``)."""


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Room:
    """What protections may look at beside the event. It is put together anew when something in it
    changes; only ``window`` moves from event to event."""

    room_id: str
    window: Window
    names: Mapping[str, str] = field(default_factory=dict)
    """Names shown in the room, by user id."""
    exempt: frozenset[str] = frozenset()
    """The bot, moderators, the second owner: no protection ever judges them."""
    moderators: frozenset[str] = frozenset()
    """Whose names nobody may seem to have (with the bot)."""
    newcomers: Mapping[str, datetime] = field(default_factory=dict)
    """Who came by an invite, and when. Where names rotate, whoever came by a token is nobody's
    newcomer: nobody can know how long they have been here."""
    seated: frozenset[str] = frozenset()
    """Who came by a token when names changed: they are expected, and all come at once."""
    banned: frozenset[str] = frozenset()
    """Who was removed for good: what they did is dealt with."""
    policies: Policies = field(default_factory=Policies)
    """What the lists say that this room follows."""
    spared: frozenset[str] = frozenset()
    """Whom moderators let stay, whatever the lists say."""
    helplines: frozenset[str] = frozenset()
    """Digits of public helplines' numbers, as dialled inland: nobody's own contact."""
    locked: bool = False


Judge = Callable[[Seen, Room], Iterable[Finding]]
"""Says what it finds about an event. Pure, total on hostile input, and fast: a few microseconds for
an ordinary message."""


Watch = Callable[[datetime, Room], Iterable[Finding]]
"""Says what the hour asks for, whatever happens in the room."""


@dataclass(frozen=True, slots=True)
class Protection(Generic[S]):
    """``arm`` does whatever is slow (compiling patterns) once, and returns the judge."""

    name: str
    summary: str
    settings: type[S]
    arm: Callable[[S], Judge]
    mode: Mode = "on"
    """How it stands in a new room."""
    watch: Callable[[S], Watch] | None = None
    """For those that look at the clock."""

    def armed(self, settings: Mapping[str, Any] | None = None) -> Judge:
        """The judge under kept settings. Raises `msgspec.ValidationError` if they are not valid."""
        return self.arm(self.read(settings))

    def watching(self, settings: Mapping[str, Any] | None = None) -> Watch | None:
        """The same of what looks at the clock."""
        return None if self.watch is None else self.watch(self.read(settings))

    def read(self, settings: Mapping[str, Any] | None) -> S:
        """Kept settings as a struct. Raises `msgspec.ValidationError` if they are not valid."""
        return msgspec.convert(settings or {}, self.settings)
