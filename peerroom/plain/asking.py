"""Questions before there is a room: one at a time, in words, with help at every one."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Sequence

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _
from peerroom.plain.lines import Lines
from peerroom.plain.voice import Voice

HELP_NOW = ("/help-now", "／help-now")


class NoOneToAsk(PeerRoomError):
    """The input ended before a question was answered."""

    what = N_("PeerRoom needed an answer, and the input ended.")
    next_step = N_("Run it in a terminal, or give the answer with an option; see --help.")


class Asker:
    """Asks on ``voice``, hears from ``lines``; /help-now works at every question."""

    def __init__(
        self,
        lines: Lines,
        voice: Voice,
        help_now: Callable[[], Iterable[str]],
        secret: Callable[[str], str] | None = None,
    ) -> None:
        self.lines = lines
        self.voice = voice
        self.help_now = help_now
        self._secret = secret or getpass.getpass

    def ask(self, question: str) -> str:
        """The answer in one line, stripped; may be empty. Raises `NoOneToAsk`."""
        self.voice.line(question)
        while True:
            answer = self.lines.next()
            if answer is None:
                raise NoOneToAsk
            if answer.strip() not in HELP_NOW:
                return answer.strip()
            self._help()
            self.voice.line(question)

    def secret(self, question: str) -> str:
        """The answer, typed without echo. Raises `NoOneToAsk`."""
        while True:
            try:
                answer = self._secret(question + " ")
            except EOFError as error:
                raise NoOneToAsk from error
            if answer not in HELP_NOW:
                return answer
            self._help()

    def yes(self, question: str) -> bool:
        """Whether the answer begins like yes in any language we speak."""
        answer = self.ask(question + " " + _("(yes or no)")).casefold()
        return answer.startswith(("y", "はい", "ｙ"))

    def choose(self, question: str, options: Sequence[str], default: int = 0) -> int:
        """The index of the option chosen by number; Enter takes the ``default``."""
        self.voice.line(question)
        for number, option in enumerate(options, 1):
            self.voice.line(f"{number}. {option}")
        words = _("Number, or Enter for {number}:").format(number=default + 1)
        while True:
            answer = self.ask(words)
            if not answer:
                return default
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1

    def _help(self) -> None:
        for line in self.help_now():
            self.voice.line(line)
