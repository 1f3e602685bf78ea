"""Looking for secrets where none may be: in files, their names, and what a process shows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

SHORTEST = 5
"""Bytes; anything shorter is found everywhere by chance."""


def forms(secret: str | bytes) -> set[bytes]:
    """``secret`` as it may stand in a file: as it is, in hex, in base64, in JSON, in a URL."""
    raw = secret.encode() if isinstance(secret, str) else secret
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        # Whatever stands before and after it, these characters are the same.
        encoded = base64.b64encode(bytes(shift) + raw)
        first, last = (0, 2, 3)[shift], (shift + len(raw)) * 8 // 6
        found |= {encoded[first:last], encoded[first:last].translate(_URL_SAFE)}
    if isinstance(secret, str):
        found |= {json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode()}
        found |= {secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    return {form for form in found if len(form) >= SHORTEST}


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Search:
    """Finds any of many secrets, each in any of its forms."""

    def __init__(self, secrets: Mapping[str, str | bytes]) -> None:
        """``secrets`` by what they are, so that a finding can be told without telling it."""
        self._forms = {what: forms(secret) for what, secret in secrets.items()}

    def in_bytes(self, content: bytes) -> set[str]:
        """What of the secrets is in ``content``."""
        return {
            what for what, known in self._forms.items() if any(form in content for form in known)
        }

    def in_folder(self, folder: Path) -> set[tuple[str, str]]:
        """What is in the files below ``folder`` or in their names, and where."""
        return {
            (what, name)
            for path in everything_in(folder)
            for name in [str(path.relative_to(folder))]
            for what in self.in_bytes(name.encode())
            | (self.in_bytes(path.read_bytes()) if path.is_file() else set())
        }


def everything_in(folder: Path) -> Iterable[Path]:
    """Every file and folder below ``folder``, hidden ones too."""
    return sorted(folder.rglob("*"))


def shown_by(pid: int) -> bytes:
    """What other programs of this user, and often of any, see of a process. Linux only.

    Its arguments, environment and name, and the names of the files it has open.
    """
    process = Path(f"/proc/{pid}")
    parts = [(process / name).read_bytes() for name in ("cmdline", "environ", "comm", "maps")]
    parts += [bytes(link.readlink()) for link in (process / "fd").iterdir()]
    return b"\n".join(parts)


def loose(folder: Path) -> dict[str, str]:
    """Whatever below ``folder`` (and itself) others than its owner may touch, with its mode."""
    modes = {path: path.lstat().st_mode & 0o7777 for path in (folder, *everything_in(folder))}
    right = {path: 0o700 if path.is_dir() else 0o600 for path in modes}
    return {str(path): oct(mode) for path, mode in modes.items() if mode != right[path]}
