"""Classes of characters, as bodies of regular-expression sets, that the rules of `text` share.

`NARROW` and `WIDE` are the characters that need no second look: visible, assigned, one grapheme
each whatever stands next to them, and of known width. They cover nearly all English and Japanese
talk, so that most text costs one pass of a compiled pattern and no table of Unicode is loaded at
start. A test holds every one of them against wcwidth's tables.
"""

from __future__ import annotations

from typing import Final

NARROW: Final = (
    " -~\u00a1-\u00ac\u00ae-\u02ff"  # Latin and its extensions, without the soft hyphen
    "\u0391-\u03a1\u03a3-\u03ff\u0400-\u0482\u048a-\u052f"  # Greek, Cyrillic
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2100-\u218b\u2190-\u22ff"  # punctuation, symbols
    "\u2460-\u25fc\u25ff\uff61-\uff9d"  # ①, boxes, half-width katakana without its sound marks
)
"""One cell each."""

WIDE: Final = (
    "\u3000-\u3029\u3030-\u303e\u3041-\u3096\u309b-\u30ff"  # Japanese
    "\u3105-\u312f\u3131-\u3163\u3165-\u318e\u31f0-\u321e\u3250-\u4dbf\u4e00-\ua48c"
    "\uac00-\ud7a3\uf900-\ufa6d\uff01-\uff60\uffe0-\uffe6"  # Hangul, full-width forms
    "\U0001f400-\U0001f43e\U0001f442-\U0001f4fc\U0001f600-\U0001f64f\U0001f90c-\U0001f93a"
    "\U0001f947-\U0001f9af\U0001f9b4-\U0001f9ff"  # emoji that are wide by themselves
    "\U00020000-\U0002fffd"
)
"""Two cells each."""

CONTROLS: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 but tab and newline, DEL, and C1: what talks to the terminal."""

BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""What turns the reading order round (UAX #9, explicit formatting characters)."""

SURROGATES: Final = "\ud800-\udfff"
"""Halves of characters, which Python's JSON reader lets through and no terminal can be sent."""
