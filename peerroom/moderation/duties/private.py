"""Private words, by the bot: to whoever asked, and to whom a case is about. No moderator's name is
on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from peerroom.i18n import _, language
from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.cases import Case
from peerroom.moderation.duties.casework import Meant, resolved, what_is_left, whom
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.messages import may_be_told
from peerroom.moderation.duties.order import Done, Order, steps
from peerroom.wire import cases as wire
from peerroom.wire import commands as cmd
from peerroom.wire.member import Reply, in_language

CARD: Final = "helpline"
"""The template that shows where somebody answers at this hour."""
CARD_AGAIN: Final = timedelta(hours=6)
"""Nobody is sent to the telephone twice in a short time: that would be a door shut."""


@duty.register
def _reply(command: cmd.AnswerCase, order: Order) -> Done:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    askers = order.state.askers.get(case.number, ())
    if not askers:
        said = _("Nobody asked in case {n}. `!tell {n}` writes to whom it is about.")
        return order.say(said.format(n=case.number))
    text = templates.said(command.text or _answer_to(case), order.state)
    docket = order.docket()
    shown = in_language(text, language())
    docket.add(case.number, wire.Replied, by=order.by, to="reporter", text=shown)
    told = [act.TellMember(asker.user_id, Reply(text=text), asker.room_id) for asker in askers]
    return [act.Note(order.by, "answered", case=case.number), *steps(docket), *told]


def _answer_to(case: Case) -> str:
    """The template that fits, where none is named."""
    if case.source == "request":
        return "hello"
    if case.source == "appeal":
        return "again" if case.deeds and case.deeds[-1].what == "undone" else "remains"
    if case.deeds:
        return "acted"
    return "stays" if case.state == "closed" else "thanks"


@duty.register
def _tell(command: cmd.Warn, order: Order) -> Done:
    meant = whom(command, order, anyone=True)
    if not isinstance(meant, Meant):
        return meant
    user, case = meant.user, meant.case
    if not may_be_told(user, order):
        said = _("Nobody has this name any more, so I cannot reach them.")
        return order.say(" ".join([said, *(what_is_left(case) if case is not None else ())]))
    words = command.text or _word_to(case)
    card: Done = []
    if templates.named(words) == CARD:
        key = f"card {user}"
        if order.state.moments.get(key, order.at) > order.at:
            said = _("They have the card already. Words of your own help more now: `!tell …`")
            return order.say(said)
        card = [act.NoteMoment(key, order.at + CARD_AGAIN)]
    text = templates.said(words, order.state)
    shown = in_language(text, language())
    docket = order.docket()
    note = act.Note(order.by, "warned", user, case=None if case is None else case.number)
    done: Done = [note, *card]
    if case is not None:
        docket.add(case.number, wire.Replied, by=order.by, to="author", text=shown)
        done += steps(docket)
    done.append(act.TellMember(user, Reply(text=text)))
    if case is None:
        said = _("I have written to {name} in private:\n{text}")
        done += order.say(said.format(name=order.name(user), text=shown))
    return done


def _word_to(case: Case | None) -> str:
    """The template that fits, where none is named."""
    if case is None:
        return "other"
    return CARD if case.reason == "risk" else templates.of_reason(case.reason)
