"""Why something was done about one's own messages or voice, as the bot has told it in private."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from peerroom.client import explained_lines
from peerroom.client.bot_words import word_of
from peerroom.client.invitations import bots
from peerroom.client.reporting_room import rooms_with
from peerroom.client.reporting_views import AnswerView, ExplanationView
from peerroom.client.wording import event_time
from peerroom.i18n import N_, _, language
from peerroom.moderation.findings import REASONS
from peerroom.text.foreign import ForeignText
from peerroom.wire import member
from peerroom.wire.content import BadContent

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault

_NEWEST: Final = 200
"""How many of a bot's events in a room of two are looked through."""
_UNDONE: Final = "put back"
_WHAT: Final = {
    "removed": N_("A message of yours was removed."),
    "held": N_("A message of yours waits until a moderator has looked at it."),
    "slowed": N_("You can write again in a moment."),
    "muted": N_("For now you can read here, and not write."),
    "sat out": N_(
        "For now you can read here, and not write. When names change you sit out for a while; "
        "your place is kept."
    ),
    "kicked": N_("You are out of the room for now. The moderators can invite you again."),
    "banned": N_("The moderators decided that you cannot come back into the room."),
    _UNDONE: N_("What was done has been taken back."),
}
_ANYTHING: Final = N_("The moderators did something about what you wrote.")


def told(event: StoredEvent, bot: str) -> member.Tell | None:
    """What ``bot`` itself said with this event; None when it is anything else.

    Nothing but an encrypted event from a device that the bot has signed counts.
    """
    content = word_of(event, bot)
    try:
        return None if content is None else member.read_tell(content.get(member.TELL))
    except BadContent:
        return None


def all_told(vault: Vault, account_id: int | None) -> Iterator[tuple[StoredEvent, member.Tell]]:
    """What the bots that let us in have told this account in private, or (None) whoever one ever
    was; in each room of two the newest first."""
    for bot in bots(vault):
        for room in rooms_with(vault, account_id, bot):
            for event in vault.events.of_sender(room.room_id, bot, _NEWEST):
                if (said := told(event, bot)) is not None:
                    yield event, said


def explanations(
    vault: Vault, account_id: int, appealed: frozenset[int] = frozenset()
) -> list[ExplanationView]:
    """What was done about this account, the newest first; ``appealed`` are deeds that somebody is
    to look at again already."""
    found = [
        _view(event, said, appealed)
        for event, said in all_told(vault, account_id)
        if isinstance(said, member.Explained)
    ]
    return sorted(found, key=lambda view: view.when, reverse=True)


def answers(vault: Vault, account_id: int) -> list[AnswerView]:
    """What the moderators wrote, the newest first: to this account and to the earlier ones, whose
    rooms of two nobody can open any more. Of those also why something was done, which is not among
    the `explanations`: there is nothing to ask for any more.

    Only this vault knows that it was the same person, and nothing is sent by reading.
    """
    found = []
    for event, said in all_told(vault, None):
        room = vault.rooms.get(event.room_id)
        former = room is None or room.account_id != account_id
        if isinstance(said, member.Reply) or (former and isinstance(said, member.Explained)):
            words = explained_lines.told(said, former=former)
            found.append(AnswerView(event.event_id, words, event_time(event.origin_ts), former))
    return sorted(found, key=lambda view: view.when, reverse=True)


def by_event(vault: Vault, room_id: str) -> dict[str, ExplanationView]:
    """What was explained to whom we are in this room, by message; the last that was said of it."""
    room = vault.rooms.get(room_id)
    found = [] if room is None else explanations(vault, room.account_id)
    return {event_id: view for view in reversed(found) for event_id in view.event_ids}


def explanation(said: member.Explained, when: datetime) -> ExplanationView:
    """One explanation as it stands by itself."""
    reason = next((words for code, words in REASONS.items() if code == said.reason), "")
    return ExplanationView(
        deed=said.deed,
        what=_(_WHAT.get(said.what, _ANYTHING)),
        reason=_(reason) if reason and said.reason != "other" and said.what != _UNDONE else "",
        text=ForeignText(member.in_language(said.text, language())).block().strip(),
        when=when,
        until=None if said.until is None else event_time(said.until),
        event_ids=said.event_ids,
        may_appeal=said.what != _UNDONE,
    )


def _view(event: StoredEvent, said: member.Explained, appealed: frozenset[int]) -> ExplanationView:
    view = explanation(said, event_time(event.origin_ts))
    asked = said.deed in appealed
    return replace(view, appealed=asked, may_appeal=view.may_appeal and not asked)
