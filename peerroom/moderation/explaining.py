"""What people are told in private about what was done, in words that every program shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import LANGUAGES, N_, _, language, ngettext, said_in
from peerroom.moderation import actions as act
from peerroom.moderation.findings import REASONS, Reason
from peerroom.wire.member import Explained, Received, Reply, Tell, Text, in_language

_WHAT: Final = {
    "removed": N_("A message of yours was removed: {why}."),
    "held": N_("A message of yours waits until a moderator has looked at it: {why}."),
    "slowed": N_("You can write again in a moment. Take your time; we are here."),
    "muted": N_("For now you can read here, and not write: {why}."),
    "sat out": N_(
        "For now you can read here, and not write. When names change you sit out for a while; "
        "your place is kept."
    ),
    "kicked": N_("You are out of the room for now. The moderators can invite you again."),
    "banned": N_("The moderators decided that you cannot come back into the room."),
    "put back": N_("What was done has been taken back."),
}
_SEVERAL: Final = {
    "removed": N_("{n} messages of yours were removed: {why}."),
    "held": N_("{n} messages of yours wait until a moderator has looked at them: {why}."),
}
_OTHER: Final = N_("The moderators did something about what you wrote.")
_HOW_IT_CAME: Final = frozenset(("risk", "request", "appeal"))
"""Why there is a case, not what anybody did: nobody is muted for asking, or for not being well."""
MOST: Final = 50
"""Event ids that one explanation names."""


def lasting(duration: timedelta) -> str:
    """A duration in words: "90 minutes", "2 days"; under a minute in seconds."""
    seconds = max(1, round(duration.total_seconds()))
    if seconds < 60:
        return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)
    minutes = round(seconds / 60)
    if minutes % 1440 == 0:
        return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("{n} hour", "{n} hours", minutes // 60).format(n=minutes // 60)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


def because(code: str | None) -> str:
    """A reason code in words; never what was written."""
    return _(next((words for known, words in REASONS.items() if known == code), REASONS["other"]))


def explain(
    user_id: str,
    deed: int,
    what: str,
    code: Reason | str,
    *,
    text: Text = "",
    event_ids: tuple[str, ...] = (),
    until: datetime | None = None,
    room_id: str | None = None,
) -> act.TellMember:
    """Tell somebody what was done about their messages or their voice, and why; ``text`` is what
    a moderator adds."""
    tell = Explained(
        deed=deed,
        what=what,
        reason="other" if code in _HOW_IT_CAME else code,
        text=text,
        event_ids=event_ids[:MOST],
        until=None if until is None else int(until.timestamp() * 1000),
    )
    return act.TellMember(user_id, tell, room_id)


def received(user_id: str, about: str, room_id: str) -> act.TellMember:
    """Say in their direct room that what somebody said has reached the moderators."""
    return act.TellMember(user_id, Received(about=about), room_id)


def in_each(message: str) -> Text:
    """A message of our own, marked by `N_`, in every language."""
    return {code: said_in(code, lambda: _(message)) for code in LANGUAGES}


def words(tell: Tell, tongues: str) -> str:
    """What a program shows that does not know `peerroom.wire.member`. ``tongues`` is as in the
    settings: a language, "both" (ours first), or "auto" for ours."""
    spoken = [tongues if tongues in LANGUAGES else language()]
    if tongues == "both":
        spoken += [code for code in LANGUAGES if code not in spoken]
    said = [said_in(code, lambda: _words(tell)) for code in spoken]
    return "\n\n".join(dict.fromkeys(said))  # one's own words are the same in every language


def _words(tell: Tell) -> str:
    match tell:
        case Received():
            return _("The moderators have it.")
        case Reply(text=text):
            return in_language(text, language())
        case Explained(what=what, reason=code, text=text, event_ids=events):
            said = (_SEVERAL if len(events) > 1 else _WHAT).get(what) or _WHAT.get(what, _OTHER)
            lines = [_(said).format(why=because(code), n=len(events))]
            return "\n".join([*lines, *filter(None, [in_language(text, language())])])
