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
_ROOM_ALIAS: Final = re.compile(rf"#[^\s:\x00]{{1,200}}:{_SERVER}")
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


def is_room_alias(text: str) -> bool:
    """A room's alias: ``#name:server``."""
    return len(text) <= ID_LENGTH and _ROOM_ALIAS.fullmatch(text) is not None


def is_event_id(text: str) -> bool:
    """Whether ``text`` has the form of an event id."""
    return len(text) <= ID_LENGTH and _EVENT_ID.fullmatch(text) is not None


def is_homeserver(text: str) -> bool:
    """Whether ``text`` is a base URL that PeerRoom talks to: scheme, host, port and perhaps a path.

    https, or http where nobody else can listen: on this machine, or to an onion service, which
    encrypts by itself and whose name is its key (and which only a proxy can reach: `is_onion`).
    """
    from urllib.parse import urlsplit

    host = _host(text)
    if host is None:
        return False
    if urlsplit(text).scheme == "https":
        return True
    return is_onion(text) or host == "localhost" or _is_loopback(host)


def is_onion(url: str) -> bool:
    """Whether the base URL is that of an onion service, whose name must never reach ordinary DNS.

    Whoever answers there could say where it is, and there is no certificate to tell (RFC 7686).
    """
    return (_host(url) or "").rstrip(".").endswith(".onion")


def _host(url: str) -> str | None:
    """The host of a base URL in lower case, or None."""
    from urllib.parse import urlsplit

    if not _BASE_URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        return parts.hostname if parts.port is None or parts.port > 0 else None
    except ValueError:  # a port beyond 65535, brackets around no address
        return None


def _is_loopback(host: str) -> bool:
    """Whether ``host`` is a literal address of this machine; a name could be anybody's."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
