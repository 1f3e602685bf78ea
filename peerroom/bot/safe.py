"""What is to be done when the bot cannot go on: a table, and nothing that happens.

An error is either mended by waiting (`Trouble.again`), or it is a **trouble**: then the bot does
nothing by itself any more until somebody has chosen how it is to go on. Moderators are asked in
their room where that can be reached; otherwise the host is, by the log and an exit code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from peerroom.bot.account import NoHomeserver
from peerroom.bot.lookout import CircleLost, ManagementLost, NoPowerLeft
from peerroom.bot.missing import SecretMissing
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _
from peerroom.matrix.cryptostore import CryptoStoreDamaged, CryptoStoreUnwritable
from peerroom.matrix.errors import (
    AccountClosed,
    BadAddress,
    BadProxy,
    InsecureAddress,
    LoggedOut,
    MatrixError,
    OnionNeedsProxy,
    WrongPassword,
)
from peerroom.matrix.identity import IdentityMismatch, OwnDeviceUnknown, OwnIdentityUnknown
from peerroom.settings import ConfigError
from peerroom.store import errors as vault

Choice = Literal[
    "retry", "protections-off", "forget-failed", "skip-waiting", "new-device", "restore"
]
"""How the bot may go on. ``restore`` is for the host alone: nobody does it from a room."""

BY_HOST: Final[tuple[Choice, ...]] = (
    "protections-off",
    "forget-failed",
    "skip-waiting",
    "new-device",
)
"""What ``peerroom bot run --recover`` takes."""

DO_NOT_RESTART: Final = 78
"""Exit code (``EX_CONFIG`` of sysexits.h) that says: starting again will not help by itself."""

CRASHES: Final = 3
"""So many crashes within `WITHIN` are a trouble; fewer are met by starting again."""
WITHIN: Final = timedelta(minutes=10)
AGAIN: Final = 5.0
"""Seconds before the bot starts again after a crash."""
DISK: Final = 60.0
"""Seconds before it is looked whether the disk has room again."""
AWAY: Final = 30.0
"""Seconds before a server that is away is tried again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error means for the bot."""

    what: str
    """One short sentence, in the language spoken now; nothing of it comes from a room."""
    choices: tuple[Choice, ...] = ()
    in_room: bool = False
    """Whether moderators can be asked in their room."""
    again: float | None = None
    """Seconds after which the bot tries again by itself, asking nobody."""


_CHOICES: Final[dict[Choice, str]] = {
    "retry": N_("Try again as it was."),
    "protections-off": N_(
        "Go on with every protection off. `!protect` then shows them; switch them on one by one."
    ),
    "forget-failed": N_("Forget what could not be done, and what is still waiting to be done."),
    "skip-waiting": N_(
        "Leave out the messages that were not looked at yet, commands among them, and go on "
        "with what comes next."
    ),
    "new-device": N_("Log the bot in anew, as a new device of the same account."),
    "restore": N_("Put back a backup. Only the host can do that, on the bot's computer."),
}
_COMMANDS: Final[dict[Choice, str]] = {
    "retry": "peerroom bot run",
    "protections-off": "peerroom bot run --recover protections-off",
    "forget-failed": "peerroom bot run --recover forget-failed",
    "skip-waiting": "peerroom bot run --recover skip-waiting",
    "new-device": "peerroom bot run --recover new-device",
    "restore": "peerroom bot restore FILE",
}

_AFTER_CRASHES: Final[tuple[Choice, ...]] = (
    "retry",
    "protections-off",
    "forget-failed",
    "skip-waiting",
    "restore",
)
_TABLE: Final[tuple[tuple[tuple[type[Exception], ...], tuple[Choice, ...], bool], ...]] = (
    # errors, choices, whether moderators can be asked in their room
    ((vault.VaultDamaged, vault.VaultMissing), ("restore",), False),
    ((CryptoStoreDamaged,), ("new-device", "restore"), False),
    ((vault.WrongPassphrase, vault.EmptyPassphrase), ("retry",), False),
    ((vault.VaultTooNew, vault.VaultNotWritable), ("retry",), False),
    ((ConfigError, NoHomeserver, SecretMissing, WrongPassword), ("retry",), False),
    ((BadAddress, BadProxy, InsecureAddress, OnionNeedsProxy), ("retry",), False),
    ((LoggedOut,), ("new-device", "restore"), False),
    ((AccountClosed,), ("retry", "restore"), False),
    ((OwnDeviceUnknown,), ("new-device", "restore"), False),
    ((OwnIdentityUnknown, IdentityMismatch), ("restore",), False),
    ((CircleLost, NoPowerLeft), ("retry", "restore"), True),
    ((ManagementLost,), ("retry", "restore"), False),
)
_DISK: Final = (vault.DiskFailed, CryptoStoreUnwritable)


def diagnose(error: BaseException, crashes: Sequence[datetime], now: datetime) -> Trouble:
    """What ``error``, which ended the bot's work, means.

    ``crashes`` are the moments of earlier ends that this table does not know (`is_crash`), this
    one among them: after `CRASHES` of them within `WITHIN`, starting again is no answer any more.
    """
    what = _in_words(error)
    if isinstance(error, _DISK):
        return Trouble(what, again=DISK)
    if _is_passing(error):
        return Trouble(what, again=AWAY)
    for kinds, choices, in_room in _TABLE:
        if isinstance(error, kinds):
            return Trouble(what, choices, in_room)
    if sum(now - WITHIN < moment <= now for moment in crashes) < CRASHES:
        return Trouble(what, again=AGAIN)
    return Trouble(what, _AFTER_CRASHES, in_room=True)


def is_crash(error: BaseException) -> bool:
    """Whether nobody foresaw this end: it counts as a crash."""
    if isinstance(error, _DISK) or _is_passing(error):
        return False
    return not any(isinstance(error, kinds) for kinds, _choices, _in_room in _TABLE)


def _is_passing(error: BaseException) -> bool:
    """Whether the server is only away. Mostly that is waited for where it shows."""
    return isinstance(error, MatrixError) and error.reach not in (None, "logged_out")


def _in_words(error: BaseException) -> str:
    """A sentence of ours, without anything that may have come from a room."""
    if isinstance(error, PeerRoomError) and not (is_crash(error) and error.fields):
        return error.sentence()
    return _("I stopped several times in a row ({kind}).").format(kind=type(error).__name__)


def menu(trouble: Trouble) -> str:
    """What is said in the moderators' room."""
    lines = [
        _("I have stopped looking after the room. {what}").format(what=trouble.what),
        _(
            "Until one of you has chosen, I do nothing by myself: no protection works, nobody is "
            "let in, and no command is carried out but these. The rooms stay as they are."
        ),
        *(f"!{number} – {_(_CHOICES[one])}" for number, one in enumerate(trouble.choices, 1)),
    ]
    return "\n".join(lines)


def for_host(trouble: Trouble) -> str:
    """What is printed where nobody can be asked in a room: each choice with its command."""
    lines = [trouble.what]
    if trouble.choices:
        lines.append(_("What can be done:"))
    for number, one in enumerate(trouble.choices, 1):
        lines += [f"{number}. {_(_CHOICES[one])}", f"   {_COMMANDS[one]}"]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a moderator's message is answered with, and what it chose, if anything."""

    words: str
    choice: Choice | None = None


def chosen(text: str, trouble: Trouble) -> Answer | None:
    """What a moderator's message means; None for talk. Full-width ``！１`` counts as well."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said.startswith("!") or len(said) < 2:
        return None
    number = said[1:].strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 3):
        return Answer(_("That was not done. Choose a number first; then send it again."))
    if not 1 <= int(number) <= len(trouble.choices):
        last = len(trouble.choices)
        return Answer(_("There are only the numbers from 1 to {last}.").format(last=last))
    choice = trouble.choices[int(number) - 1]
    if choice == "restore":
        return Answer(
            _(
                "Only the host can do that: stop the bot, run `peerroom bot restore FILE` on its "
                "computer, and start it again."
            )
        )
    return Answer(_("Understood. I am starting again."), choice)
