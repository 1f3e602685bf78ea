"""The moderators' desk: cases folded from the bot's steps, and what can be done with them.

Everything shown comes from steps that the bot itself said, encrypted, from a device that it has
signed, in the management room. Everything done is a command there: the same words that any client
can type. The bot decides, and its next step or sentence is the answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peerroom.client.casework_views import (
    Answer,
    AuditEntry,
    AuditFilter,
    CasePage,
    CaseRow,
    ReplyTemplate,
    RoomStatus,
    Shelf,
    ShiftDigest,
)

if TYPE_CHECKING:
    from peerroom.client.completing import Completion
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.vault import Vault
    from peerroom.wire.cases import Outcome


def desks(vault: Vault, account_id: int) -> list[str]:
    """The management rooms that this account is in, by room id: made by a bot that let us in, and
    marked by it as such."""
    raise NotImplementedError


class Casework:
    """One management room as a moderator works in it. Ask `desks` which there are.

    The reading methods never touch the network. A "timeline" change of the management room means
    that something here may be new: ask again (`refresh` is called by each of them and is cheap).
    """

    def __init__(self, client: Client, vault: Vault, room_id: str, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self.room_id = room_id

    # reading

    def refresh(self) -> bool:
        """Take in what was heard since; whether any case is different now."""
        raise NotImplementedError

    def cases(self, shelf: Shelf = "open") -> list[CaseRow]:
        """``open`` and ``mine``: urgent first, then nobody's, then the oldest; ``closed``: the
        one closed last first."""
        raise NotImplementedError

    def page(self, number: int) -> CasePage | None:
        """One case; its messages stay covered until `uncover`. None if there is none."""
        raise NotImplementedError

    def uncover(self, number: int) -> None:
        """Show the messages of this case from now on, until the program ends or `cover`."""
        raise NotImplementedError

    def cover(self, number: int) -> None:
        """Cover them again."""
        raise NotImplementedError

    def templates(self) -> list[ReplyTemplate]:
        """Kind texts to answer with; each is meant to be changed."""
        raise NotImplementedError

    def rooms(self) -> list[RoomStatus]:
        """The rooms that are looked after, as this device sees them."""
        raise NotImplementedError

    def audit(self, wanted: AuditFilter | None = None) -> list[AuditEntry]:
        """What was done in cases, by whom; the newest first."""
        raise NotImplementedError

    def export(self, path: Path, wanted: AuditFilter | None = None) -> int:
        """Write `audit` to a new file (mode 0600), and return how many entries. See
        `peerroom.client.casework_audit` for what stands in it. Raises `NotExported`."""
        raise NotImplementedError

    def since_last_shift(self) -> ShiftDigest:
        """What happened since `end_shift` on this device."""
        raise NotImplementedError

    def complete(self, text: str) -> Completion:
        """What could be typed next after ``text``, a command begun with "!"."""
        raise NotImplementedError

    # doing: each waits for the bot's answer, at most `moderating.PATIENCE` seconds; nothing is
    # raised for a network reason

    async def command(self, text: str) -> Answer:
        """Any command, as typed, with or without "!"."""
        raise NotImplementedError

    async def claim(self, number: int) -> Answer:
        """Look after it."""
        raise NotImplementedError

    async def drop(self, number: int) -> Answer:
        """Give it back."""
        raise NotImplementedError

    async def note(self, number: int, text: str) -> Answer:
        """A note for the other moderators."""
        raise NotImplementedError

    async def ask_second(self, number: int) -> Answer:
        """Ask for a second opinion."""
        raise NotImplementedError

    async def opinion(self, number: int, agrees: bool, text: str = "") -> Answer:
        """Give one."""
        raise NotImplementedError

    async def allow(self, number: int) -> Answer:
        """Release what is held."""
        raise NotImplementedError

    async def remove(self, number: int) -> Answer:
        """Remove the messages that the case is about."""
        raise NotImplementedError

    async def reply(self, number: int, text: str) -> Answer:
        """Tell the one who asked, or wrote, in private; nobody's name is on it."""
        raise NotImplementedError

    async def close(self, number: int, outcome: Outcome | None = None) -> Answer:
        """It is settled; without ``outcome`` the bot says what it takes it to be."""
        raise NotImplementedError

    async def undo(self, deed: int) -> Answer:
        """Undo something that was done."""
        raise NotImplementedError

    async def confirm(self, answer: Answer) -> Answer:
        """Go on with what the bot asked about (``asks``)."""
        raise NotImplementedError

    async def ask_status(self) -> Answer:
        """What the bot says of the rooms: who cannot be read, what waits."""
        raise NotImplementedError

    async def begin_shift(self) -> Answer:
        """One is there for the others now."""
        raise NotImplementedError

    async def end_shift(self) -> Answer:
        """One is not any more; `since_last_shift` counts from here."""
        raise NotImplementedError
