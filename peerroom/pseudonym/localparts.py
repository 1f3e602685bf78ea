"""What new accounts are called on the server: alike for everyone, and known again by their circle.

    "p" ‖ nonce ‖ mark          8 hex digits each
    mark = HMAC-SHA256(the round's registration token, "PeerRoom-localpart-v1\\0" ‖ nonce)[:4]

A bot ends accounts that were made in a round and not let in. On a server with other circles it must
know which those are, and the server does not say: Synapse counts how often a registration token was
used and keeps no list of by whom. So the account says it. Who does not have the token sees
16 digits of chance; all who have it are told by the circle's ledgers which accounts are new.

Who comes by an invite has no mark (`peerroom.client.joining`): by it the maker of the link would
know them in the room.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from peerroom.pseudonym.blind import RandomBytes

_NONCE: Final = 4
"""Bytes. Of a hundred accounts of a round two share one in one round of a million; then the server
says that the name is taken, and another is drawn."""
_FORM: Final = re.compile(r"p([0-9a-f]{8})([0-9a-f]{8})")
_CONTEXT: Final = b"PeerRoom-localpart-v1\0"


def draw(registration_token: str, random: RandomBytes) -> str:
    """The localpart of an account that is to be made with this token. ``random`` gives bytes."""
    nonce = random(_NONCE)
    return f"p{nonce.hex()}{_mark(registration_token, nonce)}"


def is_of(localpart: str, registration_token: str) -> bool:
    """Whether `draw` made it for this token; one of another token's is taken for it once in 2³².

    No account is the empty token's: that is none.
    """
    found = _FORM.fullmatch(localpart)
    if found is None or not registration_token:
        return False
    return hmac.compare_digest(_mark(registration_token, bytes.fromhex(found[1])), found[2])


def _mark(registration_token: str, nonce: bytes) -> str:
    mark = hmac.digest(registration_token.encode(), _CONTEXT + nonce, "sha256")
    return mark[:4].hex()
