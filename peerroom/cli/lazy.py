"""A click group that imports a command's module only when that command is called."""

from __future__ import annotations

from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """Commands by module name: ``peerroom.cli.<module>`` exposes a click command ``command``.

    `table` maps a command's name to its module and its one-line help, so that ``--help`` imports
    none of them. Arguments that name no command go to `default`.
    """

    def __init__(self, *, table: Mapping[str, tuple[str, str]], default: str) -> None:
        super().__init__(name="peerroom")
        self.table = table
        self.default = default
