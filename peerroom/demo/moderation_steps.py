"""The steps of moderation, as ``peerroom demo --script`` plays them.

A real bot watches, a moderator decides at the same desk as in the program. What came of it is
proven by another member's view, by the server's, and by what was told in private to whom it is
about.
"""

from __future__ import annotations

import asyncio
from typing import Final

from peerroom.bot import points
from peerroom.client.reporting_views import ExplanationView
from peerroom.client.views import MessageView
from peerroom.demo.desk import Desk, heard
from peerroom.demo.member import Member
from peerroom.demo.stage import Stage, Step, true
from peerroom.demo.waiting import until, within
from peerroom.i18n import N_, _
from peerroom.store.vault import Vault

RAIDERS: Final = 3
SEVERAL: Final = 6
"""Messages: one more than a moderator removes without being asked."""


async def raid(stage: Stage) -> None:
    """Three new accounts write at once: the room closes by itself, for those who are at home too.
    The moderator removes the three and opens it again."""
    world = stage.world
    stage.desk = desk = await Desk.of(await world.enter(Vault.ephemeral(), "moderator"))
    raiders = [await world.enter(Vault.ephemeral()) for _number in range(RAIDERS)]
    stage.strangers = {one.client.user_id: one.name for one in raiders}
    # As a moderator of a room this small would set it.
    await desk.order("set raid.seconds 10")
    await desk.order(f"set raid.voices {RAIDERS}")
    for one, text in zip(raiders, _raid_lines(), strict=True):
        one.say(text)
    witness = world.members[0]
    await until(witness.client, lambda: not _may_write(witness), _("The room did not close."))
    true(_level(stage) > 0, _("The server lets everyone write in a closed room."))
    late = _("And once more.")
    key = raiders[0].say(late)
    await until(
        raiders[0].client,
        lambda: _state(raiders[0], key) == "failed",
        _("Someone wrote in a closed room."),
    )
    for one in raiders:
        await desk.order(f"ban {one.name}")
        await one.disconnect()
    for user in stage.strangers:
        true(stage.server.membership(stage.room_id, user) == "ban", _("A ban did not happen."))
    await desk.order("unlock")
    await desk.order("set raid.voices 6")
    await until(witness.client, lambda: _may_write(witness), _("The room did not open again."))
    true(_level(stage) == 0, _("The server holds the room closed."))
    text = _("All is well here.")
    witness.say(text)
    await stage.you.sees(text)
    true(all(late != m.body for m in witness.messages()), _("Someone wrote in a closed room."))


def _raid_lines() -> tuple[str, ...]:
    return _("We are many."), _("Here we come."), _("Look at us.")


def _level(stage: Stage) -> int:
    """The power level that one needs to write, as the server has it."""
    levels = stage.server.state(stage.room_id, "m.room.power_levels") or {}
    return int(levels.get("events_default", 0))


def _may_write(member: Member) -> bool:
    room = member.client.room(member.room_id)
    return room is not None and room.may_write


def _state(member: Member, key: str) -> str | None:
    return next((m.state for m in member.messages() if m.key == key), None)


async def scam_held(stage: Stage) -> None:
    """Nobody else reads it for long, its author reads why, and nobody else is told anything."""
    stage.visitor = author = await stage.world.enter(Vault.ephemeral())
    text = _(
        "Our coach had my son back at school in two weeks, guaranteed. "
        "Only 3 places left. Message me on WhatsApp."
    )
    author.say(text)
    desk, witness = stage.desk, stage.world.members[0]
    page = await desk.next_case("scam")
    number = page.row.number
    true(page.evidence.covered and text not in repr(page), _("The message was not covered."))
    true(desk.messages(number) == [text], _("The case does not show the message."))
    [event_id] = await _gone(witness, author, 1)
    true(all(text not in m.body for m in witness.messages()), _("The other vault has the text."))
    held = stage.server.event(stage.room_id, event_id)
    true("ciphertext" not in held["content"], _("The server still holds the deleted message."))
    view = await _told(author, event_id)
    true(view.may_appeal, _("The author was not told how to ask for another look."))
    others = (stage.you, *stage.world.members)
    true(
        not any(one.client.desk.explanations() for one in others),
        _("Someone was told what is another's."),
    )
    heard(await desk.work.claim(number))
    heard(await desk.work.close(number, "removed"))


async def _gone(witness: Member, author: Member, count: int) -> list[str]:
    """The event ids of the newest ``count`` messages of ``author``, once ``witness`` sees them as
    removed."""
    user = author.client.user_id

    def removed() -> list[MessageView] | None:
        newest = [m for m in witness.messages() if m.sender_id == user][-count:]
        done = len(newest) == count and all(m.state == "deleted" for m in newest)
        return newest if done else None

    found = await until(
        witness.client, removed, _("Another member still sees the removed message.")
    )
    return [str(message.event_id) for message in found]


async def _told(author: Member, event_id: str) -> ExplanationView:
    """Why their message is not there, as its author's program knows it from the bot."""
    return await until(
        author.client,
        lambda: author.client.desk.why(author.room_id, event_id),
        _("The author was not told why."),
    )


async def link_released(stage: Stage) -> None:
    """Held first, since its author is new. A moderator looks, allows it, and everyone reads it."""
    desk, author, witness = stage.desk, stage.visitor, stage.world.members[0]
    text = _("This helped us on bad mornings: https://example.org/mornings")
    author.say(text)
    number = (await desk.next_case("newcomer")).row.number
    [event_id] = await _gone(witness, author, 1)
    await _told(author, event_id)
    true(desk.messages(number) == [text], _("The case does not show the message."))
    heard(await desk.work.claim(number))
    heard(await desk.work.allow(number))
    for reader in (witness, stage.you, author):
        await _back(reader, text, stage)
    await until(
        desk.member.client,
        lambda: number in {row.number for row in desk.work.cases("closed")},
        _("The case is still open."),
    )


async def _back(reader: Member, text: str, stage: Stage) -> None:
    """The bot posts it again, once, and says for whom."""
    bot = stage.world.moderator.user_id

    def posted() -> list[MessageView]:
        return [m for m in reader.messages() if m.sender_id == bot and m.body.endswith(text)]

    [again] = await until(reader.client, posted, _("The message did not come back."))
    true(again.trust is None, _("The message came with a warning about its sender."))


async def distress_answered(stage: Stage) -> None:
    """The words stay where they are; the case comes first of all; a human answers in private."""
    desk, author, witness = stage.desk, stage.world.members[1], stage.world.members[0]
    text = _("I do not want to be here any more.")
    author.say(text)
    seen = await witness.sees(text)
    page = await desk.next_case("risk")
    number = page.row.number
    true(page.row.urgent, _("The case does not come first."))
    heard(await desk.work.claim(number))
    answer = _("I have read what you wrote, and I am here. Would you like to tell me more?")
    heard(await desk.work.tell(number, answer))
    await author.hears(answer)
    heard(await desk.work.close(number, "helped"))
    still = next((m for m in witness.messages() if m.event_id == seen.event_id), None)
    true(still and still.body == text, _("The message was touched."))
    true(not author.client.desk.explanations(), _("Something was done to the author."))
    true(_may_write(author), _("Something was done to the author."))
    true(str(seen.event_id) not in stage.server.removals(stage.room_id), _("It was removed."))
    true(not stage.server.holds(answer), _("The server's files hold the text of the answer."))


async def report_decided_and_undone(stage: Stage) -> None:
    """A member reports, a moderator removes, and takes it back: the message is there again, its
    author has read all of it, and the reporter's name is nowhere."""
    desk, witness, author = stage.desk, stage.world.members[0], stage.world.members[2]
    text = _("Some parents should look at themselves first.")
    author.say(text)
    key = (await stage.you.sees(text)).key
    stage.you.client.desk.report(stage.room_id, [key], _("It is aimed at one of us."))
    page = await desk.next_case("report")
    number = page.row.number
    true(not page.evidence.unverified, _("The bot did not compare the report with its own copy."))
    true(stage.you.name not in repr(page), _("The case names who reported."))
    true(desk.messages(number) == [text], _("The case does not show the message."))
    heard(await desk.work.claim(number))
    heard(await desk.work.remove(number))
    [event_id] = await _gone(witness, author, 1)
    first = await _told(author, event_id)
    answer = _("Thank you. We have looked at it together.")
    heard(await desk.work.reply(number, answer))
    await stage.you.hears(answer)
    true(_last_deed(desk, number) == first.deed, _("The case does not say what was done."))
    heard(await desk.work.undo(first.deed))
    for reader in (witness, stage.you, author):
        await _back(reader, text, stage)
    await until(
        author.client,
        lambda: [view for view in author.client.desk.explanations() if not view.may_appeal],
        _("The author was not told that it was taken back."),
    )
    heard(await desk.work.close(number, "nothing"))


def _last_deed(desk: Desk, number: int) -> int | None:
    """The number of what was done last in a case."""
    page = desk.work.page(number)
    deeds = [] if page is None else [line.deed for line in page.history if line.deed]
    return deeds[-1] if deeds else None


async def restarted_halfway(stage: Stage) -> None:
    """The bot ends after the first of several removals. What is asked of it meanwhile waits, and in
    the end each thing was done and said once."""
    bot, desk, witness = stage.world.moderator, stage.desk, stage.world.members[0]
    writer, author = stage.world.members[1:]
    lines = [_("Too many words, {n}.").format(n=number) for number in range(1, SEVERAL + 1)]
    for line in lines:
        author.say(line)
    await witness.sees(lines[-1])
    asked = await desk.work.command(f"remove {author.name} {SEVERAL}")
    true(asked.kind == "asks", _("The bot did not ask before it did something broad."))
    there = {message.body for message in witness.messages()}
    true(there.issuperset(lines), _("The bot did something before it was confirmed."))

    halfway = asyncio.Event()

    def notice(moment: points.Moment, what: str) -> None:
        if (moment, what) == ("marked", "redaction"):
            halfway.set()

    with points.watched(notice):
        confirmed = asyncio.create_task(desk.work.confirm(asked))
        await within(halfway.wait(), _("Something that was decided did not happen."))
        await bot.pause()
    stage.you.client.desk.ask_moderators(_("May I name my daughter's school here?"))
    link = _("Another page that helped us: https://example.org/evenings")
    writer.say(link)
    await witness.sees(link)
    await bot.begin(None)

    heard(await confirmed)
    gone = await _gone(witness, author, SEVERAL)
    gone += await _gone(witness, writer, 1)
    for page in await desk.next_cases("newcomer", "request"):
        heard(await desk.work.close(page.row.number, "nothing"))
    await bot.idle()
    removals = stage.server.removals(stage.room_id)
    true(all(removals.count(event) == 1 for event in gone), _("Something was done twice."))
    for one, event_id in ((author, gone[0]), (writer, gone[-1])):
        await _told(one, event_id)
        about = [v for v in one.client.desk.explanations() if event_id in v.event_ids]
        true(len(about) == 1, _("Something was said twice."))
    true(not desk.work.cases(), _("There is a case too many."))


def steps() -> tuple[Step, ...]:
    """All of them, in playing order, after those of `peerroom.demo.steps`."""
    return (
        Step(N_("a raid: the room closed by itself, and was opened again"), raid),
        Step(N_("an offer that harms people held, its author told in private"), scam_held),
        Step(N_("a newcomer's link held, and released by a moderator"), link_released),
        Step(
            N_("words of distress left where they are, and answered by a human"), distress_answered
        ),
        Step(
            N_("a report became a case, a decision, and the decision was taken back"),
            report_decided_and_undone,
        ),
        Step(N_("the bot restarted halfway: nothing lost, nothing doubled"), restarted_halfway),
    )
