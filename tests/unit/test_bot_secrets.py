"""Where the bot's secrets come from, in which order, and what is said when they are not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoneThere

from peerroom.cli import bot_secrets
from peerroom.cli.bot_secrets import (
    NoKeyring,
    NoKeyringInstalled,
    NotInKeyring,
    SecretFileUnreadable,
    remember,
    secret,
)
from peerroom.config import Bot, Config

PLAIN, KEYRING = Config(), Config(bot=Bot(keyring=True))


class Drawer(KeyringBackend):
    """A keyring in memory, behind the real library."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before, drawer = keyring.get_keyring(), Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSWORD", "PASSPHRASE"):
        for end in ("", "_FILE", "_KITCHEN", "_KITCHEN_FILE"):
            monkeypatch.delenv(f"PEERROOM_BOT_{name}{end}", raising=False)


def test_a_file_goes_before_the_variable_and_the_variable_before_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawer: Drawer
) -> None:
    remember("passphrase", "from the keyring")
    assert secret("passphrase", KEYRING) == "from the keyring"
    monkeypatch.setenv("PEERROOM_BOT_PASSPHRASE", "from the variable")
    assert secret("passphrase", KEYRING) == "from the variable"
    (tmp_path / "secret").write_bytes(b" from the file \r\n")
    monkeypatch.setenv("PEERROOM_BOT_PASSPHRASE_FILE", str(tmp_path / "secret"))
    assert secret("passphrase", KEYRING) == " from the file "


def test_a_credential_of_systemd_is_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `LoadCredential=` hands it over: owned by the service, mode 0400."""
    (tmp_path / "passphrase").write_text("words")
    (tmp_path / "passphrase").chmod(0o400)
    monkeypatch.setenv("PEERROOM_BOT_PASSPHRASE_FILE", f"{tmp_path}/passphrase")
    assert secret("passphrase", PLAIN) == "words"


def test_each_circle_may_have_its_own(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    remember("passphrase", "kitchen's", "kitchen")
    remember("passphrase", "everybody's")
    assert secret("passphrase", KEYRING, "kitchen") == "kitchen's"
    monkeypatch.setenv("PEERROOM_BOT_PASSPHRASE", "everybody's")
    assert secret("passphrase", PLAIN, "kitchen") == "everybody's"
    monkeypatch.setenv("PEERROOM_BOT_PASSPHRASE_KITCHEN", "its own")
    assert secret("passphrase", PLAIN, "kitchen") == "its own"


def test_without_any_there_is_none(drawer: Drawer) -> None:
    assert secret("passphrase", PLAIN) is None
    assert secret("password", KEYRING) is None  # needed once; asked for by who needs it
    with pytest.raises(NotInKeyring, match="bot remember"):
        secret("passphrase", KEYRING)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_without_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "private-place"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("PEERROOM_BOT_PASSWORD_FILE", str(path))
    with pytest.raises(SecretFileUnreadable) as caught:
        secret("password", PLAIN)
    assert "PEERROOM_BOT_PASSWORD_FILE" in str(caught.value)
    assert "private-place" not in str(caught.value)


def test_a_computer_without_a_keyring_is_said() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoneThere())
    try:
        with pytest.raises(NoKeyring):
            secret("passphrase", KEYRING)
        with pytest.raises(NoKeyring):
            remember("passphrase", "words")
    finally:
        keyring.set_keyring(before)


def test_an_installation_without_the_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NoKeyringInstalled, match=r"peerroom\[keyring\]"):
        secret("passphrase", KEYRING)
    assert secret("passphrase", PLAIN) is None  # nobody asked for it


def test_no_command_takes_a_secret_on_its_command_line() -> None:
    from click import Group

    from peerroom.cli.bot import command

    assert isinstance(command, Group)
    for one in command.commands.values():
        for parameter in one.params:
            named = parameter.name or ""
            assert "pass" not in named or getattr(parameter, "is_flag", False), named
    assert bot_secrets.SERVICE
