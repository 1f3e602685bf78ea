"""One of the things that time may bring."""

from __future__ import annotations

from collections.abc import Callable

from peerroom.moderation import actions as act

Matter = tuple[str, Callable[[], list[act.Action]]]
"""Its name, and what is due of it: decided apart from all others, so that a mistake in one of them
leaves the others their turn."""
