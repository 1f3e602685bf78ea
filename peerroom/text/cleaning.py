"""What is taken out of foreign text before anyone sees it, and in which order.

Everything here deletes or replaces; nothing is ever added but the base of a mark that has none.
The order matters, and cleaning what is clean changes nothing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from peerroom.text.repertoire import BIDI, CONTROLS, NARROW, SURROGATES, WIDE

MARKS_PER_BASE: Final = 4
"""Marks kept on one base. No living orthography needs more; a thousand paint over the screen."""

EMOJI_PER_SEQUENCE: Final = 5
"""Emoji kept in one joined sequence; the longest in use have four. Every terminal without such
sequences draws each part, so that an endless one would be measured as two cells and fill the row.
"""

_PLAIN: Final = re.compile(f"[{NARROW}{WIDE}\n]*")

_LINE_BREAKS: Final = re.compile("\r\n?|[\u2028\u2029]")
_SURROGATES: Final = re.compile(f"[{SURROGATES}]+")
_BLANK_LINES: Final = re.compile("\n(?:[ \t\u3000]*\n){3,}")

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt without the joiners below,
# and the interlinear annotations: characters that are there and cannot be seen. They hide words
# from moderators, make two names look like one, and carry messages inside messages.
_INVISIBLE: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_DROPPED: Final = re.compile(f"[{CONTROLS}{BIDI}{_INVISIBLE}]+")

# ZWNJ, ZWJ and variation selectors are invisible too, but some neighbours need them.
_JOINERS: Final = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_PICTURES: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_SKIN_TONES: Final = "\U0001f3fb-\U0001f3ff"
_IDEOGRAPHS: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_JOINING_SCRIPTS: Final = (  # Arabic and its neighbours, South and Southeast Asia, Mongolian
    "\u0600-\u08ff\u0900-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f\ua840-\ua87f\ua8e0-\ua8ff"
    "\ua980-\uaaff\uabc0-\uabff\U00010a00-\U00010aff\U00011000-\U00011fff\U0001e900-\U0001e95f"
)
_LONE_JOINERS: Final = re.compile(  # starts with a set, which the engine finds fast
    f"[{_JOINERS}]"
    f"(?<![{_PICTURES}][\ufe0e\ufe0f])"
    f"(?!(?<=[{_PICTURES}]\u200d)[{_PICTURES}])"
    f"(?!(?<=[{_PICTURES}]\ufe0f\u200d)[{_PICTURES}])"
    f"(?!(?<=[0-9#*]\ufe0f)\u20e3)"  # keycaps
    f"(?<![{_IDEOGRAPHS}][\ufe00-\ufe02\U000e0100-\U000e01ef])"  # variants used in family names
    f"(?!(?<=[{_JOINING_SCRIPTS}][\u200c\u200d])[{_JOINING_SCRIPTS}])"
)
_PART: Final = f"[{_PICTURES}][{_SKIN_TONES}]?\ufe0f?"
_LONG_SEQUENCES: Final = re.compile(f"((?:{_PART}\u200d){{{EMOJI_PER_SEQUENCE - 1}}}{_PART})\u200d")
_SKIN_TONES_BEYOND: Final = re.compile(f"([{_SKIN_TONES}])[{_SKIN_TONES}]+")
_SPACES: Final = "\t\n \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

# Scripts beyond the first plane, but not emoji. Sets that hold such characters are slow to search.
_RARE_SCRIPTS: Final = re.compile("[\U00010000-\U0001efff]")


@cache
def _marks(rare_scripts: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for marks beyond the cap, and for a space before a mark, which has then no base.

    Loaded on first need: wcwidth costs 15 ms, and most text has no mark at all.
    """
    from wcwidth.table_zero import ZERO_WIDTH

    newest = ZERO_WIDTH[next(reversed(ZERO_WIDTH))]
    end = 0xE0000 if rare_scripts else 0x10000
    marks = _JOINERS + "".join(
        f"{chr(first)}-{chr(last)}" for first, last in newest if first > 0 and last < end
    )
    return (
        re.compile(f"([{marks}]{{{MARKS_PER_BASE}}})[{marks}]+"),
        re.compile(f"([{_SPACES}])(?=[{marks}])"),
    )


def clean(text: str) -> str:
    """``text`` with newlines and tabs as its only controls, and nothing in it that hides.

    Bidirectional controls go, so that what is left is read in the order it was written.
    """
    if not _PLAIN.fullmatch(text):
        text = _LINE_BREAKS.sub("\n", text)
        text = _SURROGATES.sub("\ufffd", text)
        text = _DROPPED.sub("", text)
        if not text.isascii():
            text = _without_excess(text)
    return _BLANK_LINES.sub("\n\n\n", text)


def _without_excess(text: str) -> str:
    beyond, baseless = _marks(_RARE_SCRIPTS.search(text) is not None)
    text = beyond.sub(r"\1", text)
    text = _LONE_JOINERS.sub("", text)
    if text.count("\u200d") >= EMOJI_PER_SEQUENCE:
        text = _LONG_SEQUENCES.sub(r"\1", text)
    text = _SKIN_TONES_BEYOND.sub(r"\1", text)
    return baseless.sub("\\1\u25cc", "\n" + text)[1:]
