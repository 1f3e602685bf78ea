"""A filled vault of a member who is a moderator too: the bot, the room of two with it, the
moderators' room, and an evening's cases in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from support import filled_vault
from support.filled_vault import NAMES, OWN, ROOM, SERVER, user

from peerroom.client.invitations import remember_bot
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.moderation import case_words
from peerroom.moderation.cases import made_of
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import cases, member
from peerroom.wire import texts as wire_texts
from peerroom.wire.cases import (
    AskedSecond,
    Claimed,
    Closed,
    Done,
    Line,
    More,
    Noted,
    Opened,
    Replied,
    Shown,
)

BOT = user("bot")
FELLOW = user("fellow")
FELLOW_NAME = "Old Badger"
DESK = f"!desk:{SERVER}"
DOOR = f"!door:{SERVER}"
TITLES = {"en": "Parents at night moderators", "ja": "夜に話す親の部屋 見守り役"}
WORDS = {
    "en": {
        "offer": "I can help your child back to school in three weeks. First talk is free, "
        "write to me at line: fast-school-88",
        "before": "Some days he does not leave his room until evening.",
        "after": "Is that allowed here?",
        "tired": "I don't know how long I can go on like this. I am so tired of everything.",
        "cue": "an offer of help",
        "contact": "contact details",
        "note": "The same text came last month under another name.",
        "reply": "Thank you for telling us. We have done something about it.",
        "ask": "Is there somebody I could talk to about my daughter, not in the room?",
        "why": "An offer that asks for contact has harmed other families.",
    },
    "ja": {
        "offer": "三週間でお子さんを学校に戻せます。初回の相談は無料です。"
        "LINE: fast-school-88 にご連絡ください。",
        "before": "夕方まで部屋から出てこない日もあります。",
        "after": "これは、ここに書いてもいいものなのでしょうか。",
        "tired": "いつまで続けられるか、もうわかりません。何もかもに疲れました。",
        "cue": "支援の勧誘",
        "contact": "連絡先",
        "note": "先月も、別の名前で同じ文章が届いていました。",
        "reply": "お知らせのおかげで、対応することができました。",
        "ask": "部屋の外で、娘のことを相談できる方はいますか。",
        "why": "連絡先をたずねる勧誘で、困ったご家庭がありました。",
    },
}


def let_in(vault: Vault) -> None:
    """The bot that keeps the filled room let us in, and we have a room of two with it."""
    remember_bot(vault, BOT)
    vault.identities.pin(BOT, "A" * 43)
    here = {"membership": "join", "displayname": "Moderator bot"}
    vault.rooms.set_state(ROOM, "m.room.member", BOT, here)
    account = vault.accounts.current()
    assert account is not None
    vault.rooms.put(StoredRoom(DOOR, account.id, encrypted=True, is_direct=True))
    for user_id, name in ((OWN, NAMES[OWN]), (BOT, "Moderator bot")):
        content = {"membership": "join", "displayname": name}
        vault.rooms.set_state(DOOR, "m.room.member", user_id, content)


def seat(vault: Vault, language: str = "en") -> None:
    """We are in the moderators' room too."""
    let_in(vault)
    account = vault.accounts.current()
    assert account is not None
    rooms = vault.rooms
    rooms.put(StoredRoom(DESK, account.id, encrypted=True))
    rooms.set_state(DESK, "m.room.create", "", {"room_version": "12"}, sender=BOT)
    rooms.set_state(DESK, "m.room.name", "", {"name": TITLES[language]}, sender=BOT)
    marked = {"v": 1, "role": "management"}
    rooms.set_state(DESK, "org.peerroom.room", "", marked, sender=BOT)
    for user_id, name in ((OWN, NAMES[OWN]), (FELLOW, FELLOW_NAME), (BOT, "Moderator bot")):
        content = {"membership": "join", "displayname": name}
        rooms.set_state(DESK, "m.room.member", user_id, content)


def hear(
    vault: Vault,
    room_id: str,
    sender: str,
    content: dict[str, Any],
    when: datetime,
    *,
    event_type: str = "m.room.message",
    transaction_id: str | None = None,
) -> StoredEvent:
    """Store an event as a sync would have brought it."""
    position = (vault.events.latest_position(room_id) or 0) + 1
    event = StoredEvent(
        room_id=room_id,
        event_id=f"$event-{room_id}-{position}",
        position=position,
        sender=sender,
        type="m.room.encrypted",
        origin_ts=int(when.timestamp() * 1000),
        raw={"type": "m.room.encrypted", "sender": sender, "content": {}},
        clear={"type": event_type, "content": content},
        status="ok",
        session_id="session",
        trust="signed",
        transaction_id=transaction_id,
    )
    vault.events.upsert(event)
    return event


def step(vault: Vault, said: cases.Step) -> None:
    """The bot says a step."""
    names = {OWN: NAMES[OWN], FELLOW: FELLOW_NAME}
    case = made_of(said.case, [said])
    content = {
        "msgtype": "m.notice",
        "body": case_words.words(said, case, names),
        cases.FIELD: cases.content(said),
    }
    if (html := case_words.formatted(said, case, names)) is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    hear(vault, DESK, BOT, content, datetime.fromtimestamp(said.at / 1000).astimezone())


def answer(
    vault: Vault, body: str, when: datetime, *, texts: Iterable[wire_texts.Written] = ()
) -> None:
    """The bot says a sentence in the moderators' room, and how some of its texts stand."""
    content: dict[str, Any] = {"msgtype": "m.notice", "body": body}
    if told := wire_texts.content(texts):
        content[wire_texts.FIELD] = told
    hear(vault, DESK, BOT, content, when)


def evening(vault: Vault, end: datetime, language: str = "en") -> None:
    """Four cases: someone who may not be well, an offer of ours, an appeal, one that is closed."""
    words = WORDS[language]

    def at(minutes: int) -> int:
        return int((end - timedelta(minutes=minutes)).timestamp() * 1000)

    def line(who: str, key: str, minutes: int, *, about: bool = False) -> Line:
        return Line(name=NAMES.get(who, who), text=words[key], at=at(minutes), about=about)

    offer = line("Spring Offer", "offer", 95, about=True)
    for said in (
        Opened(case=9, n=1, at=at(1500), source="report", reason="report", room_id=ROOM,
               about=user("gone"), name="Loud Crow", event_ids=("$gone",)),
        Claimed(case=9, n=2, at=at(1490), by=FELLOW),
        Done(case=9, n=3, at=at(1488), by=FELLOW, what="removed", deed=17),
        Replied(case=9, n=4, at=at(1486), by=FELLOW, to="reporter", text=words["reply"]),
        Closed(case=9, n=5, at=at(1485), by=FELLOW, outcome="removed"),
        Opened(case=10, n=1, at=at(94), source="hold", reason="scam", room_id=ROOM,
               about=user("spring"), name="Spring Offer", event_ids=("$offer",),
               cues=(words["cue"], words["contact"])),
        Shown(case=10, n=2, at=at(94), lines=(
            line("warm", "before", 97), offer, line("soft", "after", 93))),
        More(case=10, n=3, at=at(80), source="report", event_ids=("$offer",)),
        Claimed(case=10, n=4, at=at(70), by=OWN),
        Noted(case=10, n=5, at=at(68), by=FELLOW, text=words["note"]),
        Opened(case=11, n=1, at=at(40), source="appeal", reason="appeal", room_id=ROOM,
               about=user("soft"), name=NAMES["soft"], deed=17),
        Claimed(case=11, n=2, at=at(35), by=FELLOW),
        AskedSecond(case=11, n=3, at=at(30), by=FELLOW),
        Opened(case=12, n=1, at=at(12), source="flag", reason="risk", room_id=ROOM,
               about=user("warm"), name=NAMES["warm"], event_ids=("$tired",), urgent=True),
        Shown(case=12, n=2, at=at(12), lines=(
            line("slow", "before", 16), line("warm", "tired", 13, about=True))),
    ):  # fmt: skip
        step(vault, said)


def explained(vault: Vault, when: datetime, language: str = "en", *, about: str = "$none") -> None:
    """The bot said why a message of ours was removed, and that it has what we sent."""
    words = WORDS[language]
    asked = hear(
        vault,
        DOOR,
        OWN,
        member.content(member.AskModerator(text=words["ask"])),
        when - timedelta(minutes=50),
        event_type=member.ASK,
    )
    told: tuple[member.Tell, ...] = (
        member.Received(about=asked.event_id),
        member.Explained(
            deed=18, what="removed", reason="contact", text=words["why"], event_ids=(about,)
        ),
    )
    for minutes, each in enumerate(told):
        at = when - timedelta(minutes=40 - minutes)
        content = {"msgtype": "m.notice", "body": "words for others"}
        content[member.TELL] = member.content(each)
        hear(vault, DOOR, BOT, content, at)


def furnished(vault: Vault, now: datetime, language: str = "en") -> Vault:
    """All of it, with the talk of the filled room."""
    filled_vault.furnish(vault, language)
    filled_vault.say(vault, filled_vault.evening(language, now))
    seat(vault, language)
    evening(vault, now, language)
    explained(vault, now, language)
    return vault


def typed(vault: Vault) -> list[str]:
    """The commands that wait to go out into the moderators' room."""
    return [row.content["content"]["body"] for row in vault.outbox.of_room(DESK)]


def bot_hears(vault: Vault, client: Client, when: datetime, *said: str | cases.Step) -> str:
    """The newest command went out, and the bot says ``said`` about it; returns the command."""
    row = vault.outbox.of_room(DESK)[-1]
    content = row.content["content"]
    own = hear(vault, DESK, OWN, content, when, transaction_id=row.transaction_id)
    vault.outbox.remove(row.id)
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": own.event_id}}}
    for each in said:
        if isinstance(each, str):
            notice = {"msgtype": "m.notice", "body": each} | relation
            hear(vault, DESK, BOT, notice, when)
        else:
            step(vault, each)
    client.tell(Change("timeline", DESK))
    return str(content["body"])
