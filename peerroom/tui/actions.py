"""Everything a user can do, in one table: the keys, the menu and the key help all read it.

Which keys were chosen and why is written in docs/decisions/0004-tui.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from textual.binding import Binding

from peerroom.i18n import N_

Group = Literal["help", "talk", "message", "care", "go", "about"]

GROUPS: Final[dict[Group, str]] = {
    "help": N_("Always"),
    "talk": N_("Writing"),
    "message": N_("On a message you chose"),
    "care": N_("The moderators"),
    "go": N_("Looking around"),
    "about": N_("PeerRoom"),
}
"""Headings of the menu and the key help, in their order."""


class Action(NamedTuple):
    """One thing a user can do.

    ``run`` is a Textual action, empty for what a widget does with a key by itself; ``keys`` are
    in Textual's spelling, comma separated, and may be empty for what is only in the menu.
    ``commands`` are the words that can be typed after ``/``.
    """

    id: str
    label: str
    group: Group
    run: str
    keys: str = ""
    commands: tuple[str, ...] = ()
    shown_keys: str = ""
    """The keys as people say them, when that differs."""
    in_menu: bool = True


PANIC_CHORD: Final = "ctrl+t"
"""The second key for help, unless the settings name another."""

PANIC: Final = Action(
    "panic",
    N_("Talk to a person now"),
    "help",
    "app.panic",
    keys=f"f1,{PANIC_CHORD}",
    commands=("help-now", "help-me", "助けて", "たすけて"),
)
LEAVE: Final = Action(
    "leave",
    N_("Leave at once, blank the screen"),
    "help",
    "app.leave",
    keys="ctrl+q",
    shown_keys="Ctrl+Q Ctrl+Q",
)

EVERYWHERE: Final = (
    PANIC,
    LEAVE,
    Action("menu", N_("Menu"), "help", "app.menu", keys="f2,ctrl+p,ctrl+o", in_menu=False),
    Action("keys", N_("All keys"), "about", "app.keys", keys="f3", commands=("keys", "help")),
)
"""What works on every screen, whatever has the focus."""

CHAT: Final = (
    Action("rooms", N_("Choose a room"), "go", "screen.rooms", keys="f4", commands=("rooms",)),
    Action("people", N_("Who is here"), "go", "screen.people", commands=("people",)),
    Action(
        "pseudonym",
        N_("Your name here"),
        "go",
        "screen.pseudonym",
        keys="f8",
        commands=("name", "名前", "なまえ"),
    ),
    Action(
        "names_again",
        N_("I have talked with a moderator: change names again"),
        "go",
        "screen.names_again",
        shown_keys="F8 A",
    ),
    Action(
        "accept",
        N_("Accept someone's new encryption identity"),
        "go",
        "screen.accept",
        commands=("accept",),
    ),
    Action(
        "moderators",
        N_("Talk with the moderators in private"),
        "care",
        "screen.moderators",
        keys="f7",
        commands=("moderators", "見守り役"),
    ),
    Action(
        "ask_help",
        N_("Ask the moderators for help"),
        "care",
        "screen.ask_help",
        commands=("ask-help",),
        shown_keys="F7 H",
    ),
    Action(
        "ask_moderators",
        N_("Write to the moderators"),
        "care",
        "screen.ask_moderators",
        commands=("ask", "相談"),
        shown_keys="F7 A",
    ),
    Action("cases", N_("Cases, for moderators"), "care", "screen.cases", "f9", ("cases",)),
    Action("older", N_("Page up"), "go", "screen.page(-1)", keys="pageup", in_menu=False),
    Action("newer", N_("Page down"), "go", "screen.page(1)", keys="pagedown", in_menu=False),
    Action("newest", N_("Go to the newest message"), "go", "screen.newest", keys="ctrl+end,ctrl+l"),
    Action(
        "choose",
        N_("Choose a message"),
        "message",
        "screen.choose",
        keys="ctrl+up,alt+up",
        shown_keys="Ctrl+↑, Shift+Tab",
    ),
)
"""What the conversation's screen offers, also while one writes."""

TIMELINE: Final = (
    Action(
        "delete",
        N_("Delete my message"),
        "message",
        "screen.delete",
        keys="d,delete",
        commands=("delete",),
    ),
    Action("retry", N_("Send it again"), "message", "screen.retry", keys="r"),
    Action("undo", N_("Take it back to edit"), "message", "screen.undo", keys="e"),
    Action("fold", N_("Show all of a long message"), "message", "screen.fold", keys="enter,space"),
    Action("copy", N_("Copy its text"), "message", "screen.copy", keys="c"),
    Action(
        "report",
        N_("Tell the moderators about it (report)"),
        "message",
        "screen.report",
        keys="t",
        commands=("report", "知らせる", "通報"),
    ),
    Action(
        "why",
        N_("Why was it removed?"),
        "message",
        "screen.why",
        keys="w",
        commands=("why", "なぜ"),
    ),
    Action(
        "write", N_("Back to writing"), "message", "screen.write", keys="escape,i", in_menu=False
    ),
)
"""What can be done with a chosen message, while the conversation has the focus."""

SEND: Final = Action("send", N_("Send"), "talk", "", keys="enter", in_menu=False)
NEW_LINE: Final = Action(
    "newline",
    N_("New line"),
    "talk",
    "",
    keys="shift+enter,ctrl+j,alt+enter",
    shown_keys="Ctrl+J, Shift+Enter, Alt+Enter",
    in_menu=False,
)
RECALL: Final = Action(
    "recall", N_("What I wrote before (in an empty line)"), "talk", "", keys="up", in_menu=False
)

COMPOSER: Final = (SEND, NEW_LINE, RECALL)
"""What the composer does with keys of its own."""

MENU_ONLY: Final = (
    Action("rules", N_("The rules of the room"), "about", "app.rules", commands=("rules",)),
    Action("theme", N_("Light or dark"), "about", "app.next_theme", commands=("theme",)),
    Action(
        "language",
        N_("Language: 日本語 / English"),
        "about",
        "app.next_language",
        commands=("language",),
    ),
    Action(
        "leaving",
        N_("What leaving does not erase"),
        "about",
        "app.explain_leaving",
        commands=("leaving",),
    ),
    Action("quit", N_("Close PeerRoom"), "about", "app.close", commands=("quit",)),
)
"""What needs no key."""

ALL: Final = (*EVERYWHERE, *COMPOSER, *TIMELINE, *CHAT, *MENU_ONLY)

CRITICAL_KEYS: Final = frozenset(key for action in (PANIC, LEAVE) for key in action.keys.split(","))
"""Keys that no widget and no screen may bind: a test walks through all of them."""


def bindings(actions: Iterable[Action], *, priority: bool = False) -> Iterator[Binding]:
    """Textual's bindings for those of ``actions`` that have keys."""
    for action in actions:
        if action.keys and action.run:
            yield Binding(
                action.keys, action.run, action.label, id=action.id, show=False, priority=priority
            )


def spoken_keys(action: Action, chord: str = PANIC_CHORD) -> str:
    """An action's keys as they are printed on keyboards: ``Ctrl+J, Shift+Enter``."""
    if action.shown_keys:
        return action.shown_keys
    keys = action.keys.replace(PANIC_CHORD, chord).split(",")
    return ", ".join(_spoken(key) for key in keys if key)


def _spoken(key: str) -> str:
    names = {
        "pageup": "Page Up",
        "pagedown": "Page Down",
        "escape": "Esc",
        "up": "↑",
        "down": "↓",
    }
    return "+".join(names.get(part, part.capitalize()) for part in key.split("+"))
