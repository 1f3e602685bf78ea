"""The linear mode, for screen readers, pipes and scripts: one event a line, nothing redrawn."""

from peerroom.plain.chat import run

__all__ = ["run"]
