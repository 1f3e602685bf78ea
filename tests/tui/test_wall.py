"""The second wall, by itself: as if the first one had been forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from support import hostile
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.widgets import Static

from peerroom.text.cells import cell_width
from peerroom.tui import Start
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.wall import Wall

BLACK = Color(0, 0, 0)


def through(*segments: Segment) -> list[Segment]:
    return Wall().apply(list(segments), BLACK)


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_nothing_that_a_terminal_would_obey_passes(text: str) -> None:
    (segment,) = through(Segment(text, Style(bold=True)))
    assert hostile.leaks(segment.text.encode("utf-8", "replace")) == []
    assert "\n" not in segment.text
    assert segment.style == Style(bold=True)


@given(st.text())
def test_widths_and_lengths_stay(text: str) -> None:
    (segment,) = through(Segment(text))
    assert len(segment.text) == len(text)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    (segment,) = through(Segment(text))
    assert segment.text == text
    assert cell_width(segment.text) == cell_width(text)


def test_links_are_taken_out_of_styles() -> None:
    (segment,) = through(Segment("click", Style(link="http://evil.example", bold=True)))
    assert segment.style is not None
    assert segment.style.link is None
    assert segment.style.bold


def test_textuals_own_controls_pass() -> None:
    from rich.control import Control

    control = Control.home().segment
    assert through(control) == [control]


class Forgetful(App[None]):
    """Shows raw text in borders and bodies, as no widget of ours may."""

    CSS = "Static { border: solid red; height: auto; }"

    def __init__(self, *, walled: bool) -> None:
        super().__init__()
        self._walled = walled

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), *([Wall()] if self._walled else [])]

    def compose(self) -> ComposeResult:
        for text in hostile.TEXTS:
            widget = Static(text[:100], markup=False)
            widget.border_title = Content(text[:100])
            yield widget


@pytest.mark.parametrize("walled", [True, False])
async def test_it_stands_behind_every_widget_and_is_needed(walled: bool) -> None:
    app = Forgetful(walled=walled)
    async with app.run_test(size=(100, 200)):
        found = [
            leak
            for strip in app.screen._compositor.render_strips()
            for leak in hostile.leaks(strip.text.encode("utf-8", "replace"))
        ]
    assert bool(found) is not walled


def test_the_app_has_it() -> None:
    assert any(isinstance(each, Wall) for each in PeerRoomApp(Start()).get_line_filters())
