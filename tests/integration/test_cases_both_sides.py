"""Both sides of moderation on a real server: what a member reports reaches a moderator's desk
through the real bot, and what the moderator does reaches the member."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.circle import CLOCK, RANDOM, Circle, Guest, until
from support.searching import Search

from peerroom.client.casework import Casework
from peerroom.client.casework_views import CasePage
from peerroom.client.joining import join
from peerroom.client.views import MessageView
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.wire import cases, member
from peerroom.wire.invite import Invite


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def moderator(circle: Circle) -> tuple[Guest, Casework]:
    """Somebody who came in by a moderator's link, and their desk."""
    [link] = await circle.bot.make_invites(1, "moderator")
    vault = Vault.ephemeral()
    async for _step in join(Invite.parse(link), vault, clock=CLOCK, random=RANDOM):
        pass
    guest = await circle.run(vault)
    [work] = await until(guest.client, guest.client.casework)
    return guest, work


async def page_of(guest: Guest, work: Casework, number: int, acts: str = "") -> CasePage:
    """The case, as soon as it is there and ``acts`` can be done with it."""

    def look() -> CasePage | None:
        page = work.page(number)
        return page if page is not None and (not acts or acts in page.acts) else None

    return await until(guest.client, look)


def private(guest: Guest) -> list[MessageView]:
    """What was said between the member and the bot."""
    rooms = [room for room in guest.client.rooms() if room.direct]
    return [view for room in rooms for view in guest.client.timeline(room.room_id).page()]


async def test_a_report_becomes_a_case_and_the_answer_comes_back(circle: Circle) -> None:
    reporter, author = await circle.guest(), await circle.guest()
    keeper, work = await moderator(circle)
    author.say("good evening")
    author.say("I sell a course that heals children")
    bad = await reporter.sees("I sell a course that heals children")

    key = reporter.client.desk.report(circle.room_id, [bad.key], "it is aimed at us")
    await until(reporter.client, lambda: reporter.client.desk.asks()[0].state == "received")
    assert reporter.client.desk.asks()[0].key == key

    await until(keeper.client, work.cases)
    [row] = work.cases()
    assert (row.title, row.stand) == ("reported by a member", "open")
    author_name = next(
        person.name
        for person in reporter.client.members(circle.room_id)
        if person.user_id == author.client.user_id
    )
    assert author_name in row.name
    page = await page_of(keeper, work, row.number)
    await until(keeper.client, lambda: not (work.page(row.number) or page).evidence.gone)
    page = await page_of(keeper, work, row.number)
    assert page.evidence.covered and "course" not in repr(page)
    work.uncover(row.number)
    page = await page_of(keeper, work, row.number)
    assert [line.text for line in page.evidence.lines if line.about] == [bad.body]
    assert "good evening" in [line.text for line in page.evidence.lines]
    assert not page.evidence.unverified
    reporter_name = reporter.client.account.display_name
    assert reporter_name and reporter_name not in repr(page)

    assert (await work.claim(row.number)).kind == "done"
    assert [mine.number for mine in work.cases("mine")] == [row.number]
    answer = await work.reply(row.number, "Thank you. We look into it.")
    assert answer.kind == "done", answer
    await until(
        reporter.client,
        lambda: [view for view in private(reporter) if "We look into it" in view.body],
    )
    answer = await work.close(row.number, "helped")
    assert answer.kind == "done", answer
    assert [closed.number for closed in work.cases("closed")] == [row.number]
    assert all("We look into it" not in view.body for view in private(author))

    secrets = {
        "reported message": "a course that heals children",
        "why it was reported": "it is aimed at us",
        "answer": "Thank you. We look into it.",
        "form of a report": member.ASK,
        "form of an answer": member.TELL,
        "form of a case": cases.FIELD,
        "command": f"!claim {row.number}",
    }
    assert Search(secrets).in_folder(circle.server.folder) == set()


async def test_a_removed_message_is_explained_and_looked_at_again(circle: Circle) -> None:
    author = await circle.guest()
    keeper, work = await moderator(circle)
    author.say("this will be removed")
    sent = (await keeper.sees("this will be removed")).event_id
    assert sent is not None

    answer = await work.command(f"remove https://matrix.to/#/{circle.room_id}/{sent}")
    assert answer.kind in ("said", "done"), answer
    view = await until(author.client, lambda: author.client.desk.why(circle.room_id, sent))
    assert view.what == "A message of yours was removed."
    line = await until(
        author.client,
        lambda: next(
            (
                each
                for each in author.client.timeline(circle.room_id).page()
                if each.event_id == sent and each.state == "deleted"
            ),
            None,
        ),
    )
    assert line.body.startswith("A message of yours was removed.")

    author.client.desk.appeal(view.deed, "it was a helpline")
    await until(keeper.client, work.cases)
    [row] = work.cases()
    assert row.title == "somebody asks to look again"
    page = await page_of(keeper, work, row.number)
    assert page.appealed == view.deed


async def test_asking_without_a_room_of_two_makes_one(circle: Circle) -> None:
    guest = await circle.guest()
    keeper, work = await moderator(circle)
    # As a new account has none: this one leaves its own.
    link = guest.client.link
    for room in guest.vault.rooms.all(guest.client.account.id):
        if room.is_direct:
            assert link.connection is not None
            await link.connection.rooms.leave(room.room_id)
            await until(
                guest.client,
                lambda room_id=room.room_id: guest.vault.rooms.get(room_id).membership == "leave",
            )
    guest.client.desk.ask_for_help("please")
    assert guest.client.desk.asks()[0].state == "waiting"
    await until(guest.client, lambda: guest.client.desk.asks()[0].state == "received")
    [row] = await until(keeper.client, work.cases)
    assert row.urgent and row.title == "a member asks for a moderator"
    await work.claim(row.number)
    answer = await work.reply(row.number, "I am here.")
    assert answer.kind == "done", answer
    await until(guest.client, lambda: [v for v in private(guest) if v.body == "I am here."])

    # And what is simply typed into the room of two is heard as well.
    direct = next(room for room in guest.client.rooms() if room.direct and room.joined)

    def received() -> int:
        return [view.body for view in private(guest)].count("The moderators have it.")

    before = received()
    guest.client.send(direct.room_id, "thank you, that was good to read")
    await until(guest.client, lambda: received() > before)

    def heard() -> bool:
        for each in work.cases():
            work.uncover(each.number)
        return "good to read" in repr([work.page(each.number) for each in work.cases()])

    await until(keeper.client, heard)


@pytest.mark.soak
async def test_who_writes_a_lot_at_once_is_paused_and_loses_nothing(circle: Circle) -> None:
    circle.protect("pace", "on", messages=5, seconds=5, pause=5)
    writer, other = await circle.guest(), await circle.guest()
    lines = [f"and then {number}" for number in range(9)]
    for line in lines:
        writer.say(line)
    paused = await until(writer.client, writer.client.desk.explanations)
    assert paused[0].what == "You can write again in a moment."
    await until(other.client, lambda: other.bodies() == lines, 90)
    await until(writer.client, lambda: not writer.client.unsent())
