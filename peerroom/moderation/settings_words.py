"""Settings of protections in words, and out of the words that moderators type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta

from peerroom.i18n import _
from peerroom.moderation.protection import Protection

_SWITCH: Final = {"on": "true", "off": "false", "オン": "true", "オフ": "false"}


def described(protection: Protection[Any], kept: Mapping[str, Any]) -> Iterator[str]:
    """A line for each setting: ``pace.messages = 20 – messages that are fine``."""
    now = msgspec.to_builtins(protection.read(dict(kept)))
    for name, kind in _fields(protection).items():
        what = next((meta.description for meta in _metas(kind) if meta.description), "")
        yield f"{protection.name}.{name} = {_value(now[name])}" + (f" – {_(what)}" if what else "")


def parsed(protection: Protection[Any], name: str, typed: str) -> tuple[Any] | str:
    """The value of a setting that was typed, alone in a tuple; or the sentence that says what it
    could be."""
    names = list(_fields(protection))
    if name not in names:
        said = _("“{protection}” has no setting “{name}”. It has: {names}.")
        return said.format(protection=protection.name, name=name, names=" · ".join(names))
    kind = _fields(protection)[name]
    for value in _readings(typed):
        try:
            return (msgspec.convert(value, kind, strict=False),)
        except (msgspec.ValidationError, ValueError):
            continue
    said = _("“{value}” does not fit {protection}.{name}{bounds}.")
    return said.format(
        value=typed,
        protection=protection.name,
        name=name,
        bounds=_bounds(kind),
    )


def _readings(typed: str) -> Iterator[object]:
    """What typed words may be: themselves, a switch, or several parted by commas."""
    yield _SWITCH.get(typed.casefold(), typed)
    yield [part.strip() for part in typed.replace("、", ",").split(",") if part.strip()]


def _fields(protection: Protection[Any]) -> dict[str, Any]:
    """The types of the settings, with their bounds, by name."""
    hints = get_type_hints(protection.settings, include_extras=True)
    return {field.name: hints[field.name] for field in msgspec.structs.fields(protection.settings)}


def _metas(kind: Any) -> Iterator[Meta]:
    """What is said about a type; a type that has bounds may be given a description later."""
    return (part for part in get_args(kind)[1:] if isinstance(part, Meta))


def _bounds(kind: Any) -> str:
    """ " (3–200)", or nothing."""
    for meta in _metas(kind):
        if meta.ge is not None and meta.le is not None:
            return f" ({meta.ge}–{meta.le})"
    return ""


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or _("(nothing)")
    return str(value) or _("(nothing)")
