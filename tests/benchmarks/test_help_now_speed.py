"""From the shell to a number that can be read: little more than click takes to start."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

PAIRS = 15
LIMIT = 1.5
HELP_NOW = "import sys; from peerroom.cli import main; sys.exit(main())"


def seconds(code: str, *words: str, environ: dict[str, str]) -> float:
    """One whole process, from the start to its end."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environ, capture_output=True, check=True
    )
    taken = time.perf_counter() - start
    assert not words or b"0120-279-338" in done.stdout
    return taken


@pytest.mark.parametrize("language", ["en", "ja"])
def test_help_now_against_importing_click(language: str, tmp_path: Path) -> None:
    """With compiled modules, as an installed package has them."""
    environ = os.environ | {"PEERROOM_CONFIG": str(tmp_path / "none.toml"), "TZ": "Asia/Tokyo"}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    environ["PYTHONPYCACHEPREFIX"] = str(tmp_path / "compiled")
    words = ("help-now", "--country", "JP", "--lang", language)
    ratios, times = [], []
    for pair in range(PAIRS + 1):
        click = seconds("import click", environ=environ)
        page = seconds(HELP_NOW, *words, environ=environ)
        if pair:  # the first compiles
            ratios.append(page / click)
            times.append(page)
    ratio = statistics.median(ratios)
    print(
        f"\nhelp-now ({language}): {1000 * statistics.median(times):.0f} ms, "
        f"{ratio:.2f} of `import click` (limit {LIMIT}, {PAIRS} pairs)"
    )
    assert ratio <= LIMIT
