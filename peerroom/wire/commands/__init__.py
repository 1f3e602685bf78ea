"""What moderators type in the management room, and what it means.

A command is one line that starts with "!" (or "！", as a Japanese input method writes it). A name
of several words needs nothing special; where more text follows it, it ends at a colon or stands
in quotes. A user id, or its matrix.to link, is one word.
"""

from __future__ import annotations

from peerroom.wire.commands.basics import (
    CODE,
    DIGITS,
    LETTERS,
    Audit,
    Help,
    Status,
    Undo,
    Yes,
)
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
from peerroom.wire.commands.command import (
    GROUPS,
    RANKS,
    Command,
    Group,
    Of,
    Rank,
    may,
)
from peerroom.wire.commands.helping import (
    help_text,
    usage,
)
from peerroom.wire.commands.kinds import (
    COMMANDS,
    READERS,
    WORDS,
    decode,
    encode,
)
from peerroom.wire.commands.lists import (
    ApplyLists,
    FindRules,
    KeepServersOut,
    Lists,
    PublishRule,
    Spare,
    TestLists,
)
from peerroom.wire.commands.messages import (
    MOST_REDACTIONS,
    RedactCase,
    RedactEvent,
    RedactLast,
)
from peerroom.wire.commands.parsing import (
    CommandError,
    parse,
)
from peerroom.wire.commands.people import (
    MOST_INVITES,
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
from peerroom.wire.commands.renaming import (
    MOST_HOURS,
    Hold,
    Names,
    Release,
    Replace,
    Resident,
    Rotating,
)
from peerroom.wire.commands.room import (
    Lock,
    Rooms,
    SlowRoom,
    Unlock,
)
from peerroom.wire.commands.team import (
    LANGUAGES,
    Digest,
    Rota,
    SetRank,
    Shift,
    Template,
    Templates,
)
from peerroom.wire.commands.watching import (
    Protect,
    SetField,
    Try,
    Words,
)

__all__ = [
    "CODE",
    "COMMANDS",
    "DIGITS",
    "GROUPS",
    "LANGUAGES",
    "LETTERS",
    "MOST_HOURS",
    "MOST_INVITES",
    "MOST_REDACTIONS",
    "RANKS",
    "READERS",
    "WORDS",
    "AddNote",
    "Agree",
    "Allow",
    "AnswerCase",
    "ApplyLists",
    "Audit",
    "Ban",
    "Cases",
    "Claim",
    "Close",
    "Command",
    "CommandError",
    "Digest",
    "Disagree",
    "Drop",
    "FindRules",
    "Group",
    "Help",
    "Hold",
    "KeepServersOut",
    "Kick",
    "Lists",
    "Lock",
    "MakeInvites",
    "Mute",
    "Names",
    "Of",
    "Protect",
    "PublishRule",
    "Rank",
    "RedactCase",
    "RedactEvent",
    "RedactLast",
    "Release",
    "Replace",
    "Resident",
    "Rooms",
    "Rota",
    "Rotating",
    "Second",
    "SetField",
    "SetRank",
    "Shift",
    "ShowCase",
    "SitOut",
    "Slow",
    "SlowRoom",
    "Spare",
    "Status",
    "Sweep",
    "Template",
    "Templates",
    "TestLists",
    "Try",
    "Unban",
    "Undo",
    "Unlock",
    "Warn",
    "Words",
    "Yes",
    "decode",
    "encode",
    "help_text",
    "may",
    "parse",
    "usage",
]
