"""Where things live in Matrix: forms of addresses, checked without asking anyone.

Only the standard library, and little of it at import: the settings are checked with these too, and
the panic screen reads the settings.
"""

from __future__ import annotations

import re
from typing import Final

# Appendices, "Server name": a host of these characters or a bracketed IPv6 address, and a port.
_SERVER: Final = r"(?:[A-Za-z0-9.-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
_SERVER_NAME: Final = re.compile(_SERVER)
_USER_ID: Final = re.compile(rf"@[0-9a-z._=/+-]{{1,200}}:{_SERVER}")
# Room version 12 (MSC4291) has room ids without a server; event ids have none since version 3.
_ROOM_ID: Final = re.compile(rf"![A-Za-z0-9._=/+-]{{1,200}}(?::{_SERVER})?")
_EVENT_ID: Final = re.compile(rf"\$[A-Za-z0-9._=/+-]{{1,200}}(?::{_SERVER})?")
_BASE_URL: Final = re.compile(rf"https?://{_SERVER}(?:/[A-Za-z0-9._~-]+)*/?")

ID_LENGTH: Final = 255
"""Characters an identifier has at most (appendices, common identifier format)."""


def is_server_name(text: str) -> bool:
    """Whether ``text`` has the form of a server name ("example.org", "[::1]:8448")."""
    return _SERVER_NAME.fullmatch(text) is not None


def is_user_id(text: str) -> bool:
    """Whether ``text`` has the form of a user id as servers make them today."""
    return len(text) <= ID_LENGTH and _USER_ID.fullmatch(text) is not None


def is_room_id(text: str) -> bool:
    """Whether ``text`` has the form of a room id."""
    return len(text) <= ID_LENGTH and _ROOM_ID.fullmatch(text) is not None


def is_event_id(text: str) -> bool:
    """Whether ``text`` has the form of an event id."""
    return len(text) <= ID_LENGTH and _EVENT_ID.fullmatch(text) is not None


def is_homeserver(text: str) -> bool:
    """Whether ``text`` is a base URL that PeerRoom talks to: scheme, host, port and perhaps a path.

    https, or http where nobody else can listen.
    """
    from urllib.parse import urlsplit

    if not _BASE_URL.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port beyond 65535, brackets around no address
        return False
    return port != 0 and (parts.scheme == "https" or nobody_listens(host))


def nobody_listens(host: str) -> bool:
    """Whether plain http to ``host`` is private: this machine, or an onion service.

    An onion service encrypts by itself, and its name is its key.
    """
    from ipaddress import ip_address

    if host.endswith((".onion", ".localhost")) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
