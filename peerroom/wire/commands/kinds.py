"""All commands, and which of them a word can mean."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from peerroom.wire.commands.basics import Audit, Help, Status, Undo, Yes
from peerroom.wire.commands.casework import (
    AddNote,
    Agree,
    Allow,
    AnswerCase,
    Cases,
    Claim,
    Close,
    Disagree,
    Drop,
    Second,
    ShowCase,
)
from peerroom.wire.commands.command import Command
from peerroom.wire.commands.lists import (
    ApplyLists,
    FindRules,
    KeepServersOut,
    Lists,
    PublishRule,
    Spare,
    TestLists,
)
from peerroom.wire.commands.messages import RedactCase, RedactEvent, RedactLast
from peerroom.wire.commands.people import (
    Ban,
    Kick,
    MakeInvites,
    Mute,
    SitOut,
    Slow,
    Sweep,
    Unban,
    Warn,
)
from peerroom.wire.commands.renaming import Hold, Names, Release, Replace, Resident, Rotating
from peerroom.wire.commands.room import Lock, Rooms, SlowRoom, Unlock
from peerroom.wire.commands.team import Digest, Rota, SetRank, Shift, Template, Templates
from peerroom.wire.commands.watching import Protect, SetField, Try, Words
from peerroom.wire.content import BadContent

COMMANDS: Final[tuple[type[Command], ...]] = (
    Cases,
    ShowCase,
    Claim,
    Drop,
    AddNote,
    Second,
    Agree,
    Disagree,
    AnswerCase,
    Allow,
    Close,
    RedactEvent,
    RedactLast,
    RedactCase,
    MakeInvites,
    Warn,
    SlowRoom,
    Slow,
    Mute,
    SitOut,
    Kick,
    Ban,
    Sweep,
    Unban,
    Lock,
    Unlock,
    Rooms,
    Protect,
    SetField,
    Try,
    Words,
    Lists,
    PublishRule,
    FindRules,
    TestLists,
    ApplyLists,
    Spare,
    KeepServersOut,
    SetRank,
    Shift,
    Rota,
    Digest,
    Templates,
    Template,
    Names,
    Hold,
    Release,
    Resident,
    Rotating,
    Replace,
    Help,
    Status,
    Audit,
    Undo,
    Yes,
)
WORDS: Final = tuple(dict.fromkeys(kind.word for kind in COMMANDS))
"""What help shows."""
READERS: Final[dict[str, tuple[type[Command], ...]]] = {
    word: tuple(kind for kind in COMMANDS if word == kind.word or word in kind.also)
    for word in dict.fromkeys(word for kind in COMMANDS for word in (kind.word, *kind.also))
}
"""What each word may mean, in the order in which it is tried; some help does not show."""
_BY_NAME: Final = {kind.__name__: kind for kind in COMMANDS}


def encode(command: Command) -> dict[str, Any]:
    """The command as JSON, for what is kept until it is confirmed."""
    fields = msgspec.to_builtins(command)
    assert isinstance(fields, dict)
    return {"type": type(command).__name__, **fields}


def decode(content: object) -> Command:
    """The command in such JSON; raises `peerroom.wire.content.BadContent`, and nothing else."""
    try:
        kind = _BY_NAME[content["type"]] if isinstance(content, dict) else Command
        return msgspec.convert(content, kind)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError):
        raise BadContent from None
