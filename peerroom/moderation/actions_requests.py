"""Actions that go to the homeserver, through the outbox, in order, each once."""

from __future__ import annotations

from typing import Literal

from peerroom.moderation.actions_base import Act
from peerroom.wire.door import Result
from peerroom.wire.member import Tell
from peerroom.wire.texts import Written

# what is said ------------------------------------------------------------------------------------


class Say(Act, frozen=True):
    """A message of the bot, encrypted. ``html`` is shown by programs that can; ``texts`` is read by
    moderators' PeerRoom."""

    room_id: str
    text: str
    html: str | None = None
    texts: tuple[Written, ...] = ()


class AnswerDoor(Act, frozen=True):
    """The answer to a knock, encrypted, in the direct room it came from."""

    room_id: str
    result: Result
    circle: str | None = None
    via: tuple[str, ...] = ()


class TellMember(Act, frozen=True):
    """Tell a member something in private: in ``room_id`` if they spoke there just now, or in the
    encrypted direct room with them, which is found or made. Only devices that their owner signed
    can read it."""

    user_id: str
    tell: Tell
    room_id: str | None = None


class Repost(Act, frozen=True):
    """Put back what was removed or held: its text, from the evidence, under the author's ``name``
    with the note that a moderator posts it. Nothing happens when it is kept no longer."""

    room_id: str
    event_id: str
    name: str


# people ------------------------------------------------------------------------------------------


class InviteMember(Act, frozen=True):
    """Let an account into a room."""

    room_id: str
    user_id: str


class SetVoice(Act, frozen=True):
    """Whether a member may write (``m.room.power_levels``: -1 is below every level)."""

    room_id: str
    user_id: str
    may_write: bool


class GiveRole(Act, frozen=True):
    """Make a member a moderator in the room's power levels, so that any client shows it."""

    room_id: str
    user_id: str


class TakeRole(Act, frozen=True):
    """No longer a moderator in the room's power levels."""

    room_id: str
    user_id: str


class RemoveMember(Act, frozen=True):
    """Remove an account from a room; it may be invited again."""

    room_id: str
    user_id: str


class BanMember(Act, frozen=True):
    """Remove an account and let it not come back. No reason goes out: it would stand in room
    state, in clear. ``redact``: their messages go with it, where the server can (MSC4293), and in
    PeerRoom everywhere."""

    room_id: str
    user_id: str
    redact: bool = False


class UnbanMember(Act, frozen=True):
    """Lift a ban."""

    room_id: str
    user_id: str


# messages and rooms ------------------------------------------------------------------------------


class RedactMessage(Act, frozen=True):
    """Remove one message. Decided twice, it happens once."""

    room_id: str
    event_id: str


class SetRoomLevel(Act, frozen=True):
    """The power level that one needs to write in the room (``events_default``)."""

    room_id: str
    level: int


class EnterRoom(Act, frozen=True):
    """Join a room, to look after it."""

    room_id: str
    via: tuple[str, ...] = ()


class LeaveRoom(Act, frozen=True):
    """Leave it again."""

    room_id: str


class SetAcl(Act, frozen=True):
    """Which servers take part in a room (``m.room.server_acl``)."""

    room_id: str
    deny: tuple[str, ...] = ()
    allow: tuple[str, ...] = ("*",)


class SetRule(Act, frozen=True):
    """Publish a rule of a policy list (``m.policy.rule.…``), or retract it: ``recommendation``
    None. ``entity`` is a literal or a glob; ``hashed``: the list does not say who it is."""

    room_id: str
    kind: Literal["user", "server", "room"]
    entity: str
    recommendation: str | None = "m.ban"
    reason: str = ""
    hashed: bool = False


class FindList(Act, frozen=True):
    """Ask which room an alias stands for, and follow the policy list in it."""

    alias: str
    by: str
    room_id: str | None = None


class EnterList(Act, frozen=True):
    """Join the room of a policy list."""

    room_id: str
    via: tuple[str, ...] = ()


class LeaveList(Act, frozen=True):
    """Leave it, and forget what it said."""

    room_id: str
    via: tuple[str, ...] = ()


class MakeList(Act, frozen=True):
    """Make a room for the moderators' own policy list, in which only the bot writes; they are
    invited, and nobody else."""

    by: str
    room_id: str | None = None


class OpenList(Act, frozen=True):
    """Whether everybody who knows the link can read the own list, or only who is invited."""

    room_id: str
    open: bool


class PublishInvites(Act, frozen=True):
    """Have the server accept the registration tokens of these invites, then show the links, in
    answer to the command with this event id."""

    room_id: str
    invites: tuple[str, ...]
    answers: str | None = None
