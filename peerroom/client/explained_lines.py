"""Private talk with the moderators, as lines of a conversation; and what is left of a message that
moderators removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from peerroom.client.invitations import bots
from peerroom.i18n import _, language, ngettext
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


def ask_line(content: object) -> str | None:
    """The line for what a member asked; None if it is not what its type promises."""
    from peerroom.wire import member
    from peerroom.wire.content import BadContent

    try:
        return asked(member.read_ask(content))
    except BadContent:
        return None


def tell_line(vault: Vault, event: StoredEvent, content: object) -> str | None:
    """The line for what a bot told us; None from anybody else, for any other message, and for what
    a newer version says in a way that is not known here: then the words of the message stand for
    it. How far the sender is proven is said elsewhere."""
    from peerroom.wire import member
    from peerroom.wire.content import BadContent

    if event.sender not in bots(vault):
        return None
    try:
        return told(member.read_tell(content))
    except BadContent:
        return None


def asked(ask: Ask) -> str:
    """What one said to the moderators."""
    from peerroom.wire.member import Appeal, AskModerator, Report

    match ask:
        case Report(event_ids=event_ids, why=text):
            words = ngettext(
                "Report to the moderators, {count} message.",
                "Report to the moderators, {count} messages.",
                len(event_ids),
            ).format(count=len(event_ids))
        case AskModerator(help=True, text=text):
            words = _("To the moderators: please help me.")
        case AskModerator(text=text):
            words = _("To the moderators:")
        case Appeal(deed=deed, text=text):
            words = _("To the moderators: please look again at number {n}.").format(n=deed)
    text = ForeignText(text).block().strip()
    return f"{words} {text}" if text else words


def told(tell: Tell, *, former: bool = False) -> str:
    """What the bot said for the moderators; ``former`` when it was to an earlier name."""
    from peerroom.client.explained import explanation
    from peerroom.client.wording import event_time
    from peerroom.wire.member import Explained, Received, Reply, in_language

    match tell:
        case Received():
            return _("The moderators have it.")
        case Reply(text=text):
            return ForeignText(in_language(text, language())).block().strip()
        case Explained():
            view = explanation(tell, event_time(0))
            lines = [view.sentence]
            if view.text:
                lines.append(view.text)
            if view.may_appeal and not former:
                lines.append(_("You can ask to look again, with number {n}.").format(n=view.deed))
            return "\n".join(lines)


class Removed:
    """What stands in for messages of one room that moderators removed."""

    def __init__(self, vault: Vault, room_id: str) -> None:
        self._vault = vault
        self._room_id = room_id
        self._why: Mapping[str, ExplanationView] | None = None

    def forget(self) -> None:
        """Look anew at what was explained, when it is next needed."""
        self._why = None

    def words(self, event: StoredEvent, *, own: bool) -> str | None:
        """For one's own message with the reason, as far as it was told. None where the sender
        deleted it, or nobody knows who did."""
        by = redactor(event.raw)
        if by is None or by == event.sender:
            return None
        if not own:
            return _("The moderators removed this message.")
        if self._why is None:
            from peerroom.client.explained import by_event  # loads msgspec

            self._why = by_event(self._vault, self._room_id)
        view = self._why.get(event.event_id)
        return view.sentence if view else _("The moderators removed this message of yours.")
