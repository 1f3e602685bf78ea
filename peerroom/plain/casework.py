"""Moderators' cases in the linear mode: lines to read, and the bot's answers to what is done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from peerroom.client.casework_views import AuditFilter, CasePage, CaseRow, Shelf
from peerroom.client.dates import local
from peerroom.client.session import Client
from peerroom.errors import PeerRoomError
from peerroom.i18n import _, ngettext
from peerroom.plain.commands import Command
from peerroom.plain.voice import Voice

if TYPE_CHECKING:
    from peerroom.client.casework import Casework

_LISTED: Final = 30
_SHELVES: Final[dict[str, Shelf]] = {"": "open", "open": "open", "mine": "mine", "closed": "closed"}


class CaseLines:
    """What ``/cases``, ``/case``, ``/shift``, ``/audit`` and ``/do`` do."""

    def __init__(self, client: Client, voice: Voice) -> None:
        self._client = client
        self._voice = voice

    async def obey(self, room_id: str | None, command: Command) -> None:
        """Do what the command says at the moderators' desk: that of the room where one is, or the
        first there is. Waits for the bot's answer where there is one to come."""
        desks = self._client.casework()
        if not desks:
            self._voice.note(_("This is for moderators, and you are in no room of theirs."))
            return
        desk = next((desk for desk in desks if desk.room_id == room_id), desks[0])
        try:
            match command.word:
                case "cases":
                    self._cases(desk, command.argument)
                case "case":
                    await self._case(desk, command.argument)
                case "shift":
                    await self._shift(desk, command.argument.casefold())
                case "audit":
                    self._audit(desk, command.argument)
                case "do":
                    await self._give(desk, command.argument)
        except PeerRoomError as error:
            self._voice.note(error.sentence())

    def _cases(self, desk: Casework, argument: str) -> None:
        shelf = _SHELVES.get(argument.casefold())
        if shelf is None:
            self._voice.note(_("`/cases`, `/cases mine` or `/cases closed`."))
            return
        rows = desk.cases(shelf)
        for row in rows[:_LISTED]:
            self._voice.line(self._row(row))
        for room in desk.rooms():
            self._voice.note(f"{room.title}: {room.sentence}")
        if not rows:
            self._voice.note(_("No cases here."))
        else:
            self._voice.note(_("/case N shows number N."))

    def _row(self, row: CaseRow) -> str:
        marks = [
            _("look first") if row.urgent else "",
            row.title,
            row.name,
            row.room,
            _("{count} times").format(count=row.times) if row.times > 1 else "",
            _("yours") if row.mine else row.holder,
            row.outcome,
            _("second opinion wanted") if row.second_wanted else "",
        ]
        when = self._moment(row.opened or row.touched)
        return f"{row.number}. {when} " + ", ".join(mark for mark in marks if mark)

    async def _case(self, desk: Casework, argument: str) -> None:
        number, act, text = (*argument.split(None, 2), "", "", "")[:3]
        page = desk.page(int(number)) if number.isdecimal() and len(number) < 9 else None
        if page is None:
            self._voice.note(_("Which case? /cases numbers them."))
        elif not act:
            self._page(page)
        elif act.casefold() == "show":
            desk.uncover(page.row.number)
            self._messages(desk.page(page.row.number) or page)
            desk.cover(page.row.number)
        else:
            await self._give(desk, f"{act} {page.row.number} {text}".strip())

    def _page(self, page: CasePage) -> None:
        self._voice.line(self._row(page.row))
        for cue in page.cues:
            self._voice.line(f"· {cue}")
        for line in page.history:
            said = f"{line.who}: {line.words}" if line.who else line.words
            if line.text:
                said += f": {line.text}"
            if line.deed is not None:
                said += " " + _("(/do undo {deed} takes it back)").format(deed=line.deed)
            self._voice.line(f"{self._moment(line.when)} {said}")
        if not page.row.complete:
            self._voice.note(_("Some of this case cannot be read here."))
        number = page.row.number
        if not page.evidence.gone:
            words = ngettext(
                "{count} message is covered; /case {n} show reads it out.",
                "{count} messages are covered; /case {n} show reads them out.",
                len(page.evidence.lines),
            )
            self._voice.note(words.format(count=len(page.evidence.lines), n=number))
        acts = " · ".join(f"/case {number} {act}" for act in sorted(page.acts - {"undo"}))
        self._voice.note(acts)

    def _messages(self, page: CasePage) -> None:
        if page.evidence.gone:
            self._voice.note(_("The messages are not kept any more."))
        if page.evidence.unverified:
            self._voice.note(
                _("This is the copy of whoever reported it; the bot has none to compare.")
            )
        for line in page.evidence.lines:
            mark = "> " if line.about else "  "
            doubt = f" ({line.doubt})" if line.doubt else ""
            self._voice.line(f"{mark}{self._moment(line.when)} {line.name}{doubt}: {line.text}")

    async def _shift(self, desk: Casework, argument: str) -> None:
        if argument in ("on", "off"):
            digest = desk.since_last_shift()
            answer = await (desk.begin_shift() if argument == "on" else desk.end_shift())
            self._voice.note(answer.text)
            if argument == "on":
                self._voice.note(digest.sentence)
        else:
            self._voice.note(desk.since_last_shift().sentence)

    def _audit(self, desk: Casework, argument: str) -> None:
        word, _space, rest = argument.partition(" ")
        if word.casefold() == "export":
            count = desk.export(Path(rest).expanduser()) if rest.strip() else 0
            words = ngettext(
                "{count} entry was written. It names people; keep the file to yourself.",
                "{count} entries were written. They name people; keep the file to yourself.",
                count,
            )
            asks = _("Where to? `/audit export FILE`")
            self._voice.note(words.format(count=count) if rest.strip() else asks)
            return
        entries = desk.audit(AuditFilter(text=argument))[:_LISTED]
        for entry in reversed(entries):
            who = entry.who or _("the bot")
            about = f" ({entry.about})" if entry.about else ""
            deed = f" #{entry.deed}" if entry.deed is not None else ""
            when = self._moment(entry.when)
            self._voice.line(f"{when} {entry.case}.{about} {who}: {entry.words}{deed}")
        if not entries:
            self._voice.note(_("Nothing is written down about that."))

    async def _give(self, desk: Casework, text: str) -> None:
        answer = await desk.command(text)
        for line in answer.text.split("\n"):
            self._voice.note(line)
        if answer.confirm is not None:
            self._voice.note(_("`/do {confirm}` does it.").format(confirm=answer.confirm))

    def _moment(self, when: datetime) -> str:
        return f"{local(when, self._voice.zone):%Y-%m-%d %H:%M}"
