"""HTTP to one homeserver: the only place that opens a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from peerroom.clock import Clock
from peerroom.matrix.errors import About, MatrixError, Reach

Method = Literal["GET", "PUT", "POST", "DELETE"]
Json = dict[str, object]
OnState = Callable[[Reach, MatrixError | None], None]


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, before saying that the server is away."""

    connect: float = 8.0
    """For a direct TCP and TLS connection; below the ten seconds in which a fault is said."""
    connect_by_proxy: float = 30.0
    """The same through a proxy: an onion circuit takes its time."""
    request: float = 30.0
    """From the first byte out to the last byte in."""
    poll_margin: float = 10.0
    """What a long poll may take longer than it asked for, before the connection counts as dead."""


class Transport:
    """Requests to one homeserver, through a proxy if there is one, and never past it.

    ``homeserver`` is a base URL (``https://…``; ``http`` only for loopback and onion services);
    ``proxy`` a ``socks5h://``, ``socks5://`` or ``http://`` URL: names are resolved by the proxy
    either way. ``on_state`` hears of the first failure at once, and of the first success after it.

    Raises `BadAddress`, `InsecureAddress`, `BadProxy`.
    """

    def __init__(
        self,
        homeserver: str,
        *,
        proxy: str | None = None,
        clock: Clock,
        random: Random,
        timeouts: Timeouts = Timeouts(),  # noqa: B008
        on_state: OnState | None = None,
    ) -> None:
        raise NotImplementedError

    async def request(
        self,
        method: Method,
        path: str,
        *,
        token: str | None = None,
        json: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
        retry: bool = True,
        repeatable: bool | None = None,
        about: About = "other",
    ) -> Json:
        """Send one request and return the JSON object that came back.

        ``path`` begins with ``/_matrix`` or ``/_synapse`` and is already percent-encoded.
        ``timeout`` (seconds) is for one try. With ``retry``, a 429, a 5xx, a reset or a silence is
        tried again a few times with back-off; ``repeatable`` says whether the server may see the
        request twice (default: everything but POST), and without it only what certainly was not
        carried out is tried again. Raises `MatrixError`.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Close every connection."""
        raise NotImplementedError
