"""The words of the panic screen: titles, states and gaps, in the current language.

Both skins take their words from here, so that a line reads the same in the terminal client, in
the linear mode and in the shell.
"""

from __future__ import annotations

from peerroom.care.helplines import PanicScreen, Row, Section


def title(section: Section) -> str:
    """The heading of a section."""
    raise NotImplementedError


def remark(section: Section) -> str | None:
    """A sentence under the heading: who else serves here, or the directory's caution."""
    raise NotImplementedError


def state(row: Row, screen: PanicScreen) -> str:
    """Open now, or when it opens, on the reader's clock and the line's."""
    raise NotImplementedError


def facts(row: Row, screen: PanicScreen) -> tuple[str, ...]:
    """What is known of a line, most important first: state, cost, who may call, languages, …"""
    raise NotImplementedError


def gaps(screen: PanicScreen) -> tuple[str, ...]:
    """One sentence for each thing the screen cannot offer."""
    raise NotImplementedError


def footer(screen: PanicScreen) -> tuple[str, ...]:
    """Try again if it does not connect; the date of the list and what it rests on."""
    raise NotImplementedError
