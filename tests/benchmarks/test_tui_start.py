"""How soon the terminal client shows what is stored, and how soon it shows a helpline."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import bare_lines, filled_vault
from support.pairs import compare
from support.terminals import FRAME_END, Terminal, key_on_descriptor

from peerroom.store.keys import Cost
from peerroom.store.vault import Vault

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PROGRAM = str(Path(sys.executable).with_name("peerroom"))
STORED = 50_000
NEWEST = "the newest message of all"
F1 = "\x1bOP"


class House:
    """A vault with many messages, and the program that opens it."""

    def __init__(self, folder: Path, stored: int) -> None:
        self.folder = folder
        now = datetime.now(UTC)
        cheap = Cost(memory=8, iterations=1, lanes=1)
        with Vault.create(folder / "data", "open sesame", cost=cheap) as vault:
            filled_vault.furnish(vault, "ja")
            said = filled_vault.mixed(stored - 1, now)
            filled_vault.say(vault, [*said, filled_vault.Said("warm", NEWEST, now)])
            self.key = vault.data_key

    def open(self, *, locked: bool = False, vault: str = "data") -> Terminal:
        """The program in a terminal of 80 by 24."""
        environ = {
            "HOME": str(self.folder),
            "PEERROOM_DATA": str(self.folder / vault),
            "LANG": "en_JP.UTF-8",
        }
        if locked:
            return Terminal([PROGRAM], environ=environ)
        descriptor = key_on_descriptor(self.key)
        argv = [PROGRAM, "chat", "--vault-key-fd", str(descriptor)]
        terminal = Terminal(argv, environ=environ, inherit=[descriptor])
        os.close(descriptor)
        return terminal

    def to_newest(self) -> float:
        """Seconds from spawning to the newest message at the terminal."""
        with self.open() as terminal:
            terminal.wait_raw(NEWEST.encode())
            return time.perf_counter() - terminal.started


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("many"), STORED)


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("few"), 500)


def import_textual() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    return time.perf_counter() - begun


def test_the_first_message_comes_almost_as_soon_as_textual(house: House) -> None:
    found = compare(house.to_newest, import_textual, pairs=15)
    print(f"\nspawn to first cached message / import textual.app: {found}")
    assert found.ratio <= 1.6


def test_fifty_thousand_messages_open_like_five_hundred(house: House, small_house: House) -> None:
    found = compare(house.to_newest, small_house.to_newest, pairs=15)
    print(f"\nopening {STORED} / opening 500: {found}")
    assert found.ratio <= 1.2


def test_fifty_thousand_messages_take_no_more_memory(house: House, small_house: House) -> None:
    def resident(where: House) -> int:
        with where.open() as terminal:
            terminal.wait_for("Enter sends")
            for _ in range(10):
                terminal.send("\x1b[5~")
                terminal.wait_quiet(0.1)
            status = Path(f"/proc/{terminal.pid}/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            return int(line.split()[1])

    more = statistics.median(resident(house) - resident(small_house) for _ in range(3))
    print(f"\nmemory for {STORED} over 500: {more / 1024:.1f} MB")
    assert more <= 20 * 1024


def test_a_page_costs_little_more_than_textual_alone(house: House) -> None:
    bare = Terminal([sys.executable, bare_lines.__file__])
    with house.open() as ours, bare:
        ours.wait_for("Enter sends")
        bare.wait_for("line 99999")
        for terminal in (ours, bare):
            terminal.tell_frames()
            terminal.wait_quiet(0.5)
            paged(terminal)
        rounds = [(paged(ours), paged(bare)) for _ in range(9)]
    for what, index in (("until it is painted", 0), ("of the processor", 1)):
        ratio = statistics.median(a[index] / b[index] for a, b in rounds)
        times = [
            statistics.median(side[index] for side in pair) for pair in zip(*rounds, strict=True)
        ]
        print(f"\na page {what}: {times[0] * 1000:.1f} ms / {times[1] * 1000:.1f} ms = {ratio:.2f}")
        assert ratio <= 1.5


def paged(terminal: Terminal) -> tuple[float, float]:
    """Seconds a page takes until its frame ends, and of the processor: ten pages up, ten down."""
    before = terminal.processor_seconds()
    taken = []
    for key in ["\x1b[5~"] * 10 + ["\x1b[6~"] * 10:
        begun = time.perf_counter()
        terminal.send(key)
        terminal.wait_raw(FRAME_END)
        taken.append(time.perf_counter() - begun)
        terminal.wait_quiet(0.05)
    return statistics.median(taken), (terminal.processor_seconds() - before) / len(taken)


def test_a_new_size_is_painted_at_once(house: House) -> None:
    with house.open() as terminal:
        terminal.wait_for("Enter sends")
        terminal.wait_quiet(1.0)
        taken = []
        for columns, rows in ((120, 40), (60, 20), (100, 30), (80, 24), (140, 50), (40, 12)):
            begun = time.perf_counter()
            terminal.resize(columns, rows)
            terminal.wait_raw(NEWEST.encode())
            taken.append(time.perf_counter() - begun)
            terminal.wait_quiet(0.3)
    print(
        f"\na new size: {statistics.median(taken) * 1000:.1f} ms, at most {max(taken) * 1000:.1f}"
    )
    assert max(taken) <= 0.150


SCREENS = {
    "room": "",
    "half a message": "half a thought",
    "conversation": "\x1b[Z\x1b[A",
    "menu": "\x1bOQ",
    "all keys": "\x1bOR",
    "rooms": "\x1bOS",
    "people": "/people\r",
    "rules": "/rules\r",
    "leaving": "/leaving\r",
}


@pytest.fixture(scope="module")
def waiting(house: House) -> Iterator[Terminal]:
    """The program, open and at rest."""
    with house.open() as terminal:
        terminal.wait_for("Enter sends")
        terminal.wait_quiet(2.0)
        yield terminal


def helped(terminal: Terminal) -> float:
    """Seconds from the key written to 119 read; then back."""
    begun = time.perf_counter()
    terminal.send(F1)
    terminal.wait_raw(b"119")
    seconds = time.perf_counter() - begun
    terminal.wait_quiet(0.15)
    terminal.send("\x1b")
    terminal.wait_gone("119")
    terminal.wait_quiet(0.15)
    return seconds


@pytest.mark.parametrize("screen", SCREENS)
def test_help_is_one_frame_away(waiting: Terminal, screen: str) -> None:
    waiting.send(SCREENS[screen])
    waiting.wait_quiet(0.4)
    taken = [helped(waiting) for _ in range(7)]
    print(f"\nF1 to 119 from {screen}: {statistics.median(taken) * 1000:.1f} ms")
    waiting.send("\x1b" if SCREENS[screen] not in ("", "half a thought") else "\x15")
    waiting.wait_quiet(0.3)
    assert statistics.median(taken) <= 0.060


def test_help_is_one_frame_away_before_the_vault_is_open(house: House) -> None:
    with house.open(locked=True) as terminal:
        terminal.wait_for("Your passphrase")
        terminal.wait_quiet(1.0)
        taken = [helped(terminal) for _ in range(7)]
    print(f"\nF1 to 119 while locked: {statistics.median(taken) * 1000:.1f} ms")
    assert statistics.median(taken) <= 0.060


def test_help_is_one_frame_away_at_the_first_run(house: House) -> None:
    with house.open(locked=True, vault="elsewhere") as terminal:
        terminal.wait_for("Welcome")
        terminal.wait_quiet(1.0)
        taken = [helped(terminal) for _ in range(7)]
    print(f"\nF1 to 119 at the first run: {statistics.median(taken) * 1000:.1f} ms")
    assert statistics.median(taken) <= 0.060
