"""The command line: one file a command; each imports what it starts only when it starts it."""

from __future__ import annotations

from typing import Final

import click

from peerroom import __version__
from peerroom.cli.lazy import LazyGroup
from peerroom.i18n import N_

COMMANDS: Final = {
    "chat": ("chat", N_("Open your rooms; this is what `peerroom` alone does.")),
    "help-now": ("help_now", N_("Numbers to call, now. No account, no network.")),
    "join": ("join", N_("Join a room with an invite link.")),
    "demo": ("demo", N_("Try everything in a room that lives only on this machine.")),
    "passphrase": ("passphrase", N_("Change the passphrase of your vault.")),
    "doctor": ("doctor", N_("Check what PeerRoom needs, and say what to do.")),
    "wipe": ("wipe", N_("Remove everything, here and on the server.")),
    "agent": ("agent", N_("Look after your names while PeerRoom is not open.")),
    "bot": ("bot", N_("Run the moderator bot of a room.")),
}
"""Name -> module below this package and its help, so that ``--help`` imports none of them."""

EXAMPLES: Final = (
    ("peerroom", N_("open your rooms")),
    ("peerroom help-now", N_("somebody to talk to, now")),
    ("peerroom demo --lang ja", N_("try it in Japanese")),
    ("peerroom join", N_("paste your invite when you are asked")),
)

main = LazyGroup(
    package=__name__,
    table=COMMANDS,
    examples=EXAMPLES,
    default="chat",
    about=N_("Talk with other parents under a name that is only yours here."),
    params=[
        click.Option(
            ["--debug"], is_flag=True, expose_value=False, help=N_("Show tracebacks of errors.")
        )
    ],
)
main = click.version_option(__version__, message="PeerRoom %(version)s")(main)
