"""``peerroom help-now``: it always prints, and loads nothing that could be slow or broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner, Result

from peerroom import i18n, paths
from peerroom.cli import help_now, main

SPAWN = [sys.executable, "-c", "from peerroom.cli import main; main()", "help-now"]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings but the test's own, no locale, no country; and nothing left behind."""
    monkeypatch.setenv("PEERROOM_CONFIG", str(tmp_path / "config.toml"))
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    yield
    i18n.set_language("en")


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, ["help-now", *words])
    assert result.exit_code == 0, result.output
    return result


def settings(tmp_path: Path, text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    (tmp_path / "config.toml").write_bytes(data)


# What it loads


def test_nothing_heavy_is_loaded_with_or_without_settings(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom peerroom.cli import main\n"
        "try:\n    main(['help-now', '--country', 'JP', '--lang', 'ja'])\n"
        "except SystemExit:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    for text in (None, "[interface]\ncountry = 'JP'\n"):
        if text is not None:
            settings(tmp_path, text)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "0120-279-338" in done.stdout
        loaded = {name.partition(".")[0] for name in done.stderr.split()}
        heavy = {"msgspec", "nio", "textual", "aiohttp", "rich", "sqlcipher3", "cryptography"}
        assert loaded & (heavy | {"asyncio", "socket", "ssl", "wcwidth", "platformdirs"}) == set()


# Country and language


def test_the_country_asked_for() -> None:
    for name in ("JP", "jp", "Japan", "日本"):
        assert run("--country", name).output.startswith("Japan: if a life is in danger\n  119")


def test_the_country_of_the_settings_comes_before_the_locales(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    output = run().output
    assert output.startswith("United States:")
    assert "United States is what your computer's language setting says." in output
    settings(tmp_path, '[interface]\ncountry = "JP"\nlanguage = "ja"\n')
    output = run().output
    assert output.startswith("日本:命の危険があるとき")
    assert "言語設定" not in output
    assert run("--lang", "en", "--country", "GB").output.startswith("United Kingdom:")


def test_an_unknown_country_is_said_and_choosing_is_shown() -> None:
    output = run().output
    assert "does not know which country you are in" in output
    assert "peerroom help-now --country NAME" in output
    assert "119 ambulance and fire · 110 police" in output
    assert "Norway" not in output
    assert "Norway" in run("--all").output


def test_a_country_that_the_list_lacks() -> None:
    assert "We have no numbers for AQ." in run("--country", "aq").output
    output = run("--country", "Jpan").output
    assert "The list has no country called that. Did you mean Japan?" in output
    assert "119 ambulance" in output
    assert "Did you mean" not in run("--country", "zzzzzz").output


def test_a_locale_without_data_is_a_country_without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "is_AQ.UTF-8")
    assert "We have no numbers for AQ." in run().output


def test_a_language_that_is_not_spoken_here_is_english() -> None:
    assert run("--country", "JP", "--lang", "fr").output.startswith("Japan:")


def test_a_terminal_that_cannot_show_japanese_gets_english(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = os.environ | {"PYTHONIOENCODING": "ascii", "LANG": "ja_JP.UTF-8"}
    done = subprocess.run([*SPAWN], capture_output=True, env=environ, check=True)
    assert done.stdout.startswith(b"Japan: if a life is in danger\n  119")
    assert b"0120-279-338" in done.stdout


# Settings that are broken


@pytest.mark.parametrize(
    "text",
    [
        b"[interface",
        b"\xff\xfe\x00\x01",
        b"interface = 3\n",
        b'[interface]\ncountry = 7\nlangauge = "ja"\n',
        b"[[panic.own_numbers]]\nname = 1\n",
        b"a = " * 100_000,
    ],
)
def test_broken_settings_are_named_and_stop_nothing(tmp_path: Path, text: bytes) -> None:
    settings(tmp_path, text)
    output = run("--country", "JP").output
    assert "Part of your settings could not be read" in output
    assert "0120-279-338" in output


def test_settings_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    assert "0120-279-338" in run("--country", "JP").output


def test_what_is_right_in_broken_settings_is_used(tmp_path: Path) -> None:
    settings(tmp_path, '[interface]\ncountry = "JP"\n\n[bot\n')
    output = run().output
    assert output.startswith("Japan:")
    assert "Part of your settings" in output


def test_own_numbers_from_the_settings(tmp_path: Path) -> None:
    settings(
        tmp_path,
        '[[panic.own_numbers]]\nname = "松本市 教育相談"\nnumber = "0263-00-0000"\n'
        'hours = "Mon-Sun 00:00-24:00"\nnote = "Ask for Ms Sato"\n',
    )
    output = run("--country", "JP").output
    assert "Your own numbers\n  0263-00-0000    松本市 教育相談\n" in output
    assert "Ask for Ms Sato" in output
    assert "0263-00-0000" in run().output


# The page


def test_more_is_on_the_second_page_and_named_on_the_first() -> None:
    first, more = run("--country", "JP").output, run("--country", "JP", "--all").output
    assert "0120-279-889" not in first
    assert "peerroom help-now --all" in first
    assert "0120-279-889" in more
    assert "What makes calling hard?" in more
    assert first.index("0120-279-338") < first.index("0120-061-338") < first.index("0120-0-78310")


def test_the_page_as_json() -> None:
    told = json.loads(run("--country", "JP", "--lang", "ja", "--json").output)
    assert (told["country"], told["country_name"], told["gaps"]) == ("JP", "日本", [])
    danger, main_section = told["sections"][:2]
    assert [row["dial"] for row in danger["rows"]] == ["119", "110"]
    (yorisoi,) = main_section["rows"]
    assert (yorisoi["id"], yorisoi["opening"]["state"]) == ("jp-yorisoi", "open")
    assert yorisoi["facts"][:2] == ["24時間", "無料"]
    assert told["now"].endswith("+09:00")
    assert told["more"][0]["kind"] == "directory"
    unknown = json.loads(run("--json").output)
    assert unknown["gaps"] == ["country_unknown"]
    assert unknown["gaps_in_words"]
    assert {place["code"] for place in unknown["elsewhere"]} >= {"JP", "US"}


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(SPAWN, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == ""


def test_its_width(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        assert help_now.page_width(out) == 80
        for columns, width in (("20", 40), ("60", 60), ("200", 80), ("wide", 80)):
            monkeypatch.setenv("COLUMNS", columns)
            assert help_now.page_width(out) == width


def test_its_help_has_examples() -> None:
    assert "peerroom help-now --country JP" in run("--help").output


# At a terminal


def at_terminal(*words: str, **environ: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        SPAWN[0],
        [*SPAWN[1:], *words],
        env=os.environ | {"TERM": "xterm-256color"} | environ,
        dimensions=(24, 80),
        timeout=20,
        encoding="utf-8",
    )


def test_it_asks_for_the_country_once_it_has_somebody_to_ask() -> None:
    terminal = at_terminal()
    terminal.expect("Which country are you in")
    terminal.sendline("Jpan")
    terminal.expect("Did you mean Japan")
    terminal.expect("Which country are you in")
    terminal.sendline("日本")
    terminal.expect("Japan: if a life is in danger")
    terminal.expect("0120-279-338")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


@pytest.mark.parametrize("answer", ["\r", "\x04", "Atlantis\rLemuria\r"])
def test_no_answer_is_an_answer(answer: str) -> None:
    terminal = at_terminal()
    terminal.expect("Which country are you in")
    terminal.send(answer)
    terminal.expect("does not know which country")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_headings_are_bold_and_closed_lines_grey_unless_colour_is_unwanted() -> None:
    plain = at_terminal("--country", "JP", NO_COLOR="1")
    plain.expect(pexpect.EOF)
    assert "\x1b" not in plain.before
    dumb = at_terminal("--country", "JP", TERM="dumb")
    dumb.expect(pexpect.EOF)
    assert "\x1b" not in dumb.before
    styled = at_terminal("--country", "JP")
    styled.expect(pexpect.EOF)
    assert "\x1b[1mJapan: if a life is in danger\x1b[0m" in styled.before
    assert "\x1b[1mDanger to life: 119 ambulance and fire · 110 police\x1b[0m" in styled.before
    assert "\n  119             ambulance and fire\r" in styled.before
    plain.close()
    dumb.close()
    styled.close()


# Where the settings are


@pytest.mark.parametrize(
    "environ",
    [{}, {"XDG_CONFIG_HOME": "/x/config", "XDG_DATA_HOME": "/x/data"}, {"XDG_CONFIG_HOME": " "}],
)
def test_the_folders_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    import platformdirs

    for name in ("PEERROOM_CONFIG", "PEERROOM_DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert paths.config_file() == platformdirs.user_config_path("peerroom") / "config.toml"
    assert paths.data_folder() == platformdirs.user_data_path("peerroom")
    monkeypatch.setattr(sys, "platform", "darwin")
    from platformdirs.macos import MacOS

    if "XDG_CONFIG_HOME" not in environ:
        apple = MacOS("peerroom")
        assert paths.config_file() == apple.user_config_path / "config.toml"
        assert paths.data_folder() == apple.user_data_path
