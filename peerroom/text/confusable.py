"""Telling people with look-alike names apart (client-server API, "Calculating the display name")."""

from __future__ import annotations

from collections.abc import Mapping

from peerroom.text.foreign import ForeignText


def skeleton(text: str) -> str:
    """A form that is equal for texts that look alike (after UTS #39, with a small table)."""
    raise NotImplementedError


def disambiguate(names: Mapping[str, ForeignText]) -> Mapping[str, str]:
    """A name to show for each user id of ``names``, clean, and unlike every other.

    A name that looks like another member's, or like a user id, gets its user id behind it; an
    empty or malformed one is replaced by the user id.
    """
    raise NotImplementedError
