"""HTTP to one homeserver: the only place that opens a connection."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final, Literal

import aiohttp
import msgspec
from aiohttp_socks import (
    ProxyConnectionError,
    ProxyConnector,
    ProxyError,
    ProxyTimeoutError,
    ProxyType,
)
from yarl import URL

from peerroom.clock import Clock
from peerroom.matrix import address, backoff, untrusted_json
from peerroom.matrix.errors import (
    About,
    AnswerTooLarge,
    BadAnswer,
    MatrixError,
    OnionNeedsProxy,
    ProxyUnreachable,
    RateLimited,
    Reach,
    ServerFault,
    ServerRefused,
    ServerSilent,
    ServerUnreachable,
    UntrustedServer,
    from_response,
)
from peerroom.store.accounts import new_circuit
from peerroom.wire.address import is_onion

Method = Literal["GET", "PUT", "POST", "DELETE"]
Json = dict[str, object]
Query = Mapping[str, str | Sequence[str]]
OnState = Callable[[Reach, MatrixError | None], None]

TRIES: Final = 5
"""How often one request is sent at most, when it may be tried again."""

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes after decompression. Read as Python values they take up to 25 times as much memory, and a
second. A page of 100 events has 6.4 MB at most; a sync may have more, and is then asked for with
less of each timeline (`sync_filter.NARROW`)."""

# The same from every PeerRoom, whatever the platform or the libraries installed: no fingerprint.
_HEADERS: Final = {
    "User-Agent": "PeerRoom",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}
# SOCKS5 replies (RFC 1928, section 6) and HTTP statuses by which a healthy proxy says that the
# server behind it is what cannot be reached.
_BEHIND_THE_PROXY: Final = frozenset({3, 4, 5, 6, 502, 503, 504})


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, before saying that the server is away."""

    connect: float = 8.0
    """For a direct TCP and TLS connection; below the ten seconds in which a fault is said."""
    connect_by_proxy: float = 30.0
    """The same through a proxy: an onion circuit takes its time."""
    request: float = 30.0
    """From the first byte out to the last byte in."""
    poll: float = 7.0
    """How long the server may keep a turn of sync open when nothing happens. Usual are 30; but a
    server that refuses or fails is only met by the next request, and is to be said within ten."""
    poll_margin: float = 10.0
    """What that may take longer before the connection counts as dead. Two turns and a margin are
    less than the 45 seconds in which a silent server is said."""


PATIENT: Final = Timeouts()


class Transport:
    """Requests to one homeserver, through a proxy if there is one, and never past it.

    ``homeserver`` is a base URL (``https://…``; ``http`` only for loopback and onion services);
    ``proxy`` a ``socks5h://``, ``socks5://`` or ``http://`` URL: names are resolved by the proxy
    either way. ``circuit`` is the account's (`peerroom.store.accounts.new_circuit`): without one,
    these requests have a circuit that nothing else ever shares. Connections, cookies, names and
    TLS sessions are never shared with another transport. ``on_state`` hears of the first failure
    at once, and of the first success after it.

    Raises `BadAddress`, `InsecureAddress`, `BadProxy`, `OnionNeedsProxy`.
    """

    def __init__(
        self,
        homeserver: str,
        *,
        proxy: str | None = None,
        circuit: bytes | None = None,
        clock: Clock,
        random: Random,
        timeouts: Timeouts = PATIENT,
        on_state: OnState | None = None,
    ) -> None:
        self.homeserver = address.base_url(homeserver)
        self.timeouts = timeouts
        self._proxy = (
            None
            if proxy is None
            else address.isolated(address.proxy_address(proxy), circuit or new_circuit())
        )
        if self._proxy is None and is_onion(self.homeserver):
            raise OnionNeedsProxy
        self._clock = clock
        self._random = random
        self._on_state = on_state
        self._said: tuple[Reach, type[MatrixError] | None] | None = None
        self._http: aiohttp.ClientSession | None = None
        self._may_connect = True
        self.server_time: datetime | None = None
        """What the server's clock said in its last answer; None if it does not say."""

    async def request(
        self,
        method: Method,
        path: str,
        *,
        token: str | None = None,
        json: Mapping[str, object] | None = None,
        query: Query | None = None,
        within: float | None = None,
        retry: bool = True,
        repeatable: bool | None = None,
        about: About = "other",
    ) -> Json:
        """Send one request and return the JSON object that came back.

        ``path`` begins with ``/_matrix`` or ``/_synapse`` and is already percent-encoded.
        ``within`` (seconds) is for one try. With ``retry``, a 429, a 5xx, a reset or a silence is
        tried again a few times with back-off; ``repeatable`` says whether the server may see the
        request twice (default: everything but POST), and without it only what certainly was not
        carried out is tried again. Raises `MatrixError`.
        """
        repeatable = method != "POST" if repeatable is None else repeatable
        failures = 0
        while True:
            try:
                answer = await self._try_once(method, path, token, json, query, within, about)
            except MatrixError as error:
                self._say(error.reach or "online", error if error.reach else None)
                failures += 1
                wait = backoff.REQUEST.wait(failures, error, self._random)
                if not retry or failures == TRIES or wait is None or not _worth(error, repeatable):
                    raise
                await self._clock.sleep(wait)
            else:
                self._say("online", None)
                return answer

    def keep_to_this_connection(self) -> None:
        """Open no connection any more: once the one that stands is cut, every request fails."""
        self._may_connect = False

    async def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _try_once(
        self,
        method: Method,
        path: str,
        token: str | None,
        json: Mapping[str, object] | None,
        query: Query | None,
        within: float | None,
        about: About,
    ) -> Json:
        url = URL(self.homeserver + path, encoded=True).with_query(query)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        data = None if json is None else msgspec.json.encode(json)
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session().request(
                method,
                url,
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout(within),
            ) as response:
                self.server_time = _time(response.headers.get("Date", ""))
                body = await _read(response)
        except (
            aiohttp.ClientError,
            OSError,  # includes TimeoutError and ssl.SSLError
            ProxyConnectionError,
            ProxyTimeoutError,
            ProxyError,
        ) as error:
            raise _unreachable(error, by_proxy=self._proxy is not None) from error
        return _answer(response, body, about)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=_HEADERS,
                trust_env=False,
                trace_configs=[self._before_connecting()],
            )
        return self._http

    def _before_connecting(self) -> aiohttp.TraceConfig:
        """aiohttp asks here before it connects, also when it does so anew without a word."""

        async def look(*_: object) -> None:
            if not self._may_connect:
                raise aiohttp.ClientConnectionError

        trace = aiohttp.TraceConfig()
        trace.on_connection_create_start.append(look)
        return trace

    def _connector(self) -> aiohttp.TCPConnector:
        tls = _own_tls() if self.homeserver.startswith("https:") else True
        if self._proxy is None:
            return aiohttp.TCPConnector(ssl=tls)
        return ProxyConnector(
            ssl=tls,
            proxy_type=ProxyType.SOCKS5 if self._proxy.kind == "socks5" else ProxyType.HTTP,
            host=self._proxy.host,
            port=self._proxy.port,
            username=self._proxy.username,
            password=self._proxy.password,
            rdns=True,
        )

    def _timeout(self, total: float | None) -> aiohttp.ClientTimeout:
        times = self.timeouts
        connect = times.connect if self._proxy is None else times.connect_by_proxy
        return aiohttp.ClientTimeout(
            total=times.request if total is None else total, connect=connect, sock_connect=connect
        )

    def _say(self, reach: Reach, error: MatrixError | None) -> None:
        news = (reach, type(error) if error else None)
        if news == self._said:
            return
        self._said = news
        if self._on_state is not None:
            self._on_state(reach, error)


def _own_tls() -> ssl.SSLContext:
    """aiohttp's is one for the whole process, and with it whatever a server could know us by."""
    tls = ssl.create_default_context()
    tls.set_alpn_protocols(["http/1.1"])
    return tls


def _time(date: str) -> datetime | None:
    """The moment in an HTTP ``Date`` header (RFC 9110, 6.6.1), or None."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            response.close()
            raise AnswerTooLarge
    return bytes(body)


def _answer(response: aiohttp.ClientResponse, body: bytes, about: About) -> Json:
    try:
        value = untrusted_json.parse(body)
    except untrusted_json.NotJson:
        value = None
    if response.status >= 300:
        raise from_response(
            response.status,
            value,
            about=about,
            retry_after=response.headers.get("Retry-After"),
        )
    if not isinstance(value, dict):
        raise BadAnswer(status=response.status)
    return value


def _worth(error: MatrixError, repeatable: bool) -> bool:
    """Whether the same request may go out again."""
    match error:
        case UntrustedServer():
            return False
        case RateLimited():
            return True
        case ServerUnreachable():
            return repeatable or not error.sent
        case ServerFault():
            return repeatable
        case _:
            return False


def _unreachable(error: Exception, *, by_proxy: bool) -> MatrixError:
    """What a failure below HTTP means."""
    match error:
        case ProxyError() if error.error_code in _BEHIND_THE_PROXY:
            return ServerUnreachable(sent=False)
        case ProxyConnectionError() | ProxyError():
            return ProxyUnreachable(sent=False)
        case ProxyTimeoutError():
            return ServerUnreachable(sent=False)
        case ssl.SSLError():
            return UntrustedServer(sent=False)
        case _ if isinstance(error.__cause__, ssl.SSLError):
            # With a proxy, TLS begins on a connection that aiohttp takes for established.
            return UntrustedServer()
        case aiohttp.ClientConnectorError() if error.os_error.errno == errno.ECONNREFUSED:
            return ServerRefused(sent=False)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            # aiohttp resolves and connects in one step; with a proxy the proxy did it.
            return ProxyUnreachable(sent=False) if by_proxy else ServerUnreachable(sent=False)
        case TimeoutError():
            return ServerSilent()
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return BadAnswer()
        case _:
            return ServerUnreachable()
