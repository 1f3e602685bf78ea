"""`kill -9` before every step of what the vault does, and at random moments of writing."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from support.vault_crashes import SCENARIOS
from support.vaults import ROOM, furnish, message, new_vault

from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent
ENVIRONMENT = {"PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_process_that_ends_before_any_step_leaves_a_state_to_go_on_from(
    tmp_path: Path, scenario: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "support.vault_crashes", scenario, str(tmp_path / "vault")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 5


WRITER = """
import sys
from pathlib import Path
from support.vaults import message
from peerroom.store.vault import Vault

vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
number = int(sys.argv[3])
while True:
    with vault.transaction():
        vault.events.upsert(message(number, "words " * 100))
        vault.accounts.set_next_batch(1, str(number))
    print(number, flush=True)
    number += 1
"""


def test_what_was_committed_survives_kill_9_at_any_moment(tmp_path: Path) -> None:
    """The writer says each number after its commit; it is ended after some random number."""
    folder = tmp_path / "vault"
    moments = random.Random(20260304)
    with new_vault(folder) as vault:
        furnish(vault)
        key = vault.data_key
    stored = 0
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), key.hex(), str(stored)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            for _ in range(moments.randrange(1, 200)):
                said = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read().splitlines(keepends=True)
        said = max([said, *(int(line) for line in rest if line.endswith("\n"))])
        with Vault.open_with_key(folder, key) as vault:
            vault.check()
            stored = vault.events.count(ROOM)
            assert stored > said
            assert [e.position for e in vault.events.page(ROOM, limit=9999)] == list(range(stored))
            assert vault.accounts.get(1).next_batch == str(stored - 1)
            assert vault.events.get(f"$event-{stored - 1}") == message(stored - 1, "words " * 100)
