"""From what a person types to a homeserver's address (spec: "Server discovery")."""

from __future__ import annotations

from random import Random
from typing import Final

from peerroom.clock import Clock
from peerroom.matrix import address
from peerroom.matrix.errors import BadAddress, BadAnswer, MatrixError
from peerroom.matrix.transport import PATIENT, Timeouts, Transport
from peerroom.wire.address import is_server_name

_WELL_KNOWN: Final = "/.well-known/matrix/client"


async def homeserver_of(
    typed: str, *, proxy: str | None, clock: Clock, random: Random, timeouts: Timeouts = PATIENT
) -> str:
    """The base URL for ``typed``: a URL, taken as it is, or a server name such as ``example.org``.

    Only a server name costs a request, through the same proxy as everything else. A server that
    publishes nothing is taken to be at its own name. Raises `BadAddress`, `InsecureAddress`,
    `BadAnswer` (it publishes something that is no address), `MatrixError`.
    """
    name = typed.strip()
    if not is_server_name(name):
        return address.base_url(typed)
    transport = Transport(
        f"https://{name}", proxy=proxy, clock=clock, random=random, timeouts=timeouts
    )
    try:
        answer = await transport.request("GET", _WELL_KNOWN, retry=False)
    except MatrixError as error:
        if error.status == 404:
            return transport.homeserver
        raise
    finally:
        await transport.close()
    return published(answer)


def published(answer: dict[str, object]) -> str:
    """The base URL in the content of a well-known file. Raises `BadAnswer`, `InsecureAddress`."""
    homeserver = answer.get("m.homeserver")
    url = homeserver.get("base_url") if isinstance(homeserver, dict) else None
    if not isinstance(url, str):
        raise BadAnswer
    try:
        return address.base_url(url)
    except BadAddress as error:
        raise BadAnswer from error
