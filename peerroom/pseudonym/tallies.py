"""How many tokens of an epoch were used, as everyone can add it up from the records.

A token that was signed for somebody who asked is used once: by a new account, or by the old one to
stay. So both together are never more than were issued. A bot has the round keys and can sign tokens
for accounts of its own; for each of those that it seats, somebody who asked has to stay outside, or
the sum goes over. What that does not show stands in ``docs/rotation.md``.
"""

from __future__ import annotations

from typing import Self

import msgspec


class Tally(msgspec.Struct, frozen=True):
    """The sum of one epoch that is over.

    ``ledger`` is the number of the record that ended it, which says how many were ``issued`` and
    ``seated``: none of either where the names stayed. ``stays`` are the old accounts that have come
    back since, by the numbers of the records that say so.
    """

    epoch: int
    ledger: int
    issued: int = 0
    seated: int = 0
    stays: dict[int, str] = {}

    def with_stay(self, sequence: int, user_id: str) -> Self:
        """After the record with this number let an old account stay."""
        return msgspec.structs.replace(self, stays={**self.stays, sequence: user_id})

    def at(self, sequence: int) -> Self:
        """As it was after the record with this number."""
        stays = {number: user for number, user in self.stays.items() if number <= sequence}
        return msgspec.structs.replace(self, stays=stays)

    def stayed(self, *, but: str) -> int:
        """How many others than the account ``but`` have come back."""
        return sum(user != but for user in self.stays.values())

    @property
    def overdrawn(self) -> bool:
        """Whether more were used than issued: the bot has signed some for nobody who asked."""
        return self.seated + len(self.stays) > self.issued
