"""The terminal client, drawn with Textual.

`run` is all that the floors above need; Textual loads only when it is called.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from peerroom.tui.start import Ending, Start

if TYPE_CHECKING:
    from peerroom.tui.app import PeerRoomApp

__all__ = ["Ending", "Start", "application", "run"]


def application(start: Start) -> PeerRoomApp:
    """The app that `run` runs, for tests and screenshots."""
    from peerroom.tui.app import PeerRoomApp

    return PeerRoomApp(start)


def run(start: Start) -> Ending:
    """Show the client until the user leaves.

    Quick exit, SIGHUP and SIGTERM call ``start.farewell`` with a clean terminal and do not come
    back unless it does.
    """
    # Collecting garbage while everything is being loaded costs a tenth of the time to the first
    # picture and finds nothing; the app begins with it behind that picture.
    gc.disable()
    # nio is imported in a thread while the screen is already in use. Python hands over every
    # 5 ms by default, several times a frame: too long for who presses the panic key just then.
    sys.setswitchinterval(0.001)
    app = application(start)
    app.run()
    return app.ending
