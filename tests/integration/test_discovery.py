"""From a server's name to its address: one request, through the proxy, to the server named."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.proxies import RecordingProxy

from peerroom.clock import SystemClock
from peerroom.matrix.discovery import homeserver_of
from peerroom.matrix.errors import (
    BadAddress,
    BadAnswer,
    InsecureAddress,
    MatrixError,
    UntrustedServer,
)

NAME = "example.org"


def certificate(folder: Path) -> Path:
    """A key and a certificate for `NAME` that nobody has signed, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


class Site:
    """A web server for `NAME` with TLS, and the proxy that knows where it is."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: Any = {}
        self.asked: list[str] = []
        self.proxy = RecordingProxy("socks5", ("127.0.0.1", 0))

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response(self.answer, status=self.status)

    async def find(self, typed: str = NAME) -> str:
        return await homeserver_of(
            typed, proxy=self.proxy.url, clock=SystemClock(), random=random.Random(1)
        )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(tmp_path))
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    site.proxy.upstream = runner.addresses[0]
    async with site.proxy:
        yield site
    await runner.cleanup()


@pytest.fixture
def trusted(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site, for a machine whose certificate store knows it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    return site


async def test_a_published_address_is_used(trusted: Site) -> None:
    trusted.answer = {"m.homeserver": {"base_url": "https://matrix.example.org/"}}
    assert await trusted.find() == "https://matrix.example.org"
    assert trusted.asked == ["/.well-known/matrix/client"]
    assert trusted.proxy.asked == [(NAME, 443)]


async def test_a_server_that_publishes_nothing_is_at_its_own_name(trusted: Site) -> None:
    trusted.status = 404
    assert await trusted.find() == "https://example.org"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, BadAnswer),
        ({"m.homeserver": 5}, BadAnswer),
        ({"m.homeserver": {"base_url": "matrix"}}, BadAnswer),
        ({"m.homeserver": {"base_url": "http://example.org"}}, InsecureAddress),
        ([], BadAnswer),
    ],
)
async def test_what_is_no_address_is_said(
    trusted: Site, answer: Any, error: type[MatrixError]
) -> None:
    trusted.answer = answer
    with pytest.raises(error):
        await trusted.find()


async def test_a_certificate_that_nobody_signed_is_not_believed(site: Site) -> None:
    with pytest.raises(UntrustedServer):
        await site.find()
    assert site.asked == []


async def test_an_address_is_taken_as_it_is_without_a_request(site: Site) -> None:
    assert await site.find(" https://example.org:8448/ ") == "https://example.org:8448"
    with pytest.raises(InsecureAddress):
        await site.find("http://example.org")
    with pytest.raises(BadAddress):
        await site.find("@me:example.org")
    assert site.proxy.asked == []
