"""Addresses of servers and proxies, as people write them, checked before anything is sent."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from peerroom.matrix.errors import BadAddress, BadProxy, InsecureAddress

ProxyKind = Literal["socks5", "http"]

_PROXY_KINDS: Final[dict[str, ProxyKind]] = {
    "socks5h": "socks5",
    "socks5": "socks5",
    "http": "http",
}


@dataclass(frozen=True)
class ProxyAddress:
    """Where a proxy listens, and how to introduce oneself to it."""

    kind: ProxyKind
    host: str
    port: int
    username: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"ProxyAddress({self.kind})"


def base_url(text: str) -> str:
    """The base URL of a homeserver, without a trailing slash.

    Raises `BadAddress`; `InsecureAddress` for plain ``http`` other than to this machine or to an
    onion service, which encrypts by itself.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress from error
    if parts.scheme not in {"http", "https"} or not host or port == 0 or parts.username is not None:
        raise BadAddress
    if parts.query or parts.fragment or not _is_host(host):
        raise BadAddress
    if parts.scheme == "http" and not (_is_loopback(host) or host.endswith(".onion")):
        raise InsecureAddress
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def server_name(text: str) -> str | None:
    """``text`` if it is a Matrix server name (``example.org``, ``example.org:8448``), else None."""
    name = text.strip()
    if not name or "://" in name or "/" in name or "@" in name:
        return None
    try:
        parts = urlsplit(f"//{name}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return name if host and port != 0 and _is_host(host) else None


def proxy_address(text: str) -> ProxyAddress:
    """A proxy URL, taken apart: ``socks5h://``, ``socks5://`` (names are resolved by the proxy
    either way) or ``http://`` (by CONNECT). Raises `BadProxy`.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadProxy from error
    kind = _PROXY_KINDS.get(parts.scheme)
    if kind is None or not host or not port or parts.path.strip("/") or parts.query:
        raise BadProxy
    return ProxyAddress(
        kind=kind,
        host=host,
        port=port,
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.username is None else unquote(parts.password or ""),
    )


def _is_host(host: str) -> bool:
    return host.isprintable() and not any(character in ' "<>\\^`{|}%' for character in host)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
