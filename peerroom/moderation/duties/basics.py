"""Help, how things stand, what was done, and taking it back."""

from __future__ import annotations

from typing import Final

from peerroom.i18n import N_, _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation.case_words import deed_words
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.messages import may_be_told
from peerroom.moderation.duties.order import STAYS_OUT, Broad, Done, Order, ago, steps
from peerroom.moderation.explaining import because, explain, lasting
from peerroom.moderation.measures import rooms_of
from peerroom.moderation.people import Unclear, everyone, find
from peerroom.moderation.roles import rank_of, refused
from peerroom.moderation.undo import CannotUndo, Why, least, undo
from peerroom.wire import cases as wire
from peerroom.wire import commands as cmd

LINES: Final = 15
"""Deeds that one look at the audit log shows."""
LOOKED_AT: Final = 2_000
"""Deeds that are gone through for a name, the newest first."""
MOST: Final = 5
"""Messages that are put back without asking."""

GONE: Final = N_("someone who has left")
ROLES: Final[dict[str, str]] = {
    "member": N_("member"),
    "moderator": N_("moderator"),
    "resident": N_("keeps the name"),
}
"""What an invite makes of who uses it (`peerroom.moderation.state.Role`)."""


@duty.register
def _help(command: cmd.Help, order: Order) -> Done:
    return order.say(cmd.help_text(command.command, rank_of(order.by, order.state)))


@duty.register
def _status(command: cmd.Status, order: Order) -> Done:
    state, at = order.state, order.at
    open_invites = sum(invite.open_at(at) for invite in state.invites.values())
    people = len(state.members.keys() - state.exempt)
    health = state.health
    lines = [
        _("People: {people} of {seats} seats. Moderators: {moderators}.").format(
            people=people, seats=state.seats, moderators=len(state.moderators)
        ),
        _("Invites still open: {n}.").format(n=open_invites),
        _("Muted: {muted}. Banned: {banned}.").format(
            muted=len(state.mutes), banned=len(state.banned)
        ),
        _("Waiting to be done: {waiting}. Failed: {failed}.").format(
            waiting=health.waiting, failed=health.failed
        ),
        _sight(order),
        _("Running for {time}.").format(time=lasting(at - health.since)),
    ]
    waiting = [case for case in state.cases.values() if case.state != "closed"]
    if waiting:
        urgent = sum(case.urgent for case in waiting)
        lines.insert(
            2, _("Open cases: {n}, urgent: {urgent}.").format(n=len(waiting), urgent=urgent)
        )
    if len(rooms_of(state)) > 1:
        lines.insert(1, _("Rooms I look after: {n}.").format(n=len(rooms_of(state))))
    lines += [_locked(room, order) for room in state.locks]
    if health.unjudged:
        lines.append(
            _("Events that I could not judge because of a mistake in me: {n}.").format(
                n=health.unjudged
            )
        )
    if health.unencrypted:
        lines.append(
            _("Messages that came without encryption, so I did not believe them: {n}.").format(
                n=health.unencrypted
            )
        )
    if state.rotation is not None and state.rotation.refusals:
        lines.append(
            _("Requests and new accounts that were not in order: {n}.").format(
                n=state.rotation.refusals
            )
        )
    return order.say("\n".join(lines))


def _sight(order: Order) -> str:
    """What the bot can read, and what it cannot."""
    health = order.state.health
    if not health.unreadable:
        return _("I can read this room.")
    if health.withholding:
        return (
            ngettext(
                "I can read this room; {n} member's devices withhold keys.",
                "I can read this room; {n} members' devices withhold keys.",
                health.withholding,
            ).format(n=health.withholding)
            + " "
            + _("Messages I could not read: {n}.").format(n=health.unreadable)
        )
    return _("Messages I could not read: {n}.").format(n=health.unreadable)


def _locked(room: str, order: Order) -> str:
    until = order.state.locks[room].until
    if until is None:
        return _("Closed to writing until `!unlock`.")
    return _("Closed to writing for {time} more.").format(time=lasting(until - order.at))


# --- what was done --------------------------------------------------------------------------------


@duty.register
def _audit(command: cmd.Audit, order: Order) -> Done:
    state = order.state
    if command.deed is not None:
        note = state.deeds.get(command.deed)
        if note is None:
            return order.say(_("There is nothing under number {n}.").format(n=command.deed))
        return order.say("\n".join(_whole(command.deed, note, order)))
    wanted = None
    if command.about is not None:
        found = find(command.about, everyone(state))
        wanted = command.about if isinstance(found, Unclear) else found
    lines = []
    for number in range(state.next_deed - 1, max(0, state.next_deed - 1 - LOOKED_AT), -1):
        note = state.deeds.get(number)
        if note is not None and (wanted is None or _concerns(note, wanted)):
            lines.append(_line(number, note, order))
            if len(lines) == LINES:
                break
    if not lines:
        return order.say(_("Nothing of that was done."))
    return order.say("\n".join([*lines, _("`!audit {n}` shows one of them whole.").format(n="4")]))


def _concerns(note: act.Note, wanted: str) -> bool:
    """By or about somebody, or of a kind."""
    return wanted in (note.by, note.about) or wanted.casefold() in (note.what, note.code)


def _line(number: int, note: act.Note, order: Order) -> str:
    parts = [f"{number}.", deed_words(note.what)]
    if note.what == "admitted":  # by whoever knocked, as what their invite makes of them
        parts.append(_person(note.by, order) or _(GONE))
        if note.about is not None:
            parts.append(_(ROLES.get(note.about, note.about)))
    else:
        if note.about is not None:
            parts.append(_person(note.about, order) or _(GONE))
        by = _person(note.by, order)
        parts.append(_("by someone who has left") if by is None else _("by {name}").format(name=by))
    if note.at is not None:
        parts.append(ago(note.at, order.at))
    if note.undone is not None:
        parts.append(_("taken back"))
    return " · ".join(parts)


def _person(about: str, order: Order) -> str | None:
    """Whom, or what, a deed was about; None for an account that nobody has a name for any more."""
    state = order.state
    if about.startswith("@") and about not in everyone(state).keys() | state.exempt:
        return None
    return order.name(about)


def _whole(number: int, note: act.Note, order: Order) -> list[str]:
    lines = [_line(number, note, order)]
    if note.code is not None:
        lines.append(_("Why: {why}.").format(why=because(note.code)))
    if note.reason:
        lines.append(_("In their words: {text}").format(text=note.reason))
    if note.event_ids:
        lines.append(_("Messages: {n}.").format(n=len(note.event_ids)))
    if note.rooms:
        lines.append(_("Rooms: {n}.").format(n=len(note.rooms)))
    if note.case is not None:
        lines.append(_("It belongs to case {n}.").format(n=note.case))
    if note.undone is not None:
        lines.append(_("It was taken back under {n}.").format(n=note.undone))
    elif note.undo:
        lines.append(_("`!undo {n}` takes it back.").format(n=number))
    return lines


_CANNOT: Final[dict[Why, str]] = {
    "unknown": N_("There is nothing under number {n}."),
    "undone": N_("That has been taken back already."),
    "cannot": N_("Number {n} cannot be taken back by me."),
    "gone": N_("What was removed under {n} is kept no longer, so it cannot come back."),
    "renamed": STAYS_OUT,
}


@duty.register
def _undo(command: cmd.Undo, order: Order) -> Done | Broad:
    state, number = order.state, command.deed
    deed = state.deeds.get(number)
    if deed is not None:
        no = refused(command.word, least(deed, state), order.by, state)
        if no is not None:
            return order.say(no)
    case = None if deed is None else deed.case
    taken = undo(state, order.cause(case=case), number)
    if isinstance(taken, CannotUndo):
        return order.say(_(_CANNOT[taken.why]).format(n=number))
    assert deed is not None
    docket = order.docket()
    for one in _concerned(number, case, order):
        if docket.cases[one].state == "closed":
            docket.add(one, wire.Reopened, by=order.by)
        docket.add(one, wire.Done, by=order.by, what="undone", deed=state.next_deed)
    said = _("Taken back: {what}. {hint}").format(
        what=deed_words(deed.what), hint=order.undo_hint()
    )
    done: Done = [*taken, *steps(docket), *order.say(said)]
    if deed.about is not None and deed.about not in state.exempt and may_be_told(deed.about, order):
        told = explain(
            deed.about,
            state.next_deed,
            "put back",
            deed.code or "other",
            event_ids=deed.event_ids,
        )
        done.append(told)
    posts = [action for action in taken if isinstance(action, act.Repost)]
    if len(posts) <= MOST:
        return done
    words = ngettext(
        "This puts {n} message back.", "This puts {n} messages back.", len(posts)
    ).format(n=len(posts))
    return Broad(words, frozenset(post.event_id for post in posts), done)


def _concerned(deed: int, case: int | None, order: Order) -> list[int]:
    """The case in which ``deed`` was done, and those in which somebody asks to look at it again."""
    return [
        one.number
        for one in order.state.cases.values()
        if one.number == case or (one.appealed == deed and one.state != "closed")
    ]
