"""What can go wrong in the demo, in words."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class DemoError(PeerRoomError):
    """Anything that kept the demo from going on."""

    next_step = ""


class NoScreen(DemoError):
    """Standard input or output is not a terminal."""

    what = N_("The demo opens a screen, and there is none here.")
    next_step = N_("Run `peerroom demo --script` to play it without one.")


class StepFailed(DemoError):
    """A step of the script was not true. Fields: ``reason``, one sentence of ours."""

    what = "{reason}"


class WorldDidNotStart(DemoError):
    """The world's process gave up. Fields: ``reason``, its own error's whole sentence."""

    what = "{reason}"
