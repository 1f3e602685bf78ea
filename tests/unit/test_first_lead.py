"""A circle whose settings name nobody is set up by the first who came by a moderator's link."""

from __future__ import annotations

from peerroom.bot.ledger import Ledger
from peerroom.store.vault import Vault


def test_the_first_moderator_leads_and_those_after_them_act() -> None:
    with Vault.ephemeral() as vault:
        ledger = Ledger(vault, invite_days=7)
        for user_id in ("@ann:x", "@ben:x", "@ann:x"):
            ledger.add_moderator(user_id)
        assert ledger.roles() == {"@ann:x": "lead", "@ben:x": "moderator"}
        assert ledger.roles(["@ben:x"]) == {"@ann:x": "lead", "@ben:x": "lead"}
