"""The first run, step by step: country, rules, where to keep things, what leaving leaves behind.

Nothing is written before the last question is answered, and Esc goes one step back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from peerroom.client import first_choices
from peerroom.i18n import language
from peerroom.tui.screens.panic_more import CountryScreen
from peerroom.tui.screens.steps import KeepScreen, LeavingStep, PassphraseScreen, RulesStep

if TYPE_CHECKING:
    from peerroom.store.vault import Vault
    from peerroom.tui.app import PeerRoomApp


@dataclass(slots=True)
class Choices:
    """What the user has answered so far."""

    keep: bool | None = None
    vault: Vault | None = None


class Step(Protocol):
    """One question. False: the user went back."""

    def __call__(self, app: PeerRoomApp, choices: Choices) -> Awaitable[bool]: ...


async def first_run(app: PeerRoomApp) -> Vault | None:
    """Ask everything, then give the new vault; None when the user went back to the start."""
    choices = Choices()
    steps: Sequence[Step] = (_country, _rules, _leaving, _keep, _make)
    index = 0
    while 0 <= index < len(steps):
        index += 1 if await steps[index](app, choices) else -1
    vault = choices.vault
    if vault is None:
        return None
    app.entry.vault = vault
    app.entry.remember("language", language())
    if app.entry.country:
        app.entry.remember("country", app.entry.country)
    if vault.folder is not None:
        first_choices.write(app.start.config_file, language(), app.entry.country)
    return vault


async def _country(app: PeerRoomApp, choices: Choices) -> bool:
    code: str | None = await app.push_screen_wait(CountryScreen(app.entry.country))
    if code is not None:
        app.entry.set_country(code)
    return code is not None


async def _rules(app: PeerRoomApp, choices: Choices) -> bool:
    agreed = await app.push_screen_wait(RulesStep())
    return agreed is not None


async def _leaving(app: PeerRoomApp, choices: Choices) -> bool:
    read = await app.push_screen_wait(LeavingStep())
    return read is not None


async def _keep(app: PeerRoomApp, choices: Choices) -> bool:
    if app.start.ephemeral or app.start.folder is None:
        choices.keep = False
        return True
    choices.keep = await app.push_screen_wait(KeepScreen())
    return choices.keep is not None


async def _make(app: PeerRoomApp, choices: Choices) -> bool:
    from peerroom.store.vault import Vault

    if not choices.keep:
        choices.vault = Vault.ephemeral()
        return True
    assert app.start.folder is not None
    choices.vault = await app.push_screen_wait(PassphraseScreen(app.start.folder))
    return choices.vault is not None
