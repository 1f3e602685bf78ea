"""Members who break the rules together: tokens given away, used twice, kept for later.

They speak to the bot in their own words; their wallets go on as honest ones.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

from support.paper_errands import account_of
from support.paper_server import Account

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.tokens import Pending, Token
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.wire.records import Seated

if TYPE_CHECKING:
    from support.paper_circle import PaperCircle

RECENT = 6
"""Of how many tokens, the newest, one is chosen."""


class Swindlers:
    """``count`` of the members, and all the tokens that they ever held."""

    def __init__(self, circle: PaperCircle, random: Random, count: int) -> None:
        self._circle = circle
        self._random = random
        people = [member.person for member in circle.members if not member.resident]
        self.persons = frozenset(random.sample(people, count))
        self._hoard: list[tuple[Pending, Token]] = []
        self._asked: defaultdict[int, list[str]] = defaultdict(list)
        self._made = 0

    def act(self) -> None:
        """Use some token in some way that might give a second seat: for a new account, for the old
        account of one of them that asked in the same epoch, or for anybody's account."""
        self.collect()
        if not self._hoard:
            return
        pending, token = self._random.choice(self._hoard[-RECENT:])
        epoch, round_ = token.scope.epoch, token.scope.round
        if self._random.random() < 0.5:
            row = self._row(self._new_account(), pending, token, Use.REDEEM)
            created = self._circle.now
            fact: facts.Fact = facts.Shown(row.user_id, epoch, round_, row, created)
        else:
            users = self._random.choice((self._asked[epoch], [*self._circle.referee.seats]))
            user = self._random.choice(users)
            row = self._row(user, pending, token, Use.STAY)
            fact = facts.WantsToStay(user, epoch, round_, row)
        self._circle.bot.tell(fact)

    def collect(self) -> None:
        """Keep what their wallets hold now."""
        for member in self._circle.members:
            if member.person not in self.persons:
                continue
            for wallet in member.wallets.values():
                pending, token = wallet.pending, wallet.token
                if pending is None or token is None:
                    continue
                if (pending, token) not in self._hoard:
                    self._hoard.append((pending, token))
                    self._asked[wallet.epoch].append(wallet.account.user_id)

    def _new_account(self) -> str:
        self._made += 1
        user = f"@swindle{self._made}:{self._circle.name}"
        self._circle.server.accounts[user] = Account(self._circle.now, "", "nowhere")
        return user

    def _row(self, user: str, pending: Pending, token: Token, use: Use) -> Seated:
        account = account_of(user)
        proof = self._circle.mint.prove(pending, token, use, account)
        return seated(account, token.encode(), proof)
