"""Texts as long as an event allows, each of which some careless pattern takes very long to read."""

from __future__ import annotations

from peerroom.moderation.reading import CEILING

HOSTILE = {
    "one letter": "a" * CEILING,
    "spelt": "a " * (CEILING // 2),
    "dotted": "・".join("あ" * (CEILING // 2)),
    "marks": "a" + "\u0301" * CEILING,
    "zalgo": ("e" + "\u0337\u0301" * 3) * (CEILING // 7),
    "dakuten": "か\u3099" * (CEILING // 2),
    "digits": "0 " * (CEILING // 2),
    "numbers": "090-0000-0000 " * (CEILING // 14),
    "dots": "." * CEILING,
    "expanding": "\ufdfa" * (CEILING // 3),
    "emoji": "👩\u200d" * (CEILING // 2),
    "at": "a@" * (CEILING // 2),
    "hosts": "a." * (CEILING // 2),
    "leet": "a1" * (CEILING // 2),
    "brackets": "[.]" * (CEILING // 3),
    "capitals": "Mr A " * (CEILING // 5),
    "schools": "山小学校" * (CEILING // 4),
    "spaces": " \u3000" * (CEILING // 2),
}
