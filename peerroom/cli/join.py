"""``peerroom join``: into a room, with an invite link."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from peerroom.cli import opening
from peerroom.cli.faces import PATIENCE, full_chat, go_in, plain_chat
from peerroom.i18n import _

if TYPE_CHECKING:
    from peerroom.plain.asking import Asker
    from peerroom.store.vault import Vault
    from peerroom.wire.invite import Invite


@click.command(
    help=_("Join a room with an invite link."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom join"
    + "\n  peerroom join < invite.txt"
    + "\n  peerroom join --ephemeral",
)
@click.argument("link", required=False)
@click.option("--plain", is_flag=True, help=_("Go on in the linear mode."))
@opening.options
def command(link: str | None, plain: bool, vault_key_fd: int | None, ephemeral: bool) -> None:
    config = opening.settings()
    asker = opening.plain_asker(config)
    invite = _given(link, asker)
    with opening.open_vault(config, asker, key_fd=vault_key_fd, ephemeral=ephemeral) as vault:
        go_in(invite or _asked(vault, asker), vault, config, asker.voice)
        stays = vault.folder is None or asker.lines.interactive
        if stays and (plain or not asker.lines.interactive):
            sys.exit(plain_chat(config, asker, vault, PATIENCE))
        if stays:
            sys.exit(full_chat(None, ephemeral=ephemeral, vault=vault))


def _given(link: str | None, asker: Asker) -> Invite | None:
    """The invite from the command line or a pipe, None when it is still to be asked for."""
    from peerroom.wire.invite import BadInvite, Invite

    if link is not None:
        asker.voice.note(
            _(
                "An invite is a secret, and what you type after a command stays in the shell's "
                "history. Next time run `peerroom join` alone and paste it."
            )
        )
        return Invite.parse(link)
    if asker.lines.interactive:
        return None
    text = ""
    while (line := asker.lines.next()) is not None:
        text += line
        try:
            return Invite.parse(text)  # it may run over several lines; what follows are answers
        except BadInvite:
            continue
    return Invite.parse(text)


def _asked(vault: Vault, asker: Asker) -> Invite:
    """The invite that is pasted now, or the one of a join that was interrupted."""
    from peerroom.client.joining import pending
    from peerroom.wire.invite import Invite

    known = pending(vault)
    words = _("Paste your invite (it starts with peerroom:join/):")
    if known is not None:
        words += " " + _("Enter goes on with the one from before.")
    pasted = asker.ask(words)
    return known if known is not None and not pasted else Invite.parse(pasted)
