"""Addresses of servers and proxies, as people write them, checked before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from peerroom.matrix.errors import BadAddress, BadProxy, InsecureAddress
from peerroom.wire.address import is_homeserver

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

    Raises `BadAddress`; `InsecureAddress` for plain ``http`` where somebody else could listen.
    """
    url = text.strip()
    if is_homeserver(url):
        return url.rstrip("/")
    if is_homeserver(url.replace("http://", "https://", 1)):
        raise InsecureAddress
    raise BadAddress


def isolated(proxy: ProxyAddress, circuit: bytes) -> ProxyAddress:
    """``proxy`` under a user name of our own, made of ``circuit`` (16 bytes).

    Tor gives each user name and password a circuit of its own (torrc: IsolateSOCKSAuth, on by
    default). Another SOCKS5 proxy that wants no name takes none; one that wants a certain name has
    it in its address, and stays as it is, like an HTTP proxy.
    """
    if proxy.kind != "socks5" or proxy.username is not None:
        return proxy
    return replace(proxy, username=circuit[:8].hex(), password=circuit[8:].hex())


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
