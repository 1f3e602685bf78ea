"""The first run, coming back, and the passphrase, at a real terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.circle import Circle
from support.dialogue import dialogue

from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault

PASSPHRASE = "a few quiet words"
QUESTION = "Passphrase of your vault:"


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def test_from_nothing_to_the_room_in_japanese(circle: Circle, tmp_path: Path) -> None:
    otter = await circle.guest()
    data = tmp_path / "data"
    link = (await circle.invite()).encode()
    code, said = await dialogue(
        ["chat", "--plain"],
        data,
        [
            ("2. 日本語", "2"),
            ("国", "JP"),
            ("10.", "はい"),
            ("1.", "1"),
            ("合言葉（あなただけ", PASSPHRASE),
            ("もう一度", PASSPHRASE),
            ("peerroom:join/", link),
            ("つながっています。", "こんばんは"),
            ("あなた: こんばんは", "/quit"),
        ],
    )
    assert code == 0, said
    await otter.sees("こんばんは")
    assert PASSPHRASE not in said
    with Vault.open(data, PASSPHRASE) as vault:
        assert vault.settings.get("interface.language") == "ja"
        assert vault.settings.get("interface.country") == "JP"


async def test_a_wrong_passphrase_may_be_mistyped_twice(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Vault.create(data, PASSPHRASE).close()
    wrong = "That passphrase does not open the vault."
    code, said = await dialogue(
        ["chat", "--plain"],
        data,
        [
            (QUESTION, "wrong"),
            (QUESTION, "/help-now"),
            (QUESTION, PASSPHRASE),
            ("Paste your invite", ""),
        ],
    )
    assert code == 1
    assert wrong in said and "999" in said
    assert "You are in no room yet." in said
    code, said = await dialogue(
        ["chat", "--plain"], data, [(QUESTION, "one"), (QUESTION, "two"), (QUESTION, "three")]
    )
    assert code == 1 and said.rstrip().endswith("capital letters and spaces count.")


async def test_rules_that_are_not_accepted_make_nothing(tmp_path: Path) -> None:
    code, said = await dialogue(
        ["chat", "--plain"], tmp_path / "data",
        [("Number, or Enter", ""), ("Your country", "GB"), ("Will you keep them too?", "no")],
    )  # fmt: skip
    assert code == 1 and "Without the rules there is no room" in said
    assert not (tmp_path / "data").exists()


async def test_the_passphrase_can_be_changed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Vault.create(data, PASSPHRASE).close()
    first, again = "A passphrase (a few words", "The same once more:"
    code, said = await dialogue(
        ["passphrase"], data,
        [("The passphrase of now:", PASSPHRASE), (first, "new words"), (again, "other words"),
         (first, "new words"), (again, "new words")],
    )  # fmt: skip
    assert code == 0, said
    assert "If you forget it, nobody can bring back" in said
    assert "new words" not in said
    Vault.open(data, "new words").close()
    code, said = await dialogue(["passphrase"], tmp_path / "nowhere")
    assert code == 1 and "There is no vault here yet." in said


async def test_changing_it_takes_a_wrong_try_or_two(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Vault.create(data, PASSPHRASE).close()
    now, first, again = "The passphrase of now:", "A passphrase (a few words", "The same once more:"
    wrong = "That passphrase does not open the vault. Try again; capital letters and spaces count."
    code, said = await dialogue(
        ["passphrase"], data,
        [(now, "one"), (now, "two"), (now, PASSPHRASE), (first, "new words"), (again, "new words")],
    )  # fmt: skip
    assert code == 0 and said.count(wrong) == 2
    Vault.open(data, "new words").close()
    code, said = await dialogue(["passphrase"], data, [(now, "one"), (now, "two"), (now, "three")])
    assert code == 1 and said.count(wrong) == 3 and first not in said
    pairs = [(first, "one"), (again, "two")] * 3
    code, said = await dialogue(["passphrase"], data, [(now, "new words"), *pairs])
    assert code == 1 and "everything is as it was" in said
    Vault.open(data, "new words").close()


async def test_a_broken_setting_is_one_sentence_in_the_linear_mode(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[privacy]\nproxi = 'socks5h://127.0.0.1:9050'\n")
    code, said = await dialogue(["chat", "--plain"], tmp_path / "data")
    assert code == 1
    assert "proxi" in said and "proxy" in said and "Traceback" not in said
