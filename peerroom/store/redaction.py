"""What the Matrix specification lets stand of an event that was redacted (room versions 11+)."""

from __future__ import annotations

import re
from typing import Any, Final

_EVENT_ID: Final = re.compile(r"\$[A-Za-z0-9_-]{43}")
"""A hash (room versions 4+): nobody's words can hide in it."""

_KEPT: Final = (
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "origin_server_ts",
)

_KEPT_CONTENT: Final[dict[str, frozenset[str]]] = {
    "m.room.member": frozenset({"membership", "join_authorised_via_users_server"}),
    "m.room.join_rules": frozenset({"join_rule", "allow"}),
    "m.room.history_visibility": frozenset({"history_visibility"}),
    "m.room.power_levels": frozenset(
        {
            "ban",
            "events",
            "events_default",
            "invite",
            "kick",
            "redact",
            "state_default",
            "users",
            "users_default",
        }
    ),
}


def bare_content(event_type: str, content: dict[str, Any]) -> dict[str, Any]:
    """``content`` without what a redaction takes away (client-server API, "Redactions")."""
    if event_type == "m.room.create":
        return content
    kept = _KEPT_CONTENT.get(event_type, frozenset())
    return {key: value for key, value in content.items() if key in kept}


def bare_state(
    event_type: str, state_key: str, content: dict[str, Any], by: str | None
) -> dict[str, Any]:
    """What the room's state keeps of ``content``; unlike the spec, the name of a member who
    redacted it themselves (``by``).

    Moderators act on people by the name last known; nobody may shed it so. They may take it away.
    """
    bare = bare_content(event_type, content)
    if event_type == "m.room.member" and by == state_key and "displayname" in content:
        bare["displayname"] = content["displayname"]
    return bare


def bare_event(
    raw: dict[str, Any], redacted_by: str | None = None, replaces: str | None = None
) -> dict[str, Any]:
    """The skeleton of ``raw`` for a tombstone; says in the spec's place who redacted it.

    Of a message's content nothing is left, however it was malformed; but that it was an edit
    (of ``replaces``) is kept, as MSC3389 would: where an edit was, nobody should read that
    a message was deleted.
    """
    bare: dict[str, Any] = {key: raw[key] for key in _KEPT if isinstance(raw.get(key), str | int)}
    bare["content"] = {}
    event_type, content = raw.get("type"), raw.get("content")
    if isinstance(event_type, str) and isinstance(content, dict) and "state_key" in raw:
        bare["content"] = bare_content(event_type, content)
    elif replaces is not None and _EVENT_ID.fullmatch(replaces):
        bare["content"] = {"m.relates_to": {"rel_type": "m.replace", "event_id": replaces}}
    by = redacted_by or redactor(raw)
    if by is not None:
        bare["unsigned"] = {"redacted_because": {"sender": by}}
    return bare


def redactor(raw: dict[str, Any]) -> str | None:
    """Who redacted the event, as the server adds it to what is left of it."""
    by = _path(raw, "unsigned", "redacted_because", "sender")
    return by if isinstance(by, str) else None


def replaced_by(content: object) -> str | None:
    """The event that ``content`` replaces (an edit: ``m.replace``), or None."""
    relation = _path(content, "m.relates_to")
    target = _path(relation, "event_id")
    if _path(relation, "rel_type") == "m.replace" and isinstance(target, str):
        return target
    return None


def _path(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
