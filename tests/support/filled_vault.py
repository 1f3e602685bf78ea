"""Vaults with a living room inside, written as a sync would have left them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peerroom.store.events import EventStatus, StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

SERVER = "peerroom.test"
OWN = f"@quiet-heron:{SERVER}"
ROOM = f"!night:{SERVER}"

NAMES = {
    OWN: "Quiet Amber Heron / 静かな琥珀のアオサギ",
    "warm": "Warm Rain Lantern / 温かな雨のランタン",
    "slow": "Unhurried River Boat / 急がない川の小舟",
    "soft": "Gentle Snow Lamp / やさしい雪のランプ",
}
TITLES = {"en": "Parents at night", "ja": "夜に話す親の部屋"}

TALK = {
    "en": (
        ("warm", "He has not been at school since the spring holidays. Some days he does not "
                 "leave his room until evening."),
        ("slow", "I know that feeling. In the beginning I kept counting the days.\n"
                 "Now I count the evenings we eat together."),
        (OWN, "Thank you for saying that. I thought I was the only one who counts."),
        ("soft", "Has anyone talked to the school counsellor first, without the child?"),
        ("slow", "Yes, alone. I wrote down three questions, so I would not forget them."),
        ("slow", "She was kinder than I had feared."),
        (OWN, "I will try that on Monday."),
        ("warm", "We are thinking of you."),
    ),
    "ja": (
        ("warm", "四月からずっと学校に行けていません。夕方まで部屋から出てこない日もあります。"),
        ("slow", "わかります。はじめは休んだ日ばかり数えていました。\n"
                 "いまは、一緒に夕ごはんを食べた日を数えています。"),
        (OWN, "そう言ってもらえて、ほっとしました。数えているのは自分だけかと思っていました。"),
        ("soft", "子どもを連れずに、先にスクールカウンセラーと話した方はいますか?"),
        ("slow", "はい、ひとりで行きました。聞きたいことを三つ書いておくと、忘れずにすみます。"),
        ("slow", "思っていたより、ずっとやさしい方でした。"),
        (OWN, "月曜日に行ってみます。"),
        ("warm", "みんなで応援しています。"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One message to put into a room."""

    sender: str
    body: str
    when: datetime
    status: EventStatus = "ok"
    trust: str | None = "signed"
    edits: int | None = None
    """Position of the message that it is an edit of."""


def user(short: str) -> str:
    """A full user id for a short one."""
    return short if short.startswith("@") else f"@{short}:{SERVER}"


def furnish(vault: Vault, language: str = "en", *, room_id: str = ROOM, title: str = "") -> int:
    """Put an account, a room and its members into ``vault``; the account's number."""
    account = vault.accounts.current() or vault.accounts.add(
        homeserver="http://127.0.0.1:9",  # the discard port: nobody answers, at once
        user_id=OWN,
        device_id="HERONDEVICE",
        access_token="unused",
        password="unused",
    )
    with vault.transaction():
        vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
        version = {"room_version": "12"}
        vault.rooms.set_state(room_id, "m.room.create", "", version, sender=user("bot"))
        state: list[tuple[str, str, dict[str, Any]]] = [
            ("m.room.name", "", {"name": title or TITLES[language]}),
            ("m.room.power_levels", "", {"users": {user("warm"): 50}}),
            ("m.room.encryption", "", {"algorithm": "m.megolm.v1.aes-sha2"}),
        ]
        for short, name in NAMES.items():
            state.append(
                ("m.room.member", user(short), {"membership": "join", "displayname": name})
            )
        for event_type, key, content in state:
            vault.rooms.set_state(room_id, event_type, key, content, sender=user("warm"))
    return account.id


def say(vault: Vault, messages: Sequence[Said], *, room_id: str = ROOM, first: int = 1) -> None:
    """Store ``messages`` as decrypted events from position ``first`` on."""
    with vault.transaction():
        for position, said in enumerate(messages, first):
            content: dict[str, Any] = {"msgtype": "m.text", "body": said.body}
            if said.edits is not None:
                original = f"$event-{room_id}-{said.edits}"
                relation = {"rel_type": "m.replace", "event_id": original}
                content |= {"m.new_content": content.copy(), "m.relates_to": relation}
            readable = said.status == "ok"
            vault.events.upsert(
                StoredEvent(
                    room_id=room_id,
                    event_id=f"$event-{room_id}-{position}",
                    position=position,
                    sender=user(said.sender),
                    type="m.room.encrypted",
                    origin_ts=int(said.when.timestamp() * 1000),
                    raw={"type": "m.room.encrypted", "content": {"algorithm": "m.megolm"}},
                    clear={"type": "m.room.message", "content": content} if readable else None,
                    status=said.status,
                    session_id="session",
                    trust=said.trust,
                )
            )


def evening(language: str, end: datetime, count: int | None = None) -> list[Said]:
    """A conversation that ends at ``end``: ``count`` messages, the scripted talk over and over."""
    talk = TALK[language]
    count = len(talk) if count is None else count
    return [
        Said(*talk[index % len(talk)], when=end - timedelta(minutes=4) * (count - 1 - index))
        for index in range(count)
    ]


def mixed(count: int, end: datetime) -> list[Said]:
    """Japanese, English and emoji of all lengths, for measuring."""
    bodies = [body for language in ("ja", "en") for _, body in TALK[language]]
    bodies += ["🙏", "ありがとうございます😊🍵", "👩‍👧 together"]
    senders = ["warm", "slow", OWN, "soft", "warm"]
    return [
        Said(
            senders[index % len(senders)],
            bodies[index % len(bodies)] * (1 + index % 3),
            end - timedelta(seconds=90) * (count - 1 - index),
        )
        for index in range(count)
    ]
