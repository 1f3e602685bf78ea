"""What can be wrong with the records of a circle, in words. All of these stop a client's switch."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class RecordError(PeerRoomError):
    """A record that cannot be right. Nothing is asked for and nothing is shown any more."""

    what = N_("What the circle publishes about its names does not add up, so you keep your name.")
    next_step = N_("Please tell a moderator in another way than by this room.")


class RecordMalformed(RecordError):
    """Not a record, or one of a format that this program does not know."""

    what = N_("What the circle publishes about its names could not be read, so you keep your name.")
    next_step = N_("Please update PeerRoom; if that does not help, tell a moderator.")


class RecordForged(RecordError):
    """The signature is not that of the bot whose key the invite named."""

    what = N_("A record of names was not signed by the bot that let you in, so you keep your name.")


class RecordOfOtherCircle(RecordError):
    """A record of another circle, whoever put it here."""

    what = N_("A record of names belongs to another circle, so you keep your name.")


class RecordForked(RecordError):
    """Two different records under the bot's signature with one number: proof of two stories."""

    what = N_("The bot tells different members different things, so you keep your name.")


class RecordRolledBack(RecordError):
    """Fewer records than were seen before: the server shows an old state."""

    what = N_("The server shows an older list of names than before, so you keep your name.")


class RecordUnlinked(RecordError):
    """A record that does not name the one before it."""

    what = N_("A record of names does not follow from the one before, so you keep your name.")


class RecordMissing(RecordError):
    """Records or pages are not here (yet): to be fetched, not a proof of anything."""

    what = N_("Some of what the circle publishes about its names has not arrived yet.")
    next_step = N_("PeerRoom asks again by itself.")


class PageAltered(RecordError):
    """A page whose hash is not the one in its record."""

    what = N_("A list of names was changed on the way, so you keep your name.")


class KeySubstituted(RecordError):
    """An epoch's keys are not those that were announced one epoch before."""

    what = N_("The circle's keys are not those that were announced, so you keep your name.")


class LedgerInflated(RecordError):
    """More accounts were admitted than tokens were given, or the numbers do not fit the rows."""

    what = N_("More accounts came in than the circle has members, so you keep your name.")


class LedgerThin(RecordError):
    """A final ledger that the rules make void: below two thirds of the issued tokens, or below the
    circle's floor. Whoever loses redemptions on purpose learns from what the others then do who the
    few that are left were."""

    what = N_("Too few came with a new name for yours to disappear among them, so you keep yours.")
    next_step = N_(
        "Please ask a moderator, in another way than by this room, what became of the others."
    )


class LedgerOverdrawn(RecordError):
    """More tokens of an epoch were used, or are still unused here, than its issue ledger has: the
    bot signed some for accounts that nobody asked for, and left others out."""

    what = N_("There are more passes to new names than the circle gave out, so you keep your name.")
    next_step = N_(
        "Please ask a moderator, in another way than by this room, who came in and who is missing."
    )


class OutOfOrder(RecordError):
    """A record that cannot come now: a wrong epoch or round, or a time before the last one."""

    what = N_("A record of names came at a time when it cannot, so you keep your name.")
