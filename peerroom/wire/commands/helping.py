"""What help shows, made from the commands themselves."""

from __future__ import annotations

from dataclasses import MISSING, fields

from peerroom.i18n import _
from peerroom.wire.commands.basics import EVERYTHING
from peerroom.wire.commands.command import GROUPS, Command, Rank, may
from peerroom.wire.commands.kinds import COMMANDS, READERS


def is_topic(word: str) -> bool:
    """Whether there is help about ``word``."""
    return word == EVERYTHING or word in GROUPS or word in READERS


def help_text(command: str | None = None, rank: Rank = "lead") -> str:
    """Help in the current language, about what ``rank`` may do: a line for each group; for a
    command, a group, or "all", a line for each command."""
    kinds = [kind for kind in COMMANDS if may(rank, kind.least)]
    wanted = [
        kind
        for kind in kinds
        if command == EVERYTHING or command == kind.group or kind in READERS.get(command or "", ())
    ]
    if wanted:
        return "\n".join(f"{usage(kind)} – {_(kind.summary)}" for kind in wanted)
    lines = []
    for group, title in GROUPS.items():
        words = dict.fromkeys(kind.word for kind in kinds if kind.group == group)
        if words:
            lines.append(f"{_(title)}: {' · '.join(words)}")
    return "\n".join(
        [*lines, _("`!help ban` explains one of them, `!help all` shows each in a line.")]
    )


def usage(kind: type[Command]) -> str:
    """What to type, made from the fields: what may be left out stands in brackets."""
    words = [f"!{kind.word}"]
    for item in fields(kind):
        if item.metadata:
            shown = item.metadata["shown"]
            words.append(_(shown) if item.default is MISSING else f"[{_(shown)}]")
    return " ".join(words)


def use(word: str) -> str:
    """All that a word can mean."""
    return " / ".join(usage(kind) for kind in READERS[word])
