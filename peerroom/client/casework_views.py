"""What moderators see of cases: plain frozen values, already cleaned and already in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from peerroom.i18n import _, ngettext

Shelf = Literal["open", "mine", "closed"]
"""``open``: not closed, whoever has them; ``mine``: claimed by oneself and not closed."""
Stand = Literal["open", "claimed", "closed"]
Act = Literal[
    "claim",
    "drop",
    "note",
    "second",
    "agree",
    "disagree",
    "allow",
    "remove",
    "reply",
    "tell",
    "close",
    "undo",
]
"""What can be done with a case as it stands; the bot has the last word (roles)."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list."""

    number: int
    stand: Stand
    urgent: bool
    mine: bool
    title: str
    """What came and why: "reported by a member"."""
    name: str
    """Whom it is about, as they were called then; may be empty."""
    room: str
    """The title of the room; empty if it is not known here."""
    holder: str
    """The name of the moderator who has it; empty if nobody has."""
    opened: datetime | None
    """Aware, UTC; None for a case of which only later steps were heard here."""
    touched: datetime
    waiting: datetime | None = None
    """Since when nobody looks after it."""
    second_wanted: bool = False
    """A second opinion was asked for and has not come."""
    outcome: str = ""
    """How it ended, in words."""
    times: int = 1
    """How often it was reported or found."""
    complete: bool = True
    """False if steps of it cannot be read here: it was begun before one came, say."""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One message of the context. ``name`` and ``text`` are empty while they are covered."""

    name: str
    text: str
    when: datetime
    about: bool
    """The case is about this one."""
    cells: int = 0
    """How wide the text is, for the bar that covers it."""
    doubt: str = ""
    """Why it may not be the word of who is named, in a few words."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The messages of a case. Covered until `Casework.uncover`, on this device and this time."""

    lines: tuple[EvidenceLine, ...] = ()
    covered: bool = True
    unverified: bool = False
    """It is the reporter's copy, and nobody could compare it."""
    gone: bool = False
    """It was kept for its time and is kept no longer, or it never came."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One step of a case, or one entry of the audit log, in words."""

    when: datetime
    who: str
    """A moderator's name; empty for the bot."""
    words: str
    text: str = ""
    """What they wrote; may hold line breaks."""
    deed: int | None = None
    """Of something that was done: the number with which it can be undone."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case, all of it."""

    row: CaseRow
    cues: tuple[str, ...]
    """What the bot noticed, in a few words each."""
    evidence: Evidence
    history: tuple[HistoryLine, ...]
    """Everything in order, the opening first."""
    acts: frozenset[Act]
    """What can be done with it now."""
    appealed: int | None = None
    """Of an appeal: the deed to look at again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command.

    ``kind``: ``done`` a step of the case says so; ``said`` the bot answered with ``text``;
    ``asks`` it wants to be told ``confirm`` first; ``silent`` nothing came in time, and ``text``
    says what happens now.
    """

    kind: Literal["done", "said", "asks", "silent"]
    text: str
    case: int | None = None
    confirm: str | None = None
    """What to send to go on: "yes 7K2"."""


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """How a room stands, as far as this device can see; `Casework.ask_status` asks the bot."""

    room_id: str = field(repr=False)
    title: str
    people: int
    bot_here: bool
    bot_proven: bool
    """Its identity is the one that the invite link named."""
    encrypted: bool
    locked: bool
    """Only moderators can write now."""
    muted: int
    """Members who cannot write now."""
    unreadable: int
    """Of the newest messages, how many this device cannot read."""
    sentence: str
    """All of it in one or two sentences."""


@dataclass(frozen=True, slots=True)
class ShiftDigest:
    """What happened since one's last shift ended."""

    since: datetime | None
    """None before the first one: then it is everything."""
    opened: int
    still_open: int
    urgent: int
    """Of those still open."""
    closed: int

    @property
    def sentence(self) -> str:
        """ "Since your last shift: 4 cases, 1 open." """
        if not self.opened and not self.still_open:
            return _("Nothing new since your last shift.")
        cases = ngettext("{count} case", "{count} cases", self.opened).format(count=self.opened)
        words = _("Since your last shift: {cases}, {open} open.")
        said = words.format(cases=cases, open=self.still_open)
        if self.urgent:
            urgent = ngettext(
                "{count} of them is about someone who may not be well.",
                "{count} of them are about people who may not be well.",
                self.urgent,
            )
            said += " " + urgent.format(count=self.urgent)
        return said


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of the audit log: all that are given must fit."""

    text: str = ""
    """In the name of a moderator or of whom it is about, or in the words; looks alike is enough."""
    case: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    deeds_only: bool = False
    """Only what was done to somebody, and nothing that was only looked at or noted."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit log, the newest first."""

    when: datetime
    case: int
    who: str
    about: str
    words: str
    deed: int | None = None
