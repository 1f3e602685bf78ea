"""What a step of a case is called: the words that any client shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import singledispatch
from html import escape
from typing import Final, cast

from peerroom.i18n import N_, _
from peerroom.moderation.cases import Case
from peerroom.moderation.findings import REASONS, Reason
from peerroom.text.foreign import ForeignText
from peerroom.wire import cases as wire
from peerroom.wire.cases import Line, Outcome, Source, Step

RECENT: Final = 20
"""Notes, opinions and answers that a page shows."""
NOBODY: Final[Mapping[str, str]] = {}
SOURCES: Final[dict[Source, str]] = {
    "flag": N_("I noticed it; nothing was done"),
    "hold": N_("a message is held until you decide"),
}
"""How a case comes to be, where its reason does not say so."""
OUTCOMES: Final[dict[Outcome, str]] = {
    "released": N_("put back"),
    "removed": N_("removed"),
    "warned": N_("told in private"),
    "muted": N_("muted"),
    "sat out": N_("sits out"),
    "banned": N_("banned"),
    "helped": N_("helped"),
    "nothing": N_("nothing to do"),
}
DEEDS: Final[dict[str, str]] = {
    "removed": N_("removed"),
    "held": N_("held back"),
    "put back": N_("put back"),
    "slowed": N_("slowed down"),
    "muted": N_("muted"),
    "unmuted": N_("may write again"),
    "mute ended": N_("mute ended"),
    "sat out": N_("sits out"),
    "kicked": N_("removed from the room"),
    "banned": N_("banned"),
    "unbanned": N_("ban lifted"),
    "ban ended": N_("ban ended"),
    "locked": N_("room closed to writing"),
    "unlocked": N_("room opened"),
    "lock ended": N_("room opened by itself"),
    "protected": N_("protection changed"),
    "undone": N_("taken back"),
    "warned": N_("told in private"),
    "answered": N_("answered in private"),
    "invite": N_("invites made"),
    "admitted": N_("let in"),
    "role": N_("role changed"),
    "template": N_("text changed"),
    "room add": N_("room added"),
    "room drop": N_("room dropped"),
    "list subscribe": N_("list followed"),
    "list unsubscribe": N_("list no longer followed"),
    "list own": N_("own list chosen"),
    "list create": N_("own list made"),
    "list open": N_("own list opened to readers"),
    "list close": N_("own list closed to readers"),
    "list publish": N_("put on our list"),
    "list retract": N_("taken off our list"),
    "servers": N_("servers kept out by lists"),
    "spared": N_("let stay whatever lists say"),
    "hold": N_("change of names put off"),
    "release": N_("change of names goes on"),
    "resident": N_("keeps the name"),
    "rotating": N_("name changes again"),
    "replace": N_("seat given to a new invite"),
    "failed": N_("could not be done"),
    "moderator removed": N_("moderator removed"),
}
"""What was done, by the code that stands in the audit log."""


def words(step: Step, case: Case, people: Mapping[str, str] = NOBODY) -> str:
    """The body of the notice that says ``step``; ``case`` already has it. ``people``: names shown,
    by user id. Whatever strangers wrote is cleaned."""
    return _said(step, case, people)


def formatted(step: Step, case: Case, people: Mapping[str, str] = NOBODY) -> str | None:
    """The same as HTML where that shows more: messages lie behind ``data-mx-spoiler``
    (client-server API, "m.room.message msgtypes", spoilers) until somebody opens them."""
    if not isinstance(step, wire.Shown):
        return None
    lines = "<br>".join(
        f"{_mark(line)}<b>{escape(_name(line.name))}</b> {escape(_when(line))}: "
        f"<span data-mx-spoiler>{escape(_text(line)).replace(chr(10), '<br>')}</span>"
        for line in step.lines
    )
    return f"<p>{escape(_shown_head(step, case))}</p><p>{lines}</p>"


def doubt(line: Line) -> str:
    """What to say beside a message that may not be its sender's word; else empty."""
    return _("written from a device that is not confirmed") if line.unsigned else ""


def calls(step: Step, case: Case) -> bool:
    """Whether moderators are to be called to it wherever they are: somebody may not be well."""
    match step:
        case wire.Opened() | wire.More():
            return step.urgent
        case wire.Reminded():
            return case.urgent
        case _:
            return False


def title(case: Case) -> str:
    """One line for lists: "Case 4 · reported by a member · Quiet Heron"."""
    parts = [_("Case {n}").format(n=case.number), _reason(case.reason)]
    if case.about is not None:
        parts.append(_person(case.about, case.name))
    if case.urgent:
        parts.append(_("look at this first"))
    return " · ".join(parts)


def deed_words(what: str) -> str:
    """A deed, by its code; a code of another version as it is."""
    return _(DEEDS.get(what, what))


def standing(case: Case, people: Mapping[str, str] = NOBODY) -> str:
    """Who looks after it, or how it ended."""
    if case.state == "closed":
        return _("closed: {outcome}").format(outcome=_(OUTCOMES[case.outcome or "nothing"]))
    if case.claimed_by is not None:
        return _("{name} looks after it").format(name=_by(case.claimed_by, people))
    return _("nobody looks after it yet")


def page(case: Case, people: Mapping[str, str] = NOBODY) -> str:
    """All of a case but its messages, as text."""
    lines = [title(case), *_source(case), standing(case, people)]
    if case.cues:
        lines.append(_("Seen: {cues}").format(cues=_cues(case.cues)))
    if case.times > 1:
        lines.append(_("It came {n} times.").format(n=case.times))
    lines += [_note(note.by, _short(note.text), people) for note in case.notes[-RECENT:]]
    lines += [
        _opinion(opinion.by, opinion.agrees, _short(opinion.text), people)
        for opinion in case.opinions[-RECENT:]
    ]
    lines += [
        _reply(reply.by, reply.to, _short(reply.text), people) for reply in case.replies[-RECENT:]
    ]
    lines += [_deed(deed.by, deed.what, deed.number, people) for deed in case.deeds]
    if case.asked_second is not None:
        asks = _("{name} asks for a second opinion.")
        lines.append(asks.format(name=_by(case.asked_second, people)))
    if not case.complete:
        lines.append(_("A part of this case has not arrived yet."))
    return "\n".join(lines)


def _source(case: Case) -> list[str]:
    source = SOURCES.get(case.source)
    return [] if source is None else [_(source)]


def _short(text: str) -> str:
    return ForeignText(text).line(300)


# --- one step ------------------------------------------------------------------------------------


@singledispatch
def _said(step: Step, case: Case, people: Mapping[str, str]) -> str:
    raise TypeError(type(step).__name__)


@_said.register
def _opened(step: wire.Opened, case: Case, people: Mapping[str, str]) -> str:
    lines = [title(case), *_source(case)]
    if step.cues:
        lines.append(_("Seen: {cues}").format(cues=_cues(step.cues)))
    if step.deed is not None:
        lines.append(_("It is about what was done under {n}: `!audit {n}`.").format(n=step.deed))
    lines.append(_("`!claim {n}` and you look after it.").format(n=step.case))
    return "\n".join(lines)


@_said.register
def _more(step: wire.More, case: Case, people: Mapping[str, str]) -> str:
    said = _("{title}\nThe same again; it came {n} times by now.")
    return said.format(title=title(case), n=case.times)


@_said.register
def _shown(step: wire.Shown, case: Case, people: Mapping[str, str]) -> str:
    lines = [f"{_mark(line)}{_name(line.name)} {_when(line)}: {_text(line)}" for line in step.lines]
    return "\n".join([_shown_head(step, case), *lines])


def _shown_head(step: wire.Shown, case: Case) -> str:
    said = _("Case {n}: the messages, with what stood around them (times in UTC).").format(
        n=step.case
    )
    if step.unverified:
        said += " " + _("This is the copy of whoever reported it; I have none to compare.")
    return said


@_said.register
def _cleared(step: wire.Cleared, case: Case, people: Mapping[str, str]) -> str:
    return _("Case {n}: its messages are kept no longer.").format(n=step.case)


@_said.register
def _reminded(step: wire.Reminded, case: Case, people: Mapping[str, str]) -> str:
    said = _("{title}\nNobody looks after it yet. Has someone a moment? `!claim {n}`")
    return said.format(title=title(case), n=step.case)


@_said.register
def _claimed(step: wire.Claimed, case: Case, people: Mapping[str, str]) -> str:
    return _("Case {n}: {name} looks after it.").format(n=step.case, name=_by(step.by, people))


@_said.register
def _let_go(step: wire.LetGo, case: Case, people: Mapping[str, str]) -> str:
    if step.lapsed:
        said = _("Case {n} was quiet for a while and is free again: `!claim {n}`.")
    else:
        said = _("Case {n} is free again: `!claim {n}`.")
    return said.format(n=step.case)


@_said.register
def _noted(step: wire.Noted, case: Case, people: Mapping[str, str]) -> str:
    return _in_case(step, _note(step.by, step.text, people))


@_said.register
def _asked_second(step: wire.AskedSecond, case: Case, people: Mapping[str, str]) -> str:
    said = _(
        "Case {n}: {name} asks for a second opinion. `!agree {n}` or `!disagree {n}`, with why."
    )
    return said.format(n=step.case, name=_by(step.by, people))


@_said.register
def _second(step: wire.SecondOpinion, case: Case, people: Mapping[str, str]) -> str:
    return _in_case(step, _opinion(step.by, step.agrees, step.text, people))


@_said.register
def _replied(step: wire.Replied, case: Case, people: Mapping[str, str]) -> str:
    return _in_case(step, _reply(step.by, step.to, step.text, people))


@_said.register
def _done(step: wire.Done, case: Case, people: Mapping[str, str]) -> str:
    return _in_case(step, _deed(step.by, step.what, step.deed, people))


@_said.register
def _closed(step: wire.Closed, case: Case, people: Mapping[str, str]) -> str:
    said = _("Case {n} is closed: {outcome}. Thank you, {name}.")
    return said.format(n=step.case, outcome=_(OUTCOMES[step.outcome]), name=_by(step.by, people))


@_said.register
def _reopened(step: wire.Reopened, case: Case, people: Mapping[str, str]) -> str:
    return _("Case {n} is open again: `!claim {n}`.").format(n=step.case)


# --- parts ----------------------------------------------------------------------------------------


def _in_case(step: Step, said: str) -> str:
    return _("Case {n}: {said}").format(n=step.case, said=said)


def _note(by: str, text: str, people: Mapping[str, str]) -> str:
    return _("{name} notes: {text}").format(name=_by(by, people), text=_long(text))


def _opinion(by: str, agrees: bool, text: str, people: Mapping[str, str]) -> str:
    said = _("{name} agrees") if agrees else _("{name} sees it differently")
    said = said.format(name=_by(by, people))
    return f"{said}: {_long(text)}" if text else f"{said}."


def _reply(by: str, to: str, text: str, people: Mapping[str, str]) -> str:
    if to == "author":
        said = _("{name} wrote to the author: {text}")
    else:
        said = _("{name} wrote to whoever asked: {text}")
    return said.format(name=_by(by, people), text=_long(text))


def _deed(by: str, what: str, number: int, people: Mapping[str, str]) -> str:
    said = _("{what}, by {name}. `!undo {n}` takes it back.")
    return said.format(what=deed_words(what), name=_by(by, people), n=number)


def _reason(code: str) -> str:
    return _(REASONS.get(cast("Reason", code), REASONS["other"]))


def _person(user_id: str, name: str) -> str:
    return _name(name) or user_id


def _by(user_id: str, people: Mapping[str, str]) -> str:
    return ForeignText(people.get(user_id, user_id)).line(80)


def cue(seen: str) -> str:
    """What was noticed: in the reader's language where the bot has a word for it, else as it was
    written, clean and on one line."""
    clean = ForeignText(seen).line(80)
    return _(clean) if clean else ""  # nothing would be found as the header of the translations


def _cues(cues: Iterable[str]) -> str:
    return " · ".join(map(cue, cues))


def _name(name: str) -> str:
    return ForeignText(name).line(80)


def _long(text: str) -> str:
    return ForeignText(text).block(4_000)


def _text(line: Line) -> str:
    return _long(line.text)


def _mark(line: Line) -> str:
    return "▸ " if line.about else ""


def _when(line: Line) -> str:
    clock = datetime.fromtimestamp(line.at / 1000, UTC).strftime("%H:%M")
    return f"{clock} ({doubt(line)})" if line.unsigned else clock
