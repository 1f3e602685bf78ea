"""A moderator's command in the wrong room: names and reasons in it are not for everyone there."""

from __future__ import annotations

import pytest
from support.desks import BOT, CIRCLE, DESK, DOOR, OWN, Place

from peerroom.client.casework_rooms import MARKER
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


@pytest.mark.parametrize("text", COMMANDS)
def test_a_room_that_an_owner_put_in_the_place_of_the_moderators_takes_commands(text: str) -> None:
    place = Place(desk=True)
    place.room("!new:example.org", {OWN: "Quiet Heron", BOT: "Moderator bot"})
    place.vault.rooms.set_state("!new:example.org", MARKER, "", {"v": 1, "role": "management"})
    place.client.send("!new:example.org", text)
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
