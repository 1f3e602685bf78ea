"""What the bot knows: invites, mutes, bans, moderators; and, in parts of their own, the audit log,
cases, evidence and what holds in each room.

Everything lives in the vault's records. `Ledger.apply` is called inside the transaction that
queues the requests of the same decision, so that a crash keeps both or neither.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import singledispatchmethod
from typing import Any, Final, get_args

from peerroom.bot.casebook import Casebook
from peerroom.bot.deeds import Deeds, Entry
from peerroom.bot.evidence import Evidence
from peerroom.bot.standings import Standings
from peerroom.moderation import actions as act
from peerroom.moderation import lists
from peerroom.moderation.state import InviteRecord, ModeratorRole, Role, secret_digest
from peerroom.store.vault import Vault

INVITES: Final = "bot.invites"
MUTES: Final = "bot.mutes"
BANS: Final = "bot.bans"
MODERATORS: Final = "bot.moderators"
COUNTS: Final = "bot.counts"
MOMENTS: Final = "bot.moments"
BOOKS: Final = "bot.book"

UNJUDGED: Final = "event could not be judged"
"""What `Ledger.counts` calls an event that a mistake of ours kept from being judged."""
UNENCRYPTED: Final = "message came unencrypted"
"""And one that came in clear into an encrypted room, and is not judged."""


@dataclass(frozen=True, slots=True)
class DrawnInvite:
    """An invite whose link has not been shown yet. Token and secret are secrets."""

    digest: str
    registration_token: str = field(repr=False)
    secret: str = field(repr=False)


class Ledger:
    """Reads and writes the bot's records."""

    def __init__(self, vault: Vault, *, invite_days: int) -> None:
        self._records = vault.records
        self._lifetime = timedelta(days=invite_days)
        self.deeds: Final = Deeds(vault.records)
        self.casebook: Final = Casebook(vault.records)
        self.evidence: Final = Evidence(vault)
        self.standings: Final = Standings(vault)

    # reading -------------------------------------------------------------------------------------

    def invites(self) -> dict[str, InviteRecord]:
        """Every invite by the digest of its secret."""
        return {
            digest: InviteRecord(
                digest,
                datetime.fromisoformat(kept["expires"]),
                role=kept["role"],
                used_by=kept["used_by"],
                arrived=kept.get("arrived", False),
                used_at=_moment(kept.get("used_at")),
            )
            for digest, kept in self._records.items(INVITES).items()
        }

    def mutes(self) -> dict[str, datetime | None]:
        """Until when each muted account is muted; None means until unmuted."""
        return {
            user: None if until is None else datetime.fromisoformat(until)
            for user, until in self._records.items(MUTES).items()
        }

    def bans(self) -> frozenset[str]:
        """The banned accounts."""
        return frozenset(self._records.items(BANS))

    def bans_end(self) -> dict[str, datetime]:
        """Until when those are banned whose ban ends by itself."""
        return {
            user: datetime.fromisoformat(until)
            for user, until in self._records.items(BANS).items()
            if isinstance(until, str)
        }

    def moderators(self) -> frozenset[str]:
        """The accounts that may command."""
        return frozenset(self._records.items(MODERATORS))

    def roles(self, leads: Collection[str] = ()) -> dict[str, ModeratorRole]:
        """What each of them may do, unless it was said otherwise: ``leads`` everything."""
        found: dict[str, ModeratorRole] = {}
        for user, kept in self._records.items(MODERATORS).items():
            usual: ModeratorRole = "lead" if user in leads else "moderator"
            found[user] = next((r for r in get_args(ModeratorRole) if r == kept), usual)
        return found

    def moments(self, now: datetime) -> dict[str, datetime]:
        """What is not to be repeated yet, and until when."""
        kept = {
            key: datetime.fromisoformat(until)
            for key, until in self._records.items(MOMENTS).items()
        }
        return {key: until for key, until in kept.items() if until > now}

    def books(self) -> dict[str, dict[str, Any]]:
        """What `act.Remember` keeps, by book and key."""
        return {book: self.book(book) for book in get_args(act.Book)}

    def book(self, book: act.Book) -> dict[str, Any]:
        """One of them by key."""
        return self._records.items(f"{BOOKS}.{book}")

    def audit(self, after: int = 0) -> list[tuple[int, Entry]]:
        """The audit log in order (see `Deeds.entries`)."""
        return self.deeds.entries(after)

    def counts(self) -> dict[str, int]:
        """How often something was ignored, by what it was."""
        return self._records.items(COUNTS)

    def drawn(self, digests: Iterable[str]) -> list[DrawnInvite]:
        """Those of ``digests`` whose links have not been shown yet."""
        kept = self._records.items(INVITES)
        return [
            DrawnInvite(digest, kept[digest]["token"], kept[digest]["secret"])
            for digest in digests
            if digest in kept and kept[digest]["secret"] is not None
        ]

    def expires(self, digest: str) -> datetime:
        """When an invite ends."""
        return datetime.fromisoformat(self._records.get(INVITES, digest)["expires"])

    # writing -------------------------------------------------------------------------------------

    def draw_invites(
        self, count: int, role: Role, now: datetime, until: datetime | None = None
    ) -> list[DrawnInvite]:
        """New invites with fresh 128-bit secrets; they let no one in before the link is shown.

        They end at ``until`` if that is before their usual time.
        """
        drawn = []
        for _number in range(count):
            secret, token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
            digest = secret_digest(secret)
            end = now + self._lifetime
            expires = (end if until is None else min(end, until)).isoformat()
            kept = {
                "expires": expires,
                "role": role,
                "used_by": None,
                "token": token,
                "secret": secret,
            }
            self._records.replace(INVITES, digest, kept)
            drawn.append(DrawnInvite(digest, token, secret))
        return drawn

    def forget_secret(self, digest: str) -> None:
        """The link is on its way: from now on only the digest of its secret is kept."""
        kept = self._records.get(INVITES, digest)
        if kept is not None:
            self._records.replace(INVITES, digest, {**kept, "secret": None, "token": None})

    def note_arrival(self, user_id: str) -> None:
        """The account was in the circle's room: what it used to come in opens nothing any more."""
        for digest, kept in self._records.items(INVITES).items():
            if kept["used_by"] == user_id and not kept.get("arrived"):
                self._records.replace(INVITES, digest, {**kept, "arrived": True})

    def add_moderator(self, user_id: str) -> None:
        """Let an account command. The first of all leads: somebody has to."""
        known = self._records.items(MODERATORS)
        if user_id not in known:
            self._records.replace(MODERATORS, user_id, True if known else "lead")

    def note(self, entry: act.Note, now: datetime) -> None:
        """Add a line to the audit log."""
        self.deeds.write(entry, now)

    def reconsider(self) -> None:
        """A transaction did not come to its end: what is kept in memory may be wrong."""
        self.casebook.forget()

    def tidy(self, now: datetime) -> None:
        """Forget moments that are over."""
        for key in self._records.items(MOMENTS).keys() - self.moments(now).keys():
            self._records.remove(MOMENTS, key)

    @singledispatchmethod
    def apply(self, action: act.Ledger, now: datetime) -> None:
        """Carry out a ledger action. `DrawInvites` is not one of them: see `draw_invites`."""
        raise TypeError(type(action).__name__)

    @apply.register
    def _spend(self, action: act.SpendInvite, now: datetime) -> None:
        kept = self._records.get(INVITES, action.digest)
        used = {"used_by": action.user_id, "used_at": now.isoformat()}
        self._records.replace(INVITES, action.digest, {**kept, **used})

    @apply.register
    def _await(self, action: act.AwaitResident, now: datetime) -> None:
        kept = {
            "expires": now.isoformat(),
            "role": "resident",
            "used_by": action.user_id,
            "token": None,
            "secret": None,
        }
        # Beside the invites with links, whose keys are digests: no secret leads to this one.
        self._records.replace(INVITES, f"resident {action.user_id}", kept)

    @apply.register
    def _moderator(self, action: act.MakeModerator, now: datetime) -> None:
        self.add_moderator(action.user_id)

    @apply.register
    def _no_moderator(self, action: act.UnmakeModerator, now: datetime) -> None:
        self._records.remove(MODERATORS, action.user_id)

    @apply.register
    def _role(self, action: act.SetRole, now: datetime) -> None:
        self._records.replace(MODERATORS, action.user_id, action.role)

    @apply.register
    def _mute(self, action: act.NoteMute, now: datetime) -> None:
        until = None if action.until is None else action.until.isoformat()
        self._records.replace(MUTES, action.user_id, until)

    @apply.register
    def _unmute(self, action: act.NoteUnmute, now: datetime) -> None:
        self._records.remove(MUTES, action.user_id)

    @apply.register
    def _ban(self, action: act.NoteBan, now: datetime) -> None:
        until = True if action.until is None else action.until.isoformat()
        self._records.replace(BANS, action.user_id, until)

    @apply.register
    def _unban(self, action: act.NoteUnban, now: datetime) -> None:
        self._records.remove(BANS, action.user_id)

    @apply.register
    def _note(self, action: act.Note, now: datetime) -> None:
        self.note(action, now)

    @apply.register
    def _count(self, action: act.Count, now: datetime) -> None:
        self._records.replace(COUNTS, action.what, self._records.get(COUNTS, action.what, 0) + 1)

    @apply.register
    def _moment(self, action: act.NoteMoment, now: datetime) -> None:
        self._records.replace(MOMENTS, action.key, action.until.isoformat())

    @apply.register
    def _remember(self, action: act.Remember, now: datetime) -> None:
        book = f"{BOOKS}.{action.book}"
        if action.value is None:
            self._records.remove(book, action.key)
        else:
            self._records.replace(book, action.key, action.value)

    @apply.register
    def _asker(self, action: act.NoteAsker, now: datetime) -> None:
        self.casebook.note_asker(action)

    @apply.register
    def _step(self, action: act.TakeStep, now: datetime) -> None:
        self.casebook.take(action.step)

    @apply.register
    def _evidence(self, action: act.KeepEvidence, now: datetime) -> None:
        self.evidence.keep(action)

    @apply.register
    def _no_evidence(self, action: act.DropEvidence, now: datetime) -> None:
        self.evidence.drop(action.event_ids)

    @apply.register(act.AddRoom)
    @apply.register(act.DropRoom)
    @apply.register(act.NoteLock)
    @apply.register(act.NoteUnlock)
    @apply.register(act.NoteSlow)
    @apply.register(act.EndSlow)
    @apply.register(act.SetProtection)
    def _standing(self, action: act.Known, now: datetime) -> None:
        self.standings.apply(action)


def is_followed(vault: Vault, room_id: str) -> bool:
    """Whether this is the room of a policy list: no door, and nothing said there is a command."""
    return vault.records.get(f"{BOOKS}.{lists.BOOK}", room_id) is not None


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
