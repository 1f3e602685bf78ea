"""What is kept of removed messages, and of what was said to the moderators: for some days, then
gone for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, overload

from peerroom.bot.sight import is_unencrypted, moment, shown_names
from peerroom.moderation import actions as act
from peerroom.moderation.state import Kept
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText

EVIDENCE: Final = "bot.evidence"
ASKED: Final = "bot.asked"
"""Until when the bot's own copy of what somebody said to the moderators is kept, by event id."""
_MEDIA: Final = frozenset({"m.image", "m.file", "m.audio", "m.video"})
_FILE: Final[Mapping[str, type]] = {"url": str, "key": dict, "iv": str, "hashes": dict, "v": str}
"""`EncryptedFile` of the client-server API, "Sending encrypted attachments"."""
_PICTURE: Final[Mapping[str, type]] = {"mimetype": str, "size": int, "w": int, "h": int}
"""What is said about media (client-server API, "m.room.message msgtypes")."""


class Evidence(Mapping[str, Kept]):
    """By event id; each piece is read when it is asked for."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records = vault.records

    def keep(self, action: act.KeepEvidence) -> None:
        """Copy what the events say now. What says nothing any more is left out, and what is kept
        already stays as it is. Nobody is held to what may not be their word (`is_unencrypted`)."""
        for event_id in action.event_ids:
            event = self._vault.events.get(event_id)
            if event is None or event.room_id != action.room_id or event_id in self:
                continue
            content = None if is_unencrypted(self._vault, event) else said(event)
            if content is None:
                continue
            kept = {
                "room": event.room_id,
                "sender": event.sender,
                "name": self._name(event),
                "content": content,
                "at": moment(event).isoformat(),
                "until": action.until.isoformat(),
                "deed": action.deed,
                "case": action.case,
            }
            self._records.replace(EVIDENCE, event_id, kept)

    def keep_asked(self, event_id: str, until: datetime) -> None:
        """What somebody said to the moderators with this event is kept as long, and no longer."""
        self._records.replace(ASKED, event_id, until.isoformat())

    def drop(self, event_ids: Sequence[str]) -> None:
        """Forget it, in every copy of a page, too."""
        for event_id in event_ids:
            self._records.remove(EVIDENCE, event_id, secret=True)
            if self._records.get(ASKED, event_id) is not None:
                self._records.remove(ASKED, event_id)
                event = self._vault.events.get(event_id)
                if event is not None:
                    self._vault.events.redact(event.room_id, event_id)

    def expired(self, now: datetime) -> list[str]:
        """What is to be forgotten by ``now``."""
        ends = {id_: kept["until"] for id_, kept in self._records.items(EVIDENCE).items()}
        ends |= self._records.items(ASKED)
        return [id_ for id_, until in ends.items() if datetime.fromisoformat(until) <= now]

    def of_case(self, case: int) -> list[Kept]:
        """What was kept in the course of a case, the oldest first."""
        items = self._records.items(EVIDENCE).items()
        found = [_kept(event_id, kept) for event_id, kept in items if kept["case"] == case]
        return sorted(found, key=lambda kept: kept.at)

    def content(self, event_id: str) -> dict[str, Any] | None:
        """The content as it was."""
        kept = self._records.get(EVIDENCE, event_id)
        return None if kept is None else dict(kept["content"])

    def name(self, event_id: str) -> str | None:
        """The name under which it was said, as it was shown when it was kept; None if that is not
        known."""
        name: str | None = self._records.get(EVIDENCE, event_id, {}).get("name")
        return name

    def _name(self, event: StoredEvent) -> str | None:
        return shown_names(self._vault.rooms.members(event.room_id)).get(event.sender)

    def __getitem__(self, event_id: str) -> Kept:
        kept = self._records.get(EVIDENCE, event_id)
        if kept is None:
            raise KeyError(event_id)
        return _kept(event_id, kept)

    def __contains__(self, event_id: object) -> bool:
        return isinstance(event_id, str) and self._records.get(EVIDENCE, event_id) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._records.items(EVIDENCE))

    def __len__(self) -> int:
        return len(self._records.items(EVIDENCE))


class Held(Mapping[int, Sequence[Kept]]):
    """Evidence by case."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def __getitem__(self, case: int) -> Sequence[Kept]:
        return self._evidence.of_case(case)

    def __iter__(self) -> Iterator[int]:
        cases = {kept.case for kept in self._evidence.values()}
        return iter(sorted(case for case in cases if case is not None))

    def __len__(self) -> int:
        return len(list(iter(self)))


class Expired(Sequence[str]):
    """What is to be forgotten, looked up when it is asked for."""

    def __init__(self, evidence: Evidence, now: datetime) -> None:
        self._evidence = evidence
        self._now = now

    @cached_property
    def _found(self) -> list[str]:
        return self._evidence.expired(self._now)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)


def said(event: StoredEvent) -> dict[str, Any] | None:
    """What a message says, as it stands: the content, or None when it is no message that could be
    read."""
    payload = event.clear if event.clear is not None else event.raw
    content = payload.get("content")
    if event.status != "ok" or "state_key" in event.raw or not isinstance(content, dict):
        return None
    if payload.get("type") not in ("m.room.message", "m.sticker"):
        return None
    return content


def reposted(content: dict[str, Any], words: str) -> dict[str, Any]:
    """The content of a message that puts ``content`` back; ``words`` say who posts it for whom.

    Nobody is mentioned a second time by it, and it answers nothing.
    """
    fresh = content.get("m.new_content")
    if isinstance(fresh, dict):
        content = fresh
    text = ForeignText(_text(content.get("body"))).block()
    said = {"body": f"{words}\n{text}"}
    kind = content.get("msgtype")
    if kind not in _MEDIA:
        return {"msgtype": "m.text", **said}
    # Nothing but what shows the media: any other key may say something to some program.
    filename = ForeignText(_text(content.get("filename")) or text).line()
    again = {"msgtype": kind, **said, "filename": filename, **_only(content, {"url": str})}
    if file := _only(content.get("file"), _FILE):
        again["file"] = file
    if info := _about(content.get("info")):
        again["info"] = info
    return again


def _about(info: object) -> dict[str, Any]:
    known = _only(info, {**_PICTURE, "duration": int, "thumbnail_url": str})
    if not isinstance(info, dict):
        return known
    if file := _only(info.get("thumbnail_file"), _FILE):
        known["thumbnail_file"] = file
    if small := _only(info.get("thumbnail_info"), _PICTURE):
        known["thumbnail_info"] = small
    return known


def _only(value: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The keys that are known, where they hold what they promise."""
    if not isinstance(value, dict):
        return {}
    return {key: value[key] for key, kind in kinds.items() if type(value.get(key)) is kind}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _kept(event_id: str, kept: dict[str, Any]) -> Kept:
    body = kept["content"].get("body")
    return Kept(
        event_id,
        kept["room"],
        kept["sender"],
        body if isinstance(body, str) else "",
        datetime.fromisoformat(kept["at"]),
        datetime.fromisoformat(kept["until"]),
        kept["deed"],
        kept["case"],
        isinstance(body, str),
    )
