"""Names that change: how that stands, putting it off, and whose name stays."""

from __future__ import annotations

from datetime import UTC, timedelta

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation.door import seats_taken
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Done, Order
from peerroom.moderation.duties.people import no_invites
from peerroom.moderation.explaining import lasting
from peerroom.moderation.state import Rotation, State
from peerroom.wire import commands as cmd
from peerroom.wire.address import is_user_id


def _names_stay(order: Order) -> Done:
    return order.say(_("In this room names do not change."))


@duty.register
def _names(command: cmd.Names, order: Order) -> Done:
    rotation = order.state.rotation
    if rotation is None:
        return _names_stay(order)
    lines = [_stage(rotation)]
    if rotation.switch is not None:
        when = rotation.switch.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(_("Names change at {when}.").format(when=when))
    if rotation.held_until is not None:
        lines.append(
            _("Put off for {time} at most.").format(time=lasting(rotation.held_until - order.at))
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
    return order.say("\n".join(lines))


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


@duty.register
def _hold(command: cmd.Hold, order: Order) -> Done:
    rotation = order.state.rotation
    if rotation is None:
        return _names_stay(order)
    if command.hours is None:
        # As long as the host allows, counted from when names would have changed.
        wait = (rotation.switch or order.at) - order.at + rotation.patience
        words = _("The change of names waits until `!release`, or as long as the host allows.")
    else:
        wait = timedelta(hours=command.hours)
        said = _("The change of names waits for {time}, or until `!release`.")
        words = said.format(time=lasting(wait))
    return [
        act.Note(by=order.by, what="hold"),
        act.SetHold(order.at + wait),
        *order.say(words),
    ]


@duty.register
def _release(command: cmd.Release, order: Order) -> Done:
    if order.state.rotation is None:
        return _names_stay(order)
    return [
        act.Note(by=order.by, what="release"),
        act.ReleaseHold(),
        *order.say(_("Nothing holds the change of names any more.")),
    ]


@duty.register
def _resident(command: cmd.Resident, order: Order) -> Done:
    state = order.state
    if state.rotation is not None and _is_stranger(command.name, state, state.rotation):
        return _ask_in(command.name, order)
    said = _("{name} keeps this name from now on, and everyone sees that.")
    return _set_rotating(command.name, False, said, order)


def _is_stranger(name: str, state: State, rotation: Rotation) -> bool:
    """Whether this is the address of somebody whom this circle has nothing to do with now."""
    known = {*state.members, *state.exempt, *rotation.absent, *rotation.retired}
    return is_user_id(name) and name not in known


def _ask_in(user: str, order: Order) -> Done:
    """Somebody with another program is a resident from the beginning: no link is for them."""
    state = order.state
    if user.partition(":")[2] not in state.via:
        said = _("Where names change, only accounts of {server} can come in.")
        return order.say(said.format(server=" · ".join(state.via)))
    if user in state.banned:
        said = _("{name} was removed for good. `!unban {name}` takes it back.")
        return order.say(said.format(name=user))
    if user not in state.pending_joins and seats_taken(state) >= state.seats:
        return order.say(_("All {seats} seats are taken.").format(seats=state.seats))
    said = _(
        "{name} is invited, keeps this name, and everyone sees that. `!ban {name}` takes it back."
    )
    return [
        act.Note(by=order.by, what="resident", about=user),
        act.AwaitResident(user),
        act.InviteMember(state.circle, user),
        *order.say(said.format(name=user)),
    ]


@duty.register
def _rotating(command: cmd.Rotating, order: Order) -> Done:
    said = _("The name of {name} changes with everyone's from now on.")
    return _set_rotating(command.name, True, said, order)


def _set_rotating(name: str, rotates: bool, said: str, order: Order) -> Done:
    if order.state.rotation is None:
        return _names_stay(order)
    user = order.target(name)
    if not isinstance(user, str):
        return user
    return [
        act.Note(by=order.by, what="rotating" if rotates else "resident", about=user),
        act.SetRotating(user, rotates),
        *order.say(said.format(name=order.name(user))),
    ]


@duty.register
def _replace(command: cmd.Replace, order: Order) -> Done:
    if order.state.rotation is None:
        return _names_stay(order)
    if not order.state.can_invite:
        return no_invites(order)  # the seat would go, and nobody could take it
    user = order.target(command.name, anyone=True)
    if not isinstance(user, str):
        return user
    # The registrar says what comes of it, here and to whom the seat belongs.
    return [act.Note(by=order.by, what="replace", about=user), act.ReplaceSeat(user, order.by)]
