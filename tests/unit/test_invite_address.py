"""The forms of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.wire import address


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org/",
        "https://matrix.example.org:8448",
        "https://example.org/matrix/one",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8448",
        "http://127.0.0.1:41233",
        "http://127.8.0.1",
        "http://[::1]:8008",
        "http://localhost:8008",
        "http://abcdef.onion",
        "http://ABCDEF.onion:8008",
    ],
)
def test_homeservers(url: str) -> None:
    assert address.is_homeserver(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "https://",
        "ftp://example.org",
        "http://example.org",
        "http://192.168.0.1",
        "http://onion",
        "http://xonion",
        "http://home.localhost",
        "http://localhost.",
        "http://127.1",
        "http://localhost.example.org",
        "https://user@example.org",
        "https://user:secret@example.org",
        "https://example.org:0",
        "https://example.org:65536",
        "https://example.org?x=1",
        "https://example.org#x",
        "https://exa mple.org",
        "https://例え.jp",
        "https://[example.org]",
        "https://[12345::]",
        "https://example.org\n",
        "javascript://example.org",
    ],
)
def test_what_is_no_homeserver(url: str) -> None:
    assert not address.is_homeserver(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://abcdef.onion", True),
        ("https://abcdef.onion:8448/matrix", True),
        ("https://sub.ABCDEF.Onion", True),
        ("https://abcdef.onion.", True),
        ("https://abcdef.onion.example.org", False),
        ("https://onion.example.org", False),
        ("https://xonion", False),
        ("https://example.org/x.onion", False),
    ],
)
def test_onion_services(url: str, expected: bool) -> None:
    assert address.is_onion(url) is expected


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (
            address.is_server_name,
            ["a.org", "a.org:8448", "1.2.3.4", "[::1]:80", "localhost"],
            ["", "a b", "https://a.org", "a.org:", "a.org:123456", "é.org", "a.org\n"],
        ),
        (
            address.is_user_id,
            ["@a:b.org", "@quiet.heron=1/x+y-z_:b.org:8448"],
            ["", "a:b.org", "@a", "@:b.org", "@a:", "@A:b.org", "@a b:b.org", "@" + "a" * 255],
        ),
        (
            address.is_room_id,
            ["!abc:b.org", "!" + "a-_Z0" * 8, "!abc:b.org:8448"],
            ["", "abc:b.org", "!", "!a b:c.org", "#room:b.org", "!a\n", "!" + "a" * 255],
        ),
        (
            address.is_event_id,
            ["$abc", "$abc:b.org", "$" + "a-_Z0" * 8],
            ["", "abc", "$", "$a b", "$a\x1b", "$" + "a" * 255],
        ),
    ],
)
def test_identifiers(check: object, good: list[str], bad: list[str]) -> None:
    assert callable(check)
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


@given(st.text())
def test_no_text_breaks_a_check(text: str) -> None:
    for check in (
        address.is_homeserver,
        address.is_server_name,
        address.is_user_id,
        address.is_room_id,
        address.is_event_id,
        address.is_onion,
    ):
        assert check(text) in {True, False}
    address.is_homeserver(f"https://{text}")
    address.is_homeserver(f"https://[{text}]:80")
