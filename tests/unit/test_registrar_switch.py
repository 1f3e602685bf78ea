"""The switch, what follows from it, and how the registrar is kept."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import pytest
from support.registrar_desk import DAY, HOUR, SEED, START, Desk, user

from peerroom.pseudonym import localparts, names, registrar
from peerroom.pseudonym import registrar_effects as do
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.epochs import REMEMBERED
from peerroom.pseudonym.records import rows_of, sign_record
from peerroom.pseudonym.registrar_effects import Saying
from peerroom.pseudonym.registrar_state import Batch, Office
from peerroom.pseudonym.registrar_storage import assemble, changes
from peerroom.pseudonym.registrar_switch import REST
from peerroom.wire.records import Admitted, Carried, EpochOpened, NamesUsed, Seated

ALL = ("ann", "ben", "cem", "dia", "eva")
SECOND = timedelta(seconds=1)


@pytest.fixture
def desk() -> Desk:
    """The names have just changed; the next room is not there yet. Dia was away, Eva slept."""
    desk = Desk()
    desk.issue(*ALL[:3], "eva")
    for name in ALL[:3]:
        desk.show(name)
    desk.commit()
    return desk


def admitted(desk: Desk) -> tuple[Admitted, bytes]:
    """The newest final ledger and the hash of its record."""
    effect = next(
        effect
        for effect in reversed(desk.effects(do.Publish))
        if isinstance(effect.record.body, Admitted)
    )
    body = effect.record.body
    assert isinstance(body, Admitted)
    return body, sign_record(SEED, effect.record).hash


# --- step by step ---------------------------------------------------------------------------------


def test_the_steps_come_one_after_another(desk: Desk) -> None:
    (made,) = desk.effects(do.MakeRoom)
    assert made.epoch == 2
    assert not desk.effects(do.NameAccounts)
    wanted = desk.tell(facts.RoomMade(2, "!2"))
    assert [type(effect) for effect in wanted] == [do.Publish, do.Publish, do.NameAccounts]
    assert [type(effect) for effect in desk.tell(facts.NamesSet(2))] == [
        do.SeatAll,
        do.InviteCarried,
    ]
    assert [type(effect) for effect in desk.tell(facts.AllJoined(2))] == [
        do.OpenRoom,
        do.Say,
    ]
    assert desk.office.move is None


def test_answers_out_of_order_are_nothing(desk: Desk) -> None:
    before = desk.office
    for fact in (
        facts.NamesSet(2),
        facts.AllJoined(2),
        facts.RoomMade(3, "!3"),
        facts.RoomMade(1, "!1"),
    ):
        assert desk.tell(fact) == ()
    assert desk.office == before
    desk.move()
    assert desk.tell(facts.RoomMade(2, "!other")) == ()
    assert desk.office.room_id == "!2"


def test_the_new_room_tells_how_it_came_about(desk: Desk) -> None:
    """The new account checks the chain alone, without the old one coming online again."""
    wanted = desk.tell(facts.RoomMade(2, "!2"))
    records = [effect for effect in wanted if isinstance(effect, do.Publish)]
    assert [type(effect.record.body) for effect in records] == [Admitted, EpochOpened]
    for effect in records:
        original = next(e for e in desk.effects(do.Publish) if e.record == effect.record)
        assert (original.room_id, original.pages) == ("!one", effect.pages)
        body = effect.record.body
        assert isinstance(body, Admitted | EpochOpened)
        assert rows_of(body, dict(enumerate(effect.pages)))


def test_what_is_published_while_the_room_is_made_is_in_it_too(desk: Desk) -> None:
    desk.stay("eva")
    wanted = desk.tell(facts.RoomMade(2, "!2"))
    assert sum(isinstance(effect, do.Publish) for effect in wanted) == 3


def test_people_go_in_in_an_order_that_nobody_chose(desk: Desk) -> None:
    _ledger, digest = admitted(desk)
    desk.move()
    (seated,) = desk.effects(do.SeatAll)
    assert {*seated.users} == {user(f"new-{name}") for name in ALL[:3]}
    keys = [hashlib.sha256(person.encode() + digest).digest() for person in seated.users]
    assert keys == sorted(keys)
    assert seated.by == "join"


def test_a_server_without_an_admin_api_invites_and_it_is_said() -> None:
    """It is said before there is another room: members cannot read what was written there before
    they came."""
    desk = Desk(limited=True)
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    assert desk.said.count(Saying.LIMITED) == 1
    assert desk.office.room_id == "!one"
    desk.move()
    assert desk.effects(do.SeatAll)[0].by == "invite"
    assert desk.said.count(Saying.LIMITED) == 1


@pytest.fixture
def invited() -> Desk:
    """A circle on such a server, whose new accounts have their invitations."""
    desk = Desk(limited=True)
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    desk.move()
    return desk


def test_who_is_invited_has_time_to_come_before_anybody_can_write(invited: Desk) -> None:
    assert not invited.effects(do.OpenRoom)
    assert Saying.SWITCHED not in invited.said
    wanted = invited.tell(facts.AllCame(2))
    assert [type(effect) for effect in wanted] == [do.OpenRoom, do.Say]
    assert invited.office.move is None
    assert invited.tell(facts.AllCame(2)) == ()


def test_nobody_waits_longer_than_a_machine_that_is_on_needs(invited: Desk) -> None:
    """Each new account looks at two moments in this time, whatever moments it drew."""
    waits = invited.policy.window / 24
    assert registrar.wake(invited.office, invited.now) == invited.now + waits
    invited.wait(waits - SECOND)
    assert not invited.effects(do.OpenRoom)
    invited.wait(SECOND)
    assert invited.effects(do.OpenRoom) == [do.OpenRoom(2, "!2")]
    assert invited.said.count(Saying.SWITCHED) == 1
    assert invited.office.move is None


def test_nobody_has_come_before_they_are_invited() -> None:
    desk = Desk(limited=True)
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    desk.tell(facts.RoomMade(2, "!2"))
    desk.tell(facts.NamesSet(2))
    assert desk.tell(facts.AllCame(2)) == ()
    desk.tell(facts.AllJoined(2))
    assert desk.tell(facts.AllCame(1)) == ()
    assert not desk.effects(do.OpenRoom)


def test_names_follow_from_the_ledger_as_every_client_computes_them(desk: Desk) -> None:
    ledger, digest = admitted(desk)
    rows = desk.rows(ledger)
    opened = desk.bodies[-1]
    assert isinstance(opened, EpochOpened)
    used = [names.unpack(row.names) for row in desk.rows(opened) if isinstance(row, NamesUsed)]
    kept = {row.user_id: row.name for row in rows if isinstance(row, Carried)}
    given = names.assign(
        [row.user_id for row in rows if isinstance(row, Seated)],
        digest,
        frozenset[int]().union(*used),
        {person: name for person, name in kept.items() if name is not None},
    )
    desk.move()
    (named,) = desk.effects(do.NameAccounts)
    assert named.names == {person: name.index for person, name in given.items()}
    assert {person: desk.office.seats[person].name for person in named.names} == named.names


def test_names_of_the_last_eight_epochs_are_announced_and_no_others() -> None:
    desk = Desk()
    desk.tell(facts.Joined(user("fay"), 77))
    for number in range(REMEMBERED + 2):
        suffix = f"-{number}" if number else ""
        for name in ALL:
            desk.pendings.pop(name, None)
        members = [f"{name}{suffix}" for name in ALL]
        desk.issue(*members)
        for name in members:
            desk.show(name, f"{name.partition('-')[0]}-{number + 1}")
        desk.commit()
        desk.move()
    opened = [body for body in desk.bodies if isinstance(body, EpochOpened)][-1]
    rows = [row for row in desk.rows(opened) if isinstance(row, NamesUsed)]
    assert [row.epoch for row in rows] == [*range(opened.epoch - REMEMBERED, opened.epoch)]
    last = names.unpack(rows[-1].names)
    assert len(last) == 6
    assert 77 in last
    everyone = [name for row in rows for name in names.unpack(row.names) if name != 77]
    assert len(everyone) == len({*everyone}) == REMEMBERED * 5  # no name twice


def test_the_keys_of_an_epoch_end_with_it(desk: Desk) -> None:
    assert desk.effects(do.DestroyKeys) == [do.DestroyKeys(1)]
    assert 1 not in desk.office.keys
    assert desk.tell(facts.KeysMade(1, desk.office.keys[2].rounds, bytes(32))) == ()


def test_keys_that_come_a_second_time_are_not_others(desk: Desk) -> None:
    before = desk.office
    desk.tell(facts.KeysMade(2, desk.office.keys[3].rounds, bytes(32)))
    assert desk.office == before


def test_accounts_made_in_the_window_and_not_let_in_are_ended(desk: Desk) -> None:
    (strangers,) = desk.effects(do.DeactivateStrangers)
    assert {*strangers.keep} == {
        *(user(f"new-{name}") for name in ALL[:3]),
        user("dia"),
    }
    assert desk.now - strangers.since == desk.policy.window + desk.policy.freeze
    assert strangers.token == "entry 1 0"


def test_an_epoch_waits_for_its_keys_and_opens_when_they_come() -> None:
    desk = Desk(signs_until=2)
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    assert desk.office.stage == "opening"
    assert isinstance(desk.bodies[-1], Admitted)
    assert registrar.wake(desk.office, desk.now) == desk.now + REST  # the old room, no epoch
    desk.tell(facts.Joined(user("new"), 5))
    desk.ask("new")
    assert desk.refused == [do.Refusal.WRONG_EPOCH]
    desk.wait(5 * HOUR)
    desk.make_keys(3)
    opened = desk.bodies[-1]
    assert isinstance(opened, EpochOpened)
    assert 5 in desk.office.recent[2]
    # Not among the names that the ledger kept clear of, or members would compute other names.
    rows = [row for row in desk.rows(opened) if isinstance(row, NamesUsed)]
    assert all(5 not in names.unpack(row.names) for row in rows)


def test_a_room_that_is_never_made_stops_no_clock() -> None:
    """Whoever cannot come in cannot ask: rounds are left out until the room is there."""
    desk = Desk()
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    desk.wait(2 * DAY)
    assert desk.office.number > 2
    assert len(desk.effects(do.MakeRoom)) == 1
    assert Saying.TOO_SMALL not in desk.said
    desk.tell(facts.RoomMade(2, "!2"))
    assert desk.effects(do.Publish)[-1].room_id == "!2"
    assert desk.effects(do.Publish)[-1].record.sequence == desk.office.sequence


def test_no_names_change_while_people_are_still_on_their_way() -> None:
    """Those who wait outside may be enough for a round; the others could not ask."""
    outside = ("fay", "gil", "hal")
    desk = Desk((*ALL, *outside))
    for name in outside:
        desk.tell(facts.SatOut(user(name)))
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    for name in outside:
        desk.tell(facts.Restored(user(name)))
    desk.ask(*outside)
    desk.cut_off()
    assert len(desk.effects(do.SignBatch)) == 1
    desk.move()
    desk.cut_off()
    assert desk.effects(do.SignBatch)[-1].epoch == 2


# --- clearing away --------------------------------------------------------------------------------


def test_when_every_token_was_used_the_old_room_is_closed_days_later() -> None:
    desk = Desk()
    desk.rotate(*ALL)
    switched = desk.now
    desk.until(switched + REST - timedelta(seconds=1))
    assert not desk.effects(do.CloseRoom)
    desk.until(switched + REST)
    assert desk.effects(do.CloseRoom) == [do.CloseRoom("!one")]
    assert desk.effects(do.DeactivateSpent) == [do.DeactivateSpent(1, tuple(map(user, ALL)))]


def test_who_came_back_by_stay_is_not_deactivated() -> None:
    desk = Desk()
    desk.rotate(*ALL, absent=["eva"])
    desk.wait(5 * DAY)
    assert not desk.effects(do.CloseRoom)  # nobody knows whose token was not used
    desk.stay("eva")
    (spent,) = desk.effects(do.DeactivateSpent)
    assert spent.users == tuple(map(user, ALL[:4]))


def test_after_eight_epochs_a_seat_lapses_and_everything_of_it_goes() -> None:
    desk = Desk()
    desk.rotate(*ALL, absent=["eva"])
    for _ in range(REMEMBERED):
        desk.cut_off()
    desk.wait()
    lapsed = [said for said in desk.effects(do.Say) if said.what is Saying.SEAT_LAPSED]
    assert [(said.epoch, said.number) for said in lapsed] == [(1, 1)]
    assert desk.effects(do.DeactivateSpent) == [do.DeactivateSpent(1, tuple(map(user, ALL)))]
    assert desk.effects(do.CloseRoom) == [do.CloseRoom("!one")]
    desk.cut_off()
    assert not desk.office.past


def test_who_waits_too_long_lapses_too() -> None:
    desk = Desk()
    desk.tell(facts.SatOut(user("eva")))
    desk.rotate(*ALL)
    for _ in range(REMEMBERED):
        assert user("eva") in desk.office.seats
        desk.cut_off()
    assert user("eva") not in desk.office.seats
    (spent,) = desk.effects(do.DeactivateSpent)
    assert user("eva") in spent.users
    desk.cut_off()
    assert not desk.office.sat_out


def test_a_room_stays_open_for_those_who_still_read_there() -> None:
    """Eva waits in the first room, is signed in the second epoch, and has not shown her token: it
    is there that she sees whether she is in."""
    desk = Desk()
    desk.tell(facts.SatOut(user("eva")))
    desk.rotate(*ALL)
    desk.tell(facts.Restored(user("eva")))
    new = [f"{name}-1" for name in ALL[:4]]
    desk.issue(*new, "eva")
    for name in new:
        desk.show(name, f"{name}-2")
    desk.commit()
    desk.move()
    desk.wait(REST)
    assert not desk.effects(do.CloseRoom)
    desk.stay("eva")
    assert desk.effects(do.CloseRoom) == [do.CloseRoom("!2"), do.CloseRoom("!one")]


def test_bans_and_names_of_long_ago_are_forgotten() -> None:
    desk = Desk((*ALL, "fay"))
    desk.tell(facts.Excluded(user("fay")))
    for _ in range(REMEMBERED + 1):
        desk.cut_off()
    assert not desk.office.banned
    assert min(desk.office.recent) == desk.office.number - REMEMBERED


# --- keeping it -----------------------------------------------------------------------------------


def test_only_what_changed_is_written() -> None:
    desk = Desk()
    before = desk.office
    desk.ask("ann")
    rows = changes(before, desk.office)
    assert [*rows] == [f"requests/{user('ann')}"]
    assert changes(desk.office, desk.office) == {}


def test_an_office_comes_back_from_its_rows_at_every_moment() -> None:
    """The desk itself looks after every fact; here with everything in it at once."""
    desk = Desk((*ALL, "fay", "gil"), ["mod"])
    desk.tell(facts.SatOut(user("ben"), START + 40 * DAY))
    desk.tell(facts.ReplacementAsked(user("cem"), user("mod")))
    desk.rotate(*ALL, "fay", "gil", absent=["dia"])
    desk.tell(facts.Excluded(user("dia")))
    rows = {name: row for name, row in changes(None, desk.office).items() if row is not None}
    assert assemble(rows) == desk.office
    assert assemble(rows).past[1].barred == {user("dia")}
    office = Office(bytes(16))
    assert assemble({"office": changes(None, office)["office"] or b""}) == office


def test_nothing_that_is_shown_of_a_batch_is_a_secret() -> None:
    assert "way" not in repr(Batch(("@a:b",), token="way"))
    assert do.Refuse(do.Refusal.BANNED).key == "refused:banned"


def test_a_wish_that_an_earlier_edition_kept_ends_nobody() -> None:
    """It has no token, so none of the server's accounts is known to be of its round."""
    kept = {
        "type": "DeactivateStrangers",
        "epoch": 3,
        "round": 0,
        "since": START,
        "until": START + DAY,
        "keep": ["@ann:example.org"],
    }
    effect = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=do.Effect)
    assert isinstance(effect, do.DeactivateStrangers)
    assert effect.key == "strangers:3.0"
    assert not localparts.is_of(localparts.draw(effect.token, bytes), effect.token)
