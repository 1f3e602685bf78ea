"""What takes an action back, as things stand when it is decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation.state import State

LOCKED: Final = 50
"""Level of those who write in a locked room."""


def inverses(actions: Iterable[act.Action], state: State) -> tuple[act.Inverse, ...]:
    """What takes all of ``actions`` back, the last first."""
    return tuple(one for action in reversed(list(actions)) for one in _inverse(action, state))


def _inverse(action: act.Action, state: State) -> tuple[act.Inverse, ...]:
    """() where nothing takes it back, or needs to."""
    match action:
        case act.NoteMute(user_id=user) | act.NoteUnmute(user_id=user):
            return _mute_now(user, state)
        case act.NoteSlow(room_id=room, user_id=user) | act.EndSlow(room_id=room, user_id=user):
            until = state.slowed.get((room, user))
            return (act.EndSlow(room, user) if until is None else act.NoteSlow(room, user, until),)
        case act.NoteBan(user_id=user) | act.NoteUnban(user_id=user):
            return _ban_now(user, state)
        case act.NoteLock(room_id=room) | act.NoteUnlock(room_id=room):
            return (_lock_now(room, state),)
        case act.SetProtection(name=name, room_id=room):
            return (_protection_now(name, room, state),)
        case act.SetVoice():
            return (msgspec.structs.replace(action, may_write=not action.may_write),)
        case act.SetRoomLevel(room_id=room):
            level = state.levels.get(room, 0)
            now = LOCKED if room in state.locks else level if level < LOCKED else 0
            return (act.SetRoomLevel(room, now),)
        case act.RedactMessage(room_id=room, event_id=event):
            name = state.people.get(state.authors.get(event, ""), "")
            return (act.Repost(room, event, name),)
        case _:
            return _about_people(action, state)


def _about_people(action: act.Action, state: State) -> tuple[act.Inverse, ...]:
    match action:
        case act.BanMember(user_id=user) if user in state.banned:
            return ()  # it stood before
        case act.BanMember(room_id=room, user_id=user):
            unban = act.UnbanMember(room, user)
            # Where names rotate the seat is gone with the ban: coming back takes a new invite.
            back = state.rotation is None and user in state.inside.get(room, frozenset())
            return (unban, act.InviteMember(room, user)) if back else (unban,)
        case act.UnbanMember(room_id=room, user_id=user):
            return (act.BanMember(room, user),)
        case act.RemoveMember(room_id=room, user_id=user):
            return (act.InviteMember(room, user),)
        case act.InviteMember(room_id=room, user_id=user):
            return (act.RemoveMember(room, user),)
        case act.GiveRole(room_id=room, user_id=user):
            return (act.TakeRole(room, user),)
        case act.TakeRole(room_id=room, user_id=user):
            return (act.GiveRole(room, user),)
        case act.MakeModerator(user_id=user):
            return (act.UnmakeModerator(user),)
        case act.UnmakeModerator(user_id=user):
            return (act.MakeModerator(user),)
        case act.SetRole(user_id=user):
            role = state.roles.get(user)
            return () if role is None else (act.SetRole(user, role),)
        case act.AddRoom(room_id=room):
            return (act.DropRoom(room),)
        case act.EnterList(room_id=room, via=via):
            return (act.LeaveList(room, via),)
        case act.LeaveList(room_id=room, via=via):
            return (act.EnterList(room, via),)
        case act.OpenList(room_id=room, open=is_open):
            return (act.OpenList(room, not is_open),)
        case act.SetAcl(room_id=room):
            return (act.SetAcl(room, state.acls.get(room, ())),)
        case act.SetRule(recommendation=said):
            return (msgspec.structs.replace(action, recommendation=None if said else "m.ban"),)
        case act.DropRoom(room_id=room):
            return (act.AddRoom(room),)
        case act.Remember(book=book, key=key):
            return (act.Remember(book, key, state.books.get(book, {}).get(key)),)
        case _:
            return ()


def _mute_now(user: str, state: State) -> tuple[act.Inverse, ...]:
    if user in state.mutes:
        return (act.NoteMute(user, state.mutes[user]),)
    return (act.NoteUnmute(user),)


def _ban_now(user: str, state: State) -> tuple[act.Inverse, ...]:
    if user in state.banned:
        return (act.NoteBan(user, state.bans_end.get(user)),)
    return (act.NoteUnban(user),)


def _lock_now(room: str, state: State) -> act.Inverse:
    there = state.locks.get(room)
    if there is None:
        return act.NoteUnlock(room)
    return act.NoteLock(room, there.until, there.before, there.says_after, there.least)


def _protection_now(name: str, room: str | None, state: State) -> act.Inverse:
    there = state.standings.get((name, room))
    mode = None if there is None else there.mode
    settings = None if there is None else there.settings
    return act.SetProtection(name, room, mode or "default", dict(settings or {}))
