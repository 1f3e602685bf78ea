"""Where one writes."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste

from peerroom.tui.widgets.composer import Composer


class Stage(App[None]):
    """Nothing but a composer."""

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[str] = []

    def compose(self) -> ComposeResult:
        yield Composer()

    def on_mount(self) -> None:
        self.composer.focus()

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        self.submitted.append(event.text)

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)


async def test_enter_sends_and_writes_no_line() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter")
        await pilot.pause()
        assert app.submitted == ["hello"]
        assert app.composer.text == "hello"


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_its_companions_begin_a_line(key: str) -> None:
    app = Stage()
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b")
        await pilot.pause()
        assert app.composer.text == "a\nb"
        assert app.submitted == []


async def test_a_paste_is_text_and_sends_nothing() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        app.composer.post_message(Paste("one\r\ntwo\rthree\x1b[2J\x00\u202efour\tfive"))
        await pilot.pause()
        assert app.composer.text == "one\ntwo\nthree\ufffd[2J\ufffd\ufffdfour    five"
        assert app.submitted == []


async def test_up_brings_back_what_was_sent_and_down_the_empty_line() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        for text in ("first", "second", "second", ""):
            app.composer.remember(text)
        await pilot.press("up")
        assert app.composer.text == "second"
        await pilot.press("up", "up")
        assert app.composer.text == "first"
        await pilot.press("down")
        assert app.composer.text == "second"
        await pilot.press("down")
        assert app.composer.text == ""


async def test_up_moves_in_a_text_that_was_touched() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        app.composer.remember("earlier")
        await pilot.press("a", "ctrl+j", "b", "up")
        assert app.composer.text == "a\nb"
        assert app.composer.cursor_location[0] == 0
        app.composer.put("")
        await pilot.press("up", "x", "up")
        assert app.composer.text == "earlierx"


async def test_nothing_moves_by_itself() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        await pilot.press("a")
        assert not app.composer.cursor_blink
        assert app.composer.blink_timer._active.is_set() is False


async def test_wide_characters_move_the_cursor_by_two_cells() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        app.composer.put("あい")
        await pilot.pause()
        assert app.composer.cursor_screen_offset.x - app.composer.content_region.x == 4
