"""Text that means harm, and how to tell that none of it was obeyed."""

from __future__ import annotations

import re

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f"
C0 = "".join(map(chr, range(0x20))) + "\x7f"
C1 = "".join(map(chr, range(0x80, 0xA0)))

TEXTS = (
    "\x1b[2Jcleared",
    "\x1b]0;EVILTITLE\x07title",
    "\x1b]2;EVILTITLE\x1b\\title",
    "\x1b]8;;http://evil.example/\x07click\x1b]8;;\x07",
    "\x1b]52;c;RVZJTA==\x07clipboard",
    "\x9b2Jeight bit CSI",
    "\x9d0;EVILTITLE\x9ceight bit OSC",
    "\x90payload\x9cDCS",
    "\x1bPpayload\x1b\\DCS",
    "\x1b_payload\x1b\\APC",
    "\x1b[6n\x1b[c\x1b[>q reports",
    "\x1b[?1049l leaving the screen",
    "\x1bc reset",
    "a\rOVERWRITTEN",
    "a\x08\x08\x08backspace",
    "\u202eesrever\u202c and \u2066isolate\u2069",
    f"every bidi {BIDI} control",
    f"every C0 {C0} control",
    f"every C1 {C1} control",
    "zero\u200bwidth\u200b\u2060\ufeffjoined\u200d",
    "e" + "\u0301" * 1000,
    "[@click=app.leave_now]markup[/] [link=http://evil.example]link[/] [bold red]x",
    "{name} {0} %s %(x)s",
    "\ud800 lone surrogate",
    "word " * 12_000,
    "x" * 60_000,
    "\n" * 5_000,
    "👩‍👩‍👧‍👦🏳️‍🌈🇯🇵👍🏽",
    "\U000e0041\U000e0042 tags",
    "\u115f\u3164 fillers",
    "﷽" * 50,
)

_OURS = re.compile(
    r"\x1b(?:"
    r"\[[?>=<]?[0-9;:]*[ $]?[A-HJKSTXfhlmnpqrsuty@`]"  # CSI that moves, colours and sets modes
    r"|\]2;Terminal\x07"  # the neutral title
    r"|\]22;[a-z-]*\x07"  # the shape of the mouse pointer
    r"|[=>78]"
    r")"
)


def leaks(output: bytes) -> list[str]:
    """What of ``output`` a terminal would obey and is not Textual's or ours; also bidi controls."""
    text = output.decode("utf-8", "replace")
    rest = _OURS.sub("", text)
    found = [
        f"control {ord(c):#x} near {_near(rest, i)!r}"
        for i, c in enumerate(rest)
        if (ord(c) < 0x20 and c not in "\r\n") or 0x7F <= ord(c) < 0xA0
    ]
    found += [f"bidi {ord(c):#x} near {_near(rest, i)!r}" for i, c in enumerate(rest) if c in BIDI]
    found += [f"sequence {s!r}" for s in re.findall(r"\x1b\](?:0|8|52)[^\x07]*", text)]
    return found


def _near(text: str, index: int) -> str:
    return text[max(0, index - 20) : index + 20]
