"""The conversation as a widget: where it stands, what is selected, what is new."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support import filled_vault
from support.clock import FrozenClock
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from peerroom.client.roster import Roster
from peerroom.client.timeline import Timeline
from peerroom.store.vault import Vault
from peerroom.tui.theme import EVENING
from peerroom.tui.timeline.view import TimelineView
from peerroom.tui.timeline.window import LIMIT

NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)


class Stage(App[None]):
    """Nothing but a conversation."""

    CSS_PATH = None

    def __init__(self, pages: Timeline, unread: int = 0) -> None:
        super().__init__()
        self.register_theme(EVENING)
        self.theme = "evening"
        self._pages = pages
        self._unread = unread
        self.seen: list[int] = []
        self.wanted_older = 0

    def compose(self) -> ComposeResult:
        yield TimelineView(FrozenClock(NIGHT), UTC)

    def on_mount(self) -> None:
        self.view.show_room(self._pages, self._unread)
        self.view.focus()

    def on_timeline_view_seen(self, event: TimelineView.Seen) -> None:
        self.seen.append(event.position)

    def on_timeline_view_needs_older(self) -> None:
        self.wanted_older += 1

    @property
    def view(self) -> TimelineView:
        return self.query_one(TimelineView)

    @property
    def painted(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


@pytest.fixture
def pages(vault: Vault) -> Timeline:
    """A room with 400 messages."""
    filled_vault.furnish(vault)
    filled_vault.say(vault, numbered(range(1, 401)))
    account = vault.accounts.current()
    assert account is not None
    return Roster(vault, account.id, account.user_id).timeline(filled_vault.ROOM)


def numbered(numbers: range, sender: str = "warm") -> list[filled_vault.Said]:
    return [filled_vault.Said(sender, f"number {n}.", NIGHT) for n in numbers]


def more(vault: Vault, numbers: range, sender: str = "warm") -> None:
    filled_vault.say(vault, numbered(numbers, sender), first=numbers.start)


def top(app: Stage) -> str:
    return next(line for line in app.painted if line)


async def scroll_up(pilot: Pilot[None], pages: int) -> None:
    for _ in range(pages):
        await pilot.press("pageup")
    await pilot.pause()


async def test_it_opens_at_the_newest_message(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.painted[-2:] == ["  number 400.", ""]
        assert app.seen == [400]


async def test_few_messages_stand_at_the_foot(vault: Vault, pages: Timeline) -> None:
    for position in range(3, 401):
        vault.events.redact(filled_vault.ROOM, f"$event-{filled_vault.ROOM}-{position}")
    async with Stage(pages).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app = pilot.app
        assert isinstance(app, Stage)
        assert app.painted[-1] == ""
        assert app.painted[-2] != ""


async def test_a_new_message_is_followed_at_the_end(vault: Vault, pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        more(vault, range(401, 403))
        app.view.refresh_messages()
        await pilot.pause()
        assert app.painted[-2] == "  number 402."
        assert app.view.below == 0
        assert app.seen[-1] == 402


async def test_reading_further_up_is_not_disturbed(vault: Vault, pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await scroll_up(pilot, 2)
        before = app.painted[:-1]
        more(vault, range(401, 404))
        app.view.refresh_messages()
        await pilot.pause()
        assert app.painted[:-1] == before
        assert app.view.below == 3
        assert app.painted[-1].strip() == "▼ 3 new messages below"
        assert app.seen == [400]
        await pilot.press("end")
        await pilot.pause()
        assert app.painted[-2] == "  number 403."
        assert app.view.below == 0


async def test_ones_own_messages_are_not_news(vault: Vault, pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await scroll_up(pilot, 2)
        more(vault, range(401, 403), sender=filled_vault.OWN)
        app.view.refresh_messages()
        await pilot.pause()
        assert app.view.below == 0


async def test_the_line_about_new_messages_leads_to_them(vault: Vault, pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await scroll_up(pilot, 2)
        more(vault, range(401, 402))
        app.view.refresh_messages()
        await pilot.pause()
        await pilot.click(TimelineView, offset=(40, app.view.size.height - 1))
        await pilot.pause()
        assert app.painted[-2] == "  number 401."


async def test_going_up_to_the_beginning_shows_every_message(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        seen: set[str] = set()
        for _ in range(200):
            seen.update(line.strip() for line in app.painted)
            if app.wanted_older and app.view.scroll_offset.y == 0:
                break
            await pilot.press("pageup")
            await pilot.pause()
        assert {f"number {n}." for n in range(1, 401)} <= seen
        assert app.wanted_older


async def test_memory_holds_a_window_only(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await scroll_up(pilot, 18)
        assert len(app.view._canvas.blocks) <= LIMIT


@pytest.mark.parametrize("up", [0, 3])
async def test_a_resize_keeps_the_readers_place(pages: Timeline, up: int) -> None:
    app = Stage(pages)
    async with app.run_test(size=(80, 24)) as pilot:
        await scroll_up(pilot, up)
        first, last = top(app), app.painted[-2]
        await pilot.resize_terminal(30, 24)
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert (last == app.painted[-2]) if up == 0 else (first == top(app))


async def test_the_first_unread_message_is_marked(pages: Timeline) -> None:
    app = Stage(pages, unread=4)
    async with app.run_test() as pilot:
        await pilot.pause()
        marks = [n for n, line in enumerate(app.painted) if " new " in line]
        assert len(marks) == 1
        after = app.painted[marks[0] + 1 :]
        assert "number 397." in " ".join(after)
        assert "number 396." not in " ".join(after)


async def test_keys_select_and_the_bar_shows_it(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await pilot.press("up")
        view = app.view.selected_view()
        assert view is not None
        assert view.body == "number 400."
        assert any(line.startswith("▌ number 400.") for line in app.painted)
        await pilot.press("up", "up", "down")
        view = app.view.selected_view()
        assert view is not None
        assert view.body == "number 399."
        await pilot.press("down", "down")
        assert app.view.selected_view() is None


async def test_selecting_upwards_scrolls_and_loads(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*["up"] * 40)
        await pilot.pause()
        view = app.view.selected_view()
        assert view is not None
        assert view.body == "number 361."
        assert any(line.startswith("▌ number 361.") for line in app.painted)


async def test_a_click_selects_and_a_second_takes_it_back(pages: Timeline) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await pilot.pause()
        row = next(n for n, line in enumerate(app.painted) if "number 395." in line)
        await pilot.click(TimelineView, offset=(5, row))
        view = app.view.selected_view()
        assert view is not None
        assert view.body == "number 395."
        await pilot.click(TimelineView, offset=(5, row))
        assert app.view.selected_view() is None


async def test_a_hostile_long_message_takes_little_room_until_asked(vault: Vault) -> None:
    filled_vault.furnish(vault)
    long = "\n".join(f"line {n}" for n in range(9000))
    filled_vault.say(vault, [filled_vault.Said("warm", long, NIGHT)])
    account = vault.accounts.current()
    assert account is not None
    pages = Roster(vault, account.id, account.user_id).timeline(filled_vault.ROOM)
    app = Stage(pages)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.view.virtual_size.height <= 24
        row = next(n for n, line in enumerate(app.painted) if "show the rest" in line)
        await pilot.click(TimelineView, offset=(5, row))
        await pilot.pause()
        assert app.view.virtual_size.height > 500


async def test_a_deleted_message_loses_its_text_and_the_selection_stays(
    vault: Vault, pages: Timeline
) -> None:
    app = Stage(pages)
    async with app.run_test() as pilot:
        await pilot.press("up")
        view = app.view.selected_view()
        assert view is not None
        assert view.event_id is not None
        vault.events.redact(filled_vault.ROOM, view.event_id)
        app.view.refresh_messages()
        await pilot.pause()
        assert not any("number 400." in line for line in app.painted)
        assert any("This message was deleted." in line for line in app.painted)
        now = app.view.selected_view()
        assert now is not None
        assert now.state == "deleted"


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (12, 3), (40, 10), (400, 120)])
async def test_no_size_breaks_it(pages: Timeline, size: tuple[int, int]) -> None:
    async with Stage(pages).run_test(size=size) as pilot:
        await pilot.press("pageup", "up", "end")
