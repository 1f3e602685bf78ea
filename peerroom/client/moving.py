"""Going on under another name: what the vault keeps of it. No network in here.

Two moments. `leave`: another account is the current one. `cross`: the room where the circle
goes on is known, and what was not sent is its draft. Between the two there is nowhere to write.
What was once written under one name is never sent under the other (`peerroom.store.crossing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peerroom.client.names import Names
from peerroom.client.timeline import own_id
from peerroom.i18n import _

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_FOLLOWED: Final = "rotation.followed"
_BETWEEN: Final = "rotation.between"
_TOGETHER: Final = "rotation.together"


def leave(vault: Vault, old: Account, new: Account) -> None:
    """Make ``new`` the current account, in one transaction; ``old`` keeps what it has."""
    with vault.transaction():
        vault.settings.set(_BETWEEN, {"left": old.id, "current": new.id})
        vault.accounts.set_current(new.id)


def is_between(vault: Vault, account_id: int) -> bool:
    """Whether the account is new, and the room that its names belong to is not known yet."""
    return _between(vault).get("current") == account_id


def left(vault: Vault) -> int | None:
    """The account that was left and whose room nothing follows yet, or None."""
    return _between(vault).get("left")


def _between(vault: Vault) -> dict[str, int]:
    kept = vault.settings.get(_BETWEEN)
    return kept if isinstance(kept, dict) else {}


def cross(vault: Vault, old_room: str, new_room: str) -> None:
    """``new_room`` follows ``old_room``: what was not sent there is a draft here.

    Raises `KeyError` for a room that is not stored.
    """
    from peerroom.store import crossing  # not before the first picture

    old = vault.rooms.get(old_room)
    if old is None:
        raise KeyError(old_room)
    with vault.transaction():
        crossing.cross(vault, old.account_id, {old_room: new_room})
        vault.records.replace(_FOLLOWED, old_room, new_room)
        vault.settings.remove(_BETWEEN)


def follower(vault: Vault, room_id: str) -> str | None:
    """The room where the circle of this room went on, as far as we went with it."""
    found: str | None = vault.records.get(_FOLLOWED, room_id)
    return found


def came_together(vault: Vault, account_id: int, epoch: int) -> None:
    """In this epoch an account connected right after the one that was to follow it had."""
    vault.settings.set(_TOGETHER, {"account": account_id, "epoch": epoch})


def seen_together(vault: Vault, account_id: int, epoch: int) -> bool:
    """Whether this account's name in ``epoch`` can be linked with the one before or after it by
    when the two came."""
    kept = vault.settings.get(_TOGETHER)
    if not isinstance(kept, dict):
        return False
    same = kept["account"] == account_id
    return bool(epoch == kept["epoch"] if same else epoch == kept["epoch"] + 1)


def is_left_behind(vault: Vault, room_id: str, account_id: int) -> bool:
    """Whether the account has nothing to say in the room, and must not be seen to try."""
    room = vault.rooms.get(room_id)
    foreign = room is not None and room.account_id != account_id
    return foreign or follower(vault, room_id) is not None


def undeleted(vault: Vault, old_room: str) -> int:
    """How many deletions the old name did not get through in this room."""
    return sum(
        row.kind == "redaction" and row.state != "sent" and "redacts" in row.content
        for row in vault.outbox.of_room(old_room)
    )


def welcome(vault: Vault, old_room: str, new_room: str) -> str:
    """What to say once, when the view goes from the old room to the new one."""
    names = Names(vault, new_room)
    own = [own_id(vault, room) for room in (old_room, new_room)]
    name = names.of(own[1])
    if own[0] != own[1]:
        words = _("Everyone in the room has a new name. You are now {name}.").format(name=name)
    else:
        words = _("The others in the room have new names. You are still {name}.").format(name=name)
    if undeleted(vault, old_room):
        words += " " + _(
            "Something that you deleted under your old name may still be there for the others."
        )
    return words
