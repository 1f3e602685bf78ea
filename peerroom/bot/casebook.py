"""The cases: every step that the bot has said, folded; and who they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from peerroom.moderation import actions as act
from peerroom.moderation.cases import Case, fold, kept_shown
from peerroom.moderation.state import Asker
from peerroom.store.records import Records
from peerroom.wire import cases as wire
from peerroom.wire.content import BadContent

CASES: Final = "bot.cases"
ASKERS: Final = "bot.case.askers"
SHOWN: Final = "bot.case.shown"


class Casebook:
    """Steps are kept by case and number. The folded cases are kept in memory, too; after
    a transaction that did not come to its end, call `forget`."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._cases: Mapping[int, Case] | None = None

    def forget(self) -> None:
        """Read everything anew."""
        self._cases = None

    def cases(self) -> Mapping[int, Case]:
        """All cases by number."""
        if self._cases is None:
            cases: Mapping[int, Case] = {}
            for kept in self._records.items(CASES).values():
                for step in _readable(kept):
                    cases = fold(cases, step)
            self._cases = cases
        return self._cases

    def steps(self, number: int) -> list[wire.Step]:
        """Every step of one case, in order."""
        return list(_readable(self._records.get(CASES, str(number), [])))

    @property
    def next_number(self) -> int:
        """The number of the next case."""
        return max(self.cases(), default=0) + 1

    def take(self, step: wire.Step) -> Case:
        """Keep a step; the case with it. What is `Cleared` is forgotten for good.

        Raises `peerroom.wire.content.BadContent` for a step that nobody could read again.
        """
        content = wire.content(step)
        wire.read(content)
        self._cases = fold(self.cases(), step)
        key = str(step.case)
        kept = [*self._records.get(CASES, key, []), content]
        cleared = isinstance(step, wire.Cleared)
        if isinstance(step, wire.Cleared):
            left = {one.n for one in kept_shown(_readable(kept))}
            kept = [one for one in kept if one["type"] != "Shown" or one["n"] in left]
            for n in step.shown:
                self._records.remove(SHOWN, f"{step.case} {n}")
            self._cases = None
        self._records.replace(CASES, key, kept, secret=cleared)
        return self.cases()[step.case]

    def askers(self) -> dict[int, tuple[Asker, ...]]:
        """Who cases came from, by case."""
        return {
            int(case): tuple(Asker(user, room) for user, room in kept.items())
            for case, kept in self._records.items(ASKERS).items()
        }

    def note_asker(self, action: act.NoteAsker) -> None:
        """Remember who a case came from."""
        kept = self._records.get(ASKERS, str(action.case), {})
        self._records.replace(ASKERS, str(action.case), {**kept, action.user_id: action.room_id})

    def shown(self) -> dict[tuple[int, int], tuple[str, ...]]:
        """The bot's own messages that show evidence: event ids by case and step. There are several
        where a step was said again in a room that replaced another one."""
        return {
            (int(case), int(n)): tuple(events)
            for (case, _, n), events in (
                (key.partition(" "), events) for key, events in self._records.items(SHOWN).items()
            )
        }

    def note_own(self, event_id: str, content: Mapping[str, object]) -> None:
        """Look at what the bot itself said in the management room: evidence is to be found again
        when it is kept no longer."""
        try:
            step = wire.read(content.get(wire.FIELD))
        except BadContent:
            return
        if isinstance(step, wire.Shown):
            key = f"{step.case} {step.n}"
            known = self._records.get(SHOWN, key, [])
            if event_id not in known:
                self._records.replace(SHOWN, key, [*known, event_id])


def _readable(kept: Iterable[object]) -> Iterator[wire.Step]:
    """Kept steps. One that an earlier version kept and that nobody can read is left out: its case
    is then known not to be complete."""
    for step in kept:
        try:
            yield wire.read(step)
        except BadContent:
            continue
