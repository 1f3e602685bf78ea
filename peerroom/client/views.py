"""What a face shows: plain frozen values, already cleaned and already in words.

Nothing in here needs another wall: every string that began with a stranger has passed
`ForeignText` (`.line()` for names and titles, `.block()` for bodies). A face only lays it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from peerroom.i18n import N_, _

MessageState = Literal[
    "sending",
    "sent",
    "failed",
    "unsure",
    "received",
    "undecryptable",
    "unattributable",
    "deleted",
    "malformed",
]
"""How far a message has come. ``sending`` also covers a message that waits for the connection;
``unsure`` is what may have been sent under an earlier name, and is never sent again."""

MessageKind = Literal["text", "action", "notice", "membership", "file", "gap"]
"""``action`` is an emote (/me), ``notice`` a program's message (the bot), ``membership`` someone
coming or going, ``file`` an attachment described in words, ``gap`` a place where older messages
are still to be fetched."""

ConnectionKind = Literal["connecting", "online", "waiting", "refused", "offline", "logged_out"]

ChangeKind = Literal[
    "rooms",
    "timeline",
    "connection",
    "outbox",
    "notice",
    "handed_over",
    "pseudonym",
    "moving",
    "moved",
]

NoticeAbout = Literal["", "received", "answer"]
"""What a notice is about, for a face to mark it and to say where it leads: the moderators have what
was sent to them (good news); they have written (`MemberDesk.answers` has it)."""

PseudonymKind = Literal["fixed", "resident", "rotates", "away", "waiting", "between", "stopped"]
"""``fixed``: nobody gives out new names here. ``resident``: the others' names change, this one
does not. ``away``: it was not renewed with the others'.
``waiting``: outside, on the way back. ``between``: the new name has begun, its room is not known
yet. ``stopped``: something did not add up, and names do not change until someone has looked."""

Stage = Literal[
    "none",
    "asked",
    "signed",
    "made",
    "shown",
    "ready",
    "kept",
    "skipped",
    "declined",
    "staying",
    "lost",
]
"""How far the next name has come: asked for, granted, an account made for it, shown to the bot,
certain; or that there is none this time (for us, for everyone, refused), that we ask to come back
under the old one, and that only a moderator can help."""

_STATE_WORDS: Final[dict[MessageState, str]] = {
    "sending": N_("sending"),
    "sent": N_("sent"),
    "failed": N_("not sent"),
    "unsure": N_("not certain"),
    "received": "",
    "undecryptable": N_("not decrypted yet"),
    "unattributable": N_("sender not certain"),
    "deleted": N_("deleted"),
    "malformed": N_("could not be shown"),
}


@dataclass(frozen=True, slots=True)
class MessageView:
    """One line of a conversation.

    ``key`` never changes while a message goes from draft to local echo to the server's event, so
    a face can update a row in place: it is the transaction id for what this device sent, and the
    event id for everything else.
    """

    key: str
    event_id: str | None
    position: int
    """Order within the room, ascending. What is still in the outbox sorts after all events."""
    sender_id: str
    """For comparing only (same sender as the line above); never shown."""
    sender_name: str
    own: bool
    body: str
    when: datetime
    """Aware, UTC: the sender's claim for received messages, our clock for the outbox."""
    state: MessageState
    kind: MessageKind = "text"
    trust: str | None = None
    """One sentence when something about the sender's device is not as it should be, else None."""
    problem: str | None = None
    """Why it was not sent, and what to do; only with the states ``failed`` and ``unsure``."""
    edited: bool = False
    """The sender has changed it since: ``body`` is the newest text, all else is as it was."""
    covered: bool = False
    """``body`` is to be seen only by who opens it: what a case is about, say."""

    @property
    def words(self) -> str:
        """The state in a word or two of the current language; empty for what was received."""
        return state_words(self.state)

    @property
    def pending(self) -> bool:
        """True while it exists only here: `Client.retry` and `Client.undo` apply when failed."""
        return self.event_id is None


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name of one's own that is over. Nobody else may see that it was the same person."""

    name: str
    room: str
    """The room's title."""
    begin: datetime | None = None
    """Aware; None where the room's epoch is not known."""
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class PseudonymView:
    """Who one is in a room, until when, and how far that goes."""

    name: str
    """In the reader's language; empty while it is not certain yet (``between``)."""
    other_name: str
    """The same in the other one; empty for a name that was not drawn."""
    kind: PseudonymKind
    until: datetime | None = None
    """When the next name begins, as planned; aware."""
    crowd: int | None = None
    """Accounts that got their names together with this one; None before the first change."""
    carried: int = 0
    """Members who were not renewed with the others."""
    newcomer: bool = False
    """Came in since the last change of names, and is recognisable by that."""
    stage: Stage = "none"
    problem: str = ""
    """What did not add up, in one sentence; with ``stopped`` only."""
    may_resume: bool = False
    """Names can change again once a moderator has said that all is well."""
    proxied: bool = False
    """All connections go through a proxy."""
    together: bool = False
    """This name and the next one, or the last one, came right after each other."""
    former: tuple[FormerName, ...] = ()
    """One's own earlier names, the newest first."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """One row of the room list."""

    room_id: str
    title: str
    unread: int
    """Messages of others after the place read up to on this device; nobody else learns it."""
    last: str | None
    """The newest message, on one line with its sender's name; None in an empty room."""
    encrypted: bool
    direct: bool = False
    joined: bool = True
    """False after leaving or being removed: history can be read, nothing can be sent."""
    people: int = 0
    """Members who are in the room now, ourselves included."""
    may_write: bool = True
    """False while the room's power levels keep us from sending: a moderator has muted us."""
    own_name: str = ""
    """What we are called in it."""
    changing: bool = False
    """The names in it are about to change: it can be read, and what is typed is kept as a draft,
    but nothing can be sent."""
    former: FormerName | None = None
    """Set when we were here under an earlier name: history, and never written in again."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """One person in a room."""

    user_id: str
    """For comparing only; never shown."""
    name: str
    own: bool
    role: Literal["member", "moderator", "owner"] = "member"
    keeps_name: Literal["", "away", "resident"] = ""
    """Why the name did not change with the others': not renewed, or it never does."""


@dataclass(frozen=True, slots=True)
class ChangedIdentity:
    """Someone whose encryption identity is not the one that was pinned: they get no keys."""

    user_id: str
    """For comparing only; never shown."""
    name: str
    key: str = field(repr=False)
    """The new identity, for `Client.accept_identity`: this one, and none that comes later."""


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How things stand with the server, in one sentence of the current language."""

    kind: ConnectionKind
    sentence: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """Something a face may want to draw again. ``room_id`` is None when it concerns no one room.

    ``notice`` carries a sentence in ``text`` that should be said once (a removed room, say).
    ``pseudonym``: what `Client.pseudonym` says is different now. ``moving``: the client is about to
    become another account; a face hands over what it has not told yet (drafts) before it returns.
    ``moved``: it has; with a ``room_id``, everyone has a new name and that is where they are, which
    ``text`` says once.
    ``handed_over`` asks the face to stop the client and close the vault: a background agent makes
    way for an interactive client (`peerroom.store.lock`).
    """

    kind: ChangeKind
    room_id: str | None = None
    text: str | None = None
    about: NoticeAbout = ""


def edited_words() -> str:
    """What stands beside a message that its sender has changed."""
    return _("(edited)")


def covered_words() -> str:
    """What stands in the place of what is covered."""
    return _("Covered.")


def keeping_words(member: MemberView) -> str:
    """Why a name did not change with the others', in a few words; empty for one that did."""
    words = {"": "", "away": _("not renewed this week"), "resident": _("does not rotate")}
    return words[member.keeps_name]


def state_words(state: MessageState) -> str:
    """``state`` in a word or two of the current language; empty for ``received``."""
    words = _STATE_WORDS[state]
    return _(words) if words else ""
