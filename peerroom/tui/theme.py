"""Colours. Four themes, each readable at 4.5:1 or better; meaning never hangs on colour alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from textual.theme import Theme


def _theme(name: str, *, dark: bool, ansi: bool = False, **colours: str) -> Theme:
    """A theme from our own names; `styles.tcss` uses only these, never Textual's shades."""
    own = {key.replace("_", "-"): value for key, value in colours.items()}
    return Theme(
        name=name,
        dark=dark,
        ansi=ansi,
        primary=colours["calm"],
        secondary=colours["calm"],
        warning=colours["alert"],
        error=colours["alert"],
        success=colours["calm"],
        accent=colours["calm"],
        foreground=colours["ink"],
        background=colours["paper"],
        surface=colours["paper"],
        panel=colours["raised"],
        boost=colours["raised"],
        variables={
            **own,
            "ansi-background": colours["paper"],
            "ansi-foreground": colours["ink"],
            "border": colours["calm"],
            "border-blurred": colours["rule"],
            "block-cursor-background": colours["chosen"],
            "block-cursor-foreground": colours["ink"],
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": colours["chosen"],
            "block-cursor-blurred-foreground": colours["ink"],
            "block-hover-background": colours["raised"],
            "input-cursor-background": colours["ink"],
            "input-cursor-foreground": colours["paper"],
            "input-selection-background": colours["chosen"],
            "scrollbar": colours["rule"],
            "scrollbar-hover": colours["quiet"],
            "scrollbar-active": colours["quiet"],
            "scrollbar-background": colours["paper"],
            "scrollbar-background-hover": colours["paper"],
            "scrollbar-background-active": colours["paper"],
            "scrollbar-corner-color": colours["paper"],
        },
    )


EVENING: Final = _theme(
    "evening",
    dark=True,
    paper="#15181d",
    raised="#1f242b",
    chosen="#2b3a40",
    rule="#3d464f",
    ink="#e8e4da",
    quiet="#9ca6b0",
    calm="#8cc7b8",
    own="#8cc7b8",
    alert="#f0a58f",
    help="#f2c063",
    help_ink="#1b1405",
    name_0="#a9c4ec",
    name_1="#d9b8e8",
    name_2="#e3c08f",
    name_3="#b9d48f",
    name_4="#f0b4b4",
    name_5="#9fd3e0",
)
MORNING: Final = _theme(
    "morning",
    dark=False,
    paper="#faf7f0",
    raised="#efe9dd",
    chosen="#dbe8e3",
    rule="#c9c0b0",
    ink="#26241f",
    quiet="#5f594e",
    calm="#1d6459",
    own="#1d6459",
    alert="#9b2c1c",
    help="#8a4a00",
    help_ink="#ffffff",
    name_0="#1f4f91",
    name_1="#74378c",
    name_2="#7a4b00",
    name_3="#3d6210",
    name_4="#9a2b3b",
    name_5="#0b6072",
)
CONTRAST: Final = _theme(
    "contrast",
    dark=True,
    paper="#000000",
    raised="#000000",
    chosen="#003c5a",
    rule="#ffffff",
    ink="#ffffff",
    quiet="#ffffff",
    calm="#7fffd4",
    own="#7fffd4",
    alert="#ffb09c",
    help="#ffff00",
    help_ink="#000000",
    name_0="#ffffff",
    name_1="#ffffff",
    name_2="#ffffff",
    name_3="#ffffff",
    name_4="#ffffff",
    name_5="#ffffff",
)
PLAIN: Final = _theme(
    "plain",
    dark=True,
    ansi=True,
    paper="ansi_default",
    raised="ansi_default",
    chosen="ansi_default",
    rule="ansi_default",
    ink="ansi_default",
    quiet="ansi_default",
    calm="ansi_default",
    own="ansi_default",
    alert="ansi_default",
    help="ansi_default",
    help_ink="ansi_default",
    name_0="ansi_default",
    name_1="ansi_default",
    name_2="ansi_default",
    name_3="ansi_default",
    name_4="ansi_default",
    name_5="ansi_default",
)

CHOICES: Final = (EVENING, MORNING, CONTRAST)
"""What the menu goes through. `PLAIN` is for NO_COLOR only."""


def theme_for(wanted: str, environ: Mapping[str, str] = os.environ) -> Theme:
    """The theme for a setting (``auto``, ``dark``, ``light`` or a theme's own name).

    ``NO_COLOR`` (no-color.org: set and not empty) wins over everything. ``auto`` reads the
    background that some terminals tell in ``COLORFGBG`` and else takes the dark one.
    """
    if environ.get("NO_COLOR"):
        return PLAIN
    for theme in CHOICES:
        if wanted == theme.name:
            return theme
    if wanted == "light" or (wanted == "auto" and _light_background(environ)):
        return MORNING
    return EVENING


def _light_background(environ: Mapping[str, str]) -> bool:
    """``COLORFGBG`` ends in the palette index of the background; 7 and 15 are the light ones."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
