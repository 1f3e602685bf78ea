"""What a hostile circle can show, and what its members' clients make of it.

One circle, one change of names. Some members have a server that tells them alone another story,
signed with the bot's own key where that is to be assumed stolen. Each test looks at one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from support.agents import WINDOW, Person, Scene
from support.doctored import Doctored, but, everyone_moderates, unheard
from support.faults import Edit

from peerroom import i18n
from peerroom.client import wallets
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.records import sign_record
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.pseudonym.wallet_circle import SHOW_DELAY
from peerroom.pseudonym.wallet_errors import error_named
from peerroom.wire.records import (
    RECORD,
    Admitted,
    EpochOpened,
    Issued,
    Record,
    Row,
    SignedRecord,
    decode_record,
)
from peerroom.wire.rotation import EVIDENCE, HEAD


@dataclass
class Outcome:
    """What became of one member."""

    stop: str | None
    kind: str
    problem: str
    notices: list[str]


@dataclass
class Story:
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    after_rumour: dict[str, str | None] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    """Types of the events that the rumour led to."""
    after_evidence: Outcome | None = None
    withheld: dict[str, Stage] = field(default_factory=dict)
    """Where the wallets were whose ledger had too few in it, or was full without them."""
    accepted: dict[str, list[str]] = field(default_factory=dict)
    """What of that ledger they went by all the same, after a word with a moderator."""
    afterwards: dict[str, Stage] = field(default_factory=dict)
    """And where that brought them."""


def stop_of(person: Person) -> str | None:
    found = [wallet for _, wallet in wallets.every(person.vault)]
    return next((wallet.stop for wallet in found if wallet.stop is not None), None)


async def outcome(
    scene: Scene, person: Person, listener: Person, *, answer: bool = True
) -> Outcome:
    """What ``person`` sees, after they were heard and, if there is an ``answer``, have heard it."""
    words = f"still here {id(person)}"
    person.say(words)
    await scene.until(partial(_reads, listener, words))
    view = person.client.pseudonym(person.room_id)
    found = Outcome(stop_of(person), view.kind, view.problem or "", [*person.notices])
    if answer:
        words = f"so am I {id(person)}"
        listener.say(words)
        await scene.until(partial(_reads, person, words))
    return found


def _reads(person: Person, words: str) -> bool:
    return words in person.bodies()


async def the_story(server: Homeserver) -> Story:
    story = Story()
    async with AsyncExitStack() as stack:
        scene = await Scene.open(server, stack)
        seeds = scene.circle.vault.accounts.all()[0].cross_signing
        assert seeds is not None
        seed = seeds[:32]
        victims: dict[str, Person] = {}

        def mine(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            name = victims["missing"].client.account.user_id
            return tuple(row for row in rows if getattr(row, "user_id", "") != name)

        def few(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            """As if only so many had asked as were seated beside the one whose place is taken."""
            old = victims["replaced"].client.account.user_id
            own = [row for row in rows if getattr(row, "user_id", "") == old]
            others = [row for row in rows if row not in own]
            return (*own, *others[: len(there) - 2])

        def others(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            new = victims["replaced"].wallet.new_account
            assert new is not None
            return tuple(row for row in rows if getattr(row, "user_id", "") != new.user_id)

        def full(record: Record) -> Record | None:
            if isinstance(record.body, Issued):
                return but(record, count=len(there) - 1)
            if isinstance(record.body, Admitted):
                return but(record, issued=len(there) - 1, count=len(there) - 1)
            return None

        filled_up = Doctored(seed, record=full, pages={2: few, 3: others}, linked=True)

        first = scene.circle.room_id

        def replacing(path: str, answer: Any) -> Any:
            """Others speak of the records that they have: this one does not hear them."""
            if not path.endswith("/sync"):
                return answer
            return unheard(filled_up(path, answer), first, scene.circle.bot_id)

        edits: dict[str, Edit] = {
            "forged": Doctored(bytes(32), record=_if(Issued)),
            "missing": Doctored(seed, record=_fewer, pages={2: mine}),
            "inflated": Doctored(seed, record=_more),
            "thin": Doctored(seed, record=_lost),
            "altered": Doctored(seed, pages={3: lambda rows: rows[:-1]}, hashes=False),
            "substituted": Doctored(seed, record=_other_keys),
            "rolled back": Doctored(seed, state=_emptied),
            "replaced": replacing,
        }
        for name, edit in edits.items():
            victims[name] = await scene.person(edit)
        heron, otter = await scene.person(), await scene.person()
        crowned = await scene.person(everyone_moderates)
        everyone = [*victims.values(), heron, otter, crowned]
        there = [person for name, person in victims.items() if name not in ("forged", "missing")]
        there += [heron, otter, crowned]

        await scene.ask(*everyone)
        await scene.cut_off(*there)
        for name in ("forged", "missing"):
            await scene.until(partial(stop_of, victims[name]))
        # One of them holds a record that contradicts the others': what it hears would make it show
        # that, and that would stop everyone. So it says something, and is off.
        story.outcomes["missing"] = await outcome(scene, victims["missing"], otter, answer=False)
        await scene.away(victims["missing"])
        story.outcomes["forged"] = await outcome(scene, victims["forged"], otter)
        await scene.visit(*there)
        old = scene.circle.room_id
        await scene.switch()
        for person in (heron, otter, crowned):
            await scene.until(partial(person.is_in_new_room, old))
        for name in ("thin", "replaced"):
            await _hold_back(scene, story, name, victims[name], old)
            await scene.away(victims[name])  # as the other one who holds what contradicts
        for name in ("inflated", "altered", "substituted", "rolled back"):
            await scene.until(partial(stop_of, victims[name]))
            await scene.until(partial(_joined, victims[name], heron.room_id))
            victims[name].room_id = heron.room_id
            story.outcomes[name] = await outcome(scene, victims[name], otter)
        story.outcomes["nobody"] = await outcome(scene, heron, otter)
        story.outcomes["crowned"] = await outcome(scene, crowned, otter)

        # A member says that the last record is another one.
        lynx = await scene.person()
        lynx.room_id = heron.room_id
        await scene.until(partial(_joined, lynx, heron.room_id))
        await scene.until(lambda: wallets.of(heron.vault, heron.client.account.id)[-1].epoch == 2)
        number = heron.wallet.chain.sequence
        rumour = {"msgtype": "m.text", "body": "psst", HEAD: [number, "ab" * 32]}
        lynx.client.say_event(lynx.room_id, "m.room.message", rumour, "rumour")
        for person in (heron, otter):
            await person.sees("psst")
        for person in (heron, otter):
            await scene.until(partial(_noticed, person))
        scene.go(scene.clock.now() + SHOW_DELAY)
        await scene.until(partial(_shown, lynx))
        story.after_rumour = {"heron": stop_of(heron), "otter": stop_of(otter)}
        story.shown = _shown(lynx)

        # A member shows two records under the bot's signature.
        genuine = _record(heron, number)
        other = sign_record(seed, but(genuine, floor=4))
        lynx.client.say_event(lynx.room_id, EVIDENCE, other.content(), "evidence")
        for person in (heron, otter):
            await scene.until(partial(stop_of, person))
        story.after_evidence = await outcome(scene, heron, otter)
    return story


async def _hold_back(scene: Scene, story: Story, name: str, person: Person, old: str) -> None:
    """Nobody but ``person`` was shown a final ledger with almost nobody in it, or with everyone
    but them. Their new account is in the new room for everyone else, and does not come; nor does
    the old one ask to stay."""
    await scene.until(partial(stop_of, person))
    view = person.client.pseudonym(old)
    await scene.until(lambda: view.problem in person.notices)
    scene.go(scene.clock.now() + WINDOW / 4)
    assert person.client.agent is not None
    await person.client.agent.settled.wait()
    story.outcomes[name] = Outcome(stop_of(person), view.kind, view.problem, [*person.notices])
    wallet = person.wallet_of(1)
    assert wallet is not None
    story.withheld[name] = wallet.stage
    assert person.client.change_names_again()
    wallet = await scene.until(partial(_gone_on, person))
    story.accepted[name] = [finding.error for finding in wallet.accepted]
    story.afterwards[name] = wallet.stage
    await scene.until(partial(_uses, person, wallet))


def _gone_on(person: Person) -> Wallet | None:
    wallet = person.wallet_of(1)
    gone_on = wallet is not None and wallet.stage in (Stage.RETIRED, Stage.STAY_SENT)
    return wallet if gone_on else None


def _uses(person: Person, wallet: Wallet) -> bool:
    """Whether they write with the account that they have now: the new one, or the old one again,
    although the server had let the new one in."""
    going_back = wallet.stage is Stage.STAY_SENT
    known = {account.user_id for account in person.vault.accounts.all()}
    current = person.vault.accounts.current()
    assert current is not None
    return current.user_id == person.account and (
        known == {wallet.account.user_id} == {person.account}
        if going_back
        else person.account != wallet.account.user_id
    )


def _if(kind: type) -> object:
    return lambda record: record if isinstance(record.body, kind) else None


def _fewer(record: Record) -> Record | None:
    body = record.body
    return but(record, count=body.count - 1) if isinstance(body, Issued) else None


def _more(record: Record) -> Record | None:
    body = record.body
    return but(record, count=body.issued + 5) if isinstance(body, Admitted) else None


def _lost(record: Record) -> Record | None:
    body = record.body
    return but(record, count=1) if isinstance(body, Admitted) else None


def _other_keys(record: Record) -> Record | None:
    body = record.body
    if not isinstance(body, EpochOpened) or body.epoch != 2:
        return None
    first, second, third = body.keys
    return but(record, keys=(second, first, third))


def _emptied(record: Record) -> tuple[str, dict[str, object]] | None:
    """Where the final ledger should come, the one before it disappears."""
    return ("2", {}) if isinstance(record.body, Admitted) else None


def _joined(person: Person, room_id: str) -> bool:
    room = person.client.room(room_id)
    return room is not None and room.joined


def _noticed(person: Person) -> bool:
    return bool(person.wallet.showing or person.wallet.shown)


def _shown(person: Person) -> list[str]:
    page = person.vault.events.page(person.room_id, limit=100)
    clear = [event.clear for event in page if event.clear is not None]
    return [str(one["type"]) for one in clear if one["type"] == EVIDENCE]


def _record(person: Person, number: int) -> Record:
    event = person.vault.rooms.state(person.room_id, RECORD, str(number))
    return decode_record(SignedRecord.read(event).data)


@pytest.fixture(scope="module")
def story(homeserver: Homeserver) -> Iterator[Story]:
    i18n.set_language("en")
    yield asyncio.run(the_story(homeserver))


def stopped(story: Story, who: str, error: str) -> None:
    """Names do not change for them any more, and they were told why. That the talk goes on, the
    story itself has waited for."""
    found = story.outcomes[who]
    assert found.stop == error
    assert found.kind == "stopped"
    assert found.problem == error_named(error).sentence()
    assert found.problem in found.notices


@pytest.mark.timeout(240)
def test_nobody_else_is_stopped(story: Story) -> None:
    assert story.outcomes["nobody"].stop is None
    assert story.outcomes["nobody"].kind == "rotates"


def test_whom_a_server_shows_a_moderators_power_gets_a_new_name_all_the_same(story: Story) -> None:
    assert story.outcomes["crowned"].stop is None
    assert story.outcomes["crowned"].kind == "rotates"


def test_a_record_that_the_bot_did_not_sign_stops(story: Story) -> None:
    stopped(story, "forged", "RecordForged")


def test_ones_own_request_left_out_stops(story: Story) -> None:
    stopped(story, "missing", "RequestMissing")


def test_more_accounts_than_were_let_in_stop(story: Story) -> None:
    stopped(story, "inflated", "LedgerInflated")


def test_a_ledger_with_too_few_in_it_stops_and_nobody_goes_by_it(story: Story) -> None:
    stopped(story, "thin", "LedgerThin")
    assert story.withheld["thin"] is Stage.REDEEM_SENT
    assert story.accepted["thin"] == ["LedgerThin"]
    assert story.afterwards["thin"] is Stage.RETIRED


def test_whose_place_was_taken_holds_a_token_too_many(story: Story) -> None:
    stopped(story, "replaced", "LedgerOverdrawn")
    assert story.withheld["replaced"] is Stage.REDEEM_SENT
    assert story.accepted["replaced"] == ["LedgerOverdrawn"]
    assert story.afterwards["replaced"] is Stage.STAY_SENT


def test_an_altered_page_stops(story: Story) -> None:
    stopped(story, "altered", "PageAltered")


def test_other_keys_than_were_announced_stop(story: Story) -> None:
    stopped(story, "substituted", "KeySubstituted")


def test_an_older_state_than_before_stops(story: Story) -> None:
    stopped(story, "rolled back", "RecordRolledBack")


def test_a_rumour_stops_nobody_and_brings_out_the_record(story: Story) -> None:
    assert story.after_rumour == {"heron": None, "otter": None}
    assert 1 <= len(story.shown) <= 2


def test_two_records_under_one_signature_stop_whoever_sees_them(story: Story) -> None:
    assert story.after_evidence is not None
    assert story.after_evidence.stop == "RecordForked"
    assert story.after_evidence.kind == "stopped"
