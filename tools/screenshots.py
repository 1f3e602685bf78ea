"""Pictures of the real app for the documentation: ``make screenshots`` writes docs/images/*.png.

Each scene runs the terminal client on a filled vault in memory, at a clock that stands still, and
paints the cells it draws. Latin and box drawing come from the same font as the Japanese text,
which holds half-width forms for a grid; box and block characters are drawn as lines, as terminals
do. ``tools/screenshots.py NAME…`` makes only the scenes whose names begin so.
"""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

import noto_cjk_sans_jp_regular
from PIL import Image, ImageDraw, ImageFont
from rich.color import ColorType
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support import filled_desk, filled_vault, new_names  # noqa: E402 - the path to it is set just above
from support.clock import FrozenClock  # noqa: E402

from peerroom import i18n  # noqa: E402
from peerroom.client.session import Client  # noqa: E402
from peerroom.client.views import ConnectionState  # noqa: E402
from peerroom.store.vault import Vault  # noqa: E402
from peerroom.text.cells import cell_width  # noqa: E402
from peerroom.tui import Start  # noqa: E402
from peerroom.tui.app import PeerRoomApp  # noqa: E402

IMAGES = ROOT / "docs" / "images"
NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)
CELL_WIDTH, CELL_HEIGHT, MARGIN = 12, 26, 14
FONT = ImageFont.truetype(
    str(Path(noto_cjk_sans_jp_regular.__file__).with_name("NotoSansCJKjp-Regular.otf")), 23
)
SMALL = FONT.font_variant(size=14)
"""For what the font has only in full width and a terminal shows in one cell: arrows, ellipses."""
HALF_WIDTH = ["hwid"]
BASELINE = 20


@dataclass(frozen=True)
class Scene:
    """One picture: a state of the app, a size, and the keys that lead to what is shown."""

    name: str
    language: str = "en"
    columns: int = 80
    rows: int = 24
    keys: Sequence[str] = ()
    theme: str = "evening"
    first_run: bool = False
    names: Literal["fixed", "rotate", "change"] = "fixed"
    desk: bool = False
    """Of a moderator, in the middle of an evening."""


def scenes() -> Iterator[Scene]:
    """Every picture that the documentation may show."""
    begin = "enter"
    for lang in ("en", "ja"):
        yield Scene(f"room-{lang}", lang)
        yield Scene(f"room-wide-{lang}", lang, 120, 34)
        yield Scene(f"room-light-{lang}", lang, theme="morning")
        yield Scene(f"panic-{lang}", lang, keys=["f1"])
        yield Scene(f"panic-wide-{lang}", lang, 120, 34, keys=["f1"])
        yield Scene(f"hard-{lang}", lang, keys=["f1", "w", "down"])
        yield Scene(f"menu-{lang}", lang, keys=["f2"])
        yield Scene(f"name-{lang}", lang, keys=["f8"], names="rotate")
        yield Scene(f"new-names-{lang}", lang, 120, 34, names="change")
        yield Scene(f"report-{lang}", lang, keys=["shift+tab", "up", "t"], desk=True)
        yield Scene(f"private-{lang}", lang, keys=["f7"], desk=True)
        yield Scene(f"cases-{lang}", lang, keys=["f9"], desk=True)
        yield Scene(f"case-covered-{lang}", lang, keys=["f9", "enter"], desk=True)
        yield Scene(f"case-{lang}", lang, 120, 34, keys=["f9", "down", begin, "o"], desk=True)
        yield Scene(f"choices-{lang}", lang, keys=["f9", "down", begin, begin], desk=True)
        yield Scene(
            f"letter-{lang}", lang, keys=["f9", "down", begin, "r", "down", begin], desk=True
        )
        yield Scene(f"log-{lang}", lang, keys=["f9", "l"], desk=True)
        yield Scene(f"welcome-{lang}", lang, first_run=True)
        yield Scene(f"leaving-{lang}", lang, keys=[begin] * 3, first_run=True)
        yield Scene(f"keep-{lang}", lang, keys=[begin] * 4, first_run=True)


async def strips(scene: Scene) -> list[Strip]:
    """The cells of a scene."""
    i18n.set_language(scene.language)
    vault = Vault.ephemeral()
    if scene.desk:
        filled_desk.furnished(vault, NIGHT, scene.language)
        vault.settings.set("interface.room", filled_vault.ROOM)
    elif not scene.first_run:
        filled_vault.furnish(vault, scene.language)
        filled_vault.say(vault, filled_vault.evening(scene.language, NIGHT))
        door = {"en": "The door", "ja": "部屋の入り口"}[scene.language]
        filled_vault.furnish(vault, scene.language, room_id="!door:x", title=door)
        vault.rooms.set_direct("!door:x", True)
        if scene.names != "fixed":
            new_names.rotate(vault, NIGHT)
    start = Start(
        vault=None if scene.first_run else vault,
        folder=Path("/nonexistent"),
        clock=FrozenClock(NIGHT),
        zone=ZoneInfo("Asia/Tokyo"),
        random=Random(1),
        country="JP",
        farewell=lambda: None,
    )
    app = PeerRoomApp(start)
    async with app.run_test(size=(scene.columns, scene.rows)) as pilot:
        app.theme = scene.theme
        await _settle(pilot)
        if scene.names == "change":
            assert app.entry.client is not None
            await new_names.change(app.entry.client, vault, scene.language)
            await _settle(pilot)
        for key in scene.keys:
            await pilot.press(key)
            await _settle(pilot)
        # The compositor's lines are what Textual would write to a terminal.
        return app.screen._compositor.render_strips()  # noqa: SLF001


async def _settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


def picture(lines: Sequence[Strip], columns: int) -> Image.Image:
    """The cells as an image."""
    size = (columns * CELL_WIDTH + 2 * MARGIN, len(lines) * CELL_HEIGHT + 2 * MARGIN)
    background = _colours(next(iter(lines[len(lines) // 2])).style)[1]
    image = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(image)
    for row, strip in enumerate(lines):
        column = 0
        for text, style, _control in strip:
            for cluster in _clusters(text):
                width = max(1, cell_width(cluster))
                _cell(draw, column, row, width, cluster, style)
                column += width
    return image


def _clusters(text: str) -> Iterator[str]:
    """Characters with what combines with them."""
    cluster = ""
    for char in text:
        if cluster and not (unicodedata.combining(char) or char in "\u200d\ufe0f"):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _cell(
    draw: ImageDraw.ImageDraw, column: int, row: int, width: int, text: str, style: Style | None
) -> None:
    ink, paper = _colours(style)
    left, top = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
    right, bottom = left + width * CELL_WIDTH, top + CELL_HEIGHT
    draw.rectangle((left, top, right - 1, bottom - 1), fill=paper)
    if text.isspace():
        return
    if not _drawn(draw, (left, top, right, bottom), text, ink):
        centre = (left + right) / 2
        bold = 0.5 if style is not None and style.bold else 0
        features = HALF_WIDTH if width == 1 else None
        fits = FONT.getlength(text, features=features) <= width * CELL_WIDTH + 2
        font = FONT if fits else SMALL
        draw.text((centre, top + BASELINE), text, fill=ink, font=font, anchor="ms",
                  features=features, stroke_width=bold, stroke_fill=ink)  # fmt: skip
    if style is not None and style.underline:
        draw.line((left, bottom - 3, right - 1, bottom - 3), fill=ink)


def _drawn(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], text: str, ink: str) -> bool:
    """Draw box and block characters as lines and rectangles; False for any other."""
    left, top, right, bottom = box
    middle, centre = (top + bottom) // 2, (left + right) // 2
    blocks = {
        "█": box,
        "▀": (left, top, right, middle),
        "▄": (left, middle, right, bottom),
        "▌": (left, top, centre, bottom),
        "▐": (centre, top, right, bottom),
    }
    if text in blocks:
        x0, y0, x1, y1 = blocks[text]
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=ink)
        return True
    if text in "▁▂▃▅▆▇":
        height = "▁▂▃▄▅▆▇█".index(text) + 1
        draw.rectangle((left, bottom - CELL_HEIGHT * height // 8, right - 1, bottom - 1), fill=ink)
        return True
    name = unicodedata.name(text[0], "")
    if not name.startswith("BOX DRAWINGS"):
        return False
    weight = 3 if "HEAVY" in name else 1
    ends = {
        "LEFT": (left, middle),
        "RIGHT": (right, middle),
        "UP": (centre, top),
        "DOWN": (centre, bottom),
    }
    wanted = set(name.replace("HORIZONTAL", "LEFT RIGHT").replace("VERTICAL", "UP DOWN").split())
    for direction in wanted & ends.keys():
        x, y = ends[direction]
        x0, x1, y0, y1 = min(x, centre), max(x, centre), min(y, middle), max(y, middle)
        half = weight // 2
        draw.rectangle((x0 - half, y0 - half, x1 + half, y1 + half), fill=ink)
    return True


def _colours(style: Style | None) -> tuple[str, str]:
    """Text and background of a style, as ``#rrggbb``."""
    ink, paper = "#e8e4da", "#15181d"
    if style is not None:
        if style.color is not None and style.color.type is ColorType.TRUECOLOR:
            ink = style.color.get_truecolor().hex
        if style.bgcolor is not None and style.bgcolor.type is ColorType.TRUECOLOR:
            paper = style.bgcolor.get_truecolor().hex
        if style.reverse:
            ink, paper = paper, ink
    return ink, paper


def main(wanted: Sequence[str]) -> int:
    """Make the pictures whose names begin with one of ``wanted``, or all."""
    calm = ConnectionState("online", "", NIGHT)

    async def stay(_client: Client) -> None:
        return None

    # A picture of a room needs no server: the client stays at home and says that all is well.
    setattr(Client, "start", stay)  # noqa: B010 - mypy forbids to assign to a method
    setattr(Client, "connection", calm)  # noqa: B010
    IMAGES.mkdir(parents=True, exist_ok=True)
    for scene in scenes():
        if not wanted or scene.name.startswith(tuple(wanted)):
            image = picture(asyncio.run(strips(scene)), scene.columns)
            image.quantize(64).save(IMAGES / f"{scene.name}.png", optimize=True)
            print(f"docs/images/{scene.name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
