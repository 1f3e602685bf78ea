"""Invites, and what can be done about people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation import measures, templates
from peerroom.moderation.cases import Case
from peerroom.moderation.duties.casework import Meant, whom
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.messages import is_former, may_be_told, reach
from peerroom.moderation.duties.order import Broad, Done, Order, steps
from peerroom.moderation.estimate import removal_words
from peerroom.moderation.explaining import explain, lasting
from peerroom.wire import cases as wire
from peerroom.wire import commands as cmd

PAUSE: Final = timedelta(minutes=5)
"""Of ``slow`` without a time."""


@duty.register
def _invite(command: cmd.MakeInvites, order: Order) -> Done:
    if not order.state.can_invite:
        return no_invites(order)
    return [
        act.Note(by=order.by, what="invite", about=str(command.count)),
        act.DrawInvites(command.count),
    ]


def no_invites(order: Order) -> Done:
    """Why there are no links."""
    return order.say(
        _(
            "This server does not let me make registration tokens, so I can make no invites. "
            "My account needs to be an administrator of the server."
        )
    )


@duty.register
def _slow(command: cmd.Slow, order: Order) -> Done:
    meant = whom(command, order)
    if not isinstance(meant, Meant):
        return meant
    user, case = meant.user, meant.case
    lasts = command.duration or PAUSE
    cause = order.cause(case=_number(case), code=_code(case))
    done = measures.slow(order.state, cause, order.state.circle, user, lasts)
    if not done:
        return order.say(_("{name} cannot write just now anyway.").format(name=order.name(user)))
    words = _("{name} pauses for {time}. It ends by itself.").format(
        name=order.name(user), time=lasting(lasts)
    )
    return _told(done, "slowed", user, case, words, order, until=order.at + lasts)


@duty.register
def _mute(command: cmd.Mute, order: Order) -> Done:
    meant = whom(command, order)
    if not isinstance(meant, Meant):
        return meant
    user, case = meant.user, meant.case
    until = None if command.duration is None else order.at + command.duration
    if command.duration is None:
        said = _("{name} can read but not write, until `!unban {typed}`.")
    else:
        said = _("{name} can read but not write for {time}. It ends by itself.")
    words = said.format(
        name=order.name(user),
        typed=order.typed(user),
        time="" if command.duration is None else lasting(command.duration),
    )
    cause = order.cause(case=_number(case), code=_code(case))
    done = measures.mute(order.state, cause, user, until)
    return _told(done, "muted", user, case, words, order, until=until)


@duty.register
def _sit_out(command: cmd.SitOut, order: Order) -> Done:
    rotation = order.state.rotation
    if rotation is None:
        return order.say(_("In this room names do not change. `!mute` takes a voice for a while."))
    meant = whom(command, order)
    if not isinstance(meant, Meant):
        return meant
    user, case = meant.user, meant.case
    planned = rotation.switch or order.at + rotation.length
    until = planned + rotation.length * (command.epochs - 1)
    cause = order.cause(case=_number(case), code=_code(case))
    done = measures.mute(order.state, cause, user, until, what="sat out")
    words = _(
        "{name} can read but not write, and gets no new name until {when}. It ends by itself."
    ).format(name=order.name(user), when=f"{until:%Y-%m-%d %H:%M} UTC")
    return _told(done, "sat out", user, case, words, order, until=until)


@duty.register
def _kick(command: cmd.Kick, order: Order) -> Done | Broad:
    meant = whom(command, order)
    if not isinstance(meant, Meant):
        return meant
    user, case = meant.user, meant.case
    state = order.state
    cause = order.cause(case=_number(case), code=_code(case))
    rooms = [room for room in measures.rooms_of(state) if user in state.inside.get(room, ())]
    done = measures.kick(state, cause, user, rooms or [state.circle])
    words = _("{name} is out of the room, and can be invited again.").format(name=order.name(user))
    whole = _told(done, "kicked", user, case, words, order)
    if len(rooms) <= 1:
        return whole
    preview = _("This removes {name} from {n} rooms.").format(name=order.name(user), n=len(rooms))
    return Broad(preview, frozenset(rooms), whole)


@duty.register
def _ban(command: cmd.Ban, order: Order) -> Done:
    meant = whom(command, order, anyone=True)
    if not isinstance(meant, Meant):
        return meant
    user = meant.user
    if is_former(user, order):
        # Nobody has this name any more, and who has which one now is known to nobody. What can be
        # done is done: the seat cannot be taken back under it. The registrar says so.
        until = _until(command, order)
        return [act.Note(order.by, "banned", user, command.reason), act.NoteBan(user, until)]
    done, words = _banned(command, meant, order)
    return _told(done, "banned", user, meant.case, words, order, until=_until(command, order))


@duty.register
def _sweep(command: cmd.Sweep, order: Order) -> Done | Broad:
    meant = whom(command, order, anyone=True)
    if not isinstance(meant, Meant):
        return meant
    user, name = meant.user, order.name(meant.user)
    if is_former(user, order):
        said = _(
            "Nobody is called {name} any more. `!ban {typed}` and `!remove {typed} 500` do what "
            "can still be done."
        )
        return order.say(said.format(name=name, typed=order.typed(user)))
    done, words = _banned(command, meant, order, redact=True)
    going = [one for one in done if isinstance(one, act.RedactMessage)]
    if command.duration is None:
        shown = _("{name} would go from every room for good, and all they wrote with them.")
    else:
        shown = _("{name} would go from every room for {time}, and all they wrote with them.")
    shown = shown.format(name=name, time=_time(command))
    if going:
        rooms = len({one.room_id for one in going})
        at_once = _("In PeerRoom they are gone at once.")
        shown = f"{shown} {reach(len(going), 1, rooms, order)} {at_once}"
        started = removal_words(len(going), order.state.limits)
        back = _("`!undo {n}` also puts back what they wrote, for {time}.").format(
            n=order.state.next_deed, time=lasting(timedelta(days=order.state.evidence_days))
        )
        words = f"{words} {started} {back}"
    else:
        shown = f"{shown} {_('I see no messages of theirs to remove.')}"
    # Who goes on writing does not outrun the moderator: everything is what was asked for.
    covers = {user, *(one.room_id for one in done if isinstance(one, act.BanMember))}
    whole = _told(done, "banned", user, meant.case, words, order, until=_until(command, order))
    return Broad(shown, frozenset(covers), whole)


def _banned(
    command: cmd.Ban, meant: Meant, order: Order, *, redact: bool = False
) -> tuple[Done, str]:
    """The ban, and the answer that says how it is lifted."""
    case, name = meant.case, order.name(meant.user)
    cause = order.cause(reason=command.reason, case=_number(case), code=_code(case))
    done = measures.ban(order.state, cause, meant.user, _until(command, order), redact=redact)
    if command.duration is None:
        said = _("{name} is removed and cannot come back. `!unban {typed}` takes it back.")
    else:
        said = _("{name} is removed for {time}. `!unban {typed}` takes it back.")
    typed = order.typed(meant.user)
    return done, said.format(name=name, typed=typed, time=_time(command))


def _until(command: cmd.Ban, order: Order) -> datetime | None:
    return None if command.duration is None else order.at + command.duration


def _time(command: cmd.Ban) -> str:
    return "" if command.duration is None else lasting(command.duration)


@duty.register
def _unban(command: cmd.Unban, order: Order) -> Done:
    user = order.target(command.name, anyone=True)
    if not isinstance(user, str):
        return user
    state, name = order.state, order.name(user)
    if user in state.banned:
        done = measures.unban(state, order.cause(), user)
        words = _("The ban of {name} is lifted. They need a new invite to come back.")
    else:
        done = measures.unmute(state, order.cause(), user)
        words = _("{name} can write again.")
    if not done:
        return order.say(_("{name} is neither banned nor muted.").format(name=name))
    return [*done, *order.say(words.format(name=name))]


def _told(
    done: Done,
    what: str,
    user: str,
    case: Case | None,
    words: str,
    order: Order,
    *,
    until: datetime | None = None,
) -> Done:
    """What was done, with its place in the case, the answer, and the word to whom it concerns."""
    deed = order.state.next_deed
    docket = order.docket()
    if case is not None:
        docket.add(case.number, wire.Done, by=order.by, what=what, deed=deed)
    whole: Done = [*done, *steps(docket), *order.say(words)]
    if may_be_told(user, order):
        code = _code(case) or "other"
        text = templates.why(code, order.state)
        whole.append(explain(user, deed, what, code, text=text, until=until))
    return whole


def _number(case: Case | None) -> int | None:
    return None if case is None else case.number


def _code(case: Case | None) -> str | None:
    return None if case is None else case.reason
