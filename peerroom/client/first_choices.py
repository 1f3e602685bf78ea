"""Language and country where help-now finds them: it must know them without a passphrase."""

from __future__ import annotations

import os
from pathlib import Path

from peerroom.paths import private_folder


def write(config_file: Path | None, language: str, country: str | None) -> bool:
    """Make a settings file with the two choices, mode 0600; an existing one is left alone.

    True when it was written. A folder that cannot be written to costs only convenience:
    help-now then goes by the locale and asks.
    """
    if config_file is None or config_file.exists():
        return False
    lines = ["# Written at the first run. config.sample.toml shows everything that can stand here."]
    lines += ["[interface]", f'language = "{language}"']
    if country:
        lines.append(f'country = "{country}"')
    try:
        private_folder(config_file.parent)
        descriptor = os.open(config_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True
