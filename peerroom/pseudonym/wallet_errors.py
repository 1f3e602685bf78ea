"""What a wallet finds wrong with what concerns itself, in words. All of these stop it."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.pseudonym import record_errors, token_errors
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.token_errors import TokenError


class RequestMissing(RecordError):
    """The request reached the server well before the cut-off; the issue ledger does not have it."""

    what = N_("The circle left out your request for a new name, so you keep your name.")


class RequestAltered(RecordError):
    """The issue ledger has another request in our name than the one that was sent, if any was."""

    what = N_("The circle's list has a request in your name that you did not make.")


class AnswerSpoilt(RecordError):
    """The answer to our request is not its signature (s^e is not m): whoever signed did that."""

    what = N_("The circle answered your request for a new name wrongly, so you keep your name.")
    next_step = N_("PeerRoom shows the proof to the circle. Please tell a moderator, too.")


class RequestDamaged(RecordError):
    """The answer is right and does not open: what this vault kept of the request is damaged."""

    what = N_("What this computer kept of your request for a new name is damaged.")
    next_step = N_("Please ask a moderator for a replacement of your place in the circle.")


class EntryAltered(RecordError):
    """The way in is not the one whose hash stands in the record: it could be made for us alone."""

    what = N_("The way to a new name was not the same for everyone, so you keep your name.")


class SeatUnproven(RecordError):
    """An account in the admission ledger has no good token, or no proof that it may use it."""

    what = N_("An account came into the circle without a pass, so your name changes no more.")


class WalletDamaged(PeerRoomError):
    """Bytes that are no wallet of this version."""

    what = N_("What this computer kept about your names could not be read.")
    next_step = N_("Please update PeerRoom; if that does not help, tell a moderator.")


def error_named(name: str) -> PeerRoomError:
    """The error of a `peerroom.pseudonym.wallet_steps.Stop`; a plain one for an unknown name."""
    kind: object = globals().get(name)
    for module in (record_errors, token_errors):
        kind = kind or vars(module).get(name)
    if isinstance(kind, type) and issubclass(kind, (RecordError, TokenError)):
        return kind()
    return RecordError()
