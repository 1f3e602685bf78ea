"""An `Office` as rows of bytes, so that a fact costs the rows it changed and not the whole circle.

The entries of each mapping are rows of their own, named ``field/key``; the rest is the row `HEAD`.
Bytes as keys are written in hex. To be kept where secrets may be: see `registrar_state`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from peerroom.pseudonym.registrar_state import Office

HEAD: Final = "office"

_MAPPINGS: Final[Mapping[str, tuple[type, Any]]] = {
    name: get_args(kind)
    for name, kind in get_type_hints(Office).items()
    if get_origin(kind) is Mapping
}
"""For each mapping of an office the types of its keys and values."""


def changes(before: Office | None, after: Office) -> dict[str, bytes | None]:
    """The rows to write, and those to remove (None), to turn the stored ``before`` into ``after``.

    With None nothing was stored. Entries that are the same object are passed over unread.
    """
    rows: dict[str, bytes | None] = {}
    head = _head(after)
    if before is None or _head(before) != head:
        rows[HEAD] = head
    for field in _MAPPINGS:
        old = {} if before is None else getattr(before, field)
        new = getattr(after, field)
        if new is old:
            continue
        rows |= {
            _name(field, key): msgspec.msgpack.encode(value)
            for key, value in new.items()
            if key not in old or (old[key] is not value and old[key] != value)
        }
        rows |= dict.fromkeys((_name(field, key) for key in old if key not in new), None)
    return rows


def assemble(rows: Mapping[str, bytes]) -> Office:
    """The office in these rows. Raises `msgspec.MsgspecError`, KeyError or ValueError for rows that
    `changes` did not make."""
    mappings: dict[str, dict[Any, Any]] = {field: {} for field in _MAPPINGS}
    for name, value in rows.items():
        field, slash, key = name.partition("/")
        if slash:
            key_type, value_type = _MAPPINGS[field]
            mappings[field][_key(key, key_type)] = msgspec.msgpack.decode(value, type=value_type)
    head = msgspec.msgpack.decode(rows[HEAD], type=Office)
    return msgspec.structs.replace(head, **mappings)


def _head(office: Office) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(office, **{f: {} for f in _MAPPINGS}))


def _name(field: str, key: str | int | bytes) -> str:
    return f"{field}/{key.hex() if isinstance(key, bytes) else key}"


def _key(text: str, kind: type) -> Any:
    return bytes.fromhex(text) if kind is bytes else kind(text)
