"""The commands that the manual shows are commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import COMMANDS, Command, parse

DOCS = Path(__file__).parent.parent.parent / "docs"
SHOWN = [
    (page, " ".join(line.split()))
    for page in ("moderating.md", "running-the-bot.md")
    for line in re.findall(r"`([!！][a-z][^`]*)`", (DOCS / page).read_text(encoding="utf-8"))
    if "<" not in line
]
BARE = {"!ban", "!yes", "!list subscribe", "!resident", "!rotating"}
"""Named, and not meant to be typed so."""


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_in_the_manual_can_be_typed(page: str, line: str) -> None:
    if line not in BARE:
        assert isinstance(parse(ForeignText(line)), Command), page


def test_what_a_volunteer_needs_is_in_the_manual() -> None:
    said = {line[1:].split()[0] for page, line in SHOWN if page == "moderating.md"}
    for_members_of_a_team = {kind.word for kind in COMMANDS if kind.group in ("cases", "messages")}
    assert for_members_of_a_team <= said
