"""What can be done with a case, and the command that does it: the same that one can type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from peerroom.i18n import N_, _

if TYPE_CHECKING:
    from peerroom.client.casework_views import CasePage


class Choice(NamedTuple):
    """One way on. ``command`` is what is sent; with ``…`` at its end something is asked first."""

    id: str
    label: str
    command: str
    key: str = ""


_LABELS: Final[dict[str, tuple[str, str, str]]] = {
    "claim": (N_("Look after it"), "!claim {n}", "c"),
    "allow": (N_("Put the message back into the room"), "!allow {n}", ""),
    "remove": (N_("Remove the messages from the room"), "!remove {n}", ""),
    "reply": (N_("Answer whoever asked or reported"), "!reply {n} …", "r"),
    "tell": (N_("Write to {name} in private"), "!tell {n} …", "t"),
    "slow": (N_("A short pause for {name}"), "!slow {who} …", ""),
    "mute": (N_("Let {name} read, but not write"), "!mute {who} …", ""),
    "sitout": (N_("Let {name} sit out until names change"), "!sitout {who} …", ""),
    "kick": (N_("Remove {name}, who may come back when asked"), "!kick {who}", ""),
    "ban": (N_("Remove {name} for longer, or for good"), "!ban {who} …", ""),
    "sweep": (N_("Remove {name}, with everything they wrote"), "!sweep {who}", ""),
    "note": (N_("A note for the other moderators"), "!note {n} …", "n"),
    "second": (N_("Ask another moderator what they think"), "!second {n}", "s"),
    "agree": (N_("Second opinion: I would do the same"), "!agree {n} …", ""),
    "disagree": (N_("Second opinion: I see it differently"), "!disagree {n} …", ""),
    "undo": (N_("Take back what was done"), "!undo …", "u"),
    "close": (N_("Close it"), "!close {n} …", "x"),
    "drop": (N_("Give it back to the others"), "!drop {n}", ""),
}
"""In the order in which they are shown."""
KEYS: Final = {key: act for act, (_label, _command, key) in _LABELS.items() if key}
PERSON: Final = frozenset(("slow", "mute", "sitout", "kick", "ban", "sweep"))
"""What is done to a person and not to a case; for those who have the case."""
LENGTHS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "slow": (("5m", N_("5 minutes")), ("30m", N_("30 minutes")), ("2h", N_("2 hours"))),
    "mute": (
        ("30m", N_("30 minutes")),
        ("2h", N_("2 hours")),
        ("1d", N_("1 day")),
        ("1w", N_("1 week")),
        ("", N_("until somebody lifts it")),
    ),
    "sitout": (
        ("1", N_("until names change")),
        ("2", N_("one change of names longer")),
        ("4", N_("three changes of names longer")),
    ),
    "ban": (
        ("1w", N_("1 week")),
        ("4w", N_("4 weeks")),
        ("", N_("for good, until somebody lifts it")),
    ),
}
"""How long, as it is typed and as it is said."""


def choices(page: CasePage) -> Iterator[Choice]:
    """What can be done with this case now."""
    row = page.row
    named = bool(row.name) and "tell" in page.acts
    also = PERSON if named else frozenset()
    if row.mine and page.appealed is not None:
        also |= {"undo"}
    for act, (label, command, key) in _LABELS.items():
        if act in page.acts or act in also:
            said = _(label).format(name=row.name or _("them"))
            typed = command.format(n=row.number, who=quoted(row.name))
            yield Choice(act, said, typed, key)


def for_how_long(act: str, name: str) -> Iterator[Choice]:
    """The lengths of time that make sense for something done to a person."""
    for typed, said in LENGTHS[act]:
        yield Choice(typed, _(said), f"!{act} {quoted(name)} {typed}".rstrip())


def quoted(name: str) -> str:
    """A name as the command line takes it whatever is in it."""
    opening, closing = ("「", "」") if '"' in name else ('"', '"')
    return f"{opening}{name}{closing}"
