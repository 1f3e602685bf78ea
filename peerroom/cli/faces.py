"""The two faces as commands open them, and the way in when there is no account yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from peerroom import paths
from peerroom.cli import opening
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _, language

if TYPE_CHECKING:
    from peerroom.config import Config
    from peerroom.plain.asking import Asker
    from peerroom.plain.voice import Voice
    from peerroom.store.vault import Vault
    from peerroom.wire.invite import Invite


PATIENCE: Final = 60.0
"""Seconds to wait at the end of piped input until everything is sent."""


class NoInvite(PeerRoomError):
    """The vault holds no account, and nobody gave an invite."""

    what = N_("You are in no room yet.")
    next_step = N_("Ask for an invite, then run `peerroom join`.")


def full_chat(
    key_fd: int | None, *, ephemeral: bool, vault: Vault | None = None, invite: str | None = None
) -> int:
    """The terminal client. A broken setting or vault is its first screen, help one key away."""
    from peerroom import tui

    config, problem, locked = None, None, None
    try:
        config = opening.settings()
        if key_fd is not None:
            from peerroom.store.vault import Vault

            vault = Vault.open_with_key(opening.folder_of(config), opening.read_key(key_fd))
    except PeerRoomError as error:
        problem, locked = (error, None) if config is None else (None, error)
    return tui.run(
        tui.Start(
            folder=opening.folder_of(config) if config is not None else None,
            config=config,
            config_problem=problem,
            config_file=paths.config_file(),
            vault=vault,
            vault_problem=locked,
            ephemeral=ephemeral or (config is not None and config.vault.ephemeral),
            invite=invite,
            country=opening.country_of(config, vault) if config is not None else None,
            debug=click.get_current_context().obj is True,
        )
    ).value


def plain_chat(config: Config, asker: Asker, vault: Vault, wait: float) -> int:
    """The linear mode on an open vault; asks for an invite when there is no account yet."""
    if vault.accounts.current() is None:
        come_in(vault, config, asker)
    return asyncio.run(_talk(config, asker, vault, wait))


async def _talk(config: Config, asker: Asker, vault: Vault, wait: float) -> int:
    from random import SystemRandom

    from peerroom import plain
    from peerroom.client.session import Client
    from peerroom.clock import SystemClock

    account = vault.accounts.current()
    assert account is not None
    clock = SystemClock()
    country = opening.country_of(config, vault)
    client = Client(vault, account, config=config, clock=clock, random=SystemRandom())
    await client.start()
    try:
        return await plain.run(
            client,
            asker.lines.stream(),
            asker.voice,
            help_now=lambda: opening.help_now(config, country),
            rules=opening.rules,
            clock=clock,
            room=vault.settings.get("interface.room"),
            piped=not asker.lines.interactive,
            kept=vault.folder is not None,
            patience=wait,
        )
    finally:
        await client.stop()


def come_in(vault: Vault, config: Config, asker: Asker) -> None:
    """Ask for an invite and walk in, or go on where a join was interrupted.

    In a terminal an invite that is no use is asked for again: back in the shell, the next link
    pasted would stay in its history. Raises `NoInvite` on an empty answer.
    """
    from peerroom.client.door import InviteExpired, InviteUsed
    from peerroom.client.joining import pending
    from peerroom.matrix.errors import InviteUsedUp
    from peerroom.wire.invite import BadInvite, Invite

    invite = pending(vault)
    while True:
        try:
            return go_in(invite or Invite.parse(_pasted(asker)), vault, config, asker.voice)
        except (BadInvite, InviteExpired, InviteUsed, InviteUsedUp) as error:
            if not asker.lines.interactive:
                raise
            asker.voice.note(error.sentence())
            invite = None


def _pasted(asker: Asker) -> str:
    link = asker.ask(_("Paste your invite (it starts with peerroom:join/):"))
    if not link:
        raise NoInvite
    return link


def go_in(invite: Invite, vault: Vault, config: Config, voice: Voice) -> None:
    """Walk in, each step one line. After a `PeerRoomError` the same link goes on."""
    from peerroom.pseudonym.names import read

    asyncio.run(_go_in(invite, vault, config, voice))
    account = vault.accounts.current()
    assert account is not None and account.display_name is not None
    drawn = read(account.display_name)
    name = drawn.shown(language()) if drawn is not None else account.display_name
    voice.note(_("You are in, as {name}.").format(name=name))


async def _go_in(invite: Invite, vault: Vault, config: Config, voice: Voice) -> None:
    from random import SystemRandom

    from peerroom.client.joining import join
    from peerroom.clock import SystemClock

    steps = join(invite, vault, config=config, clock=SystemClock(), random=SystemRandom())
    async for step in steps:
        voice.note(f"{step.sentence} …")
