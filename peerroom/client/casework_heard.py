"""The cases of one management room, and the texts, folded from what the bot itself said there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from peerroom.client.bot_words import word_of
from peerroom.client.casework_texts import Texts
from peerroom.moderation.cases import Case, fold, kept_shown, made_of
from peerroom.wire.cases import FIELD, Shown, Step, read
from peerroom.wire.content import BadContent

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault

_PAGE: Final = 500
_FIRST: Final = -(2**62)
"""Below every position."""
_LATE: Final = 1_000
"""Events without a key that are looked at again, the newest."""


class Heard:
    """Cases by number. Each event is read once, in pages; what comes late finds its place, since
    the same steps make the same case in whatever order they are heard."""

    def __init__(self, vault: Vault, room_id: str, bot: str) -> None:
        self._vault = vault
        self._room_id = room_id
        self._bot = bot
        self.cases: dict[int, Case] = {}
        self.texts: Final = Texts()
        self._read_to = _FIRST
        self._read = 0
        self._unreadable: dict[str, None] = {}
        self._shown: dict[tuple[int, int], str] = {}

    def refresh(self) -> bool:
        """Take in what the vault has got since; whether any case is different now."""
        steps = [*self._late(), *self._new()]
        if self._vault.events.count(self._room_id) != self._read:
            # History was fetched from before, or into a gap: once more from the beginning.
            self._read_to, self._read = _FIRST, 0
            steps += self._new()
            self._read = self._vault.events.count(self._room_id)
        return self._fold(steps)

    def evidence(self, case: Case) -> list[Shown]:
        """What was shown of the messages and is kept still, in order.

        An event that was removed before the bot's word of it came is not shown either.
        """
        return [step for step in kept_shown(case.steps) if self._is_there(step)]

    def _is_there(self, step: Shown) -> bool:
        event_id = self._shown.get((step.case, step.n))
        event = None if event_id is None else self._vault.events.get(event_id)
        return event is not None and event.status == "ok"

    def _new(self) -> list[Step]:
        steps = []
        while page := self._vault.events.page(self._room_id, after=self._read_to, limit=_PAGE):
            self._read_to = page[-1].position
            self._read += len(page)
            for event in page:
                if event.sender == self._bot and event.status == "undecryptable":
                    self._unreadable[event.event_id] = None
                elif (step := self._step(event)) is not None:
                    steps.append(step)
        return steps

    def _late(self) -> list[Step]:
        steps = []
        for event_id in list(self._unreadable)[-_LATE:]:
            event = self._vault.events.get(event_id)
            if event is None or event.status != "undecryptable":
                del self._unreadable[event_id]
                if event is not None and (step := self._step(event)) is not None:
                    steps.append(step)
        return steps

    def _step(self, event: StoredEvent) -> Step | None:
        self.texts.hear(event, self._bot)
        step = step_of(event, self._bot)
        if isinstance(step, Shown):
            self._shown[step.case, step.n] = event.event_id
        return step

    def _fold(self, steps: Iterable[Step]) -> bool:
        """As `peerroom.moderation.cases.fold` one by one, but each case is put together once."""
        by_case: dict[int, list[Step]] = {}
        for step in steps:
            by_case.setdefault(step.case, []).append(step)
        before = len(by_case)
        for number, heard in by_case.items():
            known = self.cases.get(number)
            by_n = {step.n: step for step in known.steps} if known is not None else {}
            fresh = [step for step in heard if by_n.setdefault(step.n, step) is step]
            case = made_of(number, by_n.values()) if fresh or known is None else known
            for step in heard:
                if by_n[step.n] != step:  # two under one number: `fold` knows which one counts
                    case = fold({number: case}, step)[number]
            if case == known:
                before -= 1
            self.cases[number] = case
        return before > 0


def step_of(event: StoredEvent, bot: str) -> Step | None:
    """The step that ``bot`` itself said with this event; None for everything else.

    Nothing but an encrypted notice from a device that the bot has signed counts, and no edit.
    """
    content = word_of(event, bot)
    if content is None or FIELD not in content:
        return None
    try:
        return read(content[FIELD])
    except BadContent:
        return None
