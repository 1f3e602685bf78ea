"""What can be typed after a slash in the linear mode."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from peerroom.i18n import N_, _

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "help": ("", N_("these commands")),
    "help-now": ("", N_("numbers to call, at any time")),
    "rooms": ("", N_("your rooms, numbered")),
    "room": ("N", N_("go to room number N")),
    "older": ("", N_("earlier messages")),
    "open": ("N", N_("read out covered message number N; alone: number them")),
    "who": ("", N_("who is here")),
    "name": (
        "",
        N_(
            "who you are here, until when, and what still links your names; `/name again` after a "
            "talk with a moderator, if names have stopped changing"
        ),
    ),
    "accept": (N_("NAME"), N_("give keys to someone whose encryption identity is new")),
    "rules": ("", N_("the rules of the room")),
    "report": (
        N_("N WHY"),
        N_("tell the moderators, in private, of message number N; alone: number the newest"),
    ),
    "ask": (N_("TEXT"), N_("ask the moderators for help, in private")),
    "moderators": (
        N_("TEXT"),
        N_("say something to the moderators, in private; alone: what you said, and who has it"),
    ),
    "why": ("", N_("what was done about your messages, and why")),
    "appeal": (N_("N TEXT"), N_("ask the moderators to look again at number N of `/why`")),
    "delete": ("N", N_("delete your message number N, or the `last`; alone: number them")),
    "retry": ("", N_("send again what was not sent")),
    "undo": ("", N_("take back the last message that was not sent")),
    "draft": (
        "send",
        N_("what was begun and not sent; `/draft send` sends it, `/draft drop` forgets it"),
    ),
    "me": (N_("TEXT"), N_("say what you do")),
    "quit": ("", N_("leave")),
}
"""Word -> argument and what it does, in the order of ``/help``."""

AT_THE_DESK: Final[dict[str, tuple[str, str]]] = {
    "cases": ("mine|closed", N_("the cases, numbered")),
    "case": (
        "N",
        N_("case number N; `/case N show` reads its messages out, `/case N claim` …"),
    ),
    "shift": ("on|off", N_("say that you are here, or that you go; alone: what is new")),
    "audit": (
        N_("NAME"),
        N_("what was done, by whom; `/audit export FILE` writes it into a new file"),
    ),
    "do": (N_("COMMAND"), N_("any command of the moderators; `/do help` lists them")),
}
"""The same for those who moderate."""

MODERATION: Final = frozenset({"report", "ask", "moderators", "why", "appeal", *AT_THE_DESK})
"""What is between members and moderators, on both sides."""

_ALSO: Final = {"people": "who"}
"""Other words for some of them."""


@dataclass(frozen=True, slots=True)
class Say:
    """Something to say in the room."""

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One of `COMMANDS` or `AT_THE_DESK`, with what stood behind it."""

    word: str
    argument: str = ""

    @property
    def number(self) -> int | None:
        """The argument as a number from 1; None when it is none. "last" is 1."""
        if self.argument.casefold() == "last":
            return 1
        number = int(self.argument) if self.argument.isdecimal() and len(self.argument) < 6 else 0
        return number or None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word after a slash that is no command; ``suggestion`` is one that looks like it."""

    word: str
    suggestion: str | None

    def sentence(self) -> str:
        """What to do instead."""
        if self.suggestion is None:
            return _("There is no such command. /help lists them.")
        return _("There is no such command. Did you mean /{name}?").format(name=self.suggestion)


def parse(line: str) -> Say | Command | Unknown | None:
    """What ``line`` asks for; None for an empty one.

    As in the terminal client, a slash followed by a space or another slash is nothing special.
    A full-width slash is one too: that is what a Japanese input method writes.
    """
    text = line.strip()
    if not text:
        return None
    if text[0] not in "/／" or text[1:2] in ("", " ", "/", "／", "　"):
        return Say(text)
    word, _space, argument = text[1:].partition(" ")
    word = word.casefold()
    if word == "me":
        return Say(f"/me {argument.strip()}") if argument.strip() else None
    known = (*COMMANDS, *AT_THE_DESK, *_ALSO)
    if word not in known:
        close = get_close_matches(word, known, n=1)
        return Unknown(word, close[0] if close else None)
    return Command(_ALSO.get(word, word), argument.strip())


def help_lines(*, moderates: bool = False) -> list[str]:
    """All commands with what they do, in the current language; those of the desk only for who
    ``moderates``."""
    commands = COMMANDS | AT_THE_DESK if moderates else COMMANDS
    return [
        f"/{word} {_(argument)} - {_(about)}" if argument else f"/{word} - {_(about)}"
        for word, (argument, about) in commands.items()
    ]
