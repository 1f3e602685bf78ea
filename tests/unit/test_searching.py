"""The search for secrets finds them: otherwise its silence would prove nothing."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest
from support.searching import Search, forms, loose, shown_by
from support.terminals import Terminal

NAME = "Quiet Heron / 静かなサギ"
KEY = bytes(range(200, 232))


@pytest.mark.parametrize("form", sorted(forms(NAME) | forms(KEY)))
def test_every_form_is_found_wherever_it_stands(form: bytes, tmp_path: Path) -> None:
    search = Search({"name": NAME, "key": KEY, "other": "Small Otter"})
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".hidden").write_bytes(b"\xff\x00 before" + form + b"after")
    [(what, where)] = search.in_folder(tmp_path)
    assert what == ("name" if form in forms(NAME) else "key")
    assert where == "deep/.hidden"


@pytest.mark.parametrize("before", range(6))
def test_base64_of_something_around_it_is_found(before: int) -> None:
    around = base64.b64encode(b"x" * before + KEY + b"yz")
    assert Search({"key": KEY}).in_bytes(b"..." + around) == {"key"}
    assert Search({"other": KEY[::-1]}).in_bytes(around) == set()


def test_names_of_files_and_folders_are_searched(tmp_path: Path) -> None:
    (tmp_path / "notes of Quiet Heron").mkdir()
    assert Search({"name": "Quiet Heron"}).in_folder(tmp_path) == {("name", "notes of Quiet Heron")}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("where", ["nowhere", "argument", "environment", "open file"])
def test_what_a_process_shows_is_searched(where: str, tmp_path: Path) -> None:
    # Hexadecimal is a form that is searched for too; so the name is told backwards.
    path = str(tmp_path / "Quiet Heron") if where == "open file" else os.devnull
    code = f"kept = open({path[::-1]!r}[::-1]); input('ready')"
    (tmp_path / "Quiet Heron").touch()
    argument = "Quiet Heron" if where == "argument" else "nothing"
    environ = {"ROOM": "Quiet Heron"} if where == "environment" else {}
    with Terminal([sys.executable, "-c", code, argument], environ=environ) as terminal:
        terminal.wait_until(lambda: b"ready" in terminal.output, "ready")
        found = Search({"name": "Quiet Heron"}).in_bytes(shown_by(terminal.pid))
    assert found == (set() if where == "nowhere" else {"name"})


def test_loose_modes_are_found(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    vault = tmp_path / "vault"
    vault.touch(mode=0o600)
    assert loose(tmp_path) == {}
    vault.chmod(0o640)
    assert loose(tmp_path) == {str(vault): "0o640"}
