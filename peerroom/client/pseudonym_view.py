"""Who one is in a room and how far that goes, put together from the vault."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from peerroom.client import epoch_rooms, moving, wallets
from peerroom.client.names import Names
from peerroom.client.roster import Roster
from peerroom.client.views import FormerName, PseudonymKind, PseudonymView
from peerroom.errors import PeerRoomError
from peerroom.i18n import LANGUAGES, language
from peerroom.pseudonym.names import Name, by_index, read
from peerroom.text.foreign import ForeignText

if TYPE_CHECKING:
    from peerroom.client.epoch_rooms import EpochRoom
    from peerroom.pseudonym.wallet_state import Wallet
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_GREETED: Final = "rotation.greeted"
"""The last account that was told that a newcomer is recognisable."""


def pseudonym_of(
    vault: Vault, account: Account, room_id: str | None, *, proxied: bool
) -> PseudonymView:
    """What there is to say about ``account``, which looks at this room, or at none (yet)."""
    view = _known(vault, account, room_id, proxied=proxied)
    view = replace(view, former=former_names(vault, account))
    try:
        found = wallets.of(vault, account.id) or _brought_here(vault, account)
    except PeerRoomError as error:
        return replace(view, kind="stopped", problem=error.sentence())
    return _with_wallet(vault, account, view, found[-1]) if found else view


def _brought_here(vault: Vault, account: Account) -> list[Wallet]:
    """The wallet that an account without one of its own came by, if it has stopped: then there is
    none for the next change."""
    every = [wallet for _number, wallet in wallets.every(vault)]
    return [one for one in every if one.stop is not None and one.concerns(account.user_id)]


def greeting_of(vault: Vault, account: Account, room_id: str) -> PseudonymView | None:
    """`pseudonym_of` the first time that ``account`` is a newcomer in a room whose names rotate;
    None ever after."""
    drawn = epoch_rooms.name_index(vault, account.user_id) is not None
    if drawn or vault.settings.get(_GREETED) == account.id:
        return None
    view = _known(vault, account, room_id, proxied=False)
    if view.kind != "rotates" or not view.newcomer:
        return None
    vault.settings.set(_GREETED, account.id)
    return view


def _known(vault: Vault, account: Account, room_id: str | None, *, proxied: bool) -> PseudonymView:
    """What follows from the rooms alone."""
    epoch = _epoch_of(vault, account, room_id)
    kind = _kind(vault, account, epoch)
    name, other = _names(vault, account, room_id if kind != "between" else None)
    return PseudonymView(
        name=name,
        other_name=other,
        kind=kind,
        until=epoch.until if epoch is not None else None,
        crowd=epoch.crowd if epoch is not None else None,
        carried=len(epoch.away) if epoch is not None else 0,
        newcomer=epoch is not None and epoch_rooms.name_index(vault, account.user_id) is None,
        proxied=proxied,
    )


def _epoch_of(vault: Vault, account: Account, room_id: str | None) -> EpochRoom | None:
    """The epoch that the account lives in: a name is the same in all of its rooms, and a room of
    an earlier name says nothing about this one."""
    living = {
        room.room_id: epoch
        for room in vault.rooms.all(account.id)
        if (epoch := epoch_rooms.of(vault, room.room_id)) is not None
        and moving.follower(vault, room.room_id) is None
    }
    if room_id in living:
        return living[room_id]
    return max(living.values(), key=lambda epoch: epoch.opened, default=None)


def _with_wallet(
    vault: Vault, account: Account, view: PseudonymView, wallet: Wallet
) -> PseudonymView:
    """``view`` with what the rotation of this name has come to."""
    from peerroom.client.rotation_wording import is_outside, stage_of, stop_words

    view = replace(
        view,
        stage=stage_of(wallet),
        until=wallet.times.switch(wallet.round),
        together=moving.seen_together(vault, account.id, wallet.epoch),
    )
    if wallet.stop is not None:
        problem = stop_words(wallet.stop)
        return replace(view, kind="stopped", stage="none", problem=problem, may_resume=True)
    if is_outside(wallet):
        return replace(view, kind="waiting")
    return view


def former_names(vault: Vault, account: Account) -> tuple[FormerName, ...]:
    """One's own earlier names, the newest first."""
    rooms = Roster(vault, account.id, account.user_id).rooms()
    return tuple(room.former for room in rooms if room.former is not None)


def _kind(vault: Vault, account: Account, epoch: EpochRoom | None) -> PseudonymKind:
    if moving.is_between(vault, account.id):
        return "between"
    if epoch is None:
        return "fixed"
    if account.user_id in epoch.residents:
        return "resident"
    return "away" if account.user_id in epoch.away else "rotates"


def _names(vault: Vault, account: Account, room_id: str | None) -> tuple[str, str]:
    """The name for this reader, and for one of the other language."""
    drawn = _drawn(vault, account)
    if drawn is not None:
        [other] = [code for code in LANGUAGES if code != language()]
        return drawn.shown(language()), drawn.shown(other)
    if room_id is not None:
        return Names(vault, room_id).of(account.user_id), ""
    return ForeignText(account.display_name or "").line(), ""


def _drawn(vault: Vault, account: Account) -> Name | None:
    index = epoch_rooms.name_index(vault, account.user_id)
    return by_index(index) if index is not None else read(account.display_name or "")
