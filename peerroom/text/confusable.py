"""Telling people with look-alike names apart.

Client-server API, "Calculating the display name for a user"; UTS #39 for what looks alike. The
table is small on purpose: letters that one sees as another in Latin, Greek, Cyrillic and
Japanese. Taking two names for one costs a user id on the screen; the other way round costs trust.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal

from peerroom.text.foreign import ForeignText

_NAME_LIMIT: Final = 60
_USER_ID_LIMIT: Final = 255
"""Characters of a user id at most (client-server API, user identifiers)."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_LIKE_A_USER_ID: Final = re.compile(r"@\S+:\S")

_CAPITALS: Final = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХЅІЈ", "abezhikmnoptyxabekmhopctyxsij")
"""Capitals whose look their small letters do not share: Greek Η is an H, η is an n."""

_ALIKE: Final = {
    "a": "аα", "b": "вβь", "c": "сϲ", "d": "ԁ", "e": "еε", "g": "ɡ", "h": "һн", "j": "јϳ",
    "k": "кκ", "l": "i1|ıіιӏ!ǀ∣", "m": "мμ", "n": "ηп", "o": "0оοσо〇○◯●◎", "p": "рρ",
    "q": "ԛ", "s": "ѕ5$", "t": "тτ", "u": "υ", "v": "νѵ", "w": "ԝωѡ", "x": "хχ", "y": "уγү",
    "z": "ζ2",
    "口": "ロ囗", "力": "カ", "二": "ニ", "夕": "タ", "工": "エ", "卜": "ト", "八": "ハ",
    "三": "ミ", "千": "チ", "才": "オ", "へ": "ヘ", "べ": "ベ", "ぺ": "ペ", "り": "リ",
    "-": "‐‑‒–—―−ー─一_~〜", ".": "・·•。、,", "'": "‘’`´", "": "\u2800",
}  # fmt: skip
_LOOKS: Final = str.maketrans({look: letter for letter, looks in _ALIKE.items() for look in looks})
_LATIN: Final = {
    upright: str.maketrans(
        {
            look: upright if letter == "l" else letter
            for letter, looks in _ALIKE.items()
            if "a" <= letter <= "z"
            for look in looks.replace("i", "")
        }
    )
    for upright in ("i", "l")
}


def skeleton(text: str) -> str:
    """A form that is equal for texts that look alike: not for showing, only for comparing."""
    text = unicodedata.normalize("NFKC", text).translate(_CAPITALS).casefold()
    text = _without_accents(text).translate(_LOOKS)
    return "".join(text.split()).replace("rn", "m").replace("vv", "w")


def latin(text: str, upright: Literal["i", "l"]) -> str:
    """What a disguised small-letter text spells: Latin letters for what looks like one, without
    accents. What may be an i or an l (1, a stroke) becomes ``upright``."""
    return _without_accents(text).translate(_LATIN[upright])


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


def disambiguate(names: Mapping[str, ForeignText]) -> Mapping[str, str]:
    """A name to show for each user id of ``names``, clean, and unlike every other.

    A name that looks like another member's, or has something like a user id in it, gets its own
    user id behind it; an empty or malformed one is replaced by the user id.
    """
    cleaned = {
        user: "" if name.malformed else name.line(_NAME_LIMIT) for user, name in names.items()
    }
    looks = {user: skeleton(name) for user, name in cleaned.items()}
    times_seen = Counter(looks.values())
    shown = {}
    for user, name in cleaned.items():
        identifier = ForeignText(user).line(_USER_ID_LIMIT)
        if not looks[user]:
            shown[user] = identifier
        elif times_seen[looks[user]] > 1 or _LIKE_A_USER_ID.search(name):
            shown[user] = f"{name} ({identifier})"
        else:
            shown[user] = name
    return shown
