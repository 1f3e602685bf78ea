"""Where PeerRoom keeps its files, and the modes they have (folders 0700, files 0600)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def config_file_name() -> str:
    """The name of the user's ``config.toml``, whether or not it exists."""
    explicit = os.environ.get("PEERROOM_CONFIG")
    return explicit or f"{_user_folder('XDG_CONFIG_HOME', '.config')}/config.toml"


def config_file() -> Path:
    """The user's ``config.toml``, whether or not it exists."""
    return _path(config_file_name())


def data_folder() -> Path:
    """The folder of the vault, whether or not it exists."""
    explicit = os.environ.get("PEERROOM_DATA")
    return _path(explicit or _user_folder("XDG_DATA_HOME", ".local/share"))


def _path(name: str) -> Path:
    from pathlib import Path  # 2.5 ms of the 15 that help-now has until it can be read

    return Path(name)


def _user_folder(variable: str, usual: str) -> str:
    """Where the XDG Base Directory Specification and Apple put the files of a user's programs.

    As platformdirs has it (a test compares), which takes 9 ms to import.
    """
    home = os.path.expanduser("~")  # noqa: PTH111 (no pathlib here, see `_path`)
    if sys.platform == "darwin":
        return f"{home}/Library/Application Support/peerroom"
    return f"{os.environ.get(variable, '').strip() or f'{home}/{usual}'}/peerroom"


def private_folder(path: Path) -> Path:
    """Make ``path`` and give it mode 0700.

    Parents that are missing are made with the same, as the XDG Base Directory Specification has
    it: `Path.mkdir` alone would leave them as open as the umask does.
    """
    for parent in reversed(path.parents):
        parent.mkdir(mode=0o700, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    return path
