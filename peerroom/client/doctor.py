"""What PeerRoom needs, checked one by one, each with what to do. Touches the network only when
given an account or a server."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.store import folder as vault_folder
from peerroom.store.database import KEY_BYTES, MEMORY, Database

if TYPE_CHECKING:
    from peerroom.matrix.transport import Transport
    from peerroom.store.accounts import Account

OLDEST_PYTHON: Final = (3, 11)
SKEW: Final = timedelta(minutes=5)
"""Beyond this, times in the room mislead, and TLS certificates may seem invalid."""

_SPEAKS: Final = "v1.11"
"""Oldest version of the Matrix specification whose servers do all that we ask."""

State = Literal["ok", "attention", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding in words; ``next_step`` is empty when all is well."""

    name: str
    state: State
    found: str
    next_step: str = ""


def python() -> Check:
    """The Python that runs us."""
    found = platform.python_version()
    if sys.version_info >= OLDEST_PYTHON:
        return Check(_("Python"), "ok", found)
    return Check(_("Python"), "attention", found, _("Install Python 3.11 or later."))


def sqlcipher() -> Check:
    """The library that encrypts the vault: it must be there, and truly encrypt."""
    database = Database(MEMORY, bytes(KEY_BYTES))
    try:
        row = database.one("PRAGMA cipher_version")
    finally:
        database.close()
    if row and row[0]:
        return Check(_("Encrypted storage"), "ok", f"SQLCipher {row[0]}")
    return Check(
        _("Encrypted storage"),
        "attention",
        _("SQLite without encryption"),
        _("Install PeerRoom again, so that its own SQLCipher is used."),
    )


def vault(folder: Path) -> Check:
    """Whether there is a vault, and whether only its owner can read it."""
    name = _("Vault")
    belongings = vault_folder.belongings(folder) if folder.is_dir() else []
    if not belongings:
        return Check(name, "ok", _("none yet; `peerroom` makes one"))
    open_to_others = [path for path in [folder, *belongings] if path.stat().st_mode & 0o077]
    if open_to_others:
        words = _("Run `chmod -R go= {folder}`.").format(folder=folder)
        return Check(name, "attention", _("others on this computer may read its files"), words)
    return Check(name, "ok", str(folder))


async def server(
    homeserver: str, *, proxy: str | None, clock: Clock, random: Random
) -> list[Check]:
    """Whether the server answers, what it speaks, and whether our clocks agree."""
    from peerroom.matrix.transport import Transport

    name = _("Server")
    host = urlsplit(homeserver).hostname or homeserver
    try:
        transport = Transport(homeserver, proxy=proxy, clock=clock, random=random)
        try:
            answer = await transport.request("GET", "/_matrix/client/versions", retry=False)
            date = _clock(transport, clock)
        finally:
            await transport.close()
    except PeerRoomError as error:
        return [_problem(name, error)]
    versions = answer.get("versions")
    spoken = [v for v in versions if isinstance(v, str)] if isinstance(versions, list) else []
    if _SPEAKS in spoken:
        return [Check(name, "ok", _("{host} answers").format(host=host)), date]
    old = _("{host} answers, and speaks only an old Matrix").format(host=host)
    return [Check(name, "attention", old, _("Ask the host to update the server.")), date]


def _clock(transport: Transport, clock: Clock) -> Check:
    name = _("Clock")
    theirs = transport.server_time
    if theirs is None:
        return Check(name, "unknown", _("the server does not say what time it is"))
    off = abs(clock.now() - theirs)
    if off <= SKEW:
        return Check(name, "ok", _("agrees with the server's"))
    minutes = round(off.total_seconds() / 60)
    found = _("{minutes} minutes away from the server's").format(minutes=minutes)
    return Check(name, "attention", found, _("Set this computer's clock."))


async def identity(account: Account, *, proxy: str | None, clock: Clock, random: Random) -> Check:
    """Whether the server knows this device, and shows it signed by our own identity."""
    from peerroom.matrix.chain import read_user_keys
    from peerroom.matrix.identity import CrossSigning
    from peerroom.matrix.session import Credentials, Session
    from peerroom.matrix.transport import Transport

    name = _("Encryption identity")
    try:
        transport = Transport(
            account.homeserver, proxy=proxy, circuit=account.circuit, clock=clock, random=random
        )
        try:
            credentials = Credentials(account.user_id, account.device_id, account.access_token)
            answer = await Session(transport, credentials).post(
                "/keys/query", json={"device_keys": {account.user_id: []}}, repeatable=True
            )
        finally:
            await transport.close()
    except PeerRoomError as error:
        return _problem(name, error)
    keys = read_user_keys(answer, account.user_id)
    ours = CrossSigning(account.cross_signing).master_key if account.cross_signing else None
    if keys is None or keys.master is None or ours is None:
        return Check(name, "attention", _("not made yet"), _("Run `peerroom` once, online."))
    if keys.master != ours:
        return Check(
            name,
            "attention",
            _("the server shows another one than yours"),
            _("Do not write anything private. Ask your host, in another way."),
        )
    device = keys.devices.get(account.device_id)
    if device is None or device.signed_by != ours:
        found = _("this device is not signed by it")
        return Check(name, "attention", found, _("Run `peerroom` once, online."))
    return Check(name, "ok", _("yours, and this device is signed by it"))


# Terminals known to keep F1 for a help page of their own.
_KEEPS_F1: Final[Mapping[str, str]] = {
    "GNOME_TERMINAL_SCREEN": "GNOME Terminal",
    "VTE_VERSION": "a VTE terminal",
    "KONSOLE_VERSION": "Konsole",
}


def terminal(environ: Mapping[str, str], second_chord: str) -> Check:
    """What the environment says about the panic keys; `key_of` tells for certain."""
    name = _("Panic keys")
    term = environ.get("TERM", "")
    chord = second_chord.upper()
    if term in ("", "dumb", "unknown"):
        found = _("TERM says that this is no full terminal")
        return Check(name, "unknown", found, _("Use `peerroom chat --plain` and type /help-now."))
    keeper = next((what for key, what in _KEEPS_F1.items() if key in environ), None)
    if keeper is not None:
        found = _("TERM={term}; {keeper} may keep F1 for itself").format(term=term, keeper=keeper)
        step = _("{chord} works there too. Try both with `peerroom doctor --keys`.")
        return Check(name, "unknown", found, step.format(chord=chord))
    found = _("TERM={term}; F1 and {chord} should arrive").format(term=term, chord=chord)
    return Check(name, "unknown", found, _("Try both with `peerroom doctor --keys`."))


_F1: Final = (b"\x1bOP", b"\x1b[11~", b"\x1b[[A", b"\x1b[P", b"\x1b[57364u")


def is_key(pressed: bytes, key: str) -> bool:
    """Whether the bytes that a terminal sent are ``key`` (``f1``, ``ctrl+t``).

    Other function keys are believed to be what they say: only F1 has a list of spellings.
    """
    if key == "f1":
        return pressed in _F1
    modifier, _plus, letter = key.rpartition("+")
    if modifier == "ctrl" and len(letter) == 1:
        plain = bytes([ord(letter.upper()) & 0x1F])
        return pressed in (plain, f"\x1b[{ord(letter)};5u".encode())
    return pressed.startswith(b"\x1b") and len(pressed) > 2


def _problem(name: str, error: PeerRoomError) -> Check:
    what = _(error.what).format(**error.fields)
    return Check(name, "attention", what, _(error.next_step).format(**error.fields))
