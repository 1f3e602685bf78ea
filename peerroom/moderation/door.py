"""Who is let in: an invite's secret, said once by an account whose device its owner signed."""

from __future__ import annotations

from peerroom.moderation import actions as act
from peerroom.moderation.facts import Knocked
from peerroom.moderation.state import InviteRecord, State
from peerroom.wire.door import Result


def judge(knock: Knocked, state: State) -> tuple[Result, InviteRecord | None]:
    """What the bot answers, and the invite that was meant.

    The same account may knock again with the invite it used: its first answer may have been lost.
    An unknown secret is answered like an expired one, so that guessing learns nothing.
    """
    invite = state.invites.get(knock.digest)
    if knock.sender in state.banned:
        return "banned", invite
    if invite is None:
        return "expired", None
    if invite.used_by == knock.sender:
        return "admitted", invite
    if invite.used_by is not None:
        return "used", invite
    if not invite.open_at(knock.at):
        return "expired", invite
    taken = len(state.members.keys() - state.exempt) + len(state.pending_joins)
    if invite.role == "member" and taken >= state.seats:
        return "full", invite
    return "admitted", invite


def decide_knock(knock: Knocked, state: State) -> list[act.Action]:
    """Answer a knock; admit whom a good invite brings."""
    if not knock.signed:
        return [act.Count("knock from an unsigned device")]
    result, invite = judge(knock, state)
    if result != "admitted" or invite is None:
        return [act.Count(f"knock refused: {result}"), act.AnswerDoor(knock.room_id, result)]
    answer = act.AnswerDoor(knock.room_id, "admitted", state.circle, state.via)
    enter: list[act.Action] = [act.InviteMember(state.circle, knock.sender)]
    if invite.role == "moderator":
        enter += [
            act.InviteMember(state.management, knock.sender),
            act.GiveRole(state.circle, knock.sender),
        ]
    if invite.used_by == knock.sender:
        return [*enter, answer]
    admitted: list[act.Action] = [act.SpendInvite(invite.digest, knock.sender)]
    if invite.role == "moderator":
        admitted.append(act.MakeModerator(knock.sender))
    admitted.append(act.Note(by=knock.sender, what="admitted", about=invite.role))
    return [*admitted, *enter, answer, act.Say(knock.room_id, state.welcome)]
