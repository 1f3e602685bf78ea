"""``/accept``: nobody gets keys under a new identity by one slip of the fingers."""

from __future__ import annotations

import io
from datetime import UTC
from random import Random

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, ROOM, Conversation

from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.plain.accepting import Accepting
from peerroom.plain.commands import Command
from peerroom.plain.voice import Voice

FOX = "@fox:example.org"
WARNED = "only if they told you in another way"


class Desk:
    """Somebody at the linear mode in a room of three; nothing connected."""

    def __init__(self, clock: FrozenClock) -> None:
        self.talk = Conversation()
        self.talk.member(FOX, "白い Fox")
        self.out = io.StringIO()
        client = Client(
            self.talk.vault, self.talk.account, config=Config(), clock=clock, random=Random(1)
        )
        self.accepting = Accepting(client, Voice(self.out, UTC))
        for user_id in (OTHER, FOX):
            self.talk.vault.identities.pin(user_id, "first")

    def change(self, user_id: str, master: str = "second") -> None:
        self.talk.vault.identities.pin(user_id, master)

    def pinned(self, user_id: str) -> str:
        known = self.talk.vault.identities.get(user_id)
        assert known is not None
        return known.master

    def types(self, argument: str) -> str:
        """What is said after ``/accept argument``."""
        self.accepting.accept(ROOM, Command("accept", argument))
        return self.heard()

    def heard(self) -> str:
        said = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return said


@pytest.fixture
def desk(frozen_clock: FrozenClock) -> Desk:
    return Desk(frozen_clock)


def test_there_is_nobody_to_accept(desk: Desk) -> None:
    assert desk.types("Small Otter") == "-- Nobody here has a new encryption identity.\n"


@pytest.mark.parametrize("typed", ["Small Otter", "small otter", "１", "1", "Ｓｍａｌｌ Otter"])
def test_the_first_time_is_a_warning_and_the_second_accepts(desk: Desk, typed: str) -> None:
    desk.change(OTHER)
    assert WARNED in desk.types(typed)
    assert desk.pinned(OTHER) == "first"
    assert (
        desk.types(typed) == "-- Accepted. Small Otter gets the keys from your next message on.\n"
    )
    assert desk.pinned(OTHER) == "second"


def test_a_warning_about_one_is_none_about_another(desk: Desk) -> None:
    desk.change(OTHER)
    desk.change(FOX)
    assert WARNED in desk.types("Small Otter")
    assert WARNED in desk.types("白い fox")
    assert WARNED in desk.types("Small Otter")
    assert (desk.pinned(OTHER), desk.pinned(FOX)) == ("first", "first")


def test_an_identity_that_changed_again_is_warned_of_again(desk: Desk) -> None:
    desk.change(OTHER)
    desk.types("Small Otter")
    desk.change(OTHER, "third")
    assert WARNED in desk.types("Small Otter")
    assert desk.pinned(OTHER) == "first"


@pytest.mark.parametrize("typed", ["", "Otter", "3", "0"])
def test_whoever_is_not_found_is_asked_for(desk: Desk, typed: str) -> None:
    desk.change(OTHER)
    desk.change(FOX)
    said = desk.types(typed)
    assert "1. Small Otter\n2. 白い Fox\n" in said and "/accept N" in said


def test_how_to_accept_is_said_once(desk: Desk) -> None:
    desk.accepting.tell(ROOM)
    assert desk.heard() == ""
    desk.change(OTHER)
    desk.accepting.tell(ROOM)
    desk.accepting.tell(ROOM)
    assert desk.heard().count("/accept Small Otter") == 1
