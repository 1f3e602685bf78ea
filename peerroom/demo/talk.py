"""What the simulated members say: packaged lines, in the language of the reader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

Line = tuple[int, str]
"""Who speaks (0 to 2) and what."""


@dataclass(frozen=True, slots=True)
class Talk:
    """All lines of one language."""

    welcome: tuple[Line, ...]
    """Said once, when the user comes in."""
    replies: tuple[str, ...]
    """Said by anyone after the user wrote something."""
    exchanges: tuple[tuple[Line, ...], ...]
    """Little conversations among the members."""

    @classmethod
    def load(cls, language: str) -> Talk:
        """The lines for ``language``, one of `peerroom.i18n.LANGUAGES`."""
        file = resources.files("peerroom.demo") / "data" / "talk.json"
        part = json.loads(file.read_text(encoding="utf-8"))[language]
        return cls(
            welcome=_lines(part["welcome"]),
            replies=tuple(part["replies"]),
            exchanges=tuple(_lines(exchange) for exchange in part["exchanges"]),
        )


def _lines(raw: list[Any]) -> tuple[Line, ...]:
    return tuple((speaker, text) for speaker, text in raw)
