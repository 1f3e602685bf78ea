"""When the old account goes for good tells nobody when the new one came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.scribe import FREEZE, ME, Member, Scribe

from peerroom.pseudonym.wallet import online
from peerroom.pseudonym.wallet_steps import Look

MINUTE = timedelta(minutes=1)


def goes_at(seed: int, late: timedelta) -> tuple[timedelta, timedelta]:
    """How long after the switch the new account comes, and the old one is connected for the last
    time, if the server keeps the final ledger from the old one for so long."""
    bot = Scribe()
    bot.open()
    member = Member(bot, seed=seed)
    member.be_signed()
    seat = member.visit()
    final = bot.admit([seat])
    commit = bot.begins(1) + FREEZE
    bot.open(at=commit)
    came, at, seen = timedelta(0), commit, False
    while ME.user_id in online(member.wallet, at):
        if not seen and at >= commit + late:
            member.see(final, at)
            seen = True
        else:
            member.tick(at)
        if Look(seat.user_id) in member.steps:
            came = at - commit
            member.arrive(seat.user_id)
        at += MINUTE
        assert at < commit + timedelta(hours=4)
    return came, at - commit


@pytest.mark.parametrize("minutes", [5, 10, 20, 30, 45])
def test_when_the_old_account_goes_does_not_depend_on_what_it_is_shown(minutes: int) -> None:
    """A server that keeps the ledger from one of them would see it go before it was told, and so
    learn that its new account is among those that have come already."""
    for seed in range(12):
        assert goes_at(seed, minutes * MINUTE) == goes_at(seed, timedelta(0))
