"""Opening a vault costs the same, however much is in it."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from support.vaults import ROOM, furnish, message, new_vault

pytestmark = pytest.mark.bench

FEW, MANY = 500, 50_000
PAIRS = 9

OPENING = """
import json, resource, sys, time
from pathlib import Path
from peerroom.store.vault import Vault

start = time.perf_counter()
vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
account = vault.accounts.current()
room, = vault.rooms.all(account.id)
page = vault.events.page(room.room_id, limit=50)
count = vault.events.count(room.room_id)
vault.events.unread(room.room_id, room.read_position, account.user_id)
vault.events.latest_position(room.room_id), vault.outbox.of_room(room.room_id)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"count": count, "page": len(page), "ms": seconds * 1000, "kb": peak}))
"""


def _filled(folder: Path, number: int) -> tuple[Path, bytes]:
    random_ = random.Random(7)
    words = ["こんにちは", "ありがとう", "🎉🦊", "hello", "昨日は眠れた", "𠮷野家", "café"]
    with new_vault(folder) as vault:
        furnish(vault)
        with vault.transaction():
            for n in range(number):
                body = " ".join(random_.choices(words, k=random_.randrange(1, 40)))
                vault.events.upsert(message(n, body, sender=f"@member-{n % 30}:example.org"))
        vault.rooms.set_read_position(ROOM, number - 20)
        return folder, vault.data_key


def _open(folder: Path, key: bytes) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", OPENING, str(folder), key.hex()],
        capture_output=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_opening_fifty_thousand_messages_is_opening_five_hundred(tmp_path: Path) -> None:
    few, many = _filled(tmp_path / "few", FEW), _filled(tmp_path / "many", MANY)
    pairs = [(_open(*few), _open(*many)) for _ in range(PAIRS)]
    assert {(a["count"], b["count"], b["page"]) for a, b in pairs} == {(FEW, MANY, 50)}
    ratio = statistics.median(b["ms"] / a["ms"] for a, b in pairs)
    more = statistics.median(b["kb"] - a["kb"] for a, b in pairs) / 1024
    few_ms, many_ms = (statistics.median(p[i]["ms"] for p in pairs) for i in (0, 1))
    print(f"\nopening {FEW}: {few_ms:.2f} ms, {MANY}: {many_ms:.2f} ms, ratio {ratio:.2f}")
    print(f"memory for the larger: {more:+.1f} MB")
    assert ratio <= 1.2
    assert more <= 20
