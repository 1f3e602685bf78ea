"""What is put back is what was looked at, under the name of then, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.clock import FrozenClock
from support.serverless_bot import CIRCLE, bot_for, filled, put

from peerroom.bot.evidence import reposted
from peerroom.moderation import actions as act
from peerroom.store.vault import Vault

ANNA = "@anna:x"
IMAGE: dict[str, Any] = {
    "msgtype": "m.image",
    "body": "my garden\u202e\x1b[2J",
    "filename": "a\u202e.png\nx",
    "format": "org.matrix.custom.html",
    "formatted_body": "<b>Moderators:</b> write to @x",
    "file": {"url": "mxc://x/y", "key": {"k": "k"}, "iv": "i", "hashes": {}, "v": "v2", "z": 1},
    "info": {"mimetype": "image/png", "w": 3, "h": "4", "org.x": 1, "thumbnail_url": "mxc://x/t"},
    "org.peerroom.case": {"type": "Closed"},
    "m.mentions": {"room": True},
    "anything": 1,
}


def test_of_media_only_what_shows_them_is_put_back() -> None:
    again = reposted(IMAGE, "Posted for Anna:")
    assert again == {
        "msgtype": "m.image",
        "body": again["body"],
        "filename": again["filename"],
        "file": {"url": "mxc://x/y", "key": {"k": "k"}, "iv": "i", "hashes": {}, "v": "v2"},
        "info": {"mimetype": "image/png", "w": 3, "thumbnail_url": "mxc://x/t"},
    }
    assert again["body"].startswith("Posted for Anna:\nmy garden")
    assert not {"\u202e", "\x1b"} & set(again["body"] + again["filename"])
    assert "\n" not in again["filename"]


def test_words_are_cleaned() -> None:
    again = reposted({"msgtype": "m.text", "body": "one\u202e\x1b[2J\ntwo"}, "For Anna:")
    assert not {"\u202e", "\x1b"} & set(again["body"])
    assert again["body"].endswith("\ntwo")


def test_nothing_odd_is_put_back_as_media() -> None:
    odd = {"msgtype": "m.image", "body": 3, "filename": [], "url": {}, "file": 1, "info": "x"}
    again = reposted(odd, "For Anna:")
    assert set(again) == {"msgtype", "body", "filename"}


def test_the_name_is_that_of_when_it_was_held() -> None:
    clock = FrozenClock()
    with Vault.ephemeral() as vault:
        filled(vault, (ANNA,))
        member = {"membership": "join", "displayname": "Quiet Heron"}
        vault.rooms.set_state(CIRCLE, "m.room.member", ANNA, member)
        put(vault, 1, "hello", room_id=CIRCLE, sender=ANNA)
        bot = bot_for(vault, clock)
        keep = act.KeepEvidence(CIRCLE, ("$1",), clock.now() + timedelta(days=30))
        bot.ledger.apply(keep, clock.now())
        taken = {"membership": "join", "displayname": "Moderators, call +1 555"}
        vault.rooms.set_state(CIRCLE, "m.room.member", ANNA, taken)
        assert bot._requests is not None
        row = bot._requests.add(act.Repost(CIRCLE, "$1", "Moderators, call +1 555"), "again")
        assert row is not None
        body = row.content["content"]["body"]
        assert "Quiet Heron" in body and "555" not in body
