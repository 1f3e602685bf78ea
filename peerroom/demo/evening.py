"""``peerroom demo``: the terminal client in a room that lives."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from peerroom.clock import SystemClock
from peerroom.config import Config, Interface
from peerroom.demo.member import enter
from peerroom.demo.world_process import WorldProcess
from peerroom.i18n import _, country_from_environment, language
from peerroom.moderation.state import Role
from peerroom.store.vault import Vault


def run(tell: Callable[[str], object], *, moderator: bool = False) -> int:
    """Set the world up, show the client until the user leaves, end the world; the exit code.

    Nothing has to be done when the user leaves by quick exit or the client is killed: the world's
    process notices, ends everything and removes the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="peerroom-demo-"))
    try:
        role: Role = "moderator" if moderator else "member"
        world = WorldProcess.start(folder, tell, role=role)
        try:
            tell(_("Coming in with an invite link…"))
            return _visit(world.invite)
        finally:
            world.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _visit(invite: str) -> int:
    from peerroom import tui

    with Vault.ephemeral() as vault:
        asyncio.run(enter(invite, vault, clock=SystemClock(), random=SystemRandom()))
        country = country_from_environment()
        config = Config(interface=Interface(language=language(), country=country))
        start = tui.Start(vault=vault, ephemeral=True, config=config, country=country)
        return tui.run(start).value
