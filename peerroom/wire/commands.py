"""What moderators type in the management room, and what it means.

A command is one line that starts with "!" (or "！", as a Japanese input method writes it). A name
of several words ends at a colon, or stands in quotes; a user id is one word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from peerroom.i18n import N_
from peerroom.text.foreign import ForeignText


@dataclass(frozen=True, slots=True)
class Help:
    """List the commands, or explain one."""

    word: ClassVar[str] = "help"
    summary: ClassVar[str] = N_("List the commands, or explain one.")

    command: str | None = None


@dataclass(frozen=True, slots=True)
class MakeInvites:
    """``count`` new one-use invite links, 1 to 20."""

    word: ClassVar[str] = "invite"
    summary: ClassVar[str] = N_("Make invite links that work once each.")

    count: int = 1


@dataclass(frozen=True, slots=True)
class RedactEvent:
    """Remove one message, given by event id or permalink (then with its room)."""

    word: ClassVar[str] = "redact"
    summary: ClassVar[str] = N_("Remove one message, by its link.")

    event_id: str
    room_id: str | None = None


@dataclass(frozen=True, slots=True)
class RedactLast:
    """Remove the newest ``count`` messages of a member, 1 to 500."""

    word: ClassVar[str] = "redact"
    summary: ClassVar[str] = N_("Remove someone's newest messages.")

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Mute:
    """Take away a member's voice; ``duration`` None means until unmuted."""

    word: ClassVar[str] = "mute"
    summary: ClassVar[str] = N_("Let someone read but not write, for a while.")

    name: str
    duration: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ban:
    """Remove a member for good. The reason is for the audit log and the moderators only."""

    word: ClassVar[str] = "ban"
    summary: ClassVar[str] = N_("Remove someone for good.")

    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unban:
    """Let a member come back, or speak again."""

    word: ClassVar[str] = "unban"
    summary: ClassVar[str] = N_("Lift a ban or a mute.")

    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the room, the outbox and the bot are doing."""

    word: ClassVar[str] = "status"
    summary: ClassVar[str] = N_("Show how the room and the bot are doing.")


Command = Help | MakeInvites | RedactEvent | RedactLast | Mute | Ban | Unban | Status


@dataclass(frozen=True, slots=True)
class CommandError:
    """A line that starts like a command and is none; `suggestion` is a line that would be one."""

    text: str
    suggestion: str | None = None

    def sentence(self) -> str:
        """What was not understood and what to type, in the current language."""
        raise NotImplementedError


def parse(text: ForeignText) -> Command | CommandError | None:
    """The command in ``text``; None if it is ordinary talk. Never raises.

    `name` fields are cleaned to one line: a display name, or a user id (then it starts with "@").
    """
    raise NotImplementedError


def help_text(command: str | None = None) -> str:
    """All commands with their use, or the one named, in the current language."""
    raise NotImplementedError
