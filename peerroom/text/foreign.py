"""The one gate for text that strangers wrote.

Every string from the network is wrapped in `ForeignText` the moment it arrives, and a face can
only get at it through `line` or `block`, which leave nothing in it that moves the cursor, talks
to the terminal, reverses the reading order, or hides.
"""

from __future__ import annotations

from typing import Final, NoReturn

from peerroom.i18n import _
from peerroom.text.cleaning import clean

_CEILING: Final = 65_536
"""Characters looked at. An event has at most 65,536 bytes (client-server API, size limits)."""

_TAB: Final = "    "


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
        malformed = not isinstance(value, str)
        object.__setattr__(self, "_raw", "" if malformed else value)
        object.__setattr__(self, "_malformed", malformed)

    @property
    def malformed(self) -> bool:
        """Whether what arrived was not text at all."""
        return self._malformed

    def line(self, limit: int = 200) -> str:
        """The text as one line of at most ``limit`` characters, fit for a screen.

        Line breaks and tabs become spaces, the ends are stripped; what is cut off ends in "…".
        """
        text = self._clean().replace("\n", " ").replace("\t", " ").strip()
        return _capped(text, limit)

    def block(self, limit: int = 10_000) -> str:
        """The text with its line breaks, at most ``limit`` characters, fit for a screen."""
        return _capped(self._clean().replace("\t", _TAB), limit)

    def raw(self) -> str:
        """What was received, unchanged ("" if malformed): never for a screen.

        Only `moderation`, `wire`, `store` and `matrix` may call this; a test holds them to it.
        """
        return self._raw

    def _clean(self) -> str:
        return _("(not text)") if self._malformed else clean(self._raw[:_CEILING])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ForeignText):
            return NotImplemented
        return self._raw == other._raw and self._malformed == other._malformed

    def __hash__(self) -> int:
        return hash((self._raw, self._malformed))

    def __repr__(self) -> str:
        return f"ForeignText(<{len(self._raw)} characters>)"

    def __str__(self) -> NoReturn:
        raise TypeError("foreign text is shown by .line() or .block()")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("foreign text is shown by .line() or .block()")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("foreign text does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("foreign text does not change")


def _capped(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)].rstrip("\u200d ") + "…"
