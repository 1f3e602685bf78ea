"""What a moderator can name in a command: people, cases, deeds, protections, templates, rooms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from peerroom.client import casework_words as words
from peerroom.client.casework_rooms import looked_after
from peerroom.client.completing import Known
from peerroom.client.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peerroom.moderation.cases import Case
    from peerroom.store.vault import Vault


def known(vault: Vault, account_id: int, bot: str, room_id: str, cases: Iterable[Case]) -> Known:
    """What is known here and now; ``room_id`` is the management room. Whom a case is about comes
    first, then who is in the rooms, then the moderators."""
    from peerroom.moderation.templates import NAMES

    rooms = {status.room_id: status.title for status in looked_after(vault, account_id, bot)}
    going_on = [case for case in cases if case.state != "closed"]
    people = [words.shown(case.name) for case in going_on]
    for place in (*rooms, room_id):
        here = Names(vault, place).here()
        people += [name for user_id, name in here.items() if user_id != bot]
    deeds = [(deed, case) for case in cases for deed in case.deeds]
    newest = sorted(deeds, key=lambda each: each[0].at, reverse=True)
    return Known(
        names=tuple(name for name in dict.fromkeys(people) if name),
        cases={case.number: _about(case) for case in sorted(going_on, key=_urgent_first)},
        deeds={deed.number: f"{words.deed(deed.what)}, {_about(case)}" for deed, case in newest},
        protections=_protections(),
        templates=NAMES,
        rooms=rooms,
    )


def _protections() -> Mapping[str, Sequence[str]]:
    """Names of protections, with those of their settings."""
    from peerroom.moderation.protections import PROTECTIONS

    return {name: protection.settings.__struct_fields__ for name, protection in PROTECTIONS.items()}


def _urgent_first(case: Case) -> tuple[bool, int]:
    return not case.urgent, case.number


def _about(case: Case) -> str:
    name = words.shown(case.name)
    return f"{words.title(case)}, {name}" if name else words.title(case)
