"""What can go wrong with a homeserver of one's own, in words."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class HostError(PeerRoomError):
    """Anything the homeserver or its administration did not do."""


class SynapseMissing(HostError):
    """Synapse is an extra: only the demo and hosts need it."""

    what = N_("The homeserver is not installed here.")
    next_step = N_("Install it with `pip install 'peerroom[host]'`, then try again.")


class HomeserverDidNotStart(HostError):
    """Fields: ``reason``, one sanitised line of the server's own log."""

    what = N_("The homeserver did not start: {reason}")
    next_step = N_("`peerroom doctor` checks what it needs.")


class AdminRequestFailed(HostError):
    """Fields: ``status`` (HTTP) and ``code`` (Matrix errcode)."""

    what = N_("The homeserver refused a request of its administrator ({status} {code}).")
    next_step = N_("Run the command again with --debug for details.")


class HomeserverSilent(HostError):
    """It did not answer a request of its administrator at all."""

    what = N_("The homeserver does not answer.")
    next_step = N_("`peerroom doctor` checks what it needs.")
