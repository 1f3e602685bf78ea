"""Looking after cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation import measures, rota, templates
from peerroom.moderation.case_words import page, standing, title
from peerroom.moderation.cases import Case, kept_shown
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import STAYS_OUT, Broad, Done, Order, ago, steps
from peerroom.moderation.explaining import explain
from peerroom.moderation.people import everyone
from peerroom.moderation.roles import rank_of
from peerroom.text.foreign import ForeignText
from peerroom.wire import cases as wire
from peerroom.wire import commands as cmd
from peerroom.wire.cases import Outcome

LISTED: Final = 30
"""Cases that one answer lists."""
LATELY: Final = 10
"""Closed cases that are listed."""
SHOWN_AGAIN: Final = 5
"""Of what was shown of a case, so much is shown again when it is asked for: the newest."""
SHOW_AGAIN: Final = timedelta(hours=1)
"""Messages that were shown more recently stand a few lines above."""
_OUTCOMES: Final[dict[str, Outcome]] = {
    "removed": "removed",
    "held": "removed",
    "put back": "released",
    "warned": "warned",
    "slowed": "warned",
    "muted": "muted",
    "sat out": "sat out",
    "kicked": "banned",
    "banned": "banned",
}
"""What a deed makes of a case that is closed without saying how."""


def resolved(number: int | None, order: Order) -> Case | Done:
    """The case that is meant: by its number, or the only one that can be; or the answer that asks
    for it."""
    cases = order.state.cases
    if number is not None:
        found = cases.get(number)
        return found or order.say(
            _("I know no case {n}. `!cases` lists those that are open.").format(n=number)
        )
    waiting = [case for case in cases.values() if case.state != "closed"]
    mine = [case for case in waiting if case.claimed_by == order.by]
    for group in (mine, waiting):
        if len(group) == 1:
            return group[0]
    if not waiting:
        return order.say(_("No case is open."))
    return order.say(_("Which one? Add its number:\n{cases}").format(cases=_list(waiting, order)))


def attached(user: str | None, order: Order) -> Case | None:
    """The case in whose course a moderator does something about ``user``: one that they look after
    and that is about this person."""
    if user is None:
        return None
    for case in order.state.cases.values():
        if case.state == "claimed" and case.claimed_by == order.by and case.about == user:
            return case
    return None


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a command is about, and the case in whose course it is given."""

    user: str
    case: Case | None


class _ByNameOrCase(Protocol):
    @property
    def name(self) -> str | None: ...
    @property
    def case(self) -> int | None: ...


def whom(command: _ByNameOrCase, order: Order, *, anyone: bool = False) -> Meant | Done:
    """Who is meant, by name or by the number of the case that is about them; or the answer that
    says why nobody is. ``anyone``: also those who are not in the room."""
    if command.case is None:
        user = order.target(command.name or "", anyone=anyone)
        return Meant(user, attached(user, order)) if isinstance(user, str) else user
    case = resolved(command.case, order)
    if not isinstance(case, Case):
        return case
    if case.about is None:
        return order.say(_("Case {n} is about nobody whom I know.").format(n=case.number))
    if case.about not in (everyone(order.state) if anyone else order.state.members):
        said = _("{name} is not here any more. Nothing was done.")
        name = ForeignText(case.name).line(80) or order.name(case.about)
        said = said.format(name=name)
        return order.say(" ".join([said, *what_is_left(case)]))
    user = order.target(case.about, anyone=anyone)
    return Meant(user, case) if isinstance(user, str) else user


def what_is_left(case: Case) -> Iterator[str]:
    """What can still be done in a case about somebody who cannot be reached."""
    if case.event_ids:
        said = _("`!remove {n}` removes what they wrote, if it is still there.")
        yield said.format(n=case.number)
    if case.state != "closed":
        yield _("`!close {n}` ends the case.").format(n=case.number)


def _list(cases: list[Case], order: Order) -> str:
    lines = [
        f"• {title(case)} · {standing(case, order.state.people)} · {_age(case, order)}"
        for case in rota.in_turn(cases)[:LISTED]
    ]
    if len(cases) > LISTED:
        lines.append(_("and {n} more").format(n=len(cases) - LISTED))
    return "\n".join(lines)


def _age(case: Case, order: Order) -> str:
    return ago(datetime.fromtimestamp(case.opened_at / 1000, UTC), order.at)


@duty.register
def _cases(command: cmd.Cases, order: Order) -> Done:
    cases = list(order.state.cases.values())
    if command.which == "closed":
        closed = [case for case in cases if case.state == "closed"]
        closed = sorted(closed, key=lambda case: -case.touched_at)[:LATELY]
        return order.say(_list(closed, order) or _("No case was closed lately."))
    waiting = [case for case in cases if case.state != "closed"]
    if command.which == "mine":
        waiting = [case for case in waiting if case.claimed_by == order.by]
        return order.say(_list(waiting, order) or _("You look after no case."))
    return order.say(_list(waiting, order) or _("No case is open."))


@duty.register
def _show(command: cmd.ShowCase, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    words = page(case, order.state.people)
    if case.shown_at is None:
        return order.say(words)
    shown = datetime.fromtimestamp(case.shown_at / 1000, UTC)
    if order.at - shown < SHOW_AGAIN:
        above = _("Its messages stand above: I showed them {ago}.").format(ago=ago(shown, order.at))
        return order.say(f"{words}\n{above}")
    docket = order.docket()
    # As they were shown, each once: they are kept no longer for being shown again.
    for step in list({step.lines: step for step in kept_shown(case.steps)}.values())[-SHOWN_AGAIN:]:
        docket.add(case.number, wire.Shown, lines=step.lines, unverified=step.unverified)
    return [*order.say(words), *steps(docket)]


@duty.register
def _claim(command: cmd.Claim, order: Order) -> Done:
    number = command.number
    if number is None:
        free = [case for case in order.state.cases.values() if case.state == "open"]
        if free:
            number = rota.in_turn(free)[0].number  # the most urgent, then the oldest
    case = resolved(number, order)
    if not isinstance(case, Case):
        return case
    if case.state == "closed":
        return order.say(_closed(case))
    if case.about == order.by:
        return order.say(_yours(case))
    if case.claimed_by == order.by:
        return order.say(_("You look after case {n} already.").format(n=case.number))
    if case.claimed_by is not None:
        return order.say(_taken(case, order))
    docket = order.docket()
    docket.add(case.number, wire.Claimed, by=order.by)
    return steps(docket)


@duty.register
def _drop(command: cmd.Drop, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    if case.claimed_by is None:
        return order.say(_("Nobody looks after case {n}.").format(n=case.number))
    if case.claimed_by != order.by and rank_of(order.by, order.state) != "lead":
        return order.say(_taken(case, order))
    docket = order.docket()
    docket.add(case.number, wire.LetGo, by=order.by)
    return steps(docket)


@duty.register
def _note(command: cmd.AddNote, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    docket = order.docket()
    docket.add(case.number, wire.Noted, by=order.by, text=command.text)
    return steps(docket)


@duty.register
def _second(command: cmd.Second, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    if case.claimed_by != order.by:
        said = _("`!claim {n}` first: who looks after a case asks the others.")
        return order.say(said.format(n=case.number))
    if case.asked_second is not None:
        return order.say(_("The others are asked already. Thank you for waiting."))
    docket = order.docket()
    docket.add(case.number, wire.AskedSecond, by=order.by)
    return steps(docket)


@duty.register(cmd.Agree)
@duty.register(cmd.Disagree)
def _opinion(command: cmd.Agree | cmd.Disagree, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    if case.state == "closed":
        return order.say(_closed(case))
    if case.about == order.by:
        return order.say(_yours(case))
    if case.claimed_by == order.by:
        return order.say(_("A second opinion is somebody else's. The others can give it."))
    docket = order.docket()
    agrees = isinstance(command, cmd.Agree)
    docket.add(case.number, wire.SecondOpinion, by=order.by, agrees=agrees, text=command.text)
    return steps(docket)


@duty.register
def _allow(command: cmd.Allow, order: Order) -> Done | Broad:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    state = order.state
    held = [kept.event_id for kept in state.held.get(case.number, ()) if kept.removable]
    cause = order.cause(case=case.number, code=case.reason)
    done = measures.put_back(state, cause, held, case.about)
    if held and not done:
        close = _("`!close {n} removed` ends the case.").format(n=case.number)
        return order.say(_(STAYS_OUT) if case.state == "closed" else f"{_(STAYS_OUT)} {close}")
    if not done:
        said = _("Case {n} holds nothing that I could put back.")
        return order.say(said.format(n=case.number))
    docket = order.docket()
    docket.add(case.number, wire.Done, by=order.by, what="put back", deed=cause.deed)
    if case.state != "closed":
        docket.add(case.number, wire.Closed, by=order.by, outcome="released")
    done += steps(docket)
    if case.about is not None and case.about not in state.exempt:
        text = templates.text("back", state)
        told = explain(
            case.about, cause.deed, "put back", case.reason, text=text, event_ids=tuple(held)
        )
        done.append(told)
    return done


@duty.register
def _close(command: cmd.Close, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    if case.state == "closed":
        return order.say(_closed(case))
    if case.about == order.by:
        return order.say(_yours(case))
    if case.claimed_by not in (None, order.by):
        return order.say(_taken(case, order))
    outcome = command.outcome or _follows(case)
    docket = order.docket()
    docket.add(case.number, wire.Closed, by=order.by, outcome=outcome)
    done = steps(docket)
    if rota.needs_break(order.by, order.at, docket.cases.values()):
        key = f"break {order.by}"
        if order.state.moments.get(key, order.at) <= order.at:
            done.append(act.NoteMoment(key, order.at + rota.BREAK_AGAIN))
            done += order.say(rota.break_words(order.name(order.by)))
    return done


def _follows(case: Case) -> Outcome:
    """How a case ended, by what was done."""
    for deed in reversed(case.deeds):
        if deed.what in _OUTCOMES:
            return _OUTCOMES[deed.what]
    if any(reply.to == "author" for reply in case.replies):
        return "helped" if case.urgent else "warned"
    return "helped" if case.replies else "nothing"


def _taken(case: Case, order: Order) -> str:
    said = _("{name} looks after case {n}. Ask them, or leave a note: `!note {n} …`")
    return said.format(name=order.name(case.claimed_by or ""), n=case.number)


def _yours(case: Case) -> str:
    said = _("Case {n} is about you, so another moderator looks after it.")
    return said.format(n=case.number)


def _closed(case: Case) -> str:
    return _("Case {n} is closed already. `!undo` of what was done opens it again.").format(
        n=case.number
    )
