"""What a host forgot to give the bot. Loads nothing else, for the command line's sake."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class SecretMissing(PeerRoomError):
    """A password or passphrase is not where it should be: only the host can mend that."""


class NoPassphrase(SecretMissing):
    """There is no passphrase for the bot's vault, and nobody to ask for it."""

    what = N_("The bot was given no passphrase for its vault.")
    next_step = N_(
        "Put it into PEERROOM_BOT_PASSPHRASE, or a file named by PEERROOM_BOT_PASSPHRASE_FILE."
    )


class NoPassword(SecretMissing):
    """The bot was never logged in here, and no password was given."""

    what = N_("The bot is not logged in yet and was given no password.")
    next_step = N_(
        "Put it into PEERROOM_BOT_PASSWORD, or a file named by PEERROOM_BOT_PASSWORD_FILE."
    )
