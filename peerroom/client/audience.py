"""Who hears of changes: faces, to whom things are said, and companions, who only watch."""

from __future__ import annotations

from collections.abc import Callable

from peerroom.client.views import Change

Listener = Callable[[Change], None]


class Audience:
    """Calls its listeners on the loop's thread, faces first, in the order in which they came."""

    def __init__(self) -> None:
        self._faces: list[Listener] = []
        self._watchers: list[Listener] = []

    @property
    def listens(self) -> bool:
        """Whether there is a face: what is said once waits for one."""
        return bool(self._faces)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Let a face hear; returns the way to stop it."""
        self._faces.append(listener)
        return lambda: self._faces.remove(listener)

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Let a companion hear; returns the way to stop it."""
        self._watchers.append(listener)
        return lambda: self._watchers.remove(listener)

    def tell(self, change: Change) -> None:
        """Tell everyone."""
        for listener in (*self._faces, *self._watchers):
            listener(change)
