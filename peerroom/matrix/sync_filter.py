"""What we ask the server to send: the same for every PeerRoom, so that it tells nobody apart."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from peerroom.matrix.errors import BadAnswer
from peerroom.matrix.session import Session
from peerroom.wire import policy

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_NOTHING: Final = {"not_types": ["*"]}


def _filter(timeline: int) -> dict[str, object]:
    """A filter with the newest ``timeline`` events of each room."""
    return {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "account_data": _NOTHING,
            "ephemeral": _NOTHING,
            # Not lazy: who holds a room's key is decided by its whole membership, and asking for
            # it room by room would cost a request each and show the server when we write.
            # Policy lists can be longer than any answer may be: `state_pages` reads them.
            "state": {"lazy_load_members": False, "not_types": sorted(policy.TYPES)},
            "timeline": {"limit": timeline, "lazy_load_members": False},
        },
    }


FILTER: Final = _filter(50)
NARROW: Final = json.dumps(_filter(1))
"""For an answer that was too large: what it leaves out of a timeline is fetched page by page."""
_DIGEST: Final = hashlib.sha256(json.dumps(FILTER, sort_keys=True).encode()).hexdigest()


class SyncFilter:
    """The filter of one account: made on the server once, its id kept in the vault."""

    def __init__(self, vault: Vault, account: Account, session: Session) -> None:
        self._settings = vault.settings
        self._key = f"matrix.sync_filter.{account.id}"
        self._session = session

    async def id(self) -> str:
        """The filter's id, from the vault or by one request. Raises `MatrixError`."""
        kept = self._settings.get(self._key)
        if isinstance(kept, list) and len(kept) == 2 and kept[0] == _DIGEST:
            return str(kept[1])
        answer = await self._session.post(
            "/user", self._session.user_id, "filter", json=FILTER, repeatable=True
        )
        filter_id = answer.get("filter_id")
        if not isinstance(filter_id, str):
            raise BadAnswer
        self._settings.set(self._key, [_DIGEST, filter_id])
        return filter_id

    def forget(self) -> None:
        """The server does not know the filter any more: the next `id` makes it anew."""
        self._settings.remove(self._key)
