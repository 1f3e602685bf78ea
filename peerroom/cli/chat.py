"""``peerroom chat``: the rooms, in the terminal client or in the linear mode."""

from __future__ import annotations

import sys

import click

from peerroom.cli import opening
from peerroom.cli.faces import PATIENCE, full_chat, plain_chat
from peerroom.i18n import _


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
