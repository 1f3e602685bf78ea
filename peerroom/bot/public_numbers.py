"""Numbers that are nobody's own: a helpline named in a room is no contact detail."""

from __future__ import annotations

from functools import cache

from peerroom.care import catalogue
from peerroom.moderation.phones import phones


@cache
def helplines() -> frozenset[str]:
    """Digits of every helpline that PeerRoom knows, as dialled inland."""
    return frozenset(
        digits
        for country in catalogue.countries()
        for line in catalogue.load(country.code)
        for number in (line.phone, line.dial, line.sms)
        if number is not None
        for digits in (*phones(number), "".join(filter(str.isdecimal, number)))
    )
