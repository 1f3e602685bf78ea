"""What a face shows of a member's private talk with the moderators: clean, frozen, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

AskKind = Literal["report", "help", "question", "appeal"]
AskState = Literal["waiting", "sending", "sent", "received", "failed"]
"""``waiting``: kept here until there is a room to say it in. ``received``: the moderators have
it."""

_KINDS: Final[dict[AskKind, str]] = {
    "report": N_("a report"),
    "help": N_("a call for help"),
    "question": N_("a word to the moderators"),
    "appeal": N_("please look again"),
}
_STATES: Final[dict[AskState, str]] = {
    "waiting": N_("kept; it goes out with the next connection"),
    "sending": N_("on its way"),
    "sent": N_("sent"),
    "received": N_("the moderators have it"),
    "failed": N_("not sent"),
}


class NobodyToTell(PeerRoomError):
    """The room is not kept by a bot that let us in: a report would have no reader."""

    what = N_("No moderators of PeerRoom look after this room, so nobody would read it.")
    next_step = N_(
        "Ask someone in the room whom you trust, or leave the room. "
        "The help numbers stay open to you: `peerroom help-now`."
    )


class BotNotItself(PeerRoomError):
    """The bot's identity is not the one that the invite link named. Nothing was said."""

    what = N_("The moderators' program is not proven to be the one that let you in.")
    next_step = N_(
        "Nothing was sent. Ask the person who invited you, in another way, before you go on."
    )


class EarlierName(PeerRoomError):
    """It was in a room of an earlier name: to speak of it now would tell who one was."""

    what = N_("That was under an earlier name of yours, so nothing was sent.")
    next_step = N_(
        "To report it would show that the two names are one person. "
        "You can still ask the moderators in your own words."
    )


class NothingToReport(PeerRoomError):
    """No message was named that others wrote and the server has."""

    what = N_("There is no message of someone else's to report.")
    next_step = N_("Choose a message that someone else wrote. Your own you can delete.")


class TooMuchToReport(PeerRoomError):
    """More messages at once than one report holds."""

    what = N_("That is more than one report can hold.")
    next_step = N_("Report up to 20 messages at a time.")


class NothingToSay(PeerRoomError):
    """A word to the moderators without a word in it."""

    what = N_("There was nothing in it to send.")
    next_step = N_("Write a few words, and send them again.")


class TooLongToSay(PeerRoomError):
    """More than one message to the moderators holds."""

    what = N_("That is too long for one message to the moderators.")
    next_step = N_("Send it in two parts.")


class NoSuchDeed(PeerRoomError):
    """Nothing with this number was done about the account that one has now."""

    what = N_("There is nothing of yours with this number to look at again.")
    next_step = N_("Look at what was explained to you, and choose one of those.")


class AppealedAlready(PeerRoomError):
    """The same decision, twice."""

    what = N_("You have asked already to look at this again.")
    next_step = N_("The moderators' answer comes to you in private.")


@dataclass(frozen=True, slots=True)
class AskView:
    """Something that was said to the moderators."""

    key: str
    """Stays the same on its whole way."""
    kind: AskKind
    text: str
    """One's own words; may be empty."""
    when: datetime
    """Aware, UTC."""
    state: AskState
    problem: str | None = None
    """Why it was not sent, and what to do; with ``failed`` only."""

    @property
    def kind_words(self) -> str:
        """What it is, in a few words of the current language."""
        return _(_KINDS[self.kind])

    @property
    def state_words(self) -> str:
        """How far it has come, in a few words."""
        return _(_STATES[self.state])


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Something that the moderators wrote to oneself in private."""

    key: str
    text: str
    when: datetime
    """Aware, UTC; by the bot's clock."""
    former: bool = False
    """It was written to an earlier name of one's own. Nobody else may learn of that."""


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """Why something was done about one's own messages or voice."""

    deed: int
    """The number with which to appeal."""
    what: str
    """What was done, as a whole sentence of the current language."""
    reason: str
    """Why, in a few words; empty if no reason was given that this version knows."""
    text: str
    """What the moderators wrote about it; may be empty."""
    when: datetime
    """Aware, UTC; by the bot's clock."""
    until: datetime | None = None
    """When it ends by itself."""
    event_ids: tuple[str, ...] = ()
    """The messages it is about."""
    appealed: bool = False
    may_appeal: bool = True
    """False for what is no sanction (``put back``), and once it was asked for."""

    @property
    def sentence(self) -> str:
        """What was done and why, in one sentence."""
        if not self.reason:
            return self.what
        return _("{what} Why: {reason}.").format(what=self.what, reason=self.reason)


def former_words() -> str:
    """What stands beside an answer that was written to an earlier name."""
    return _("before your name changed")
