"""Moderation policy lists: the state events in which communities share whom they keep out.

Matrix specification, "Moderation policy lists"; hashed entities by MSC4205; ``m.takedown`` by
MSC4204. Older event types and recommendations are read and never written.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from peerroom.text.foreign import ForeignText

Kind = Literal["user", "room", "server"]
Recommendation = Literal["ban", "takedown"]

TYPES: Final[dict[str, Kind]] = {
    "m.policy.rule.user": "user",
    "m.policy.rule.room": "room",
    "m.policy.rule.server": "server",
    "m.room.rule.user": "user",
    "m.room.rule.room": "room",
    "m.room.rule.server": "server",
    "org.matrix.mjolnir.rule.user": "user",
    "org.matrix.mjolnir.rule.room": "room",
    "org.matrix.mjolnir.rule.server": "server",
}
"""Event types of rules, the specified ones first."""
RECOMMENDATIONS: Final[dict[str, Recommendation]] = {
    "m.ban": "ban",
    "org.matrix.mjolnir.ban": "ban",
    "m.takedown": "takedown",
    "org.matrix.msc4204.takedown": "takedown",
}
HASHES: Final = ("hashes", "org.matrix.msc4205.hashes")
_LONGEST: Final = 255
"""Bytes of a user id, room id or server name at most (Matrix spec, appendices)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a list. Exactly one of ``entity`` (which may have ``*`` and ``?`` in it) and
    ``digest`` (SHA-256 of an entity, 32 bytes) is there. ``key`` is the event's state key."""

    kind: Kind
    key: str
    recommendation: Recommendation
    entity: str | None = None
    digest: bytes | None = None
    reason: ForeignText | None = None

    @property
    def is_glob(self) -> bool:
        """Whether the entity stands for more than itself."""
        return self.entity is not None and ("*" in self.entity or "?" in self.entity)


def read(event_type: str, state_key: object, content: object) -> Rule | None:
    """The rule in a state event; None for one that was taken back, says nothing that we know, or
    breaks the schema. Never raises."""
    kind = TYPES.get(event_type)
    if kind is None or not isinstance(state_key, str) or not isinstance(content, Mapping):
        return None
    said = content.get("recommendation")
    recommendation = RECOMMENDATIONS.get(said) if isinstance(said, str) else None
    if recommendation is None:
        return None
    why = content.get("reason")
    reason = _reason(why) if isinstance(why, str) else None
    entity = content.get("entity")
    if isinstance(entity, str) and entity:
        if len(entity.encode(errors="replace")) > _LONGEST:
            return None
        return Rule(kind, state_key, recommendation, entity=entity, reason=reason)
    digest = _digest(content)
    if digest is None:
        return None
    return Rule(kind, state_key, recommendation, digest=digest, reason=reason)


def content(entity: str, reason: str, *, hashed: bool = False) -> dict[str, Any]:
    """The content of a rule that bans ``entity``. ``reason`` is required by the schema and stands
    in clear: a reason code's words, nothing about a person.

    ``hashed``: the list tells nobody who is on it, as MSC4205 has it; only for entities without
    ``*`` and ``?``. Raises ValueError otherwise.
    """
    rule: dict[str, Any] = {"recommendation": "m.ban", "reason": reason}
    if not hashed:
        return {**rule, "entity": entity}
    if "*" in entity or "?" in entity:
        raise ValueError("a pattern has no hash")
    sha256 = base64.b64encode(digest_of(entity)).decode()
    return {**rule, HASHES[1]: {"sha256": sha256}}


def state_key_of(entity: str) -> str:
    """Where the rule for ``entity`` is kept: the same for every program that hashes as Draupnir and
    Meowlnir do, so that a ban set by one is lifted by another."""
    return base64.b64encode(hashlib.sha256(f"{entity}m.ban".encode()).digest()).decode()


def digest_of(entity: str) -> bytes:
    """SHA-256 of an entity, as hashed rules have it."""
    return hashlib.sha256(entity.encode(errors="replace")).digest()


@lru_cache(256)
def _reason(why: str) -> ForeignText:
    """Long lists give a handful of reasons, over and over."""
    return ForeignText(why)


def _digest(content: Mapping[str, Any]) -> bytes | None:
    for field in HASHES:
        hashes = content.get(field)
        said = hashes.get("sha256") if isinstance(hashes, Mapping) else None
        if not isinstance(said, str) or len(said) > 64:
            continue
        plain = said.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            digest = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(digest) == hashlib.sha256().digest_size:
            return digest
    return None
