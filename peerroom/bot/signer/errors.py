"""What the signer refuses, and what can happen to it. Names cross the pipe, sentences do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.pseudonym.token_errors import (
    RequestMalformed,
    RequestOutOfRange,
    SelfTestFailed,
    SigningFailed,
)


class SignerError(PeerRoomError):
    """The signer did not do what was asked. Nothing was signed that had not been before."""

    what = N_("The part of the bot that signs for new names did not do what was asked.")
    next_step = N_("Names stay as they are. `peerroom doctor` may say more.")


# --- what it refuses ------------------------------------------------------------------------------


class OtherBatch(SignerError):
    """For this round a batch was signed already, and this is another one."""

    what = N_("For this round new names were signed already, and there is never a second list.")
    next_step = N_("Nothing was signed. The round goes on with the first list.")


class KeysDestroyed(SignerError):
    """The keys of this epoch, or of a later one, were destroyed. There are never new ones."""

    what = N_("The keys for this change of names were destroyed, as planned.")
    next_step = N_("There are no new keys for a time that is over. The next change has its own.")


class KeysNeverMade(SignerError):
    """An epoch or a round that no keys were made for, or an epoch before one that has keys."""

    what = N_("There are no keys for this change of names.")


class RoundsDiffer(SignerError):
    """Keys for this epoch were made already, for another number of rounds."""

    what = N_("The keys for this change of names were made already, for another number of rounds.")


# --- its folder -----------------------------------------------------------------------------------


class SignerKeyWrong(SignerError):
    """The folder belongs to another key or another circle. It was left as it is."""

    what = N_("The keys for new names belong to another bot or another circle.")
    next_step = N_("They were left as they are. Check the bot's folder in the settings.")


class SignerDamaged(SignerError):
    """A file was cut off, altered, exchanged or is missing. Everything was left as it is."""

    what = N_("The keys for new names are damaged, so nothing is signed with them.")
    next_step = N_("They were left as they are. Put back the whole folder, or skip this change.")


class SignerBusy(SignerError):
    """Another process signs from this folder."""

    what = N_("Another bot is using the keys for new names.")
    next_step = N_("Stop it first, then try again.")


class SignerDiskFailed(SignerError):
    """The folder could not be read or written."""

    what = N_("The keys for new names could not be read or written.")
    next_step = N_("Check that the disk has room and that the bot may write there.")


# --- the process ----------------------------------------------------------------------------------


class SignerDied(SignerError):
    """It ended while it was to answer, and again when it was asked a second time."""

    what = N_("The part of the bot that signs for new names keeps stopping.")
    next_step = N_("Nothing is lost. Restart the bot, then look at its log.")


class SignerSilent(SignerError):
    """It did not answer within the time limit and was ended. Asking again is safe."""

    what = N_("The part of the bot that signs for new names did not answer in time.")
    next_step = N_("It is started anew and asked again the next time.")


BY_NAME: Final[Mapping[str, type[PeerRoomError]]] = {
    kind.__name__: kind
    for kind in (
        OtherBatch,
        KeysDestroyed,
        KeysNeverMade,
        RoundsDiffer,
        SignerKeyWrong,
        SignerDamaged,
        SignerBusy,
        SignerDiskFailed,
        SelfTestFailed,
        SigningFailed,
        RequestMalformed,
        RequestOutOfRange,
    )
}
"""What the signer says by name, and the bot then raises."""
