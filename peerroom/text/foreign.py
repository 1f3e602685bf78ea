"""The one gate for text that strangers wrote.

Every string from the network is wrapped in `ForeignText` the moment it arrives, and a face can
only get at it through `line` or `block`, which leave nothing in it that moves the cursor, talks
to the terminal, reverses the reading order, or hides.
"""

from __future__ import annotations


class ForeignText:
    """Text of unknown origin; immutable, compared by what was received.

    ``value`` is anything a JSON document can hold. What is not a string is `malformed` and shows
    as a placeholder. Printing or formatting one raises TypeError, and its repr reveals only the
    length, so that it reaches neither a screen nor a log by accident.
    """

    __slots__ = ("_malformed", "_raw")

    _raw: str
    _malformed: bool

    def __init__(self, value: object) -> None:
        raise NotImplementedError

    @property
    def malformed(self) -> bool:
        """Whether what arrived was not text at all."""
        return self._malformed

    def line(self, limit: int = 200) -> str:
        """The text as one line of at most ``limit`` characters, fit for a screen.

        Line breaks and tabs become spaces, the ends are stripped; what is cut off ends in "…".
        """
        raise NotImplementedError

    def block(self, limit: int = 10_000) -> str:
        """The text with its line breaks, at most ``limit`` characters, fit for a screen."""
        raise NotImplementedError

    def raw(self) -> str:
        """What was received, unchanged ("" if malformed): never for a screen.

        Only `moderation`, `wire`, `store` and `matrix` may call this; a test holds them to it.
        """
        return self._raw
