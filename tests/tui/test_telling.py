"""The member's side: what is sent to whom is said before, and nothing else goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support import filled_desk, filled_vault, new_names
from support.clock import FrozenClock
from support.filled_desk import BOT, DOOR
from textual.pilot import Pilot

from peerroom import i18n
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.chat import ChatScreen
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.screens.private import PrivateScreen, WhyScreen
from peerroom.tui.screens.writing import WritePage
from peerroom.tui.widgets.words import Words
from peerroom.wire import member

MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def said(vault: Vault) -> list[member.Ask]:
    """What waits to go to the bot, and to the bot alone."""
    rows = vault.outbox.of_room(DOOR)
    assert all(set(row.content["readers"]) == {filled_vault.OWN, BOT} for row in rows)
    return [member.read_ask(row.content["content"]) for row in rows]


@pytest.fixture
def let_in(room: Vault) -> Vault:
    filled_desk.let_in(room)
    room.settings.set("interface.room", filled_vault.ROOM)
    return room


@pytest.fixture
async def app(make_app: MakeApp, let_in: Vault) -> PeerRoomApp:
    return make_app(vault=let_in)


async def test_a_report_shows_all_that_is_sent_and_to_whom(app: PeerRoomApp, let_in: Vault) -> None:
    async with app.run_test(size=(100, 44)) as pilot:
        await settle(pilot)
        await press(pilot, "shift+tab", "up")
        assert "T tell the moderators" in shown(app)
        await press(pilot, "t")
        assert isinstance(app.screen, WritePage)
        page = " ".join(shown(app).split())
        assert "Only the moderators see what you send here." in page
        assert "They do not see who reported it" in page
        assert said(let_in) == []
        await press(pilot, *"not kind", "enter")
        assert isinstance(app.screen, ChatScreen)
        assert "on its way to the moderators" in shown(app)
    [report] = said(let_in)
    assert isinstance(report, member.Report)
    assert report.why == "not kind"
    [about] = [line for line in report.lines if line.about]
    assert about.text == "We are thinking of you."
    for line in report.lines:
        assert " ".join(line.text.split()) in page
        assert line.name in page
    assert page.count("▌") == 2, "the message it is about, and nothing else, is marked"


async def test_a_report_may_be_without_words_and_esc_sends_nothing(
    app: PeerRoomApp, let_in: Vault
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "shift+tab", "up", "t", "escape")
        assert said(let_in) == []
        await press(pilot, "t", "enter")
        assert len(said(let_in)) == 1


async def test_the_menu_leads_to_a_report_and_without_a_message_says_how_to_choose_one(
    app: PeerRoomApp, let_in: Vault
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f2", *"report", "enter")
        assert "Choose the message with ↑↓, then press T." in shown(app)
        await press(pilot, "t")
        assert isinstance(app.screen, WritePage)


async def test_one_cannot_report_oneself(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "shift+tab", "up", "up")
        assert "T tell the moderators" not in shown(app)
        await press(pilot, "t")
        assert isinstance(app.screen, ChatScreen)


async def test_what_the_bot_says_in_private_is_not_reported(
    app: PeerRoomApp, let_in: Vault, night: FrozenClock
) -> None:
    filled_desk.explained(let_in, night.now())
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, ChatScreen)
        app.screen.open_room(DOOR)
        await press(pilot, "shift+tab", "up")
        assert "T tell the moderators" not in shown(app)
        await press(pilot, "t")
        assert not isinstance(app.screen, WritePage)


async def test_without_moderators_nothing_is_written_and_it_is_said_why(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "shift+tab", "up", "t")
        assert isinstance(app.screen, ChatScreen)
        assert "No moderators of PeerRoom look after this room" in shown(app)
        await press(pilot, "escape", "f7")
        assert "No moderators of PeerRoom look after this room" in shown(app)
        await press(pilot, "h")
        assert isinstance(app.screen, PrivateScreen)


@pytest.mark.parametrize(
    ("keys", "ask"),
    [
        (("f7", "enter", "enter"), member.AskModerator(help=True)),
        (("f7", "h", *"please", "enter"), member.AskModerator(text="please", help=True)),
        (("f7", "a", "enter", *"hello", "enter"), member.AskModerator(text="hello")),
        ((*"/ask", "enter", *"hello", "enter"), member.AskModerator(text="hello")),
        ((*"/ask-help", "enter", "enter"), member.AskModerator(help=True)),
    ],
)
async def test_one_asks_in_private(
    app: PeerRoomApp, let_in: Vault, keys: tuple[str, ...], ask: member.Ask
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        assert said(let_in) == [ask]
        assert "on its way to the moderators" in shown(app)


async def test_help_names_the_helplines_too(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f7", "h")
        assert "F1 shows people who answer" in shown(app)
        await press(pilot, *"half a th", "f1")
        assert isinstance(app.screen, PanicScreen)
        await press(pilot, "escape", *"ought")
        assert app.screen.query_one(Words).text == "half a thought"


async def test_what_was_sent_and_how_far_it_has_come_is_listed(
    app: PeerRoomApp, let_in: Vault, night: FrozenClock
) -> None:
    filled_desk.explained(let_in, night.now())
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f7")
        assert "a word to the moderators: Is there somebody" in shown(app)
        assert "the moderators have it" in shown(app)
        await press(pilot, "a", *"again", "enter")
        assert "a word to the moderators: again" in shown(app)
        assert "on its way" in shown(app)


async def test_why_something_was_removed_and_to_have_it_looked_at_again(
    app: PeerRoomApp, let_in: Vault, night: FrozenClock
) -> None:
    own = f"$event-{filled_vault.ROOM}-7"
    filled_desk.explained(let_in, night.now(), about=own)
    let_in.events.redact(filled_vault.ROOM, own, by=BOT)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "shift+tab", "up", "up")
        assert "W why" in shown(app)
        await press(pilot, "w")
        assert isinstance(app.screen, WhyScreen)
        assert "contact details or an address" in shown(app)
        assert "An offer that asks for contact" in shown(app)
        await press(pilot, "a", *"it was my own number", "enter")
        assert isinstance(app.screen, ChatScreen)
        assert said(let_in) == [member.Appeal(deed=18, text="it was my own number")]
        await press(pilot, "f7", "down", "down", "enter")
        assert isinstance(app.screen, WhyScreen)
        assert "You have asked the moderators to look again." in shown(app)
        await press(pilot, "a")
        assert isinstance(app.screen, WhyScreen)
    assert len(said(let_in)) == 1


async def test_under_an_earlier_name_one_asks_the_moderators_of_the_present_one(
    app: PeerRoomApp, let_in: Vault
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        client = app.entry.client
        assert client is not None
        new_names.rotate(let_in, app.now())
        await new_names.change(client, let_in)
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        screen.open_room(filled_vault.ROOM)
        await press(pilot, "shift+tab", "up", "t")
        assert "That was under an earlier name of yours" in shown(app)
        assert said(let_in) == []
        await press(pilot, "escape", "f7")
        assert "earlier name" not in shown(app)


async def test_an_answer_can_be_read_after_names_changed(app: PeerRoomApp, let_in: Vault) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        client = app.entry.client
        assert client is not None
        words: dict[str, Any] = {"msgtype": "m.notice", "body": "words for others"}
        words[member.TELL] = member.content(member.Reply(text="You are not alone with it."))
        filled_desk.hear(let_in, DOOR, BOT, words, app.now())
        client.tell(Change("notice", DOOR, "The moderators have written.", "answer"))
        await settle(pilot)
        assert "→ The moderators have written. F7 shows it." in shown(app)
        new_names.rotate(let_in, app.now())
        await new_names.change(client, let_in)
        await press(pilot, "f7")
        assert "before your name changed" in shown(app)
        await press(pilot, "down", "down", "enter")
        assert "What they wrote to you" in shown(app)
        assert "You are not alone with it." in shown(app)


async def test_good_news_has_no_mark_of_alarm(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        client = app.entry.client
        assert client is not None
        client.tell(Change("notice", DOOR, "The moderators have it.", "received"))
        await settle(pilot)
        assert "✓ The moderators have it." in shown(app)
        client.tell(Change("notice", DOOR, "Something is wrong."))
        await settle(pilot)
        assert "! Something is wrong." in shown(app)


async def test_it_is_said_anew_in_another_language(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f7", "h", *"abc")
        app.speak("ja")
        await settle(pilot)
        assert "見守り役" in shown(app)
        assert app.screen.query_one(Words).text == "abc"
    i18n.set_language("en")


# What holds for every page, on these too

MEMBER: list[tuple[str, ...]] = [
    ("f7",),
    ("f7", "h"),
    ("f7", "a"),
    ("f7", "down", "down", "enter"),
    ("f7", "down", "down", "enter", "a"),
    ("f7", "down", "down", "down", "enter"),
    ("shift+tab", "up", "t"),
]
DESK: list[tuple[str, ...]] = [
    ("f9",),
    ("f9", "enter"),
    ("f9", "down", "enter", "o"),
    ("f9", "down", "enter", "enter"),
    ("f9", "down", "enter", "r"),
    ("f9", "down", "enter", "r", "down", "enter"),
    ("f9", "down", "enter", "n"),
    ("f9", "r"),
    ("f9", "l"),
    ("f9", "l", "f"),
    ("f9", "l", "x"),
    ("f9", "s"),
    ("f9", "exclamation_mark"),
]
PAGES = pytest.mark.parametrize("keys", MEMBER + DESK, ids=lambda keys: " ".join(keys))
SOME = pytest.mark.parametrize(
    "keys",
    [
        pytest.param(keys, marks=() if keys in (MEMBER[0], DESK[0]) else pytest.mark.soak)
        for keys in MEMBER + DESK
    ],
    ids=lambda keys: " ".join(keys),
)
"""A page of each side; the others in the soak. Panic and leaving are tried on all, always."""


@pytest.fixture
async def seated(make_app: MakeApp, vault: Vault, night: FrozenClock) -> PeerRoomApp:
    vault.settings.set("interface.room", filled_vault.ROOM)
    filled_desk.furnished(vault, night.now())
    return make_app(vault=vault)


@PAGES
async def test_help_opens_over_it_and_one_comes_back(
    seated: PeerRoomApp, keys: tuple[str, ...]
) -> None:
    async with seated.run_test() as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        page = seated.screen
        assert not isinstance(page, ChatScreen)
        for way in ("f1", "ctrl+t"):
            await press(pilot, way)
            assert isinstance(seated.screen, PanicScreen)
            await press(pilot, "escape")
            assert seated.screen is page


@PAGES
async def test_one_leaves_from_it_at_once(
    make_app: MakeApp, vault: Vault, night: FrozenClock, keys: tuple[str, ...]
) -> None:
    left: list[str] = []
    vault.settings.set("interface.room", filled_vault.ROOM)
    filled_desk.furnished(vault, night.now())
    app = make_app(vault=vault, farewell=lambda: left.append("left"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        await pilot.press("ctrl+q", "ctrl+q")
        await pilot.pause()
        assert left == ["left"]


@SOME
async def test_no_size_breaks_it(seated: PeerRoomApp, keys: tuple[str, ...]) -> None:
    async with seated.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        for size in ((20, 5), (40, 10), (160, 50)):
            await pilot.resize_terminal(*size)
            await press(pilot, "down", "up", "pagedown")
            assert seated.is_running


@SOME
async def test_it_goes_on_when_names_change_under_it(
    seated: PeerRoomApp, keys: tuple[str, ...]
) -> None:
    async with seated.run_test() as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        client: Any = seated.entry.client
        assert isinstance(client, Client)
        for kind in ("timeline", "outbox", "rooms", "moved"):
            client.tell(Change(kind, filled_desk.DESK))
            await settle(pilot)
        assert seated.is_running


def test_the_pages_take_the_time_from_the_start(night: FrozenClock) -> None:
    from peerroom.tui.screens.cases import waited

    assert waited(timedelta(minutes=1)) == "1 minute"
    assert waited(timedelta(minutes=119)) == "1 hour"
    assert waited(timedelta(hours=47)) == "47 hours"
    assert waited(timedelta(days=3)) == "3 days"
    assert waited(-timedelta(days=3)) == "0 minutes"
