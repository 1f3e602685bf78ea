"""The page `docs/unlinkability.md`, from the results: what was measured, and what it does not say."""

from __future__ import annotations

from typing import Final

from unlinkability.worlds import Writing

MEMBERS: Final = 20
QUIET: Final[Writing] = "nobody writes"
ALIKE: Final[Writing] = "everyone writes alike"
THEIR_WAY: Final[Writing] = "everyone writes as they do"
