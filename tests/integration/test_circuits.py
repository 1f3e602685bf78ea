"""Every account goes by a circuit of its own from its first request on, and shares nothing."""

from __future__ import annotations

import ipaddress
import random
import secrets
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.faults import FaultyServer
from support.proxies import RecordingProxy

from peerroom.client.joining import join
from peerroom.clock import SystemClock
from peerroom.config import Config, Privacy
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token
from peerroom.matrix.connection import Connection
from peerroom.matrix.identity import IdentityMismatch
from peerroom.matrix.session import register
from peerroom.matrix.transport import Transport
from peerroom.store.accounts import new_circuit
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite


async def hello(_: web.Request) -> web.Response:
    return web.json_response({})


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer(script=hello) as one:
        yield one


def through(
    proxy: str, seeded: random.Random, circuit: bytes | None = None, address: str = "http://a.onion"
) -> Transport:
    return Transport(address, proxy=proxy, circuit=circuit, clock=SystemClock(), random=seeded)


async def ask(*transports: Transport) -> None:
    for transport in transports:
        await transport.request("GET", "/_matrix/client/versions")
        await transport.close()


async def test_one_circuit_for_an_account_and_none_for_two(
    server: FaultyServer, seeded: random.Random
) -> None:
    one, other = new_circuit(), new_circuit()
    async with RecordingProxy("socks5", ("127.0.0.1", server.port)) as proxy:
        await ask(*(through(proxy.url, seeded, circuit) for circuit in (one, one, other)))
        first, again, stranger = proxy.names
        assert first == again != stranger
        assert None not in proxy.names
        # Nobody is told apart by the form of it.
        assert {tuple(map(len, name)) for name in proxy.names if name} == {(16, 16)}


async def test_requests_of_no_account_share_a_circuit_with_nobody(
    server: FaultyServer, seeded: random.Random
) -> None:
    async with RecordingProxy("socks5", ("127.0.0.1", server.port)) as proxy:
        await ask(*(through(proxy.url, seeded) for _ in range(3)))
        assert len(set(proxy.names)) == 3


async def test_a_proxy_that_was_given_a_name_is_asked_under_it(
    server: FaultyServer, seeded: random.Random
) -> None:
    async with RecordingProxy("socks5", ("127.0.0.1", server.port)) as proxy:
        named = proxy.url.replace("://", "://heron:s%20cret@")
        await ask(*(through(named, seeded, new_circuit()) for _ in range(2)))
        assert proxy.names == [("heron", "s cret")] * 2


async def test_a_proxy_that_wants_no_name_gets_none(
    server: FaultyServer, seeded: random.Random
) -> None:
    async with RecordingProxy("socks5", ("127.0.0.1", server.port), nameless=True) as proxy:
        await ask(through(proxy.url, seeded, new_circuit()))
        assert proxy.names == [None]


async def test_a_new_account_and_its_connection_go_by_one_circuit(
    homeserver: Homeserver, seeded: random.Random
) -> None:
    """Two accounts of one vault: two circuits, each the same to the end."""
    parts = urlsplit(homeserver.base_url)
    async with RecordingProxy("socks5", ("127.0.0.1", parts.port or 80)) as proxy:
        by_account: list[set[tuple[str, str] | None]] = []
        with Vault.ephemeral() as vault:
            for _ in range(2):
                before = len(proxy.names)
                circuit = new_circuit()
                transport = through(proxy.url, seeded, circuit)
                token = registration_token(homeserver.api())
                made = await register(transport, f"p{secrets.token_hex(8)}", "pw", token)
                await transport.close()
                account = vault.accounts.add(
                    homeserver="http://a.onion",
                    user_id=made.user_id,
                    device_id=made.device_id,
                    access_token=made.access_token,
                    circuit=circuit,
                )
                for _ in range(2):
                    connection = await Connection.open(
                        vault, account, proxy=proxy.url, clock=SystemClock(), random=seeded
                    )
                    await connection.start()
                    await connection.sync_once(0)
                    await connection.close()
                by_account.append(set(proxy.names[before:]))
        assert [len(names) for names in by_account] == [1, 1]
        assert not by_account[0] & by_account[1]


async def test_a_newcomer_is_on_one_circuit_from_the_first_request(
    homeserver: Homeserver, seeded: random.Random
) -> None:
    """There is no such bot, so it ends there: what comes before is what this looks at."""
    parts = urlsplit(homeserver.base_url)
    token = registration_token(homeserver.api())
    async with RecordingProxy("socks5", ("127.0.0.1", parts.port or 80)) as proxy:
        config = Config(privacy=Privacy(proxy=proxy.url))
        invite = Invite(
            homeserver="http://a.onion",
            bot="@nobody-here:localhost",
            bot_identity="A" * 43,
            registration_token=token,
            secret="secret",
        )
        with Vault.ephemeral() as vault:
            with pytest.raises(IdentityMismatch):
                async for _ in join(
                    invite, vault, config=config, clock=SystemClock(), random=seeded
                ):
                    pass
            (account,) = vault.accounts.all()
        assert len(proxy.names) >= 2  # the one that registered, and the one that connected
        assert set(proxy.names) == {(account.circuit[:8].hex(), account.circuit[8:].hex())}


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize("proxied", [False, True])
async def test_no_tls_session_is_taken_up_by_another_account(
    tmp_path: Path, seeded: random.Random, monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    cert, key = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    resumed: list[bool] = []

    async def note(request: web.Request) -> web.Response:
        assert request.transport is not None
        resumed.append(request.transport.get_extra_info("ssl_object").session_reused)
        # Without keep-alive each request is a connection of its own.
        return web.json_response({}, headers={"Connection": "close"})

    app = web.Application()
    app.router.add_get("/{path:.*}", note)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    async with RecordingProxy("socks5", ("127.0.0.1", port)) as proxy:
        used = proxy.url if proxied else None
        transports = [
            Transport(f"https://127.0.0.1:{port}", proxy=used, clock=SystemClock(), random=seeded)
            for _ in range(2)
        ]
        for _ in range(2):
            for transport in transports:
                await transport.request("GET", "/_matrix/client/versions")
        connectors = [transport._http.connector for transport in transports if transport._http]
        contexts = {id(connector._ssl) for connector in connectors if connector}
        assert len(contexts) == 2
        for transport in transports:
            await transport.close()
    await runner.cleanup()
    assert resumed == [False] * 4
