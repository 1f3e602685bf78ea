"""Words for what becomes of the next name: the wallet's notices and its stages."""

from __future__ import annotations

from typing import Final

from peerroom.client.views import Stage
from peerroom.i18n import N_, _
from peerroom.pseudonym import wallet_state
from peerroom.pseudonym.wallet_errors import error_named
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.pseudonym.wallet_steps import Notice

_NOTICES: Final[dict[Notice, str]] = {
    Notice.NOT_RENEWED: N_(
        "Names changed while you were away. You come back under your old name, and get a new one "
        "with the next change."
    ),
    Notice.CARRIED: N_(
        "Names have changed. You are here under your old name this time, and the others see that "
        "it was not renewed."
    ),
    Notice.RESIDENT: N_(
        "This name does not rotate: the circle's list has you as a resident, whom everyone can "
        "follow. If you did not expect that, please ask a moderator in another way than by this "
        "room."
    ),
    Notice.DECLINED: N_("There was no new name for you this time. A moderator can tell you why."),
    Notice.VOIDED: N_("The change of names begins once more. Nothing is lost; it takes longer."),
    Notice.SKIPPED: N_("Names do not change this time: everyone keeps theirs."),
    Notice.CLOCK: N_(
        "This computer's clock is more than ten minutes behind. Set it, so that your new name can "
        "be fetched."
    ),
    Notice.LAPSED: N_(
        "Your place was kept for eight changes of names, and that is over. A moderator can let you "
        "in again."
    ),
    Notice.STRANDED: N_(
        "PeerRoom has nothing left to come back with. A moderator can let you in again."
    ),
}

_FOR_MODERATORS: Final[dict[Notice, str]] = {
    Notice.RESIDENT: N_(
        "As a moderator you keep your name, so that people know whom they turn to. Everyone here "
        "can follow it."
    ),
    Notice.DECLINED: "",  # what RESIDENT says soon after explains it
}
"""What would frighten those who expect it: there is nobody else for them to ask."""

_STAGES: Final[dict[wallet_state.Stage, Stage]] = {
    wallet_state.Stage.ASKING: "asked",
    wallet_state.Stage.REQUESTED: "asked",
    wallet_state.Stage.SIGNED: "signed",
    wallet_state.Stage.REGISTERED: "made",
    wallet_state.Stage.REDEEM_SENT: "shown",
    wallet_state.Stage.ADMITTED: "ready",
    wallet_state.Stage.STAY_SENT: "staying",
    wallet_state.Stage.UNSIGNED: "kept",
    wallet_state.Stage.SKIPPED: "skipped",
    wallet_state.Stage.DECLINED: "declined",
    wallet_state.Stage.LAPSED: "lost",
    wallet_state.Stage.STRANDED: "lost",
}


def notice_words(notice: Notice, *, moderator: bool = False) -> str:
    """What to tell the person once; empty for what is told otherwise: `Client.arrive` greets under
    the new name, and `stop_words` says why names do not change any more."""
    words = _NOTICES.get(notice)
    if moderator:
        words = _FOR_MODERATORS.get(notice, words)
    return _(words) if words else ""


def stop_words(error: str) -> str:
    """Why a wallet stopped, and what to do; ``error`` as `Wallet.stop` names it."""
    return error_named(error).sentence()


def stage_of(wallet: Wallet) -> Stage:
    """How far the next name has come."""
    return _STAGES.get(wallet.stage, "none")


def is_outside(wallet: Wallet) -> bool:
    """Whether the circle has gone on without the wallet's account."""
    stage = wallet.stage
    if stage is wallet_state.Stage.DECLINED:
        return wallet.committed is not None
    return _STAGES.get(stage) in ("staying", "lost")
