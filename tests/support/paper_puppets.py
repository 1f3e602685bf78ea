"""A bot that signs tokens for accounts of its own, and seats them as if somebody had come."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import TYPE_CHECKING

from support.paper_errands import account_of
from support.paper_server import Account, Mischief

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.tokens import Scope
from peerroom.pseudonym.wallet_ledgers import seated

if TYPE_CHECKING:
    from support.paper_circle import PaperCircle


class Losing(Mischief):
    """Loses the redemptions of these persons, until somebody stops it."""

    def __init__(self, persons: Container[int]) -> None:
        self.persons = persons
        self.circle: PaperCircle | None = None

    def delivers(self, user_id: str, now: datetime) -> bool:
        assert self.circle is not None
        return self.circle.owner(user_id) not in self.persons


def seat_puppets(circle: PaperCircle, count: int) -> None:
    """While the window is open: so many accounts that nobody asked for, each with a good token."""
    office = circle.bot.office
    assert office.epoch is not None
    assert office.stage == "window"
    key = office.epoch.keys[office.round]
    scope = Scope(office.lineage, office.number, office.round)
    for number in range(count):
        new = account_of(f"@puppet{office.number}.{number}:{circle.name}")
        pending = circle.mint.request(key, scope, random=circle.draw)
        token = circle.mint.finish(key, pending, circle.mint.sign(key, pending.request))
        circle.server.accounts[new.user_id] = Account(circle.now, "", "the host's line")
        circle.referee.made_up(token.id)
        row = seated(new, token.encode(), circle.mint.prove(pending, token, Use.REDEEM, new))
        circle.bot.tell(facts.Shown(new.user_id, scope.epoch, scope.round, row, circle.now))
