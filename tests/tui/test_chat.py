"""The room: reading, writing, choosing a message and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from support import filled_vault
from textual.events import Key, Paste
from textual.pilot import Pilot

from peerroom.client.session import Client
from peerroom.client.views import Change, RoomView
from peerroom.matrix.room_updates import RoomDelta
from peerroom.matrix.sync import SyncBatch
from peerroom.store.errors import DiskFull
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.chat import ChatScreen
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.screens.texts import RulesScreen
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.widgets.composer import LIMIT, Composer
from peerroom.tui.widgets.rooms import RoomList
from peerroom.tui.widgets.topbar import room_title

ROOM = filled_vault.ROOM
OTHER = "!other:peerroom.test"
MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def last_row(app: PeerRoomApp) -> str:
    return shown(app).splitlines()[-1]


async def ready(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def client_of(app: PeerRoomApp) -> Client:
    assert app.entry.client is not None
    return app.entry.client


def the_draft(vault: Vault, room_id: str = ROOM) -> str:
    draft = vault.drafts.get(room_id)
    return draft.text if draft else ""


async def test_what_is_written_is_queued_and_shown_at_once(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"Good night", "enter")
        await ready(pilot)
        assert "Good night  sending" in shown(app)
        assert app.screen.query_one(Composer).text == ""
        (row,) = room.outbox.of_room(ROOM)
        assert row.content["content"]["body"] == "Good night"
        assert the_draft(room) == ""


async def test_the_draft_of_each_room_is_kept(make_app: MakeApp, room: Vault) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        await pilot.press(*"half")
        chat.open_room(OTHER)
        await ready(pilot)
        assert app.screen.query_one(Composer).text == ""
        assert "Another room" in shown(app)
        await pilot.press(*"there")
        chat.open_room(ROOM)
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "half"
        assert the_draft(room, OTHER) == "there"
    assert room.settings.get("interface.room") == ROOM


async def test_what_is_typed_before_the_desk_stands_is_not_lost(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        app.screen.post_message(Key("h", "h"))
        app.screen.post_message(Key("i", "i"))
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "hi"


async def test_an_empty_message_is_not_sent(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("enter", "space", "ctrl+j", "enter")
        assert room.outbox.of_room(ROOM) == []


async def test_a_message_that_is_too_long_stays_and_says_so(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        app.screen.query_one(Composer).put("x" * (LIMIT + 3))
        await pilot.press("enter")
        await ready(pilot)
        assert last_row(app).strip() == "3 characters too long for one message."
        assert room.outbox.of_room(ROOM) == []


@pytest.mark.parametrize(("typed", "screen"), [("/help-now", PanicScreen), ("/rules", RulesScreen)])
async def test_commands_run_and_are_not_sent(
    make_app: MakeApp, room: Vault, typed: str, screen: type
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*typed, "enter")
        await ready(pilot)
        assert isinstance(app.screen, screen)
        assert room.outbox.of_room(ROOM) == []


async def test_a_command_that_is_not_there_is_kept_and_explained(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"/ruls", "enter")
        await ready(pilot)
        assert "Did you mean /rules?" in last_row(app)
        assert app.screen.query_one(Composer).text == "/ruls"
        assert room.outbox.of_room(ROOM) == []


async def test_a_slash_shows_what_can_follow(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("/")
        await pilot.pause()
        assert "/help-now" in last_row(app)
        assert "/report" in last_row(app)
        await pilot.press("r", "u")
        await pilot.pause()
        assert last_row(app).strip() == "/rules"


async def test_a_new_message_appears_when_the_client_tells(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        late = filled_vault.Said("soft", "I am awake too.", app.now() + timedelta(seconds=5))
        filled_vault.say(room, [late], first=50)
        client_of(app)._publish(Change("timeline", ROOM))
        await ready(pilot)
        assert "I am awake too." in shown(app)
        stored = room.rooms.get(ROOM)
        assert isinstance(stored, StoredRoom)
        assert stored.read_position == 50


async def test_nothing_is_marked_read_behind_the_panic_screen(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1")
        filled_vault.say(room, [filled_vault.Said("soft", "unseen", app.now())], first=50)
        client_of(app)._publish(Change("timeline", ROOM))
        await ready(pilot)
        stored = room.rooms.get(ROOM)
        assert stored is not None
        assert stored.read_position == 8


async def test_a_notice_is_said_until_it_is_put_away(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        client_of(app)._publish(Change("notice", ROOM, "You are no longer in “x”."))
        await ready(pilot)
        assert "You are no longer in “x”." in shown(app)
        await pilot.press("escape")
        await ready(pilot)
        assert "You are no longer" not in shown(app)


async def choose(pilot: Pilot[None], words: str) -> None:
    """Select the message that holds ``words``."""
    timeline = pilot.app.screen.query_one(TimelineView)
    timeline.focus()
    timeline.selected = next(b.view.key for b in timeline._canvas.blocks if words in b.view.body)
    await pilot.pause()


async def test_ones_own_message_is_deleted_after_asking_once(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await choose(pilot, "try that on Monday")
        assert "D delete" in last_row(app)
        await pilot.press("d")
        assert "D once more" in last_row(app)
        assert "try that on Monday" in shown(app)
        await pilot.press("d")
        await ready(pilot)
        assert "try that on Monday" not in shown(app)
        assert isinstance(app.focused, Composer)
        assert any(row.kind == "redaction" for row in room.outbox.queued(1))


async def test_thinking_again_keeps_it(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await choose(pilot, "try that on Monday")
        await pilot.press("d", "up", "down", "d", "escape")
        await ready(pilot)
        assert "try that on Monday" in shown(app)


async def test_others_messages_offer_no_deleting(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await choose(pilot, "thinking of you")
        assert "D delete" not in last_row(app)
        await pilot.press("d", "d")
        await ready(pilot)
        assert "thinking of you" in shown(app)


async def test_ones_own_coming_is_no_message_to_delete(make_app: MakeApp, room: Vault) -> None:
    move = {
        "type": "m.room.member",
        "state_key": filled_vault.OWN,
        "content": {"membership": "join", "displayname": "Quiet Heron"},
    }
    moved = StoredEvent(
        room_id=ROOM,
        event_id="$came",
        position=50,
        sender=filled_vault.OWN,
        type="m.room.member",
        origin_ts=int(datetime(2026, 6, 3, 17, 20, tzinfo=UTC).timestamp() * 1000),
        raw=move,
        status="ok",
    )
    room.events.upsert(moved)
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await choose(pilot, "came in")
        assert "D delete" not in last_row(app)
        assert "delete" not in app.applicable()
        await pilot.press("d", "d")
        await ready(pilot)
        assert room.outbox.queued(1) == []


@pytest.fixture
def failed(room: Vault) -> Vault:
    """The room with one message that the server refused."""
    account = room.accounts.current()
    assert account is not None
    content = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "Refused"}}
    row = room.outbox.add(account.id, ROOM, "message", content, now=datetime.now(UTC))
    room.outbox.mark_failed(row.id, "The server said no.")
    return room


async def test_a_failed_message_can_be_sent_again(make_app: MakeApp, failed: Vault) -> None:
    app = make_app(vault=failed)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "! Not sent. The server said no." in shown(app)
        await choose(pilot, "Refused")
        assert "R send again" in last_row(app)
        await pilot.press("r")
        await ready(pilot)
        assert "Refused  sending" in shown(app)


async def test_a_failed_message_can_be_taken_back(make_app: MakeApp, failed: Vault) -> None:
    app = make_app(vault=failed)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"more")
        await choose(pilot, "Refused")
        await pilot.press("e")
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "more\nRefused"
        assert failed.outbox.of_room(ROOM) == []


async def test_the_menu_offers_only_what_applies(make_app: MakeApp, failed: Vault) -> None:
    app = make_app(vault=failed)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert {"retry", "undo", "delete", "fold", "copy"}.isdisjoint(app.applicable())
        await choose(pilot, "Refused")
        assert {"retry", "undo", "copy"} <= set(app.applicable())
        assert {"delete", "fold"}.isdisjoint(app.applicable())
        await pilot.press("f2", *"send it again", "enter")
        await ready(pilot)
        assert "Refused  sending" in shown(app)


async def test_the_mouse_chooses_too(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        row = next(n for n, line in enumerate(shown(app).splitlines()) if "on Monday" in line)
        await pilot.click(offset=(5, row))
        await pilot.pause()
        assert "D delete" in last_row(app)


async def test_escape_goes_back_to_writing(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("shift+tab")
        assert isinstance(app.focused, TimelineView)
        await pilot.press("up", "escape")
        assert isinstance(app.focused, Composer)
        assert app.screen.query_one(TimelineView).selected is None


async def test_a_room_one_was_removed_from_can_be_read(make_app: MakeApp, room: Vault) -> None:
    room.rooms.set_membership(ROOM, "ban")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "thinking of you" in shown(app)
        assert app.screen.query_one(Composer).read_only
        assert shown(app).count("no longer write") == 2  # where one would write, and below
        assert "F1 talk to a person" in last_row(app)
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)


async def test_a_removal_in_the_middle_of_a_word_is_said_and_loses_nothing(
    make_app: MakeApp, room: Vault
) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"half a th")
        room.rooms.set_membership(ROOM, "ban")
        client_of(app)._take(SyncBatch(left=(ROOM,)))
        await ready(pilot)
        assert "no longer write" in last_row(app)
        composer = app.screen.query_one(Composer)
        await pilot.press(*"ought", "up", "enter")
        composer.post_message(Paste("pasted"))
        await ready(pilot)
        assert composer.text == the_draft(room) == "half a th"
        assert "half a th" in shown(app)
        assert "no longer write" in last_row(app)
        assert room.outbox.of_room(ROOM) == []
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(OTHER)
        await ready(pilot)
        await pilot.press(*"here")
        assert composer.text == "here"
        assert "Enter sends" in last_row(app)


async def test_wide_terminals_show_the_rooms_beside(make_app: MakeApp, room: Vault) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert "Another room" in shown(app)
        row = next(n for n, line in enumerate(shown(app).splitlines()) if "Another room" in line)
        await pilot.click(offset=(3, row))
        await ready(pilot)
        assert "Another room · Quiet Amber Heron (F8) · 4 people" in shown(app)
        await pilot.resize_terminal(80, 24)
        await ready(pilot)
        assert "Parents at night" not in shown(app)


async def test_rooms_are_one_key_away_in_a_narrow_one(make_app: MakeApp, room: Vault) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f4")
        await ready(pilot)
        await pilot.press("down", "enter")
        await ready(pilot)
        assert "Another room · Quiet Amber Heron (F8)" in shown(app)


async def test_the_page_of_rooms_says_what_happens_while_it_is_open(
    make_app: MakeApp, room: Vault
) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f4", "down")
        await ready(pilot)
        assert "A third room" not in shown(app)
        # A room comes, and the order changes: what is about to be chosen stays under the bar.
        filled_vault.furnish(room, room_id="!third:x", title="A third room")
        late = [filled_vault.Said("soft", "Anyone awake?", app.now())]
        filled_vault.say(room, late, room_id="!third:x", first=50)
        client_of(app)._take(SyncBatch((RoomDelta("!third:x"),)))
        await ready(pilot)
        assert "A third room" in shown(app) and "Anyone awake?" in shown(app)
        rooms = app.screen.query_one(RoomList)
        chosen = rooms.highlighted_option
        assert chosen is not None and chosen.id == OTHER
        app.app_focus = False  # another window for a while
        filled_vault.say(room, late, room_id=OTHER, first=60)
        client_of(app)._take(SyncBatch((RoomDelta(OTHER),)))
        await ready(pilot)
        assert shown(app).count("Anyone awake?") == 2
        app.app_focus = True
        await pilot.press("enter")
        await ready(pilot)
        assert shown(app).startswith(" Another room")
        client_of(app)._take(SyncBatch((RoomDelta(OTHER),)))
        await ready(pilot)
        assert isinstance(app.screen, ChatScreen)


async def test_who_is_choosing_at_the_side_keeps_the_place(make_app: MakeApp, room: Vault) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(ROOM)
        rooms = chat.query_one(RoomList)
        rooms.focus()
        await pilot.press("down")
        late = [filled_vault.Said("soft", "Anyone awake?", app.now())]
        filled_vault.say(room, late, first=50)
        client_of(app)._take(SyncBatch((RoomDelta(ROOM),)))
        await ready(pilot)
        chosen = rooms.highlighted_option
        assert chosen is not None and chosen.id == OTHER


async def test_what_is_new_in_other_rooms_stands_in_the_first_row(
    make_app: MakeApp, room: Vault
) -> None:
    filled_vault.furnish(room, room_id=OTHER, title="Another room")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(ROOM)
        await ready(pilot)
        assert "other rooms" not in shown(app)
        late = [filled_vault.Said("soft", words, app.now()) for words in ("One.", "Two.")]
        filled_vault.say(room, late, room_id=OTHER, first=50)
        client_of(app)._take(SyncBatch((RoomDelta(OTHER),)))
        await ready(pilot)
        first_row = shown(app).splitlines()[0]
        assert first_row.startswith(" Parents at … · 2 new (F4) · Quiet Amber Heron ")
        chat.open_room(OTHER)
        await ready(pilot)
        chat.open_room(ROOM)
        await ready(pilot)
        assert "other rooms" not in shown(app)


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        (80, " Parents · 2 new elsewhere (F4) · Quiet Heron (F8) · 5 people"),
        (60, " Parents · 2 new elsewhere (F4) · Quiet Heron (F8)"),
        (40, " Parents · 2 new (F4) · Quiet Heron (F8)"),
        (35, " Parents · 2 new (F4) · Quiet Heron"),
        (30, " Parents · Quiet Heron"),
        (10, " Parents …"),
    ],
)
def test_ones_own_name_stays_longest_beside_the_rooms(cells: int, title: str) -> None:
    here = RoomView("!a", "Parents", 0, None, encrypted=True, people=5, own_name="Quiet Heron")
    there = RoomView("!b", "Others", 2, None, encrypted=True)
    assert room_title(here, [here, there]).fitting(cells) == title


async def test_who_is_here(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"/people", "enter")
        await ready(pilot)
        assert "Quiet Amber Heron  you" in shown(app)
        assert "Warm Rain Lantern  moderator" in shown(app)


async def test_another_language_is_spoken_everywhere_at_once(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"draft")
        app.speak("ja")
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "draft"
        assert "Talk to a person" not in shown(app)
        assert "We are thinking of you" in shown(app)
        await pilot.press("f1")
        assert "よりそいホットライン" in shown(app)
    assert room.settings.get("interface.language") == "ja"


async def test_a_room_that_is_not_encrypted_says_so(make_app: MakeApp, vault: Vault) -> None:
    filled_vault.furnish(vault)
    account = vault.accounts.current()
    assert account is not None
    vault.rooms.put(StoredRoom(OTHER, account.id))
    vault.rooms.set_state(OTHER, "m.room.name", "", {"name": "Open"})
    app = make_app(vault=vault)
    async with app.run_test() as pilot:
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        screen.open_room(OTHER)
        await ready(pilot)
        assert "not encrypted" in shown(app).splitlines()[0]


async def test_no_room_yet(make_app: MakeApp, vault: Vault) -> None:
    vault.accounts.add(homeserver="http://127.0.0.1:9", user_id="@a:b", device_id="D",
                       access_token="t")  # fmt: skip
    app = make_app(vault=vault)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "No room yet" in shown(app)
        await pilot.press(*"x", "enter", "f1")
        assert isinstance(app.screen, PanicScreen)


@pytest.fixture
def impostor(room: Vault) -> Vault:
    """The room with a member whose encryption identity is not the one that was pinned."""
    room.identities.pin(filled_vault.user("warm"), "the old key")
    room.identities.pin(filled_vault.user("warm"), "the new key")
    return room


async def test_a_new_identity_is_accepted_only_after_two_answers(
    make_app: MakeApp, impostor: Vault
) -> None:
    app = make_app(vault=impostor)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "accept" in app.applicable()
        await pilot.press(*"/accept", "enter")
        await ready(pilot)
        assert "Warm Rain Lantern" in shown(app)
        await pilot.press("enter")
        await ready(pilot)
        assert "Are you sure" in last_row(app)
        assert impostor.identities.changed()
        await pilot.press("enter")
        await ready(pilot)
        assert impostor.identities.changed() == []
        assert "accept" not in app.applicable()


async def test_going_back_accepts_nothing(make_app: MakeApp, impostor: Vault) -> None:
    app = make_app(vault=impostor)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"/accept", "enter")
        await ready(pilot)
        await pilot.press("enter", "escape")
        await ready(pilot)
        assert impostor.identities.changed()


async def test_notices_wait_behind_each_other(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        for words in ("The first.", "The second."):
            client_of(app)._publish(Change("notice", ROOM, words))
        await ready(pilot)
        assert "The second." in shown(app)
        await pilot.press("escape")
        await ready(pilot)
        assert "The first." in shown(app)
        await pilot.press("escape")
        await ready(pilot)
        assert "The first." not in shown(app)


@pytest.mark.parametrize("method", ["send", "set_draft", "delete", "mark_read"])
async def test_a_full_disk_is_a_sentence_and_loses_nothing(
    make_app: MakeApp, room: Vault, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_arguments: object) -> None:
        raise DiskFull

    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        monkeypatch.setattr(Client, method, fail)
        if method == "delete":
            await choose(pilot, "try that on Monday")
            await pilot.press("d", "d")
        elif method == "mark_read":
            filled_vault.say(room, [filled_vault.Said("soft", "late", app.now())], first=50)
            client_of(app)._publish(Change("timeline", ROOM))
        else:
            await pilot.press(*"Good night", *(["enter"] if method == "send" else []))
        await ready(pilot)
        assert "The disk is full" in last_row(app)
        if method in ("send", "set_draft"):
            assert app.screen.query_one(Composer).text == "Good night"
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)
