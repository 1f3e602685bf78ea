"""The moderators' desk: cases folded from the bot's steps, and what can be done with them.

Everything shown comes from steps that the bot itself said, encrypted, from a device that it has
signed, in the management room. Everything done is a command there: the same words that any client
can type. The bot decides, and its next step or sentence is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from peerroom.client import casework_audit as log
from peerroom.client import casework_words as words
from peerroom.client.casework_heard import Heard
from peerroom.client.casework_rooms import desk_bot, looked_after
from peerroom.client.casework_texts import Texts
from peerroom.client.casework_views import (
    Act,
    Answer,
    AuditEntry,
    AuditFilter,
    CasePage,
    CaseRow,
    Evidence,
    EvidenceLine,
    RoomStatus,
    Shelf,
    ShiftDigest,
)
from peerroom.client.names import Names, title
from peerroom.client.reporting_views import NobodyToTell
from peerroom.moderation.case_words import cue, doubt
from peerroom.text.cells import cell_width
from peerroom.text.foreign import ForeignText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peerroom.client.completing import Completion
    from peerroom.client.session import Client
    from peerroom.client.views import Change
    from peerroom.clock import Clock
    from peerroom.moderation.cases import Case
    from peerroom.store.vault import Vault
    from peerroom.wire.cases import Line, Outcome

_SHIFTS: Final = "casework.shifts"
"""When one's last shift ended, by management room, in milliseconds."""


class Casework:
    """One management room as a moderator works in it. `Client.desks` says which there are.

    The reading methods never touch the network. A "timeline" change of the management room means
    that something here may be new: ask again.
    """

    def __init__(self, client: Client, vault: Vault, room_id: str, clock: Clock) -> None:
        """Raises `NobodyToTell` if the room is no management room."""
        bot = desk_bot(vault, room_id)
        if bot is None:
            raise NobodyToTell
        self.room_id = room_id
        self._client = client
        self._vault = vault
        self._clock = clock
        self._bot = bot
        self._heard = Heard(vault, room_id, bot)
        self._uncovered: set[int] = set()
        self._changed = True
        client.watch(self._hear)

    def _hear(self, change: Change) -> None:
        if change.room_id == self.room_id or change.kind == "moved":
            self._changed = True

    # reading

    def refresh(self) -> bool:
        """Take in what was heard since; whether any case is different now. Every method that reads
        does it first."""
        if not self._changed:
            return False
        self._changed = False
        return self._heard.refresh()

    def cases(self, shelf: Shelf = "open") -> list[CaseRow]:
        """``open`` and ``mine``: urgent first, then nobody's, then the oldest; ``closed``: the
        one closed last first."""
        self.refresh()
        own, names = self._client.user_id, self._names()
        found = [case for case in self._heard.cases.values() if _is_on(case, shelf, own)]
        if shelf == "closed":
            found.sort(key=lambda case: (case.touched_at, case.number), reverse=True)
        else:
            found.sort(key=_order)
        rooms: dict[str, str] = {}
        return [self._row(case, names, rooms) for case in found]

    def page(self, number: int) -> CasePage | None:
        """One case; its messages stay covered until `uncover`. None if there is none."""
        self.refresh()
        case = self._heard.cases.get(number)
        if case is None:
            return None
        names = self._names()
        return CasePage(
            row=self._row(case, names, {}),
            cues=tuple(map(cue, case.cues)),
            evidence=self._evidence(case),
            history=tuple(words.line(step, names) for step in case.steps),
            acts=frozenset(_acts(case, self._client.user_id)),
            appealed=case.appealed,
        )

    def uncover(self, number: int) -> None:
        """Show the messages of this case from now on, until the program ends or `cover`."""
        self._uncovered.add(number)

    def cover(self, number: int) -> None:
        """Cover them again."""
        self._uncovered.discard(number)

    def texts(self) -> Texts:
        """The texts to answer with, as they stand now, as far as the bot said so here."""
        self.refresh()
        return self._heard.texts

    def rooms(self) -> list[RoomStatus]:
        """The rooms that are looked after, as this device sees them."""
        return looked_after(self._vault, self._client.account.id, self._bot)

    def audit(self, wanted: AuditFilter | None = None) -> list[AuditEntry]:
        """What was done in cases, by whom; the newest first."""
        self.refresh()
        return log.filtered(self._heard.cases.values(), self._names(), wanted or AuditFilter())

    def export(self, path: Path, wanted: AuditFilter | None = None) -> int:
        """Write `audit` to a new file (mode 0600), and return how many entries. See
        `peerroom.client.casework_audit` for what stands in it. Raises `NotExported`."""
        return log.export(path, self.audit(wanted))

    def since_last_shift(self) -> ShiftDigest:
        """What happened since `end_shift` on this device."""
        self.refresh()
        ended = self._vault.records.get(_SHIFTS, self.room_id)
        cases = list(self._heard.cases.values())
        still_open = [case for case in cases if case.state != "closed"]
        return ShiftDigest(
            since=None if ended is None else words.moment(ended),
            opened=sum(case.opened_at > (ended or 0) for case in cases),
            still_open=len(still_open),
            urgent=sum(case.urgent for case in still_open),
            closed=sum(case.state == "closed" and case.touched_at > (ended or 0) for case in cases),
        )

    def complete(self, text: str) -> Completion:
        """What could be typed next after ``text``, a command begun with "!"."""
        # The commands take a moment to load, and most desks are only looked at.
        from peerroom.client.casework_known import known
        from peerroom.client.completing import complete

        self.refresh()
        account, cases = self._client.account.id, list(self._heard.cases.values())
        return complete(text, known(self._vault, account, self._bot, self.room_id, cases))

    # doing: each waits for the bot's answer, at most `moderating.PATIENCE` seconds; nothing is
    # raised for a network reason

    async def command(self, text: str) -> Answer:
        """Any command, as typed, with or without "!"."""
        from peerroom.client.moderating import Moderating

        giving = Moderating(self._client, self._vault, self.room_id, self._bot, self._clock)
        return await giving.give(text)

    async def claim(self, number: int) -> Answer:
        """Look after it."""
        return await self.command(f"!claim {number}")

    async def drop(self, number: int) -> Answer:
        """Give it back."""
        return await self.command(f"!drop {number}")

    async def note(self, number: int, text: str) -> Answer:
        """A note for the other moderators."""
        return await self.command(f"!note {number} {text}")

    async def ask_second(self, number: int) -> Answer:
        """Ask for a second opinion."""
        return await self.command(f"!second {number}")

    async def opinion(self, number: int, agrees: bool, text: str = "") -> Answer:
        """Give one."""
        return await self.command(f"!{'agree' if agrees else 'disagree'} {number} {text}")

    async def allow(self, number: int) -> Answer:
        """Release what is held."""
        return await self.command(f"!allow {number}")

    async def remove(self, number: int) -> Answer:
        """Remove the messages that the case is about."""
        return await self.command(f"!remove {number}")

    async def reply(self, number: int, text: str) -> Answer:
        """Answer whoever reported or asked, in private and without a name: own words, or the name
        of a template."""
        return await self.command(f"!reply {number} {text}")

    async def tell(self, number: int, text: str) -> Answer:
        """Write to whom the case is about, in the same way."""
        return await self.command(f"!tell {number} {text}")

    async def close(self, number: int, outcome: Outcome | None = None) -> Answer:
        """It is settled; without ``outcome`` the bot says what it takes it to be."""
        return await self.command(f"!close {number} {outcome or ''}")

    async def undo(self, deed: int) -> Answer:
        """Take back something that was done."""
        return await self.command(f"!undo {deed}")

    async def confirm(self, answer: Answer) -> Answer:
        """Go on with what the bot asked about (``asks``)."""
        return await self.command(f"!{answer.confirm}")

    async def templates(self) -> Answer:
        """The texts to answer with, as the bot lists them; `template` reads one out."""
        return await self.command("!templates")

    async def template(self, name: str) -> Answer:
        """One text."""
        return await self.command(f"!template {name}")

    async def ask_status(self) -> Answer:
        """What the bot says of the rooms: who cannot be read, what waits."""
        return await self.command("!status")

    async def ask_audit(self, about: str = "") -> Answer:
        """What the bot's own log says about a name or a number, also of what was done without a
        case."""
        return await self.command(f"!audit {about}")

    async def begin_shift(self) -> Answer:
        """One is there for the others now."""
        return await self.command("!shift on")

    async def end_shift(self) -> Answer:
        """One is not any more; `since_last_shift` counts from here."""
        now = round(self._clock.now().timestamp() * 1000)
        self._vault.records.replace(_SHIFTS, self.room_id, now)
        return await self.command("!shift off")

    # parts

    def _names(self) -> Mapping[str, str]:
        return Names(self._vault, self.room_id).here()

    def _row(self, case: Case, names: Mapping[str, str], rooms: dict[str, str]) -> CaseRow:
        return CaseRow(
            number=case.number,
            stand=case.state,
            urgent=case.urgent,
            mine=case.claimed_by == self._client.user_id,
            title=words.title(case),
            name=words.shown(case.name),
            room=self._room(case.room_id, rooms),
            holder=words.name_of(case.claimed_by, names),
            opened=words.moment(case.opened_at) if case.opened_at else None,
            touched=words.moment(case.touched_at),
            waiting=words.moment(case.waiting_since) if case.waiting_since else None,
            second_wanted=case.asked_second is not None,
            outcome=words.outcome(case),
            times=max(1, case.times),
            complete=case.complete,
        )

    def _room(self, room_id: str | None, known: dict[str, str]) -> str:
        """The title of a room that we are in, or were; empty for any other."""
        if room_id is None or self._vault.rooms.get(room_id) is None:
            return ""
        if room_id not in known:
            known[room_id] = title(self._vault, room_id, Names(self._vault, room_id), "")
        return known[room_id]

    def _evidence(self, case: Case) -> Evidence:
        shown = self._heard.evidence(case)
        if not shown:
            return Evidence(gone=True)
        covered = case.number not in self._uncovered
        # What was reported twice was shown twice.
        lines = dict.fromkeys(line for step in shown for line in step.lines)
        unverified = any(step.unverified for step in shown)
        return Evidence(tuple(_line(line, covered=covered) for line in lines), covered, unverified)


def _line(line: Line, *, covered: bool) -> EvidenceLine:
    text = ForeignText(line.text).block(4_000)
    return EvidenceLine(
        name="" if covered else words.shown(line.name),
        text="" if covered else text,
        when=words.moment(line.at),
        about=line.about,
        cells=max((cell_width(row) for row in text.split("\n")), default=0),
        doubt=doubt(line),
    )


def _is_on(case: Case, shelf: Shelf, own: str) -> bool:
    if shelf == "closed":
        return case.state == "closed"
    return case.state != "closed" and (shelf == "open" or case.claimed_by == own)


def _order(case: Case) -> tuple[bool, bool, int, int]:
    """Urgent first, then nobody's, then the oldest."""
    return not case.urgent, case.state != "open", case.opened_at, case.number


def _acts(case: Case, own: str) -> Iterator[Act]:
    """What makes sense with the case as it stands. Who may do it, the bot knows."""
    yield "note"
    if any(deed.number for deed in case.deeds):
        yield "undo"
    if case.state == "closed":
        return
    if case.claimed_by != own:
        yield "claim"
    if case.asked_second is not None and case.asked_second != own:
        yield from ("agree", "disagree")
    if case.claimed_by == own:
        yield from ("drop", "reply", "close")
        if case.asked_second is None:
            yield "second"
        if case.about is not None:
            yield "tell"
        if case.event_ids:
            yield "remove"
        if case.source == "hold":
            yield "allow"
