"""Who is let in: an invite's secret, said once by an account whose device its owner signed."""

from __future__ import annotations

from peerroom.moderation import actions as act
from peerroom.moderation.facts import Knocked
from peerroom.moderation.state import InviteRecord, State
from peerroom.wire.door import Result


def judge(knock: Knocked, state: State) -> tuple[Result, InviteRecord | None]:
    """What the bot answers, and the invite that was meant.

    Whoever used an invite may knock with it again until they are in: the first answer may have
    been lost. After that it opens nothing, also not for someone who left or was removed. An
    unknown secret is answered like an expired one, so that guessing learns nothing.
    """
    invite = state.invites.get(knock.digest)
    if knock.sender in state.banned:
        return "banned", invite
    if invite is None:
        return "expired", None
    if invite.used_by is not None:
        coming = invite.used_by == knock.sender and knock.sender in state.pending_joins
        coming = coming and not invite.arrived
        return ("admitted" if coming else "used"), invite
    if not invite.open_at(knock.at):
        return "expired", invite
    if invite.role == "member" and seats_taken(state) >= state.seats:
        return "full", invite
    return "admitted", invite


def seats_taken(state: State) -> int:
    """How many seats somebody has, or is about to take."""
    taken = len((state.members.keys() | state.pending_joins) - state.exempt)
    if state.rotation is not None:
        taken += state.rotation.outside  # their seats are kept for them
    return taken


def decide_knock(knock: Knocked, state: State) -> list[act.Action]:
    """Answer a knock; admit whom a good invite brings."""
    if not knock.signed:
        return [act.Count("knock from an unsigned device")]
    if not knock.own_identity:
        return [act.Count("knock under another identity than the server shows")]
    result, invite = judge(knock, state)
    if result != "admitted" or invite is None:
        return [act.Count(f"knock refused: {result}"), act.AnswerDoor(knock.room_id, result)]
    moderator = invite.role == "moderator"
    rooms = (state.circle, state.management) if moderator else (state.circle,)
    enter: list[act.Action] = [
        *(act.InviteMember(room_id, knock.sender) for room_id in rooms),
        # Each room by its name, the circle first: an invitation alone is only the server's word.
        *(act.AnswerDoor(knock.room_id, "admitted", room_id, state.via) for room_id in rooms),
    ]
    if invite.used_by == knock.sender:
        return enter
    admitted: list[act.Action] = [
        act.SpendInvite(invite.digest, knock.sender),
        act.Note(by=knock.sender, what="admitted", about=invite.role),
    ]
    if moderator:
        role = act.GiveRole(state.circle, knock.sender)
        admitted += [act.MakeModerator(knock.sender), role]
    welcome = state.welcome.get(knock.language, state.welcome["en"])
    return [*admitted, *enter, act.Say(knock.room_id, welcome)]


def decide_removal(user_id: str, state: State) -> list[act.Action]:
    """Take a moderator's powers: the list, the level, the management room."""
    return [
        act.Note(by=state.bot, what="moderator removed", about=user_id),
        act.UnmakeModerator(user_id),
        act.TakeRole(state.circle, user_id),
        act.RemoveMember(state.management, user_id),
    ]
