"""What can go wrong in the demo, in words."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class DemoError(PeerRoomError):
    """Anything that kept the demo from going on."""

    next_step = N_("Start the demo again; nothing of yours was in it.")


class StepFailed(DemoError):
    """A step of the script was not true. Fields: ``reason``, one sentence of ours."""

    what = "{reason}"
    next_step = ""


class WorldDidNotStart(DemoError):
    """The world's process gave up. Fields: ``reason``, its own error's whole sentence."""

    what = "{reason}"
    next_step = ""
