"""``peerroom wipe`` on a real vault and a real account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.circle import CLOCK, RANDOM, Circle
from support.dialogue import dialogue

from peerroom.client import wiping
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault

PASSPHRASE = "a few words"


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def home(circle: Circle, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with Vault.create(folder, PASSPHRASE) as vault:
        await circle.admit(vault)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


async def is_closed(server: Homeserver, user_id: str) -> bool:
    answer = await asyncio.to_thread(
        server.api().call, "GET", f"/_synapse/admin/v2/users/{user_id}"
    )
    return bool(answer["deactivated"])


async def test_it_says_what_goes_closes_the_account_and_removes_the_files(
    circle: Circle, home: Path
) -> None:
    with Vault.open(home, PASSPHRASE) as vault:
        account = vault.accounts.current()
    assert account is not None
    (home / "letter.txt").write_text("not PeerRoom's")
    code, said = await dialogue(
        ["wipe"],
        home,
        [
            ("Passphrase of your vault:", PASSPHRASE),
            ("Type wipe to go on:", "wipe"),
        ],
    )
    assert code == 0, said
    assert str(home / "vault.key") in said and str(home / "vault.db") in said
    assert "Your account on 127.0.0.1 is closed." in said
    assert PASSPHRASE not in said and account.user_id not in said
    assert await is_closed(circle.server, account.user_id)
    assert names(home) == ["letter.txt"]


async def test_anything_but_the_word_changes_nothing(circle: Circle, home: Path) -> None:
    before = names(home)
    code, said = await dialogue(
        ["wipe"],
        home,
        [
            ("Passphrase of your vault:", PASSPHRASE),
            ("Type wipe to go on:", "yes"),
        ],
    )
    assert code == 1, said
    assert "Nothing was removed from this computer." in said
    assert names(home) == before
    with Vault.open(home, PASSPHRASE) as vault:
        account = vault.accounts.current()
    assert account is not None and not await is_closed(circle.server, account.user_id)


@pytest.mark.parametrize(
    ("homeserver", "why", "answer", "code"),
    [
        ("http://127.0.0.1:9", "The server is not taking connections right now.", "no", 1),
        ("http://example.org", "This server address is not encrypted", "yes", 0),
    ],
)
async def test_an_account_that_stays_open_is_said_and_asked_about(
    tmp_path: Path, homeserver: str, why: str, answer: str, code: int
) -> None:
    folder = tmp_path / "data"
    with Vault.create(folder, PASSPHRASE) as vault:
        vault.accounts.add(
            homeserver=homeserver,
            user_id="@me:gone",
            device_id="D",
            access_token="t",
            password="p",
        )
    ended, said = await dialogue(
        ["wipe"],
        folder,
        [
            ("Passphrase of your vault:", PASSPHRASE),
            ("Type wipe to go on:", "wipe"),
            ("Remove everything here all the same?", answer),
        ],
    )
    assert ended == code, said
    assert f"is still open. {why}" in said
    assert Vault.exists(folder) == (answer == "no")


async def test_a_damaged_or_forgotten_vault_can_still_be_removed_here(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Vault.create(folder, PASSPHRASE).close()
    (folder / "vault.db").write_bytes(b"broken")
    code, said = await dialogue(
        ["wipe", "--here-only"],
        folder,
        [
            ("Type wipe to go on:", "wipe"),
        ],
    )
    assert code == 0, said
    assert not folder.exists()
    code, said = await dialogue(["wipe"], folder, [])
    assert code == 1, said
    assert "There is nothing of PeerRoom here to remove." in said


async def test_accounts_that_are_gone_already_count_as_closed(circle: Circle) -> None:
    vault = Vault.ephemeral()
    await circle.admit(vault)
    for _again in range(2):
        closings = await wiping.close_accounts(vault, proxy=None, clock=CLOCK, random=RANDOM)
        assert [(closing.server, closing.problem) for closing in closings] == [("127.0.0.1", None)]
    vault.close()
