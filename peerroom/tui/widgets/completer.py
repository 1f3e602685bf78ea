"""Completing what is typed: which candidates there are, and which one Tab takes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peerroom.client.completing import Completion


def is_command(text: str) -> bool:
    """Whether this is a moderators' command, typed with either exclamation mark."""
    return text[:1] in ("!", "！") and "\n" not in text


class Lazily:
    """A completer that is made when a command is first typed: few people ever type one, and what
    it takes should not delay the first picture."""

    def __init__(self, make: Callable[[], Completer | None]) -> None:
        self._make = make
        self._made = False
        self._completer: Completer | None = None

    def get(self) -> Completer | None:
        """None where there are no commands."""
        if not self._made:
            self._completer, self._made = self._make(), True
        return self._completer


class Completer:
    """Goes through the candidates for a text, one with each `step`, and back to the text itself."""

    def __init__(self, complete: Callable[[str], Completion]) -> None:
        self._complete = complete
        self._typed = ""
        self._found: Completion | None = None
        self._at = -1
        self._put: str | None = None

    def shown(self, text: str) -> Completion:
        """What could come at the end of ``text``; while candidates are gone through, those."""
        if self._found is None or text != self._put:
            self._typed, self._at, self._put = text, -1, None
            self._found = self._complete(text)
        return self._found

    @property
    def at(self) -> int:
        """Which candidate stands in the text; -1 for none."""
        return self._at

    def step(self, text: str) -> str | None:
        """The text with the next candidate in it; None if there is none."""
        found = self.shown(text)
        if not found.candidates:
            return None
        # With one candidate there is nothing to go through: the next Tab goes on behind it.
        only = len(found.candidates) == 1
        self._at = 0 if only else (self._at + 1) % (len(found.candidates) + 1)
        if self._at == len(found.candidates):
            self._at = -1
            self._put = self._typed
        else:
            self._put = self._typed[: found.start] + found.candidates[self._at].text
        put = self._put
        if only:
            self._put = None
        return put
