"""Encrypted events of a few lengths only, so that how long a message is does not show.

Megolm ciphertext is as long as what was encrypted, to the byte, and one who writes long letters is
known by that under every name. So the JSON is filled up, inside, to the next of `BUCKETS`. Readers
leave the filling out (`peerroom.matrix.reading`); other clients do not look at keys that they do
not know. The rest of a Megolm message has one length, as no session writes 128 messages
(`peerroom.matrix.outbound.Rotation`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from peerroom.matrix.errors import TooLarge

FILLING: Final = "org.peerroom.padding"
"""Key inside the encrypted content."""

BUCKETS: Final = (256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 46_080)
"""Lengths in bytes. The last is not twice the one before, but what an event can just hold: 65,536
bytes (spec: Size limits), of which 61,576 are its base64 and the others what a server adds."""


def padded(event_type: str, content: Mapping[str, object], room_id: str) -> bytes:
    """The JSON that Megolm encrypts, its length one of `BUCKETS`.

    Raises `TooLarge`; `ValueError` or `TypeError` for what is no JSON.
    """
    bare = len(_payload(event_type, content, room_id, ""))
    bucket = next((size for size in BUCKETS if size >= bare), None)
    if bucket is None:
        raise TooLarge
    return _payload(event_type, content, room_id, " " * (bucket - bare))


def _payload(event_type: str, content: Mapping[str, object], room_id: str, filling: str) -> bytes:
    payload = {"type": event_type, "content": {**content, FILLING: filling}, "room_id": room_id}
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()
