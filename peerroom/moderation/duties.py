"""What a command of a moderator leads to. Names of members appear only in the management room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import singledispatch

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation.door import seats_taken
from peerroom.moderation.people import Unclear, find
from peerroom.moderation.state import Rotation, State
from peerroom.wire import commands as cmd
from peerroom.wire.address import is_user_id


def unclear(problem: Unclear) -> str:
    """Ask again, with names to choose from."""
    if problem.several:
        choices = "\n".join(f"• {name}" for name in problem.candidates)
        return _(
            "More than one person is called “{name}”. Use the address in brackets:\n{choices}"
        ).format(name=problem.name, choices=choices)
    if problem.candidates:
        return _("I know no one called “{name}”. Did you mean {choices}?").format(
            name=problem.name, choices=" · ".join(problem.candidates)
        )
    return _("I know no one called “{name}”.").format(name=problem.name)


def lasting(duration: timedelta) -> str:
    """A duration in words: "90 minutes", "2 days"."""
    minutes = max(1, round(duration.total_seconds() / 60))
    if minutes % 1440 == 0:
        return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("{n} hour", "{n} hours", minutes // 60).format(n=minutes // 60)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


def _answer(state: State, text: str) -> list[act.Action]:
    return [act.Say(state.management, text)]


def _everyone(state: State) -> dict[str, str]:
    """Those who are, were or may come into the room, by user id; the names of former epochs come
    last."""
    people = {user: user for user in state.pending_joins}
    if state.rotation is not None:
        people |= {user: gone.name for user, gone in state.rotation.retired.items()}
        people |= state.rotation.absent
    return {**people, **state.known, **state.members}


def _target(name: str, state: State, *, everyone: bool = False) -> str | list[act.Action]:
    """The user id that ``name`` means, or the answer that says why it means none."""
    found = find(name, _everyone(state) if everyone else state.members)
    if isinstance(found, Unclear):
        return _answer(state, unclear(found))
    if found in state.exempt:
        return _answer(state, _("Moderators and I are left alone. Nothing was done."))
    return found


@singledispatch
def carry_out(command: cmd.Command, by: str, at: datetime, state: State) -> list[act.Action]:
    """The actions of ``command``, given by ``by`` at ``at``."""
    raise TypeError(type(command).__name__)


@carry_out.register
def _help(command: cmd.Help, by: str, at: datetime, state: State) -> list[act.Action]:
    return _answer(state, cmd.help_text(command.command))


@carry_out.register
def _invite(command: cmd.MakeInvites, by: str, at: datetime, state: State) -> list[act.Action]:
    if not state.can_invite:
        return _no_invites(state)
    return [
        act.Note(by=by, what="invite", about=str(command.count)),
        act.DrawInvites(command.count),
    ]


def _no_invites(state: State) -> list[act.Action]:
    return _answer(
        state,
        _(
            "This server does not let me make registration tokens, so I can make no invites. "
            "My account needs to be an administrator of the server."
        ),
    )


@carry_out.register
def _redact_event(
    command: cmd.RedactEvent, by: str, at: datetime, state: State
) -> list[act.Action]:
    former = _former_rooms(state)
    if command.room_id not in (None, state.circle, *former):
        return _answer(state, _("That message is in a room I do not look after. Nothing was done."))
    return [
        act.Note(by=by, what="redact", about=command.event_id),
        act.RedactMessage(command.room_id or state.circle, command.event_id),
        act.Say(state.management, _("That message is being removed.")),
    ]


def _former_rooms(state: State) -> frozenset[str]:
    retired = {} if state.rotation is None else state.rotation.retired
    return frozenset(gone.room_id for gone in retired.values())


@carry_out.register
def _redact_last(command: cmd.RedactLast, by: str, at: datetime, state: State) -> list[act.Action]:
    user = _target(command.name, state, everyone=True)
    if not isinstance(user, str):
        return user
    retired = None if state.rotation is None else state.rotation.retired.get(user)
    room_id = state.circle if retired is None else retired.room_id
    newest = tuple(state.messages.get(user, ()))[: command.count]
    if not newest:
        return _answer(state, _("I see no messages of theirs to remove."))
    said = ngettext(
        "Removing {n} message, the newest first.",
        "Removing {n} messages, the newest first.",
        len(newest),
    ).format(n=len(newest))
    return [
        act.Note(by=by, what="redact", about=user, reason=str(len(newest))),
        *(act.RedactMessage(room_id, event_id) for event_id in newest),
        act.Say(state.management, said),
    ]


@carry_out.register
def _mute(command: cmd.Mute, by: str, at: datetime, state: State) -> list[act.Action]:
    user = _target(command.name, state)
    if not isinstance(user, str):
        return user
    until = None if command.duration is None else at + command.duration
    if command.duration is None:
        said = _("{name} can read but not write, until `!unban {name}`.")
    else:
        said = _("{name} can read but not write for {time}. It ends by itself.")
    words = said.format(
        name=state.members[user], time="" if command.duration is None else lasting(command.duration)
    )
    return [
        act.Note(by=by, what="mute", about=user),
        act.NoteMute(user, until),
        act.SetVoice(state.circle, user, may_write=False),
        act.Say(state.management, words),
    ]


@carry_out.register
def _ban(command: cmd.Ban, by: str, at: datetime, state: State) -> list[act.Action]:
    user = _target(command.name, state, everyone=True)
    if not isinstance(user, str):
        return user
    note = act.Note(by=by, what="ban", about=user, reason=command.reason)
    if state.rotation is not None and user in state.rotation.retired:
        # Nobody has this name any more, and who has which one now is known to nobody. What can be
        # done is done: the seat cannot be taken back under it. The registrar says so.
        return [note, act.NoteBan(user)]
    name = _everyone(state).get(user, user)
    return [
        note,
        act.NoteBan(user),
        act.NoteUnmute(user),
        act.BanMember(state.circle, user),
        act.Say(
            state.management,
            _("{name} is removed and cannot come back. `!unban {name}` takes it back.").format(
                name=name
            ),
        ),
    ]


@carry_out.register
def _unban(command: cmd.Unban, by: str, at: datetime, state: State) -> list[act.Action]:
    user = _target(command.name, state, everyone=True)
    if not isinstance(user, str):
        return user
    name = _everyone(state).get(user, user)
    done: list[act.Action] = [act.Note(by=by, what="unban", about=user)]
    if user in state.banned:
        done += [
            act.NoteUnban(user),
            act.UnbanMember(state.circle, user),
            act.Say(
                state.management,
                _("The ban of {name} is lifted. They need a new invite to come back.").format(
                    name=name
                ),
            ),
        ]
    elif user in state.mutes:
        done += [
            act.NoteUnmute(user),
            act.SetVoice(state.circle, user, may_write=True),
            act.Say(state.management, _("{name} can write again.").format(name=name)),
        ]
    else:
        return _answer(state, _("{name} is neither banned nor muted.").format(name=name))
    return done


@carry_out.register
def _status(command: cmd.Status, by: str, at: datetime, state: State) -> list[act.Action]:
    open_invites = sum(invite.open_at(at) for invite in state.invites.values())
    people = len(state.members.keys() - state.exempt)
    lines = [
        _("People: {people} of {seats} seats, and {moderators} moderators.").format(
            people=people, seats=state.seats, moderators=len(state.moderators)
        ),
        _("Invites still open: {n}.").format(n=open_invites),
        _("Muted: {muted}. Banned: {banned}.").format(
            muted=len(state.mutes), banned=len(state.banned)
        ),
        _("Waiting to be done: {waiting}. Failed: {failed}.").format(
            waiting=state.health.waiting, failed=state.health.failed
        ),
        _("Messages I could not read: {n}.").format(n=state.health.unreadable)
        if state.health.unreadable
        else _("I can read this room."),
        _("Running for {time}.").format(time=lasting(at - state.health.since)),
    ]
    if state.health.unjudged:
        lines.append(
            _("Events that I could not judge because of a mistake in me: {n}.").format(
                n=state.health.unjudged
            )
        )
    if state.rotation is not None and state.rotation.refusals:
        lines.append(
            _("Requests and new accounts that were not in order: {n}.").format(
                n=state.rotation.refusals
            )
        )
    return _answer(state, "\n".join(lines))


# --- names that change ----------------------------------------------------------------------------


def _names_stay(state: State) -> list[act.Action]:
    return _answer(state, _("In this room names do not change."))


@carry_out.register
def _names(command: cmd.Names, by: str, at: datetime, state: State) -> list[act.Action]:
    rotation = state.rotation
    if rotation is None:
        return _names_stay(state)
    lines = [_stage(rotation)]
    if rotation.switch is not None:
        when = rotation.switch.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(_("Names change at {when}.").format(when=when))
    if rotation.held_until is not None:
        lines.append(
            _("Put off for {time} at most.").format(time=lasting(rotation.held_until - at))
        )
    lines.append(
        _("People whose names change: {crowd}. They asked so far: {asked}.").format(
            crowd=rotation.crowd, asked=rotation.asked
        )
    )
    if rotation.issued is not None:
        lines.append(_("Got what they need for a new name: {n}.").format(n=rotation.issued))
        if rotation.redeemed is not None:
            lines.append(_("New accounts that came: {n}.").format(n=rotation.redeemed))
        else:
            lines.append(_("How many new accounts came is said when no more can come."))
    lines.append(
        _("Would go on under their names: {carried}. Outside, and may come back: {n}.").format(
            carried=rotation.carried, n=rotation.outside
        )
    )
    return _answer(state, "\n".join(lines))


def _stage(rotation: Rotation) -> str:
    sentences = {
        "opening": _("Epoch {epoch} has ended; the next one is being prepared."),
        "asking": _("Epoch {epoch}: members ask for new names."),
        "signing": _("Epoch {epoch}: the answers are being made."),
        "window": _("Epoch {epoch}, round {round}: new accounts are being made."),
        "held": _("Epoch {epoch}: all is ready, and put off. `!release` lets it go on."),
        "frozen": _("Epoch {epoch}: the room can only be read; names change next."),
        "moving": _("Everyone is going into the new room."),
    }
    return sentences[rotation.stage].format(epoch=rotation.epoch, round=rotation.round)


@carry_out.register
def _hold(command: cmd.Hold, by: str, at: datetime, state: State) -> list[act.Action]:
    if state.rotation is None:
        return _names_stay(state)
    if command.hours is None:
        # As long as the host allows, counted from when names would have changed.
        wait = (state.rotation.switch or at) - at + state.rotation.patience
        words = _("The change of names waits until `!release`, or as long as the host allows.")
    else:
        wait = timedelta(hours=command.hours)
        said = _("The change of names waits for {time}, or until `!release`.")
        words = said.format(time=lasting(wait))
    return [
        act.Note(by=by, what="hold"),
        act.SetHold(at + wait),
        act.Say(state.management, words),
    ]


@carry_out.register
def _release(command: cmd.Release, by: str, at: datetime, state: State) -> list[act.Action]:
    if state.rotation is None:
        return _names_stay(state)
    return [
        act.Note(by=by, what="release"),
        act.ReleaseHold(),
        act.Say(state.management, _("Nothing holds the change of names any more.")),
    ]


@carry_out.register
def _resident(command: cmd.Resident, by: str, at: datetime, state: State) -> list[act.Action]:
    if state.rotation is not None and _is_stranger(command.name, state, state.rotation):
        return _ask_in(command.name, by, state)
    said = _("{name} keeps this name from now on, and everyone sees that.")
    return _set_rotating(command.name, False, said, by, state)


def _is_stranger(name: str, state: State, rotation: Rotation) -> bool:
    """Whether this is the address of somebody whom this circle has nothing to do with now."""
    known = {*state.members, *state.exempt, *rotation.absent, *rotation.retired}
    return is_user_id(name) and name not in known


def _ask_in(user: str, by: str, state: State) -> list[act.Action]:
    """Somebody with another program is a resident from the beginning: no link is for them."""
    if user.partition(":")[2] not in state.via:
        said = _("Where names change, only accounts of {server} can come in.")
        return _answer(state, said.format(server=" · ".join(state.via)))
    if user in state.banned:
        said = _("{name} was removed for good. `!unban {name}` takes it back.")
        return _answer(state, said.format(name=user))
    if user not in state.pending_joins and seats_taken(state) >= state.seats:
        return _answer(state, _("All {seats} seats are taken.").format(seats=state.seats))
    said = _(
        "{name} is invited, keeps this name, and everyone sees that. `!ban {name}` takes it back."
    )
    return [
        act.Note(by=by, what="resident", about=user),
        act.AwaitResident(user),
        act.InviteMember(state.circle, user),
        act.Say(state.management, said.format(name=user)),
    ]


@carry_out.register
def _rotating(command: cmd.Rotating, by: str, at: datetime, state: State) -> list[act.Action]:
    said = _("The name of {name} changes with everyone's from now on.")
    return _set_rotating(command.name, True, said, by, state)


def _set_rotating(name: str, rotates: bool, said: str, by: str, state: State) -> list[act.Action]:
    if state.rotation is None:
        return _names_stay(state)
    user = _target(name, state)
    if not isinstance(user, str):
        return user
    return [
        act.Note(by=by, what="rotating" if rotates else "resident", about=user),
        act.SetRotating(user, rotates),
        act.Say(state.management, said.format(name=state.members[user])),
    ]


@carry_out.register
def _replace(command: cmd.Replace, by: str, at: datetime, state: State) -> list[act.Action]:
    if state.rotation is None:
        return _names_stay(state)
    if not state.can_invite:
        return _no_invites(state)  # the seat would go, and nobody could take it
    user = _target(command.name, state, everyone=True)
    if not isinstance(user, str):
        return user
    # The registrar says what comes of it, here and to whom the seat belongs.
    return [act.Note(by=by, what="replace", about=user), act.ReplaceSeat(user, by)]
