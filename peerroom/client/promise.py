"""What a member is promised, word for word, wherever it is said: on screen and in the docs."""

from __future__ import annotations

from typing import Final

from peerroom.i18n import N_

PROTECTS: Final = (
    N_("Every epoch you are a new account with new keys and a new name."),
    N_(
        "Credentials, keys, names and account records do not link the two, for members, "
        "moderators and the bot."
    ),
    N_("One seat has one pseudonym at a time."),
    N_("A ban issued before the switch commits removes the seat."),
    N_("If you are away, you can come back under the old name."),
)
"""What the change of names does."""

GIVES_AWAY: Final = N_(
    "What can still give you away: the hours you are online and how much you write, your language, "
    "style and topics, and whom you answer."
)
ADDRESS: Final = N_(
    "Without Tor, the server's operator sees your address; with it, you are hidden among those who "
    "were online when you renewed, and best among those whose agent is always on."
)
RESIDENTS: Final = N_("Moderators and residents do not rotate.")

STILL_LINKS: Final = (GIVES_AWAY, ADDRESS, RESIDENTS)
"""What it does not do."""

PROMISE: Final = (*PROTECTS, *STILL_LINKS)
