"""Folders that hold what is private are private from the top that we made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.searching import loose

from peerroom.paths import private_folder


@pytest.fixture(autouse=True)
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_everything_that_had_to_be_made_is_private(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "share" / "peerroom" / "bot")
    assert folder.is_dir()
    assert loose(tmp_path / "share") == {}


def test_parents_that_were_there_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir(mode=0o755)
    (tmp_path / "share" / "peerroom").mkdir(mode=0o777)
    private_folder(tmp_path / "share" / "peerroom")
    assert loose(tmp_path / "share") == {str(tmp_path / "share"): "0o755"}
