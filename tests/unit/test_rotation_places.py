"""Finding records and pages in a vault, whatever a server has put there."""

from __future__ import annotations

from support.vaults import ROOM, furnish

from peerroom.client.rotation.places import pages_of
from peerroom.store.vault import Vault
from peerroom.wire.records import PAGE, page_content, page_key


def test_a_page_with_a_boundless_number_costs_nothing() -> None:
    """With a search up to that number the client would never come back."""
    with Vault.ephemeral() as vault:
        furnish(vault)
        vault.rooms.set_state(ROOM, PAGE, page_key(3, 0), page_content(b"rows"))
        vault.rooms.set_state(ROOM, PAGE, f"3.{'9' * 200}", page_content(b"no"))
        assert pages_of(vault, [ROOM], 3) == {0: b"rows"}
