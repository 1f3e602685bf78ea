"""``peerroom passphrase``: change the passphrase of the vault."""

from __future__ import annotations

import click

from peerroom.cli import opening
from peerroom.i18n import _


@click.command(
    help=_("Change the passphrase of your vault."),
    epilog="\b\n" + _("Examples:") + "\n  peerroom passphrase",
)
def command() -> None:
    from peerroom.store import keys
    from peerroom.store.errors import VaultMissing
    from peerroom.store.vault import Vault

    config = opening.settings()
    folder = opening.folder_of(config)
    if not Vault.exists(folder):
        raise VaultMissing
    asker = opening.plain_asker(config)
    # Wrong is said before a new one is thought of.
    old, _key = opening.proven_passphrase(folder, asker, _("The passphrase of now:"))
    keys.change_passphrase(folder, old, opening.new_passphrase(asker))
    asker.voice.note(_("From now on the new passphrase opens your vault."))
