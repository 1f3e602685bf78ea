"""From a stored event to what protections see of it. Total: an event may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, get_args

import msgspec

from peerroom.matrix.trust import Trust
from peerroom.moderation.seen import Kind, Membership, Seen
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.text.confusable import disambiguate
from peerroom.text.foreign import ForeignText

LATEST: Final = 253402300799000
"""The last millisecond of year 9999; a stranger's clock may claim anything."""
MESSAGES: Final = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})
_TALK: Final = MESSAGES - {"m.room.encrypted"}
_WRITTEN: Final = frozenset({"m.text", "m.notice", "m.emote"})
_MEDIA: Final = frozenset({"m.image", "m.file", "m.audio", "m.video", "m.location"})
_MEMBERSHIPS: Final[tuple[Membership, ...]] = get_args(Membership)


def moment(event: StoredEvent, earliest: datetime | None = None) -> datetime:
    """The time that the sender's server gave an event, or ``earliest`` if that is later: before it
    the event was not there (`peerroom.bot.arrivals`)."""
    at = datetime.fromtimestamp(min(max(event.origin_ts, 0), LATEST) / 1000, UTC)
    return at if earliest is None else max(at, earliest)


def is_unencrypted(vault: Vault, event: StoredEvent) -> bool:
    """Whether a message came in clear into an encrypted room, where no program shows it.

    Whoever runs the server can write one in anybody's name: it is nobody's word. Reactions and
    state are never encrypted, and stay what they are.
    """
    plain = event.clear is None and event.type in _TALK and "state_key" not in event.raw
    return plain and vault.rooms.is_encrypted(event.room_id)


def seen_of(event: StoredEvent, now: datetime, earliest: datetime | None = None) -> Seen:
    """What a protection may judge, read at ``now``; ``earliest`` is as for `moment`.

    Of what is removed only that something was there: it counts in a window, and is not judged.
    """
    at = min(moment(event, earliest), now)
    base = Seen(
        event.event_id,
        event.room_id,
        event.sender,
        at,
        "other",
        late=now - at,
        size=_size(event.raw),
        encrypted=event.clear is not None,
        signed=event.clear is not None and event.trust == Trust.SIGNED,
    )
    return _kind(event, base)


def _kind(event: StoredEvent, base: Seen) -> Seen:
    match event.status:
        case "undecryptable":
            return replace(base, kind="unreadable")
        case "malformed":
            return replace(base, kind="malformed")
        case "unattributable":
            return base
        case "redacted":
            return replace(base, kind=_bare_kind(event))
    payload = event.clear if event.clear is not None else event.raw
    event_type, content = payload.get("type"), payload.get("content")
    if not isinstance(content, dict) or not isinstance(event_type, str):
        return replace(base, kind="malformed")
    state_key = event.raw.get("state_key")
    if event.clear is None and isinstance(state_key, str):
        if event_type == "m.room.member":
            return _member(event, content, state_key, base)
        return replace(base, kind="state")
    return _timeline(event, event_type, content, base)


def _bare_kind(event: StoredEvent) -> Kind:
    if "state_key" in event.raw:
        return "member" if event.type == "m.room.member" else "state"
    return "text" if event.type in MESSAGES else "other"


def _member(event: StoredEvent, content: dict[str, Any], target: str, base: Seen) -> Seen:
    before = _mapping(_mapping(event.raw.get("unsigned")).get("prev_content"))
    name = content.get("displayname")
    membership, was = _membership(content), _membership(before)
    return replace(
        base,
        kind="member" if membership is not None else "malformed",
        text=ForeignText(name) if isinstance(name, str) else None,
        target=target,
        membership=membership,
        was=was,
        named=isinstance(name, str) and name != before.get("displayname"),
    )


def _timeline(event: StoredEvent, event_type: str, content: dict[str, Any], base: Seen) -> Seen:
    relation = _mapping(content.get("m.relates_to"))
    target = relation.get("event_id")
    if event_type == "m.room.redaction":
        redacts = content.get("redacts", event.raw.get("redacts"))
        return replace(base, kind="redaction", target=_text(redacts))
    if event_type == "m.reaction":
        key = relation.get("key")
        sound = isinstance(key, str) and isinstance(target, str)
        kind: Kind = "reaction" if sound else "malformed"
        return replace(base, kind=kind, text=ForeignText(key), target=_text(target))
    if event_type == "m.sticker":
        return replace(base, kind="media", text=_body(content))
    if event_type != "m.room.message":
        return base
    if relation.get("rel_type") == "m.replace":
        return _edit(content, target, base)
    return _mentioning(_message(content, base), content)


def _message(content: Mapping[str, Any], base: Seen) -> Seen:
    kind_of = content.get("msgtype")
    if not isinstance(kind_of, str) or not isinstance(content.get("body"), str):
        return replace(base, kind="malformed", text=_body(content))
    kind: Kind = "text" if kind_of in _WRITTEN else "media" if kind_of in _MEDIA else "other"
    return replace(base, kind=kind, text=_body(content))


def _edit(content: dict[str, Any], target: object, base: Seen) -> Seen:
    """Judged by what it puts in the place of the old text (client-server API, "Event
    replacements"): the body beside it is for programs that know no edits."""
    fresh = content.get("m.new_content")
    if not isinstance(fresh, dict) or not isinstance(target, str):
        return replace(base, kind="malformed", text=_body(content))
    inner = _message(fresh, base)
    kind: Kind = "malformed" if inner.kind == "malformed" else "edit"
    return _mentioning(replace(inner, kind=kind, target=target), content)


def _mentioning(seen: Seen, content: Mapping[str, Any]) -> Seen:
    mentions = _mapping(content.get("m.mentions"))
    users = mentions.get("user_ids")
    named = [user for user in users if isinstance(user, str)] if isinstance(users, list) else []
    return replace(
        seen,
        mentions=tuple(dict.fromkeys(named)),
        mentions_room=mentions.get("room") is True,
    )


def _body(content: Mapping[str, Any]) -> ForeignText | None:
    body = content.get("body")
    return ForeignText(body) if isinstance(body, str) else None


def _size(raw: dict[str, Any]) -> int:
    try:
        return len(msgspec.json.encode(raw))
    except (ValueError, TypeError, RecursionError):
        return len(repr(raw))  # half characters, which no well-formed event has


def _membership(content: Mapping[str, Any]) -> Membership | None:
    value = content.get("membership")
    return next((known for known in _MEMBERSHIPS if known == value), None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def shown_names(members: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """The names under which a room shows its members, by user id, no two alike; ``members`` are
    contents of ``m.room.member``."""
    return disambiguate(
        {user: ForeignText(member.get("displayname")) for user, member in members.items()}
    )
