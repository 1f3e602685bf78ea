"""Addresses as people write them: taken, or refused with a sentence, before anything is sent."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.clock import SystemClock
from peerroom.matrix.address import base_url, proxy_address
from peerroom.matrix.errors import BadAddress, BadProxy, InsecureAddress, OnionNeedsProxy
from peerroom.matrix.transport import Transport


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org", "https://example.org"),
        (" https://example.org/ ", "https://example.org"),
        ("https://example.org:8448/matrix/", "https://example.org:8448/matrix"),
        ("http://127.0.0.1:8008", "http://127.0.0.1:8008"),
        ("http://localhost:8008", "http://localhost:8008"),
        ("http://[::1]:8008", "http://[::1]:8008"),
        ("http://abcdef.onion", "http://abcdef.onion"),
    ],
)
def test_good_addresses(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "https://:80",
        "https://a b",
        "https://user:pw@example.org",
        "https://example.org?x=1",
        "https://example.org#x",
        "https://example.org:99999",
        "https://[::1",
        "https://example.org\x00.evil",
    ],
)
def test_bad_addresses(text: str) -> None:
    with pytest.raises(BadAddress):
        base_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org",
        "http://10.0.0.1",
        "http://localhost.example.org",
        "http://home.localhost",
        "http://xonion",
    ],
)
def test_passwords_do_not_travel_in_clear(text: str) -> None:
    with pytest.raises(InsecureAddress):
        base_url(text)


@pytest.mark.parametrize("url", ["http://hidden.onion", "https://hidden.onion:8448"])
def test_an_onion_service_is_asked_for_by_a_proxy_or_not_at_all(
    url: str, seeded: random.Random
) -> None:
    """Ordinary DNS would hear its name, and could send the password anywhere."""
    with pytest.raises(OnionNeedsProxy) as raised:
        Transport(url, clock=SystemClock(), random=seeded)
    assert "privacy.proxy" in raised.value.sentence()
    Transport(url, proxy="socks5h://127.0.0.1:9050", clock=SystemClock(), random=seeded)


@pytest.mark.parametrize(
    ("text", "kind", "port"),
    [
        ("socks5h://127.0.0.1:9050", "socks5", 9050),
        ("socks5://h:1", "socks5", 1),
        ("http://h:3128/", "http", 3128),
    ],
)
def test_proxies(text: str, kind: str, port: int) -> None:
    proxy = proxy_address(text)
    assert (proxy.kind, proxy.port, proxy.username) == (kind, port, None)


def test_a_proxys_password_is_read_and_never_shown() -> None:
    proxy = proxy_address("socks5h://me:p%40ss@127.0.0.1:9050")
    assert (proxy.username, proxy.password) == ("me", "p@ss")
    assert "p@ss" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:9050",
        "socks4://h:1",
        "socks5h://h",
        "socks5h://:1",
        "https://h:1",
        "http://h:0",
        "http://h:1/x",
    ],
)
def test_bad_proxies(text: str) -> None:
    with pytest.raises(BadProxy):
        proxy_address(text)


@given(st.text(max_size=40))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for read, refusals in ((base_url, (BadAddress, InsecureAddress)), (proxy_address, (BadProxy,))):
        try:
            read(text)
        except refusals:
            continue
