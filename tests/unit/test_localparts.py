"""Accounts are alike for everyone, and known by the token that they were made with."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import Counter

import pytest

from peerroom.pseudonym import localparts

TOKEN = "a registration token"


def test_the_mark_is_the_hmac_of_the_nonce() -> None:
    name = localparts.draw(TOKEN, lambda length: bytes(range(length)))
    message = b"PeerRoom-localpart-v1\0" + bytes([0, 1, 2, 3])
    mark = hmac.new(TOKEN.encode(), message, hashlib.sha256).hexdigest()[:8]
    assert name == f"p00010203{mark}"
    assert localparts.is_of(name, TOKEN)


def test_only_accounts_of_a_token_are_its() -> None:
    drawn = [localparts.draw(TOKEN, secrets.token_bytes) for _ in range(1000)]
    assert all(localparts.is_of(name, TOKEN) for name in drawn)
    assert not any(localparts.is_of(name, "another token") for name in drawn)
    chance = [f"p{secrets.token_hex(8)}" for _ in range(1000)]
    assert not any(localparts.is_of(name, TOKEN) for name in chance)


def test_one_form_for_everybody() -> None:
    drawn = [localparts.draw(TOKEN, secrets.token_bytes) for _ in range(2000)]
    assert all(re.fullmatch(r"p[0-9a-f]{16}", name) for name in drawn)
    assert len({*drawn}) == len(drawn)
    for place in range(1, 17):  # no digit that stands out: 125 of each are expected
        counted = Counter(name[place] for name in drawn)
        assert len(counted) == 16 and max(counted.values()) < 200


@pytest.mark.parametrize(
    "name", ["", "p", "hana", "p0001020", "P0001020300010203", "p00010203é0010203", "bot-1"]
)
def test_other_names_are_nobodys(name: str) -> None:
    assert not localparts.is_of(name, TOKEN)


def test_one_digit_more_or_other_is_not_it() -> None:
    name = localparts.draw(TOKEN, secrets.token_bytes)
    other = name[:-1] + ("0" if name[-1] != "0" else "1")
    for wrong in (name + "0", name[:-1], other, name + "\n", name.upper()):
        assert not localparts.is_of(wrong, TOKEN)


def test_without_a_token_no_account_is_known() -> None:
    assert not localparts.is_of(localparts.draw("", secrets.token_bytes), "")
