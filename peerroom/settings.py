"""How a dataclass is read from TOML: to the letter, with errors that help.

A model's fields say in their metadata what they are: `setting` (one value), `section` (a table of
its own) or `entries` (a list of tables). Only the standard library, and little of it at import:
the panic screen reads settings too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Final, Protocol, TypeVar

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _


class Model(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T")
M = TypeVar("M", bound=Model)


class ConfigError(PeerRoomError):
    """The settings cannot be used as they are. ``file`` is their path."""

    what = N_("The settings in {file} could not be read.")
    next_step = N_("Please look at that file, or move it away to start with the usual settings.")


class ConfigMissing(ConfigError):
    """A settings file was named, and is not there."""

    what = N_("There is no settings file {file}.")
    next_step = N_("Please check the path.")


class ConfigSyntax(ConfigError):
    """The file is not TOML; ``line`` says where it stops being so, counted from 1."""

    what = N_("Line {line} of {file} is not written the way settings are.")
    next_step = N_('A setting looks like this: country = "JP". Notes begin with #.')


class UnknownSetting(ConfigError):
    """A key that there is not; ``key`` is its path."""

    what = N_("There is no setting “{key}” (in {file}).")
    next_step = N_("config.sample.toml shows them all.")


class MisspeltSetting(UnknownSetting):
    """A key that there is not, and ``likely``, one that there is."""

    next_step = N_("Did you mean “{likely}”?")


class WrongSetting(ConfigError):
    """A value that ``key`` cannot have. It is not quoted: a proxy's address may hold a password."""

    what = N_("The setting “{key}” (in {file}) has a value that it cannot have.")
    next_step = N_("It can be: {expected}.")


class MissingSetting(ConfigError):
    """An entry lacks what it cannot be without."""

    what = N_("The setting “{key}” is missing (in {file}).")
    next_step = N_("Please add it there.")


class BadLine(ValueError):
    """Text that is not TOML at `line`, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"not TOML at line {line}")
        self.line = line


Complain = Callable[..., None]
"""Called with a `ConfigError` class and its fields but ``file``; raises, or passes it over."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting may be: its TOML type, in words, and how it is read (raises ValueError)."""

    type: type
    expected: str
    read: Callable[[Any], object]

    def checked(self, value: object, key: str, complain: Complain) -> object:
        """What ``value`` means; ValueError if nothing, and ``complain`` passed that over."""
        if type(value) is self.type:  # exactly: to Python, true is an int
            with suppress(ValueError, RuntimeError):  # RuntimeError: "~nobody" has no home
                return self.read(value)
        complain(WrongSetting, key=key, expected=_(self.expected))
        raise ValueError


_Metadata = Mapping[str, object]


def setting(kind: Kind) -> _Metadata:
    """A field of ``kind``; without a default, its table is nothing without it."""
    return {"read": kind.checked}


def section(model: type[M]) -> _Metadata:
    """A field that is a table of its own."""

    def checked(value: object, key: str, complain: Complain) -> M:
        return _table(model, value, key, f"[{key}]", complain)

    return {"read": checked, "model": model}


def entries(model: type[M]) -> _Metadata:
    """A field that is a list of tables; those that are wrong and passed over are left out."""

    def checked(value: object, key: str, complain: Complain) -> tuple[M, ...]:
        tables = []
        for number, entry in enumerate(value if isinstance(value, list) else [value], start=1):
            with suppress(ValueError):
                tables.append(_table(model, entry, f"{key}[{number}]", f"[[{key}]]", complain))
        return tuple(tables)

    return {"read": checked, "model": model}


def _table(model: type[M], value: object, key: str, expected: str, complain: Complain) -> M:
    if not isinstance(value, dict):
        complain(WrongSetting, key=key, expected=expected)
        raise ValueError
    return read(model, value, complain, f"{key}.")


def read(model: type[M], table: Mapping[str, object], complain: Complain, at: str = "") -> M:
    """``table`` as a ``model``.

    What is wrong is given to ``complain``; if that returns, a wrong value counts as left out.
    Raises ValueError if something required is. ``at`` is the table's path, with a dot at its end.
    """
    known = {item.name: item for item in fields(model)}
    for key in table:
        if key not in known:
            _complain_of_unknown(key, list(known), complain, at)
    values = {}
    for name, item in known.items():
        required = item.default is MISSING and item.default_factory is MISSING
        if name in table:
            with suppress(ValueError):
                values[name] = item.metadata["read"](table[name], at + name, complain)
        elif required:
            complain(MissingSetting, key=at + name)
        if required and name not in values:
            raise ValueError
    return model(**values)


def _complain_of_unknown(key: str, known: list[str], complain: Complain, at: str) -> None:
    from difflib import get_close_matches  # neither is needed where nothing is wrong

    from peerroom.text.foreign import ForeignText

    shown = at + ForeignText(key).line(60)
    if likely := get_close_matches(key, known, n=1):
        complain(MisspeltSetting, key=shown, likely=at + likely[0])
    complain(UnknownSetting, key=shown)


# Readers: what a setting's text means, or ValueError.


def when(accepted: bool, value: T) -> T:
    """``value`` if it was accepted."""
    if not accepted:
        raise ValueError
    return value


def matching(pattern: str) -> Callable[[str], str]:
    """Text that is all of ``pattern``."""
    return lambda value: when(re.fullmatch(pattern, value) is not None, value)


def optional(reader: Callable[[str], T], without: str = "") -> Callable[[str], T | None]:
    """As ``reader``, but None for the word that says "nothing": TOML has no null."""
    return lambda value: None if value == without else reader(value)


def one_of(*choices: str) -> Kind:
    """One of a few words."""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return Kind(str, listed, lambda value: when(value in choices, value))


def whole(least: int, most: int) -> Kind:
    """A whole number between two others."""
    return Kind(int, f"{least}–{most}", lambda value: when(least <= value <= most, value))


def words(longest: int, shortest: int = 0) -> Kind:
    """Text on one line, of ``shortest`` to ``longest`` characters."""

    def reader(value: str) -> str:
        return when(shortest <= len(value.strip()) <= longest and value.isprintable(), value)

    return Kind(str, N_("text on one line, not too long"), reader)


FLAG: Final = Kind(bool, "true, false", bool)
"""Yes or no."""


# TOML itself, loaded (5 ms) only where there is a file to read.


def strict(text: str) -> dict[str, Any]:
    """What TOML reads in ``text``; raises `BadLine`."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))  # else it says "at end of document"
        raise BadLine(int(found[1]) if found else text.rstrip().count("\n") + 1) from error


_MOST_BAD_LINES: Final = 100


def salvaged(text: str) -> dict[str, Any]:
    """What TOML can read of ``text`` when the lines that it stumbles over are left out."""
    for _attempt in range(_MOST_BAD_LINES):
        try:
            return strict(text)
        except BadLine as error:
            lines = text.split("\n")
            lines[error.line - 1] = ""
            text = "\n".join(lines)
    return {}
