"""The real program at a real terminal, from the command line down."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import filled_vault, hostile
from support.terminals import Terminal, key_on_descriptor

from peerroom.store.keys import Cost
from peerroom.store.vault import Vault

PROGRAM = str(Path(sys.executable).with_name("peerroom"))
F1, PANIC_CHORD, LEAVE = "\x1bOP", "\x14", "\x11\x11"


@dataclass
class Place:
    """A data folder with a vault in it, and how to open it in a terminal."""

    folder: Path
    key: bytes
    open: Callable[..., Terminal]

    def vault(self) -> Vault:
        return Vault.open_with_key(self.folder, self.key)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "data"
    with Vault.create(folder, "open sesame", cost=Cost(memory=8, iterations=1, lanes=1)) as vault:
        filled_vault.furnish(vault)
        filled_vault.say(vault, filled_vault.evening("en", datetime.now(UTC)))
        key = vault.data_key
    with ExitStack() as stack:

        def run(*arguments: str, key_given: bool = True, **options: object) -> Terminal:
            environ = {
                "HOME": str(tmp_path),
                "PEERROOM_DATA": str(folder),
                "LANG": "en_JP.UTF-8",
                **options.pop("environ", {}),
            }
            words = [PROGRAM, *arguments]
            inherit = []
            if key_given:
                inherit = [key_on_descriptor(key)]
                words += ["chat", "--vault-key-fd", str(inherit[0])]
            return stack.enter_context(Terminal(words, environ=environ, inherit=inherit, **options))

        yield Place(folder, key, run)


def test_it_shows_what_is_stored_and_leaves_nothing_behind(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("We are thinking of you")
    terminal.wait_for("Enter sends")
    assert terminal.title == "Terminal"
    assert b"\x1b[22;2t" in terminal.output
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0
    last = bytes(terminal.output)
    end = last[last.rindex(b"\x1b[?1049l") :]
    assert re.fullmatch(rb"\x1b\[\?1049l\x1b\[\?25h\x1b\[2J\x1b\[H", end)
    assert b"\x1b[23;2t" in last
    before = last[: last.rindex(b"\x1b[?1049l")]
    blank = before.rindex(b"\x1b[2J\x1b[H")
    assert re.fullmatch(rb"(?:\x1b\[[?<0-9;hlmut]+)*", before[blank + 7 :])
    assert terminal.screen.strip() == ""


def test_it_leaves_under_the_kitty_protocol_too(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    terminal.send("\x1b[113;5u\x1b[113;5u")
    assert terminal.wait_end() == 0


def test_a_window_folded_away_and_back_loses_nothing(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    for keys in ("", F1, "\x1bOQ"):
        terminal.send(keys)
        terminal.wait_quiet()
        terminal.resize(1, 1)
        terminal.wait_quiet()
        terminal.send("\x1b[6~")
        terminal.wait_quiet()
        terminal.resize(80, 24)
        terminal.wait_for("Leave")
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0


CRASHING = """
import sys
from pathlib import Path
from peerroom.store.vault import Vault
from peerroom.tui import Start, run
from peerroom.tui.widgets.hint import Hint

def crash(self, *phrases):
    secret = "the words of a message"
    raise RuntimeError(secret)

Hint.suggest = crash
vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
sys.exit(run(Start(vault=vault)).value)
"""


def test_a_crash_shows_a_sentence_and_nothing_private(place: Place) -> None:
    argv = [sys.executable, "-c", CRASHING, str(place.folder), place.key.hex()]
    with Terminal(argv, environ={"LANG": "en_JP.UTF-8"}) as terminal:
        assert terminal.wait_end() == 1
    assert "peerroom help-now" in terminal.screen
    assert b"the words of a message" not in terminal.output
    assert b"Traceback" not in terminal.output
    assert terminal.output.count(b"\x1b[?1049l") == 1


def test_the_terminal_is_as_it_was(place: Place) -> None:
    import termios

    terminal = place.open()
    terminal.wait_for("Enter sends")
    raw = termios.tcgetattr(terminal._fd)[3]
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0
    assert not raw & termios.ECHO
    assert termios.tcgetattr(terminal._fd)[3] & termios.ECHO


@pytest.mark.parametrize("key", [F1, "\x1b[11~", "\x1b[[A", "\x1b[P", PANIC_CHORD, "\x1b[116;5u"])
def test_help_opens_with_every_form_of_the_key(place: Place, key: str) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    terminal.send(key)
    terminal.wait_for("119")
    terminal.send("\x1b")
    terminal.wait_for("Enter sends")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("locked", [False, True])
def test_a_signal_is_quick_exit_too(place: Place, number: signal.Signals, locked: bool) -> None:
    terminal = place.open(key_given=not locked)
    terminal.wait_for("passphrase" if locked else "Enter sends")
    terminal.kill(number)
    assert terminal.wait_end() == 0
    assert terminal.output.endswith(b"\x1b[?1049l\x1b[?25h\x1b[2J\x1b[H")


def test_a_closed_window_ends_it(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    terminal.hang_up()
    assert terminal.wait_end() == 0


def test_a_draft_survives_quick_exit(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    terminal.send("half a thought 考え中")
    terminal.wait_for("考え中")
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0
    again = place.open()
    again.wait_for("half a thought 考え中")


def test_new_lines_are_written_and_only_enter_sends(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    for new_line in ("\n", "\x1b\r", "\x1b[13;2u"):
        terminal.send(f"x{new_line}")
    terminal.send("\x1b[200~one\rtwo\r\nthree\n\x1b[201~")
    terminal.wait_for("three")
    terminal.wait_quiet()
    with_vault_closed = terminal.screen
    assert "not sent" not in with_vault_closed.lower()
    terminal.send(LEAVE)
    terminal.wait_end()
    with place.vault() as vault:
        assert vault.outbox.of_room(filled_vault.ROOM) == []
        draft = vault.drafts.get(filled_vault.ROOM)
        assert draft is not None
        assert draft.text == "x\nx\nx\none\ntwo\nthree\n"


def test_one_never_writes_on_the_last_row(place: Place) -> None:
    terminal = place.open()
    terminal.wait_for("Enter sends")
    for _ in range(12):
        terminal.send("a\n")
        terminal.wait_quiet(0.05)
        assert terminal.display.cursor.y < terminal.display.lines - 1


def test_no_colour_means_none(place: Place) -> None:
    terminal = place.open(environ={"NO_COLOR": "1"})
    terminal.wait_for("Enter sends")
    terminal.send(F1)
    terminal.wait_for("119")
    terminal.send("\x1b")
    terminal.wait_for("Enter sends")
    codes = {
        code
        for sequence in re.findall(rb"\x1b\[([0-9;]*)m", bytes(terminal.output))
        for code in re.sub(rb"[34]8;(?:2;\d+;\d+;\d+|5;\d+)", b"COLOUR", sequence).split(b";")
    }
    assert b"COLOUR" not in codes
    assert not {code for code in codes if code.isdigit() and 30 <= int(code) <= 107} - {
        b"39",
        b"49",
    }
    assert b"7" in codes  # what stands out does so by reverse video


def test_a_wrong_passphrase_is_said_and_the_right_one_opens(place: Place) -> None:
    terminal = place.open(key_given=False)
    terminal.wait_for("Your passphrase")
    terminal.send("nonsense\r")
    terminal.wait_for("does not open")
    assert "nonsense" not in terminal.screen
    terminal.send("open sesame\r")
    terminal.wait_for("We are thinking of you")
    assert b"sesame" not in terminal.output


def test_a_damaged_vault_says_so_and_help_opens(place: Place) -> None:
    database = max(place.folder.glob("*.db"), key=lambda path: path.stat().st_size)
    data = bytearray(database.read_bytes())
    data[:4096] = b"\0" * 4096
    database.write_bytes(bytes(data))
    terminal = place.open()
    terminal.wait_for("damaged")
    terminal.send(F1)
    terminal.wait_for("119")
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0


def test_broken_settings_say_so_and_help_opens(place: Place, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "peerroom" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[interface\nlanguage = ")
    terminal = place.open()
    terminal.wait_for("settings")
    terminal.send(F1)
    terminal.wait_for("119")
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0


def test_nothing_that_strangers_wrote_is_obeyed(place: Place) -> None:
    now = datetime.now(UTC)
    with place.vault() as vault:
        room = filled_vault.ROOM
        for number, text in enumerate(hostile.TEXTS):
            name = {"membership": "join", "displayname": text}
            vault.rooms.set_state(room, "m.room.member", f"@evil{number}:x", name)
        vault.rooms.set_state(room, "m.room.name", "", {"name": hostile.TEXTS[0] * 3})
        vault.rooms.set_state(room, "m.room.topic", "", {"topic": hostile.TEXTS[1]})
        said = [
            filled_vault.Said(f"@evil{number}:x", text, now)
            for number, text in enumerate(hostile.TEXTS)
        ]
        filled_vault.say(vault, said, first=100)
        account = vault.accounts.current()
        assert account is not None
        for text in hostile.TEXTS[:6]:
            row = vault.outbox.add(
                account_id=account.id,
                room_id=room,
                kind="message",
                content={"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}},
                now=now,
            )
            vault.outbox.mark_failed(row.id, text)
    terminal = place.open(columns=110, rows=40)
    terminal.wait_for("Enter sends")
    for _ in range(12):
        terminal.send("\x1b[5~")
        terminal.wait_quiet(0.15)
    for keys in ("\x1b[Z\x1b[A\x1b[A", "\x1b", "\x1bOS", "\x1b", "/people\r", "\x1b", F1):
        terminal.send(keys)
        terminal.wait_quiet(0.3)
    terminal.wait_for("119")
    assert hostile.leaks(bytes(terminal.output)) == []
    assert terminal.title == "Terminal"
    terminal.send(LEAVE)
    assert terminal.wait_end() == 0
    assert "EVILTITLE" not in terminal.title
