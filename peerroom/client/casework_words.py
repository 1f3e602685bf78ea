"""Words for cases and their steps: who, what, and apart from that what somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import singledispatch
from typing import Final, NamedTuple, cast

from peerroom.client.casework_views import HistoryLine
from peerroom.client.wording import event_time
from peerroom.i18n import N_, _, language
from peerroom.moderation.case_words import DEEDS, OUTCOMES
from peerroom.moderation.cases import Case
from peerroom.moderation.findings import REASONS, Reason
from peerroom.pseudonym.names import read as read_name
from peerroom.text.foreign import ForeignText
from peerroom.wire import cases as wire
from peerroom.wire.cases import Source, Step

Names = Mapping[str, str]
"""What moderators are called, by user id."""

_SOURCES: Final[dict[Source, str]] = {
    "report": N_("reported by a member"),
    "flag": N_("noticed by the bot; nothing was done"),
    "hold": N_("held until somebody decides"),
    "request": N_("a member asks for a moderator"),
    "appeal": N_("somebody asks to look again"),
}


class _Said(NamedTuple):
    by: str | None
    words: str
    text: str = ""
    deed: int | None = None


def title(case: Case) -> str:
    """Why, and what came: "reported by a member", "contact details: held until …"."""
    source = _(_SOURCES[case.source])
    if case.reason in ("report", "request", "appeal"):
        return source  # the reason says the same again
    return _("{why}: {what}").format(what=source, why=reason(case.reason))


def reason(code: str) -> str:
    """A reason code in a few words."""
    return _(REASONS.get(cast("Reason", code), REASONS["other"]))


def outcome(case: Case) -> str:
    """How it ended; empty while it has not."""
    return _(OUTCOMES[case.outcome]) if case.outcome is not None else ""


def deed(what: str) -> str:
    """What was done, by the code of the audit log."""
    return _(DEEDS[what]) if what in DEEDS else shown(what)


def shown(name: str) -> str:
    """A name, or another short thing that a stranger may have written, clean and on one line; of a
    generated one ("Quiet Amber Otter / 静かな琥珀のカワウソ") the reader's half."""
    clean = ForeignText(name).line(80)
    generated = read_name(clean)
    return clean if generated is None else generated.shown(language())


def name_of(user_id: str | None, names: Names) -> str:
    """What somebody is called; their id where that is all there is, empty for nobody."""
    return "" if user_id is None else shown(names.get(user_id, user_id))


def line(step: Step, names: Names) -> HistoryLine:
    """One step in words; what somebody wrote stands apart, in ``text``."""
    said = _said(step)
    text = ForeignText(said.text).block(4_000).strip()
    return HistoryLine(moment(step.at), name_of(said.by, names), said.words, text, said.deed)


def news(step: Step, names: Names, own: str) -> str:
    """One step as a sentence by itself; ``own`` is who reads it."""
    said = _said(step)
    if said.by is None or isinstance(step, wire.Done):  # what was done is said without a subject
        return _("Case {n}: {what}.").format(n=step.case, what=said.words)
    if said.by == own:
        return _("Case {n}: you {what}.").format(n=step.case, what=_of_oneself(step))
    who = name_of(said.by, names)
    return _("Case {n}: {name} {what}.").format(n=step.case, name=who, what=said.words)


def _of_oneself(step: Step) -> str:
    """What stands behind "you"."""
    match step:
        case wire.Claimed():
            return _("look after it")
        case wire.SecondOpinion(agrees=agrees):
            return _("agree") if agrees else _("see it differently")
    return _said(step).words


def moment(milliseconds: int) -> datetime:
    """A time in a step, aware, UTC."""
    return event_time(milliseconds)


@singledispatch
def _said(step: Step) -> _Said:
    raise TypeError(type(step).__name__)


@_said.register
def _opened(step: wire.Opened) -> _Said:
    return _Said(None, title(Case(step.case, source=step.source, reason=step.reason)))


@_said.register
def _more(step: wire.More) -> _Said:
    return _Said(None, _("the same again: {what}").format(what=_(_SOURCES[step.source])))


@_said.register
def _shown(_step: wire.Shown) -> _Said:
    return _Said(None, _("the messages were kept"))


@_said.register
def _cleared(_step: wire.Cleared) -> _Said:
    return _Said(None, _("the messages are kept no longer"))


@_said.register
def _reminded(_step: wire.Reminded) -> _Said:
    return _Said(None, _("a reminder: nobody looks after it yet"))


@_said.register
def _claimed(step: wire.Claimed) -> _Said:
    return _Said(step.by, _("looks after it"))


@_said.register
def _let_go(step: wire.LetGo) -> _Said:
    if step.lapsed:
        return _Said(None, _("it was quiet for a while, and is free again"))
    return _Said(step.by, _("gave it back"))


@_said.register
def _noted(step: wire.Noted) -> _Said:
    return _Said(step.by, _("left a note"), step.text)


@_said.register
def _asked_second(step: wire.AskedSecond) -> _Said:
    return _Said(step.by, _("asked for a second opinion"))


@_said.register
def _second(step: wire.SecondOpinion) -> _Said:
    return _Said(step.by, _("agrees") if step.agrees else _("sees it differently"), step.text)


@_said.register
def _replied(step: wire.Replied) -> _Said:
    author = step.to == "author"
    words = _("wrote to the author") if author else _("wrote to whoever asked")
    return _Said(step.by, words, step.text)


@_said.register
def _done(step: wire.Done) -> _Said:
    return _Said(step.by, deed(step.what), "", step.deed)


@_said.register
def _closed(step: wire.Closed) -> _Said:
    words = _("closed it: {outcome}").format(outcome=_(OUTCOMES[step.outcome]))
    return _Said(step.by, words)


@_said.register
def _reopened(step: wire.Reopened) -> _Said:
    return _Said(step.by, _("opened it again"))
