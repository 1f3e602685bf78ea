"""When the bot stops by itself, what is asked then, and what an answer changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.vaults import NOW, ROOM, furnish, message

from peerroom.bot import recovery, safe
from peerroom.bot.account import RENEW, NoHomeserver
from peerroom.bot.circle import NAMESPACE
from peerroom.bot.epochs.queueing import EPOCH
from peerroom.bot.ledger import Ledger
from peerroom.bot.lookout import CircleLost, ManagementLost, NoPowerLeft, check, complaints
from peerroom.bot.missing import NoPassphrase
from peerroom.bot.reader import CURSORS, UNREAD
from peerroom.bot.safe import Answer, Trouble
from peerroom.cli.bot_secrets import NotInKeyring, SecretFileUnreadable
from peerroom.i18n import set_language
from peerroom.matrix.cryptostore import CryptoStoreDamaged, CryptoStoreUnwritable
from peerroom.matrix.errors import (
    Forbidden,
    LoggedOut,
    RateLimited,
    ServerFault,
    ServerUnreachable,
    WrongPassword,
)
from peerroom.matrix.identity import OwnDeviceUnknown, OwnIdentityUnknown
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.state import Standing
from peerroom.settings import MisspeltSetting
from peerroom.store.errors import DiskFailed, DiskFull, VaultDamaged, VaultTooNew, WrongPassphrase
from peerroom.store.vault import Vault

BOT = "@quiet-heron:example.org"


@pytest.mark.parametrize(
    ("error", "choices", "in_room"),
    [
        (VaultDamaged(), ("restore",), False),
        (CryptoStoreDamaged(), ("new-device", "restore"), False),
        (WrongPassphrase(), ("retry",), False),
        (VaultTooNew(), ("retry",), False),
        (MisspeltSetting(key="bot.rom", file="config.toml", likely="bot.room"), ("retry",), False),
        (NoHomeserver(), ("retry",), False),
        (NoPassphrase(), ("retry",), False),
        (NotInKeyring(name="passphrase"), ("retry",), False),
        (SecretFileUnreadable(variable="X_FILE"), ("retry",), False),
        (WrongPassword(), ("retry",), False),
        (LoggedOut(), ("new-device", "restore"), False),
        (OwnDeviceUnknown(), ("new-device", "restore"), False),
        (OwnIdentityUnknown(), ("restore",), False),
        (CircleLost(), ("retry", "restore"), True),
        (NoPowerLeft(), ("retry", "restore"), True),
        (ManagementLost(), ("retry", "restore"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_waiting_cannot_mend_is_asked_at_once(
    error: Exception, choices: tuple[str, ...], in_room: bool
) -> None:
    trouble = safe.diagnose(error, (), NOW)
    assert (trouble.choices, trouble.in_room, trouble.again) == (choices, in_room, None)
    assert trouble.what == str(error)
    assert not safe.is_crash(error)


@pytest.mark.parametrize("error", [DiskFull(), DiskFailed(), CryptoStoreUnwritable()])
def test_a_full_disk_is_waited_for(error: Exception) -> None:
    assert safe.diagnose(error, [NOW] * 9, NOW).again == safe.DISK
    assert not safe.is_crash(error)


@pytest.mark.parametrize("error", [ServerUnreachable(), ServerFault(), RateLimited()])
def test_a_server_that_is_away_is_waited_for(error: Exception) -> None:
    assert safe.diagnose(error, [NOW] * 9, NOW).again == safe.AWAY
    assert not safe.is_crash(error)


TEXT = "a member's words"


@pytest.mark.parametrize("error", [KeyError(TEXT), Forbidden()])
def test_two_crashes_are_met_by_starting_again_and_the_third_is_asked_about(
    error: Exception,
) -> None:
    assert safe.is_crash(error)
    crashes = [NOW - timedelta(minutes=9), NOW - timedelta(minutes=1), NOW]
    assert safe.diagnose(error, crashes[1:], NOW).again == safe.AGAIN
    third = safe.diagnose(error, crashes, NOW)
    assert third.in_room and third.again is None and third.choices[0] == "retry"
    assert TEXT not in safe.menu(third) + safe.for_host(third)


def test_crashes_of_long_ago_do_not_count() -> None:
    crashes = [NOW - timedelta(minutes=minutes) for minutes in (30, 20, 10, 0)]
    assert safe.diagnose(KeyError(), crashes, NOW).again == safe.AGAIN


TROUBLE = Trouble("Something.", ("retry", "protections-off", "restore"), in_room=True)


@pytest.mark.parametrize(
    ("text", "choice"),
    [("!1", "retry"), (" !2 ", "protections-off"), ("！２", "protections-off"), ("! 1", "retry")],
)
def test_a_number_chooses(text: str, choice: str) -> None:
    answer = safe.chosen(text, TROUBLE)
    assert answer is not None and answer.choice == choice


@pytest.mark.parametrize(
    "text", ["!4", "!0", "!99", "!status", "!1 please", "!-1", "!١", "!3", "!12345678901"]
)
def test_what_is_no_choice_is_answered_and_changes_nothing(text: str) -> None:
    answer = safe.chosen(text, TROUBLE)
    assert isinstance(answer, Answer) and answer.choice is None and answer.words


@pytest.mark.parametrize("text", ["", "!", "1", "hello", "it is !1", "yes!1"])
def test_talk_is_left_alone(text: str) -> None:
    assert safe.chosen(text, TROUBLE) is None


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_choice_is_shown_with_its_number_and_for_the_host_with_a_command(
    language: str,
) -> None:
    set_language(language)
    menu, host = safe.menu(TROUBLE).splitlines(), safe.for_host(TROUBLE)
    assert [line.split(" ")[0] for line in menu[2:]] == ["!1", "!2", "!3"]
    assert "peerroom bot run --recover protections-off" in host
    assert "peerroom bot restore FILE" in host


# What a choice changes


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault.ephemeral() as vault:
        furnish(vault)
        for role in ("circle", "management"):
            vault.records.replace(NAMESPACE, role, ROOM)
        yield vault


def recover(vault: Vault, choice: safe.Choice) -> Ledger:
    ledger = Ledger(vault, invite_days=7)
    recovery.recover(vault, ledger, choice, "@mod:x", NOW)
    return ledger


def test_every_choice_stands_in_the_audit_log(vault: Vault) -> None:
    [(_number, entry)] = recover(vault, "retry").audit()
    assert (entry["by"], entry["what"], entry["about"]) == ("@mod:x", "recovered", "retry")


def test_all_protections_are_off_in_every_room(vault: Vault) -> None:
    from peerroom.moderation.actions import SetProtection

    ledger = Ledger(vault, invite_days=7)
    ledger.apply(SetProtection("pace", ROOM, mode="on", settings={"messages": 5}), NOW)
    standings = recover(vault, "protections-off").standings.standings()
    assert {name for name, room in standings if room is None} == set(PROTECTIONS)
    assert {standing.mode for standing in standings.values()} == {"off"}
    assert standings["pace", ROOM].settings == {"messages": 5}


def test_what_waits_and_what_failed_is_forgotten_but_a_change_of_names_goes_on(
    vault: Vault,
) -> None:
    for number, content in enumerate([{"a": 1}, {"a": 2}, {"type": EPOCH}]):
        vault.outbox.add(1, ROOM, "action", content, now=NOW, idempotency_key=str(number))
    vault.outbox.mark_failed(1, "No.")
    recover(vault, "forget-failed")
    assert [row.content for row in vault.outbox.queued(1)] == [{"type": EPOCH}]
    assert vault.outbox.failed(1) == []


def test_what_was_not_looked_at_is_left_out(vault: Vault) -> None:
    for number in (1, 2, 3):
        vault.events.upsert(message(number))
    vault.records.replace(CURSORS, ROOM, "broken")
    vault.records.replace(UNREAD, "$event-1", ROOM)
    recover(vault, "skip-waiting")
    assert vault.records.get(CURSORS, ROOM) == 3
    assert vault.records.items(UNREAD) == {}


def test_a_new_device_is_asked_for(vault: Vault) -> None:
    recover(vault, "new-device")
    assert vault.records.get(NAMESPACE, RENEW) is True


def test_crashes_are_counted_over_restarts_until_somebody_chose(vault: Vault) -> None:
    for minutes in (0, 1, 20, 21):
        moments = recovery.note_crash(vault, NOW + timedelta(minutes=minutes))
    assert moments == [NOW + timedelta(minutes=20), NOW + timedelta(minutes=21)]
    recover(vault, "retry")
    later = NOW + timedelta(minutes=22)
    assert recovery.note_crash(vault, later) == [later]
    for _again in range(50):
        recovery.note_crash(vault, later)
    assert len(vault.records.log("bot.crashes")) == 20


# Rooms and power


def test_rooms_that_are_left_and_power_that_is_gone_are_noticed(vault: Vault) -> None:
    from peerroom.bot.circle import Circle
    from peerroom.store.rooms import StoredRoom

    desk = "!desk:example.org"
    vault.rooms.put(StoredRoom(desk, 1, encrypted=True))
    rooms = Circle(ROOM, desk)
    check(vault, rooms, BOT)
    vault.rooms.set_state(ROOM, "m.room.create", "", {"room_version": "12"}, sender=BOT)
    vault.rooms.set_state(ROOM, "m.room.power_levels", "", {})
    check(vault, rooms, BOT)
    vault.rooms.set_state(ROOM, "m.room.create", "", {"room_version": "12"}, sender="@else:x")
    with pytest.raises(NoPowerLeft):
        check(vault, rooms, BOT)
    vault.rooms.set_membership(ROOM, "leave")
    with pytest.raises(CircleLost):
        check(vault, rooms, BOT)
    vault.rooms.set_membership(desk, "ban")
    with pytest.raises(ManagementLost):
        check(vault, rooms, BOT)
    check(vault, Circle("!new:x", "!unseen:x"), BOT)


def test_settings_that_are_not_valid_any_more_are_named() -> None:
    standings = {
        ("pace", None): Standing(settings={"of an older version": 1}),
        ("pace", ROOM): Standing("off"),
        ("raid", ROOM): Standing(settings={"of an older version": 1}),
        ("words", None): Standing("on", {}),
        ("long gone", None): Standing(settings={"x": 1}),
    }
    said = complaints(PROTECTIONS, standings)
    assert ["pace" in said[0], "raid" in said[1], len(said)] == [True, True, 2]
