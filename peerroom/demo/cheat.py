"""Someone who shows a token otherwise than the protocol has it, with all the keys to do so.

All else is as the agent does it (`peerroom.client.rotation.visiting`): a new account makes one
visit and shows one sealed event. So what the bot refuses, it refuses for the token's sake.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from random import Random

import msgspec

from peerroom.client.rotation.visiting import make_visit
from peerroom.clock import Clock
from peerroom.demo.member import Member
from peerroom.demo.moderator import Moderator
from peerroom.pseudonym import localparts
from peerroom.pseudonym.wallet import advance
from peerroom.pseudonym.wallet_facts import Fact
from peerroom.pseudonym.wallet_state import Fresh, Stage, Wallet
from peerroom.pseudonym.wallet_steps import Redeem, Step
from peerroom.store.vault import Vault
from peerroom.wire.records import ROUNDS, Seated

Bend = Callable[[Seated], Seated]


def tampered(seat: Seated) -> Seated:
    """What is shown, with one bit of the token's signature turned."""
    token = bytearray(seat.token)
    token[-1] ^= 1
    return msgspec.structs.replace(seat, token=bytes(token))


def untouched(seat: Seated) -> Seated:
    """What is shown, as it should be."""
    return seat


async def show(
    owner: Member, wallet: Wallet, bot: Moderator, bend: Bend, *, clock: Clock, random: Random
) -> str:
    """Show the token in ``wallet`` (``owner``'s, of this round) for one more new account, whose
    user id is returned. It is in no vault afterwards. Raises `PeerRoomError`."""
    assert wallet.way_in is not None, "the wallet holds what it needs"
    fresh = Fresh(
        localparts.draw(wallet.way_in.token, secrets.token_bytes), secrets.token_urlsafe(24)
    )
    now = ((clock.now(),),) * ROUNDS  # whoever cheats waits for no moment that was drawn
    about_to = wallet.but(
        stage=Stage.REGISTERED,
        fresh=fresh,
        seat=None,
        sent=False,
        awake=None,
        plan=replace(wallet.plan, visits=now),
    )

    def tell(fact: Fact) -> tuple[Step, ...]:
        _after, steps = advance(about_to, fact, now=clock.now(), random=random)
        return tuple(_bent(step, bend) for step in steps)

    with Vault.ephemeral() as vault:
        await make_visit(
            vault,
            about_to,
            bot.user_id,
            owner.account.homeserver,
            wallet.way_in.token,
            tell,
            proxy=None,
            clock=clock,
            random=random,
        )
        [account] = vault.accounts.all()
        return account.user_id


def _bent(step: Step, bend: Bend) -> Step:
    if isinstance(step, Redeem):
        return Redeem(bend(step.seat), step.sealing_key, step.scope)
    return step
