"""What a member says to the moderators in private, and what comes back.

All of it goes to the bot alone, encrypted, in a room of two with it (`reporting_room`). What is
said is in the vault before anything here returns; if there is no room of two yet, it waits beside
the outbox until there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from peerroom.client.reporting_views import AskView, ExplanationView

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.errors import PeerRoomError
    from peerroom.store.vault import Vault


class MemberDesk:
    """The member's side of moderation, of the account that the client is now."""

    def __init__(self, client: Client, vault: Vault, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock

    def obstacle(self, room_id: str) -> PeerRoomError | None:
        """Why nothing of this room could be said to moderators now; None if it can.

        `NobodyToTell`, `BotNotItself` or `EarlierName`: a face says its sentence.
        """
        raise NotImplementedError

    def report(self, room_id: str, keys: Sequence[str], why: str = "") -> str:
        """Report messages (keys or event ids as in `MessageView`), with what stands around them
        on this screen. Returns the key of the ask.

        Raises what `obstacle` names, `NothingToReport`, `TooMuchToReport`, `TooLongToSay`.
        """
        raise NotImplementedError

    def ask_for_help(self, text: str = "", room_id: str | None = None) -> str:
        """Say that one needs somebody, now; returns the key. Without ``room_id`` to the moderators
        of the room that was entered last. Raises as `report`."""
        raise NotImplementedError

    def ask_moderators(self, text: str, room_id: str | None = None) -> str:
        """A private word to the moderators; returns the key. Raises as `report`, `NothingToSay`."""
        raise NotImplementedError

    def appeal(self, deed: int, text: str = "") -> str:
        """Ask to look again at what was done; returns the key.

        Raises `NoSuchDeed`, `AppealedAlready`, and as `report`.
        """
        raise NotImplementedError

    def retry(self, key: str) -> None:
        """Try again what was not sent."""
        raise NotImplementedError

    def asks(self) -> list[AskView]:
        """What was said to the moderators under the present name, the newest first."""
        raise NotImplementedError

    def explanations(self) -> list[ExplanationView]:
        """What was done about oneself under the present name, the newest first."""
        raise NotImplementedError

    def why(self, key: str) -> ExplanationView | None:
        """Why this message of one's own is not there any more; by key or event id."""
        raise NotImplementedError

    async def run(self) -> None:
        """Make the room of two where one is needed, hand over what waits, and tell what is new
        ("notice"). Runs beside the client, whatever account it becomes (`Client.accompany`)."""
        raise NotImplementedError
