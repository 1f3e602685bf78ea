"""From a line that somebody typed to the command it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from peerroom.i18n import _
from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import reading
from peerroom.wire.commands.basics import CODE, Help, Yes
from peerroom.wire.commands.command import Command
from peerroom.wire.commands.helping import is_topic, use
from peerroom.wire.commands.kinds import READERS

_LINE: Final = 4_000
"""Characters of a command that are read; a reason, a note or a template has room in it."""


@dataclass(frozen=True, slots=True)
class CommandError:
    """A line that starts like a command and is none; `suggestion` is what to type instead."""

    text: str
    suggestion: str

    def sentence(self) -> str:
        """What was not understood and what to type, in the current language."""
        return _("I did not understand “{text}”. Try: {suggestion}").format(
            text=self.text, suggestion=self.suggestion
        )


def parse(text: ForeignText) -> Command | CommandError | None:
    """The command in ``text``; None if it is ordinary talk. Never raises.

    `name` fields are cleaned to one line: a display name, or a user id (then it starts with "@").
    """
    line = text.line(_LINE)
    if confirmed := re.fullmatch(rf"{Yes.word}\s+({CODE})", reading.normal(line)):
        return Yes(confirmed[1])
    start = re.match(r"[!！]\s*([^\s!！]+)\s*", line)
    word = reading.normal(start[1]) if start else ""
    if start is None or not (word.isascii() and word.isalpha()):
        return None
    arguments = line[start.end() :].strip()
    for kind in READERS.get(word, ()):
        command = kind.read(arguments)
        if isinstance(command, Help) and command.command and not is_topic(command.command):
            break
        if command is not None:
            return command
    shown = ForeignText(line).line(80)
    if word in READERS:
        return CommandError(shown, use(word))
    for likely in get_close_matches(word, READERS, n=1):
        if any(kind.read(arguments) is not None for kind in READERS[likely]):
            return CommandError(shown, f"!{likely} {ForeignText(arguments).line(200)}".strip())
        return CommandError(shown, use(likely))
    return CommandError(shown, f"!{Help.word}")
