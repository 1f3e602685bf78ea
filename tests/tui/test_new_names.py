"""One's own name, and the moment when everyone has a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import get_args

import pytest
from support import filled_vault, new_names, stopped
from support.clock import FrozenClock
from support.new_names import NEXT, ROOM
from textual.pilot import Pilot

from peerroom import i18n
from peerroom.client.promise import PROMISE
from peerroom.client.session import Client
from peerroom.client.views import Change, ConnectionKind, ConnectionState
from peerroom.config import Config, Privacy
from peerroom.pseudonym.names import by_index
from peerroom.store.drafts import Draft
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.chat import ChatScreen
from peerroom.tui.screens.menu import MenuScreen
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.screens.pseudonym import PseudonymScreen
from peerroom.tui.widgets.composer import Composer
from peerroom.tui.widgets.rooms import RoomList

MakeApp = Callable[..., PeerRoomApp]
OLD, NEW = by_index(new_names.OLD_NAME), by_index(new_names.NEW_NAME)
CHANGED = f"Everyone in the room has a new name. You are now {NEW.english}."
CHANGING = "The room is changing names. Reading goes on; writing waits a few minutes."


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def said(app: PeerRoomApp) -> str:
    """What the screen says, without its line breaks."""
    return " ".join(shown(app).split())


async def ready(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def client_of(app: PeerRoomApp) -> Client:
    assert app.entry.client is not None
    return app.entry.client


def open_room(app: PeerRoomApp) -> str | None:
    chat = app.screen_stack[0]
    assert isinstance(chat, ChatScreen)
    return chat.room.room_id if chat.room else None


@pytest.fixture
def rotating(room: Vault, night: FrozenClock) -> Vault:
    new_names.rotate(room, night.now())
    return room


# The page


async def test_the_name_is_one_key_away(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test(size=(90, 60)) as pilot:
        await ready(pilot)
        assert f"{OLD.english} (F8)" in shown(app).splitlines()[0]
        await pilot.press("f8")
        await ready(pilot)
        assert f"You are {OLD.english} until Sunday 05:00 · crowd 14" in shown(app)
        assert OLD.japanese in shown(app)
        for sentence in PROMISE:
            assert sentence in said(app)
        await pilot.press("escape")
        await ready(pilot)
        assert isinstance(app.screen, ChatScreen)


@pytest.mark.parametrize("word", ["/name", "/名前"])
async def test_it_can_be_typed(make_app: MakeApp, rotating: Vault, word: str) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        app.screen.query_one(Composer).put(word)
        await pilot.press("enter")
        await ready(pilot)
        assert isinstance(app.screen, PseudonymScreen)


async def test_it_is_in_the_menu(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f2", *"your name", "enter")
        await ready(pilot)
        assert isinstance(app.screen, PseudonymScreen)


async def test_a_name_that_does_not_rotate_says_so(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert "You are Quiet Amber Heron" in shown(app)
        assert "This name does not rotate: everyone here can follow it." in said(app)
        assert "crowd" not in said(app) and "Every epoch" not in said(app)


@pytest.mark.parametrize(
    ("crowd", "sentence"),
    [
        (5, "Only 5 changed names together. With fewer than 8, no claim is made that names cannot"),
        (8, "8 changed names together. That is a small crowd:"),
        (19, "19 changed names together. That is a small crowd:"),
    ],
)
async def test_a_small_crowd_is_said(
    make_app: MakeApp, room: Vault, night: FrozenClock, crowd: int, sentence: str
) -> None:
    new_names.rotate(room, night.now(), crowd=crowd)
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert sentence in said(app)
        assert "The crowd counts accounts; a host could fill it with puppets." in said(app)


async def test_a_large_crowd_may_hold_puppets_all_the_same(
    make_app: MakeApp, room: Vault, night: FrozenClock
) -> None:
    new_names.rotate(room, night.now(), crowd=20, away=3)
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert "small crowd" not in said(app) and "no claim" not in said(app)
        assert "a host could fill it with puppets." in said(app)
        assert "3 people here were not renewed this week and keep their old names." in said(app)


async def test_a_newcomer_knows_that_it_shows(
    make_app: MakeApp, room: Vault, night: FrozenClock
) -> None:
    new_names.rotate(room, night.now(), newcomer=True)
    words = (
        "Today's newcomer is recognisable. At the next change of names, Sunday 05:00, you "
        "disappear in the crowd."
    )
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert words in said(app)
        await pilot.press("escape")
        await ready(pilot)
        client_of(app).tell(Change("pseudonym"))
        await ready(pilot)
        assert words not in said(app)
        await pilot.press("f8")
        await ready(pilot)
        assert words in said(app)
    again = make_app(vault=room)
    async with again.run_test() as pilot:
        await ready(pilot)
        assert words not in said(again)


async def test_a_newcomer_is_told_as_soon_as_it_is_certain(
    make_app: MakeApp, room: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "change of names" not in said(app)
        new_names.rotate(room, night.now(), crowd=None, newcomer=True)
        client_of(app).tell(Change("pseudonym"))
        await ready(pilot)
        words = "Until the first change of names, Sunday 05:00, everyone here can follow this name."
        assert words in said(app)


@pytest.mark.parametrize("kind", get_args(ConnectionKind))
async def test_it_needs_no_server(
    make_app: MakeApp, rotating: Vault, monkeypatch: pytest.MonkeyPatch, kind: ConnectionKind
) -> None:
    app = make_app(vault=rotating)
    state = ConnectionState(kind, "Not now.", app.start.clock.now())
    monkeypatch.setattr(Client, "connection", state)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert f"You are {OLD.english} until Sunday 05:00" in shown(app)


@pytest.mark.parametrize("proxy", [None, "socks5://127.0.0.1:9050"])
async def test_whether_the_address_shows_is_said(
    make_app: MakeApp, rotating: Vault, proxy: str | None
) -> None:
    app = make_app(vault=rotating, config=Config(privacy=Privacy(proxy=proxy)))
    async with app.run_test(size=(100, 60)) as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert ("PeerRoom goes through your proxy now." in said(app)) is (proxy is not None)
        assert ("whoever runs the server sees your address." in said(app)) is (proxy is None)


async def test_it_speaks_the_other_language_too(make_app: MakeApp, rotating: Vault) -> None:
    i18n.set_language("ja")
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await ready(pilot)
        assert f"日曜 05:00まで、あなたは「{OLD.japanese}」です · まぎれる人数 14" in shown(app)
        assert OLD.english in shown(app)


async def test_whose_name_stays_is_marked_in_the_list(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"/people", "enter")
        await ready(pilot)
        assert "Warm Rain Lantern  moderator · does not rotate" in shown(app)


# Before everyone has a new name


async def test_while_names_change_one_reads_and_keeps_what_one_writes(
    make_app: MakeApp, rotating: Vault
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        new_names.close(rotating, client_of(app))
        await ready(pilot)
        assert CHANGING in said(app)
        await pilot.press(*"good", "enter", *" night")
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "good night"
        assert rotating.outbox.of_room(ROOM) == []
        assert rotating.drafts.get(ROOM) == Draft("good night")
        await pilot.press("enter")
        assert "Kept for now: it goes with you to the new names." in shown(app)


async def test_the_line_goes_when_the_room_opens_again(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        new_names.close(rotating, client_of(app))
        await ready(pilot)
        rotating.rooms.set_state(ROOM, "m.room.power_levels", "", {})
        client_of(app).tell(Change("pseudonym"))
        await ready(pilot)
        assert CHANGING not in said(app)


# Everyone has a new name


async def test_the_view_goes_along_with_what_was_being_written(
    make_app: MakeApp, rotating: Vault
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"half a thought")
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        assert open_room(app) == NEXT
        assert CHANGED in said(app)
        assert f"{NEW.english} (F8)" in shown(app).splitlines()[0]
        assert app.screen.query_one(Composer).text == "half a thought"
        await pilot.press("escape")
        await ready(pilot)
        assert CHANGED not in said(app)


async def test_a_keystroke_that_was_not_told_yet_goes_along(
    make_app: MakeApp, rotating: Vault
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        app.screen.query_one(Composer).insert("typed just now")
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        assert app.screen.query_one(Composer).text == "typed just now"
        assert rotating.drafts.get(ROOM) is None


@pytest.mark.parametrize(
    ("key", "page"), [("f1", PanicScreen), ("f2", MenuScreen), ("f8", PseudonymScreen)]
)
async def test_nobody_is_taken_from_a_page(
    make_app: MakeApp, rotating: Vault, key: str, page: type
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"half", key)
        await ready(pilot)
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        assert isinstance(app.screen, page)
        assert open_room(app) == ROOM
        await pilot.press("escape")
        await ready(pilot)
        assert open_room(app) == NEXT
        assert CHANGED in said(app)
        assert app.screen.query_one(Composer).text == "half"


async def test_the_page_about_the_name_says_the_new_one(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        assert f"You are {NEW.english} until" in said(app)
        await pilot.press("end")
        await ready(pilot)
        assert OLD.english in said(app)


# Names had stopped

SURE = "Only if a moderator told you in another way that all is well."


def last_row(app: PeerRoomApp) -> str:
    return shown(app).splitlines()[-1]


def stop(app: PeerRoomApp, vault: Vault, night: FrozenClock) -> Client:
    client = client_of(app)
    stopped.stop(vault, client.account, ROOM)
    stopped.attend(client, vault, night)
    return client


async def test_after_a_stop_names_change_again_when_asked_twice(
    make_app: MakeApp, rotating: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        client = stop(app, rotating, night)
        stopped.mend(rotating, ROOM)
        await pilot.press("f8")
        await ready(pilot)
        assert "A change names again" in last_row(app) and SURE not in said(app)
        await pilot.press("a")
        await ready(pilot)
        assert SURE in said(app) and "A once more" in last_row(app)
        assert client.pseudonym(ROOM).kind == "stopped"
        await pilot.press("a")
        await ready(pilot)
        assert "Names change again." in last_row(app)
        assert f"You are {OLD.english} until" in said(app) and SURE not in said(app)
        assert client.pseudonym(ROOM).kind == "rotates"
        assert "names_again" not in app.applicable()
        await pilot.press("a")
        await ready(pilot)
        assert SURE not in said(app)


async def test_proof_that_is_still_there_is_said_again(
    make_app: MakeApp, rotating: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        client = stop(app, rotating, night)
        why = client.pseudonym(ROOM).problem
        await pilot.press("f8", "a", "a")
        await ready(pilot)
        assert "What did not add up is still there." in last_row(app)
        assert why in said(app) and SURE not in said(app)
        assert client.pseudonym(ROOM).kind == "stopped"


async def test_going_back_changes_nothing_after_a_stop(
    make_app: MakeApp, rotating: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        client = stop(app, rotating, night)
        stopped.mend(rotating, ROOM)
        await pilot.press("f8", "a", "escape", "f8")
        await ready(pilot)
        assert SURE not in said(app)
        assert client.pseudonym(ROOM).kind == "stopped"


async def test_the_menu_offers_it_only_after_a_stop(
    make_app: MakeApp, rotating: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "names_again" not in app.applicable()
        client = stop(app, rotating, night)
        stopped.mend(rotating, ROOM)
        await pilot.press("f2", *"talked with", "enter")
        await ready(pilot)
        assert isinstance(app.screen, PseudonymScreen) and SURE in said(app)
        await pilot.press("a")
        await ready(pilot)
        assert client.pseudonym(ROOM).kind == "rotates"


async def test_the_page_says_a_stop_while_it_is_open(
    make_app: MakeApp, rotating: Vault, night: FrozenClock
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f8", "a")
        await ready(pilot)
        assert SURE not in said(app) and "A change" not in last_row(app)
        client = stop(app, rotating, night)
        client.tell(Change("pseudonym"))
        await ready(pilot)
        assert client.pseudonym(ROOM).problem in said(app)
        assert "A change names again" in last_row(app)


async def test_who_reads_in_the_past_stays_there(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        client = client_of(app)
        await new_names.change(client, rotating)
        await ready(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(ROOM)
        await ready(pilot)
        client._publish(Change("moved", NEXT, "Once more."))
        await ready(pilot)
        assert open_room(app) == ROOM
        assert "Once more." in shown(app)


async def test_old_rooms_can_be_read_and_no_more(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        assert "Under your earlier names" in shown(app)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(ROOM)
        await ready(pilot)
        assert f"you were {OLD.english}, 31 May – 7 Jun"[:30] in shown(app).splitlines()[0]
        assert "I will try that on Monday." in shown(app)
        assert app.screen.query_one(Composer).read_only
        await pilot.press("shift+tab", "up")
        assert chat.check_action("delete", ()) is False


async def test_the_next_start_opens_where_one_lives(make_app: MakeApp, rotating: Vault) -> None:
    first = make_app(vault=rotating)
    async with first.run_test() as pilot:
        await ready(pilot)
        await new_names.change(client_of(first), rotating)
        await ready(pilot)
        chat = first.screen
        assert isinstance(chat, ChatScreen)
        chat.open_room(ROOM)
    again = make_app(vault=rotating)
    async with again.run_test() as pilot:
        await ready(pilot)
        assert open_room(again) == NEXT


# Help and leaving, in each of these states

Enter = Callable[[Client, Vault], Awaitable[None]]


async def _steady(_client: Client, _vault: Vault) -> None:
    """Names rotate, and nothing happens now."""


async def _closed(client: Client, vault: Vault) -> None:
    new_names.close(vault, client)


async def _between(client: Client, vault: Vault) -> None:
    await client.move(new_names.new_account(vault))


async def _changed(client: Client, vault: Vault) -> None:
    await new_names.change(client, vault)


@pytest.mark.parametrize("page", [None, "f8", "f4"])
@pytest.mark.parametrize("state", [_steady, _closed, _between, _changed])
async def test_help_and_leaving_work_in_every_state(
    make_app: MakeApp, rotating: Vault, state: Enter, page: str | None
) -> None:
    left: list[str] = []
    app = make_app(vault=rotating, farewell=lambda: left.append("left"))
    async with app.run_test() as pilot:
        await ready(pilot)
        if page:
            await pilot.press(page)
            await ready(pilot)
        await state(client_of(app), rotating)
        await ready(pilot)
        before = app.screen
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)
        assert "119" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is before
        await pilot.press("ctrl+t")
        assert isinstance(app.screen, PanicScreen)
        await pilot.press("ctrl+q", "ctrl+q")
        await pilot.pause()
        assert left == ["left"]


@pytest.mark.parametrize("state", [_closed, _between, _changed])
async def test_help_that_is_open_stays_open_through_it(
    make_app: MakeApp, rotating: Vault, state: Enter
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1")
        await state(client_of(app), rotating)
        await ready(pilot)
        assert isinstance(app.screen, PanicScreen)
        assert "119" in shown(app)


async def test_the_rooms_page_shows_the_past_below(make_app: MakeApp, rotating: Vault) -> None:
    app = make_app(vault=rotating)
    async with app.run_test() as pilot:
        await ready(pilot)
        await new_names.change(client_of(app), rotating)
        await ready(pilot)
        await pilot.press("f4")
        await ready(pilot)
        assert isinstance(app.screen.query_one(RoomList), RoomList)
        assert OLD.english in shown(app) and "31 May – 7 Jun" in shown(app)
        assert filled_vault.TITLES["en"] in shown(app)
        await pilot.press("down", "enter")
        await ready(pilot)
        assert open_room(app) == ROOM


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (90, f" Parents at night · {OLD.english} (F8) · 4 people "),
        (80, f" Parents at night · {OLD.english} (F8)  "),
    ],
)
async def test_the_first_row_has_room_for_the_name_first(
    make_app: MakeApp, rotating: Vault, columns: int, row: str
) -> None:
    app = make_app(vault=rotating)
    async with app.run_test(size=(columns, 24)) as pilot:
        await ready(pilot)
        assert shown(app).splitlines()[0].startswith(row)
