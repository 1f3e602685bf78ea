"""``peerroom chat``: the rooms, in the terminal client or in the linear mode."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import click

from peerroom import paths
from peerroom.cli import opening
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

if TYPE_CHECKING:
    from peerroom.config import Config
    from peerroom.plain.asking import Asker
    from peerroom.store.vault import Vault


PATIENCE: Final = 60.0
"""Seconds to wait at the end of piped input until everything is sent."""


class NoInvite(PeerRoomError):
    """The vault holds no account, and nobody gave an invite."""

    what = N_("You are in no room yet.")
    next_step = N_("Ask for an invite, then run `peerroom join`.")


@click.command(
    help=_("Open your rooms; this is what `peerroom` alone does."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom chat"
    + "\n  peerroom chat --plain"
    + "\n  peerroom chat --ephemeral"
    + "\n  echo 'Good night' | peerroom chat --plain --vault-key-fd 3 3< key",
)
@click.option(
    "--plain", is_flag=True, help=_("One line at a time: for screen readers, pipes and scripts.")
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=PATIENCE,
    show_default=True,
    metavar="SECONDS",
    help=_("With --plain and piped input: how long to wait until all is sent."),
)
@opening.options
def command(plain: bool, wait: float, vault_key_fd: int | None, ephemeral: bool) -> None:
    if plain:
        config = opening.settings()
        asker = opening.plain_asker(config)
        with opening.open_vault(config, asker, key_fd=vault_key_fd, ephemeral=ephemeral) as vault:
            sys.exit(plain_chat(config, asker, vault, wait))
    sys.exit(full_chat(vault_key_fd, ephemeral=ephemeral))


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
        )
    ).value


def plain_chat(config: Config, asker: Asker, vault: Vault, wait: float) -> int:
    """The linear mode on an open vault; asks for an invite when there is no account yet."""
    if vault.accounts.current() is None:
        from peerroom.cli.join import go_in
        from peerroom.client.joining import pending
        from peerroom.wire.invite import Invite

        invite = pending(vault)
        if invite is None:
            link = asker.ask(_("Paste your invite (it starts with peerroom:join/):"))
            if not link:
                raise NoInvite
            invite = Invite.parse(link)
        go_in(invite, vault, config, asker.voice)
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
