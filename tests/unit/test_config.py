"""Settings: what is right is taken, what is wrong is named, and nothing stops the panic screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.config import Bot, Config, Interface, OwnNumber, Panic, Privacy, Vault, load, peek
from peerroom.i18n import set_language
from peerroom.settings import (
    ConfigError,
    ConfigMissing,
    ConfigSyntax,
    MissingSetting,
    MisspeltSetting,
    UnknownSetting,
    WrongSetting,
    salvaged,
)

Write = Callable[[str], Path]

EVERYTHING = """
[interface]
language = "ja"
country = "gb"
theme = "dark"

[privacy]
proxy = "socks5://user:pass@127.0.0.1:9050"

[vault]
folder = "~/secret place"
ephemeral = true

[panic]
second_chord = "f12"

[[panic.own_numbers]]
name = "市の相談窓口"
number = "042-123-4567"
hours = "Mon-Fri 09:00-17:00"
note = "Ask for Ms Sato"

[[panic.own_numbers]]
name = "Aunt"
number = "+81 42 123 4567"

[bot]
homeserver = "https://matrix.example.org/"
username = "door"
room = "静かな部屋"
recovery = "@spare:example.org"
moderators = ["@mika:example.org", "@ken:example.org"]
seats = 30
invite_days = 2
"""
UNDERSTOOD = Config(
    Interface("ja", "GB", "dark"),
    Privacy("socks5://user:pass@127.0.0.1:9050"),
    Vault(Path("~/secret place").expanduser(), ephemeral=True),
    Panic(
        "f12",
        (
            OwnNumber("市の相談窓口", "042-123-4567", "Mon-Fri 09:00-17:00", "Ask for Ms Sato"),
            OwnNumber("Aunt", "+81 42 123 4567"),
        ),
    ),
    Bot(
        homeserver="https://matrix.example.org",
        username="door",
        room="静かな部屋",
        recovery="@spare:example.org",
        moderators=("@mika:example.org", "@ken:example.org"),
        seats=30,
        invite_days=2,
    ),
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a config.toml, get its path."""

    def written(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_every_setting_is_understood(write: Write) -> None:
    path = write(EVERYTHING)
    assert load(path) == UNDERSTOOD
    assert peek(path) == UNDERSTOOD


def test_files_of_other_editors(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EVERYTHING.replace("\n", "\r\n").encode())
    assert load(path) == UNDERSTOOD == peek(path)


@pytest.mark.parametrize(
    ("text", "error", "key", "next_step"),
    [
        ('[interfase]\nx = "JP"', MisspeltSetting, "interfase", "Did you mean “interface”?"),
        ('[interface]\ncontry = "JP"', MisspeltSetting, "interface.contry", "“interface.country”?"),
        ("[bot]\nseat = 3", MisspeltSetting, "bot.seat", "“bot.seats”?"),
        ("zzz = 1", UnknownSetting, "zzz", "config.sample.toml"),
        ("[vault]\nqqq = 1", UnknownSetting, "vault.qqq", "config.sample.toml"),
        ('"\\u001b\\u202eab" = 1', UnknownSetting, "“ab”", "config.sample.toml"),
        ("interface = 5", WrongSetting, "interface", "[interface]"),
        ('[interface]\nlanguage = "fr"', WrongSetting, "interface.language", '"auto", "en", "ja"'),
        ("[interface]\nlanguage = 1", WrongSetting, "interface.language", '"auto", "en", "ja"'),
        ('[interface]\ncountry = "Japan"', WrongSetting, "interface.country", '"JP"'),
        ('[interface]\ntheme = "pink"', WrongSetting, "interface.theme", '"auto", "dark", "light"'),
        ('[privacy]\nproxy = "127.0.0.1:9050"', WrongSetting, "privacy.proxy", "socks5://"),
        ('[privacy]\nproxy = "https://a:b@c"', WrongSetting, "privacy.proxy", "socks5://"),
        ('[vault]\nfolder = "\\u0000"', WrongSetting, "vault.folder", "folder"),
        ('[vault]\nfolder = "~no-such-user/x"', WrongSetting, "vault.folder", "folder"),
        ("[vault]\nephemeral = 1", WrongSetting, "vault.ephemeral", "true, false"),
        ('[panic]\nsecond_chord = "ctrl+c"', WrongSetting, "panic.second_chord", "f12"),
        ('[panic]\nsecond_chord = "ctrl+i"', WrongSetting, "panic.second_chord", "f12"),
        ('[panic]\nsecond_chord = ""', WrongSetting, "panic.second_chord", "f12"),
        ('[panic]\nown_numbers = "119"', WrongSetting, "panic.own_numbers[1]", "[[panic.own"),
        ("[panic]\nown_numbers = [119]", WrongSetting, "panic.own_numbers[1]", "[[panic.own"),
        ('[[panic.own_numbers]]\nname = "A"', MissingSetting, "panic.own_numbers[1].number", "add"),
        (
            '[[panic.own_numbers]]\nname = "A"\nnumber = "call me"',
            WrongSetting,
            "panic.own_numbers[1].number",
            "042",
        ),
        (
            '[[panic.own_numbers]]\nname = " "\nnumber = "119"',
            WrongSetting,
            "panic.own_numbers[1].name",
            "one line",
        ),
        ('[bot]\nroom = "a\\nb"', WrongSetting, "bot.room", "one line"),
        ('[bot]\nhomeserver = "http://example.org"', WrongSetting, "bot.homeserver", "https://"),
        ('[bot]\nusername = "@bot:example.org"', WrongSetting, "bot.username", "colon"),
        ('[bot]\nrecovery = "spare"', WrongSetting, "bot.recovery", "@name:example.org"),
        ('[bot]\nmoderators = "@a:b.org"', WrongSetting, "bot.moderators", "list"),
        ('[bot]\nmoderators = ["@a:b.org", 5]', WrongSetting, "bot.moderators", "list"),
        ("[bot]\nseats = true", WrongSetting, "bot.seats", "2–5000"),
        ("[bot]\nseats = 2.5", WrongSetting, "bot.seats", "2–5000"),
        ("[bot]\nseats = 1", WrongSetting, "bot.seats", "2–5000"),
        ("[bot]\ninvite_days = 91", WrongSetting, "bot.invite_days", "1–90"),
    ],
)
def test_errors_name_the_key_and_what_it_could_be(
    write: Write, text: str, error: type[ConfigError], key: str, next_step: str
) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert type(raised.value) is error
    assert key in raised.value.sentence()
    assert next_step in raised.value.sentence()
    assert str(path) in raised.value.sentence()
    assert peek(path) == Config()


def test_an_unknown_key_of_an_entry_is_named_with_its_number(write: Write) -> None:
    entry = '[[panic.own_numbers]]\nname = "A"\nnumber = "119"\n'
    path = write(entry + entry + 'not = "x"')
    with pytest.raises(MisspeltSetting, match=r"panic\.own_numbers\[2\]\.not.*\.note”"):
        load(path)
    assert len(peek(path).panic.own_numbers) == 2


def test_no_value_is_quoted(write: Write) -> None:
    for text in ('[privacy]\nproxy = "socks5://me:hunter2@"', '[bot]\nrecovery = "hunter2"'):
        with pytest.raises(WrongSetting) as raised:
            load(write(text))
        assert "hunter2" not in raised.value.sentence()
        assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[interface]\ncountry = "JP"\nlanguage = ja\n', 3),
        ('[interface]\ncountry = "JP', 2),
        ('[interface]\ncountry = "JP"\n[interface]\n', 3),
        ('[interface]\ncountry = "JP"\nwords', 3),
        ('[interface]\ncountry = "JP"\n[bot]\nmoderators = [\n"@a:b.org",\n', 5),
    ],
)
def test_a_line_that_is_no_toml_is_counted(write: Write, text: str, line: int) -> None:
    with pytest.raises(ConfigSyntax) as raised:
        load(write(text))
    assert f"Line {line} of" in raised.value.sentence()


@pytest.mark.parametrize(
    "broken",
    [
        '[interface]\nlanguage = fr\ncountry = "JP"\n[panic',
        '[interface]\ncountry = "JP"\nlanguage = """\nand so on\n\n',
        '= = =\n\x00\n[interface]\ncountry = "JP"\ncountry = "US"',
        '[interface]\ncountry = "JP"\n[bot]\nmoderators = [\n"@a:b.org",\n',
        'country = \n[interface]\ncountry = "JP"\nlanguage = 5\nwrong = 1\n[privacy]\nproxy = 1',
    ],
)
def test_the_panic_screen_takes_what_is_right_in_a_broken_file(write: Write, broken: str) -> None:
    path = write(broken)
    with pytest.raises(ConfigError):
        load(path)
    assert peek(path) == Config(interface=Interface(country="JP"))


def test_the_panic_screen_takes_the_numbers_that_are_right(write: Write) -> None:
    path = write(
        '[[panic.own_numbers]]\nname = "A"\nnumber = "119"\nhours = 5\n'
        '[[panic.own_numbers]]\nname = "B"\n'
        '[[panic.own_numbers]]\nname = "C"\nnumber = "hello"\n'
        '[[panic.own_numbers]]\nname = "D"\nnumber = "#7119"\nno\n'
        '[[panic.own_numbers]]\nname = "E"\nnumber = "042-1"\n'
    )
    assert [number.name for number in peek(path).panic.own_numbers] == ["A", "E"]


def test_a_file_of_nothing_but_nonsense_is_given_up() -> None:
    assert salvaged("nonsense\n" * 50 + "a = 1") == {"a": 1}
    assert salvaged("nonsense\n" * 500 + "a = 1") == {}


lines = st.sampled_from(
    [
        *EVERYTHING.split("\n"),
        '"""',
        "[",
        "[[",
        "= 5",
        "x =",
        "a.b = 1",
        "'",
        "\x00",
        "é\u2028",
        "\r",
    ]
)


@given(st.lists(lines).map("\n".join) | st.text())
def test_no_text_stops_the_panic_screen(text: str) -> None:
    assert isinstance(salvaged(text), dict)


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_panic_screen(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_bytes(data)
    assert isinstance(peek(path), Config)


@pytest.mark.parametrize("nesting", ["a = " + "[" * 30_000, "x." * 2_000 + "y = 1"], ids=len)
def test_nesting_stops_nobody(write: Write, nesting: str) -> None:
    path = write(nesting)
    assert peek(path) == Config()
    with pytest.raises(ConfigError):
        load(path)


def test_what_is_no_file_stops_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "huge").write_bytes(b"#" * 70_000)
    (tmp_path / "latin-1").write_bytes('[bot]\nroom = "caf\xe9"'.encode("latin-1"))
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "huge", tmp_path / "latin-1"):
        with pytest.raises(ConfigError) as raised:
            load(path)
        assert type(raised.value) is ConfigError
        assert peek(path) == Config()


def test_a_file_that_was_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "none.toml"
    with pytest.raises(ConfigMissing, match=r"none\.toml"):
        load(missing)
    assert peek(missing) == Config()
    monkeypatch.setenv("PEERROOM_CONFIG", str(missing))
    with pytest.raises(ConfigMissing):
        load()
    assert peek() == Config()


def test_the_usual_place_may_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEERROOM_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load() == Config()
    assert peek() == Config()


def test_errors_are_said_in_the_users_language(write: Write) -> None:
    set_language("ja")
    with pytest.raises(MisspeltSetting) as raised:
        load(write("[interfase]"))
    assert "「interface」のことでしょうか" in raised.value.sentence()


def test_the_panic_path_loads_nothing_heavy(write: Write) -> None:
    code = """
import sys
from pathlib import Path
from peerroom.config import peek
print(peek(Path(sys.argv[1])).interface.country)
heavy = {"msgspec", "peerroom.text.foreign", "difflib", "platformdirs", "click", "asyncio"}
print(heavy & sys.modules.keys())
"""
    path = write(EVERYTHING + "nonsense")
    out = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert out.stdout == "GB\nset()\n"
