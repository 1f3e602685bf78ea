"""Private talk with the moderators, as lines of a conversation; and what is left of a message that
moderators removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peerroom.client.invitations import bots
from peerroom.i18n import _, ngettext
from peerroom.store.redaction import redactor
from peerroom.text.foreign import ForeignText

if TYPE_CHECKING:
    from peerroom.client.reporting_views import ExplanationView
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault
    from peerroom.wire.member import Ask, Tell

ASK: Final = "org.peerroom.member.ask"
"""`peerroom.wire.member.ASK`, without what that loads."""
TELL: Final = "org.peerroom.member.tell"


def is_private(event_type: str) -> bool:
    """Whether events of this (decrypted) type are of the private talk with the moderators."""
    return event_type in (ASK, TELL)


def line_of(event_type: str, content: object) -> str | None:
    """The line for an `ASK` or `TELL`; None if it is not what its type promises."""
    from peerroom.wire import member
    from peerroom.wire.content import BadContent

    try:
        if event_type == ASK:
            return asked(member.read_ask(content))
        return told(member.read_tell(content))
    except BadContent:
        return None


def asked(ask: Ask) -> str:
    """What one said to the moderators."""
    from peerroom.wire.member import Appeal, AskModerator, Report

    match ask:
        case Report(event_ids=event_ids, why=text):
            words = ngettext(
                "You reported {count} message to the moderators.",
                "You reported {count} messages to the moderators.",
                len(event_ids),
            ).format(count=len(event_ids))
        case AskModerator(help=True, text=text):
            words = _("You asked the moderators for help.")
        case AskModerator(text=text):
            words = _("To the moderators:")
        case Appeal(deed=deed, text=text):
            words = _("You asked to look again at number {deed}.").format(deed=deed)
    text = ForeignText(text).block().strip()
    return f"{words} {text}" if text else words


def told(tell: Tell) -> str:
    """What the bot said for the moderators."""
    from peerroom.client.explained import explanation
    from peerroom.client.wording import event_time
    from peerroom.wire.member import Explained, Received, Reply

    match tell:
        case Received():
            return _("The moderators have it.")
        case Reply(text=text):
            return _("The moderators: {text}").format(text=ForeignText(text).block().strip())
        case Explained():
            view = explanation(tell, event_time(0))
            lines = [view.sentence]
            if view.text:
                lines.append(view.text)
            if view.may_appeal:
                lines.append(_("You can ask to look again, with number {n}.").format(n=view.deed))
            return "\n".join(lines)


def is_from_bot(vault: Vault, event: StoredEvent) -> bool:
    """Whether a `TELL` may be shown as the moderators' word: from a bot that let us in. How far
    the device is proven is said beside every line."""
    return event.sender in bots(vault)


def removed(vault: Vault, event: StoredEvent, *, own: bool) -> str | None:
    """What stands in for a message that somebody else than its sender has removed: for one's own
    with the reason, as far as it was told. None where the sender deleted it, or nobody knows."""
    by = redactor(event.raw)
    if by is None or by == event.sender:
        return None
    if not own:
        return _("The moderators removed this message.")
    view = _explained(vault, event)
    if view is None:
        return _("The moderators removed this message of yours.")
    return view.sentence


def _explained(vault: Vault, event: StoredEvent) -> ExplanationView | None:
    from peerroom.client.explained import explained  # loads msgspec

    return explained(vault, event.room_id, event.event_id)
