"""A moderator's command in the wrong room: names and reasons in it are not for everyone there."""

from __future__ import annotations

import pytest
from support.desks import CIRCLE, DESK, DOOR, Place

from peerroom.client.desks import NotHere

COMMANDS = (
    "!ban Quiet Amber Heron: sells a course",
    "！cases",
    "! shift on",
    "!bann Quiet Amber Heron: sells a course",
)
TALK = ("I said !ban", "!", "!!!", "！すごい", "Here: !cases")


@pytest.mark.parametrize("room", [CIRCLE, DOOR])
@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_is_sent_into_no_other_room(room: str, text: str) -> None:
    place = Place(desk=True)
    with pytest.raises(NotHere):
        place.client.send(room, text)
    assert place.client.unsent() == 0
    place.client.send(DESK, text)
    assert place.client.unsent() == 1


@pytest.mark.parametrize("text", TALK)
def test_what_is_no_command_is_said_anywhere(text: str) -> None:
    place = Place(desk=True)
    place.client.send(CIRCLE, text)
    assert place.client.unsent() == 1


@pytest.mark.parametrize("text", COMMANDS)
def test_who_is_no_moderator_says_what_they_like(text: str) -> None:
    place = Place()
    place.client.send(CIRCLE, text)
    assert place.client.unsent() == 1
