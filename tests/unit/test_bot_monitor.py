"""Health and metrics: right, on loopback alone, and about numbers alone."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import fields, replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.clock import FrozenClock
from support.vaults import NOW, ROOM, furnish, message

from peerroom.bot.circle import NAMESPACE
from peerroom.bot.figures import Figures, figures
from peerroom.bot.health import SILENT, Vitals, exposition, report, sentence
from peerroom.bot.ledger import UNJUDGED, Ledger
from peerroom.bot.monitor import Monitor, NotLoopback, PortTaken
from peerroom.bot.pulse import Pulse
from peerroom.bot.reader import UNREAD
from peerroom.moderation import actions as act
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Protection, Settings
from peerroom.store.vault import Vault

NUMBERS = Figures(
    waiting=1, failed=2, judged=3, unreadable=4, unjudged=5, found={("pace", "slow"): 6},
    cases_open=7, cases_unclaimed=8, sync_age=9.0, rooms=10,
)  # fmt: skip
WELL = Vitals("working", NUMBERS)


def samples(circles: Sequence[Vitals]) -> dict[tuple[str, ...], float]:
    text = exposition(circles).decode()
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_figure_is_told() -> None:
    told = samples([WELL])
    assert {name.removeprefix("peerroom_bot_"): value for (name, *_), value in told.items()} == {
        "well": 1, "outbox_waiting": 1, "outbox_failed": 2, "events_judged_total": 3,
        "events_unreadable": 4, "events_unjudged_total": 5, "findings_total": 6, "cases_open": 7,
        "cases_unclaimed": 8, "last_sync_age_seconds": 9, "rooms": 10,
    }  # fmt: skip
    assert len(told) == len(fields(Figures)) + 1
    assert told["peerroom_bot_findings_total", "", "pace", "slow"] == 6


def test_two_circles_are_told_apart_by_the_hosts_own_words() -> None:
    told = samples([replace(WELL, label="kitchen"), Vitals("safe", label="garden")])
    assert told["peerroom_bot_well", "kitchen"] == 1
    assert told["peerroom_bot_well", "garden"] == 0
    assert ("peerroom_bot_rooms", "garden") not in told


def test_nothing_of_the_process_or_the_machine_is_told() -> None:
    text = exposition([WELL]).decode()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert all(name.startswith("peerroom_bot_") for name in names)


@pytest.mark.parametrize(
    ("vitals", "words"),
    [
        (Vitals("starting"), "starting"),
        (Vitals("working"), "starting"),
        (Vitals("working", replace(NUMBERS, sync_age=None)), "starting"),
        (Vitals("working", replace(NUMBERS, sync_age=SILENT + 121)), "for 5 minutes"),
        (Vitals("again", reason="The disk is full."), "soon – The disk is full."),
        (Vitals("safe", reason="Something."), "safe mode; the moderators were asked"),
        (Vitals("ended", reason="Something."), "it needs you – Something."),
    ],
)
def test_what_is_not_well_says_so(vitals: Vitals, words: str) -> None:
    well, text = report([WELL, vitals])
    assert not well and words in text and words in sentence(vitals)
    assert report([WELL]) == (True, "at work\n")
    assert report([]) == (False, "\n")


def test_figures_come_from_the_vault_and_name_nobody() -> None:
    """Everything in the vault has a word that must not come out again."""
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        for role in ("circle", "management"):
            vault.records.replace(NAMESPACE, role, ROOM)
        vault.events.upsert(message(1, "a secret"))
        vault.records.replace(UNREAD, "$event-1", ROOM)
        for key in ("1", "2"):
            content = {"user": "@member:example.org"}
            vault.outbox.add(account.id, ROOM, "action", content, now=NOW, idempotency_key=key)
        vault.outbox.mark_failed(1, "refused: a secret")
        ledger = Ledger(vault, invite_days=7)
        ledger.apply(act.Count(UNJUDGED), NOW)
        clock = FrozenClock()
        pulse = Pulse(judged=3, synced=clock.monotonic(), found=Counter({("pace", "slow"): 1}))
        clock.advance(5)
        found = figures(vault, ledger, pulse, clock)
    assert found == Figures(
        waiting=1, failed=1, judged=3, unreadable=1, unjudged=1, found={("pace", "slow"): 1},
        sync_age=5.0, rooms=1,
    )  # fmt: skip
    text = exposition([Vitals("working", found)]).decode() + report([Vitals("working", found)])[1]
    for private in (ROOM, account.user_id, "@member", "$event", "secret", "example.org", "!", "@"):
        assert private not in text


def test_findings_are_counted_where_protections_find_them() -> None:
    def arm(_settings: Settings) -> Callable[..., list[Finding]]:
        return lambda _seen, _room: [Finding("test", "flag", "other", ROOM)]

    pulse = Pulse()
    [counted] = pulse.counted([Protection("test", "", Settings, arm, watch=arm)])
    judge, watch = counted.armed(), counted.watching()
    assert watch is not None
    for look in (judge, watch, judge):
        assert [finding.verb for finding in look(None, None)] == ["flag"]
    assert pulse.found == {("test", "flag"): 3}
    assert pulse.counted([Protection("test", "", Settings, arm)])[0].watch is None


# The little server


@pytest.fixture
async def port() -> AsyncIterator[int]:
    monitor = Monitor(lambda: [state])
    state = WELL
    yield await monitor.start(0)
    await monitor.close()


def get(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_it_answers_a_real_client(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    assert await asyncio.to_thread(get, f"{base}/health") == (200, "at work\n")
    status, text = await asyncio.to_thread(get, f"{base}/metrics?x=1")
    assert status == 200 and "peerroom_bot_rooms" in text
    assert (await asyncio.to_thread(get, f"{base}/"))[0] == 404


async def test_what_is_not_well_is_503() -> None:
    monitor = Monitor(lambda: [Vitals("safe", reason="Something.")])
    port = await monitor.start(0)
    status, text = await asyncio.to_thread(get, f"http://127.0.0.1:{port}/health")
    assert status == 503 and "Something." in text
    await monitor.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_page_in_a_browser_cannot_read_it_under_a_name_of_its_own(port: int) -> None:
    url = f"http://127.0.0.1:{port}/metrics"
    assert (await asyncio.to_thread(get, url, Host="evil.example"))[0] == 403
    assert (await asyncio.to_thread(get, url, Host=f"localhost:{port}"))[0] == 200


async def raw(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
        (b"GET /health HTTP/1.1\r\n\r\n", b"403"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", b"403"),
        (b"HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
        (b"\xff\xfe nonsense\r\nHost: localhost\r\n\r\n", b"405"),
    ],
)
async def test_odd_requests_are_answered(port: int, request_: bytes, status: bytes) -> None:
    answer = await raw(port, request_)
    assert answer.split()[1] == status
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("request_", [b"", b"GET /health", b"GET /" + b"x" * 100_000])
async def test_what_is_no_request_gets_nothing_and_harms_nothing(
    port: int, request_: bytes
) -> None:
    with suppress(ConnectionError):  # it may hang up in the middle
        assert await raw(port, request_) == b""
    assert (await asyncio.to_thread(get, f"http://127.0.0.1:{port}/health"))[0] == 200


async def test_many_silent_visitors_do_not_keep_it_from_closing() -> None:
    monitor = Monitor(lambda: [WELL])
    port = await monitor.start(0)
    silent = [await asyncio.open_connection("127.0.0.1", port) for _number in range(40)]
    await monitor.close()
    for reader, writer in silent:
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.2", "::", "8.8.8.8"])
async def test_it_listens_nowhere_but_on_this_machine(address: str) -> None:
    with pytest.raises(NotLoopback):
        await Monitor(list).start(0, address)


async def test_a_port_that_is_taken_is_said(port: int) -> None:
    with pytest.raises(PortTaken, match=str(port)):
        await Monitor(list).start(port)
