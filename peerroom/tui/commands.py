"""What can be typed after a slash. Everything is in the table of actions; nothing is said here."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from peerroom.tui.actions import ALL, Action


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word after a slash that is no command; ``suggestion`` is one that looks like it."""

    word: str
    suggestion: str | None


def parse(text: str) -> Action | Unknown | None:
    """The command in ``text``; None when it is something to say.

    ``/me`` is said as an action by the client. A text of several lines, or one whose slash is
    followed by another or by a space, is never a command: paths and dates can be written.
    """
    if not text.startswith("/") or "\n" in text or text[1:2] in ("", " ", "/"):
        return None
    word = text[1:].split()[0].casefold()
    if word == "me":
        return None
    for action in ALL:
        if word in action.commands:
            return action
    close = get_close_matches(word, [name for action in ALL for name in action.commands], n=1)
    return Unknown(word, close[0] if close else None)


def completions(text: str) -> list[str]:
    """The commands that begin with what was typed so far, each with its slash."""
    if not text.startswith("/") or "\n" in text:
        return []
    typed = text[1:].casefold()
    return [
        "/" + action.commands[0]
        for action in ALL
        if action.commands and any(name.startswith(typed) for name in action.commands)
    ]
