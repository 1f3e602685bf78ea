"""What a protection says about an event, before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from peerroom.i18n import N_

Verb = Literal["flag", "slow", "hold", "remove", "mute", "lock", "ban"]
"""``flag`` tells moderators and does nothing else. ``hold`` removes a message from the room and
keeps it until a moderator decides. ``slow`` takes a voice for a moment, ``mute`` for longer;
``lock`` lets nobody but moderators write for a while. None but ``ban`` is for good, and ``ban``
comes from policy lists alone."""
Reason = Literal[
    "pace",
    "raid",
    "mentions",
    "newcomer",
    "words",
    "repeated",
    "scam",
    "contact",
    "malformed",
    "impersonation",
    "churn",
    "policy",
    "quiet",
    "risk",
    "report",
    "request",
    "appeal",
    "other",
]
REASONS: Final[dict[Reason, str]] = {
    "pace": N_("many messages in a short time"),
    "raid": N_("many people coming at once"),
    "mentions": N_("many people called at once"),
    "newcomer": N_("a link, picture or contact from someone new"),
    "words": N_("words from the room's list"),
    "repeated": N_("the same text again and again"),
    "scam": N_("looks like an offer that harms people"),
    "contact": N_("contact details or an address"),
    "malformed": N_("a message that programs cannot read"),
    "impersonation": N_("a name that can be taken for a moderator's"),
    "churn": N_("coming and going again and again"),
    "policy": N_("on a list that this room follows"),
    "quiet": N_("the room is closed for the night"),
    "risk": N_("someone may not be well"),
    "report": N_("reported by a member"),
    "request": N_("a member asks for a moderator"),
    "appeal": N_("someone asks to look at a decision again"),
    "other": N_("another reason"),
}
"""Reason codes, and what they are called; the words never say what was written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One protection's judgement: ``verb`` for ``user_id``, about ``event_ids``.

    ``cues`` are short words for moderators about what was seen (never whole messages); ``lasts`` is
    how long a slow, mute, lock or ban goes on, None until a moderator ends it. ``says`` is said in
    the room as it begins (``{time}``: for how long), ``says_after`` when it ends; both are
    translated where they are the program's own.
    """

    protection: str
    verb: Verb
    reason: Reason
    room_id: str
    user_id: str | None = None
    event_ids: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    lasts: timedelta | None = None
    says: str = ""
    says_after: str = ""
