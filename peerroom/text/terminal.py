"""The last wall before the terminal, for whatever came past the first."""

from __future__ import annotations

import re
from typing import Final

from peerroom.text.repertoire import BIDI, CONTROLS, SURROGATES

_UNFIT: Final = re.compile(f"[\t{CONTROLS}{BIDI}{SURROGATES}\u2028\u2029]")


def scrub(text: str) -> str:
    """``text`` with every control but newline, and every bidi control, replaced by "�".

    One character for one, so that what was measured before still fits. What a face shows never
    holds such a character; a "�" on the screen is a fault of ours, seen instead of obeyed.
    """
    return _UNFIT.sub("\ufffd", text)
