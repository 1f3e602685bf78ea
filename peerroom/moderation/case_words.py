"""What a step of a case is called: the words that any client shows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from peerroom.moderation.cases import Case
from peerroom.wire.cases import Step

NOBODY: Mapping[str, str] = {}


def words(step: Step, case: Case, people: Mapping[str, str] = NOBODY) -> str:
    """The body of the notice that says ``step``; ``case`` already has it. ``people``: names shown,
    by user id. Whatever strangers wrote is cleaned."""
    raise NotImplementedError


def formatted(step: Step, case: Case, people: Mapping[str, str] = NOBODY) -> str | None:
    """The same as HTML where that shows more: messages lie behind ``data-mx-spoiler``
    (client-server API, "m.room.message msgtypes", spoilers) until somebody opens them."""
    raise NotImplementedError


def title(case: Case) -> str:
    """One line for lists: "Case 4 · reported by a member · Quiet Heron"."""
    raise NotImplementedError


def page(case: Case, people: Mapping[str, str] = NOBODY) -> str:
    """All of a case but its messages, as text."""
    raise NotImplementedError
