"""Where PeerRoom keeps its files, and the modes they have (folders 0700, files 0600)."""

from __future__ import annotations

import os
from pathlib import Path


def config_file() -> Path:
    """The user's ``config.toml``, whether or not it exists."""
    if explicit := os.environ.get("PEERROOM_CONFIG"):
        return Path(explicit)
    import platformdirs  # 10 ms, and only needed without an explicit path

    return Path(platformdirs.user_config_dir("peerroom")) / "config.toml"


def data_folder() -> Path:
    """The folder of the vault, whether or not it exists."""
    if explicit := os.environ.get("PEERROOM_DATA"):
        return Path(explicit)
    import platformdirs

    return Path(platformdirs.user_data_dir("peerroom"))


def private_folder(path: Path) -> Path:
    """Make ``path`` (and its parents) and give it mode 0700."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path
