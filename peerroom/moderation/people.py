"""Whom a moderator means by a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from peerroom.moderation.state import State
from peerroom.text.confusable import skeleton


@dataclass(frozen=True, slots=True)
class Unclear:
    """No one, or more than one; `candidates` are names to choose from (perhaps none)."""

    name: str
    candidates: tuple[str, ...]
    several: bool


def halves(name: str) -> tuple[str, ...]:
    """The whole name and each half of a bilingual one ("Warm Snow Fox / 温かな雪のキツネ")."""
    parts = tuple(part.strip() for part in name.split(" / ") if part.strip())
    return (name, *parts) if len(parts) > 1 else (name,)


def find(name: str, people: Mapping[str, str]) -> str | Unclear:
    """The user id of the one person called ``name``, by user id, whole name or half of it."""
    if name in people:
        return name
    wanted = skeleton(name)
    found = [
        user_id
        for user_id, shown in people.items()
        if wanted in {skeleton(part) for part in halves(shown)}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        return Unclear(name, tuple(sorted(f"{people[user]} ({user})" for user in found)), True)
    by_skeleton = {skeleton(part): part for shown in people.values() for part in halves(shown)}
    close = get_close_matches(wanted, by_skeleton, n=3, cutoff=0.6)
    return Unclear(name, tuple(by_skeleton[key] for key in close), False)


def everyone(state: State) -> dict[str, str]:
    """Those who are, were or may come into a room, with their names, by user id; the names of
    former epochs come last."""
    people = {user: user for user in state.pending_joins}
    if state.rotation is not None:
        people |= {user: gone.name for user, gone in state.rotation.retired.items()}
        people |= state.rotation.absent
    return {**people, **state.people, **state.known, **state.members}
