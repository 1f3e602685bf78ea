"""From a message to the lines it takes. Pure: text and roles in, no colour, no terminal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zlib import crc32

from peerroom.client.dates import day_words, time_words
from peerroom.client.views import MessageView, edited_words
from peerroom.i18n import _
from peerroom.text.cells import cell_width, truncate, wrap

Role = Literal[
    "name",
    "own-name",
    "time",
    "state",
    "body",
    "quiet",
    "alert",
    "day",
    "new",
    "fold",
]
"""What a piece of text is; the widget turns it into a style."""

GUTTER: Final = 2
"""Cells left of every line: the selection bar stands there."""

TINTS: Final = 6
"""How many colours names are told apart by, beside the name itself."""

MEASURE: Final = 88
"""Cells in a line of text at most: longer ones are hard to follow."""

FOLD_LINES: Final = 12
"""A longer message is shown in part until its reader asks for the rest."""

_PAUSE: Final = timedelta(minutes=7)
"""After such a silence the name and the time are said again."""

_IN_WORDS: Final = frozenset({"undecryptable", "unattributable", "deleted", "malformed"})
"""States in which the body says what happened to the message, and is not the sender's."""


class Piece(NamedTuple):
    """Some text of one role. A tuple, because lines are looked up in caches on every paint."""

    text: str
    role: Role
    tint: int = 0
    """One of `TINTS`, the same for the same sender."""


Line = tuple[Piece, ...]


class Context(NamedTuple):
    """What a message's lines depend on beside the message itself. A tuple, as `Piece` is."""

    width: int
    """Cells from edge to edge, the gutter included."""
    today: date
    when: datetime
    """The message's time on the reader's clock."""
    new_day: bool
    """It is the first of its day (or of the window)."""
    new_sender: bool
    """Name and time are due."""
    new_mark: bool = False
    """It is the first that the reader has not seen."""
    unfolded: bool = False
    newest_own: bool = False
    """The last one sent from here: the only one that says "sent"."""
    say_trust: bool = True
    """False when the line above said the same about the same sender."""


def follows(view: MessageView, previous: MessageView | None) -> bool:
    """True when ``view`` continues what ``previous`` said, so that its name need not be said."""
    return (
        previous is not None
        and previous.sender_id == view.sender_id
        and previous.own == view.own
        and previous.kind in ("text", "file")
        and "unattributable" not in (view.state, previous.state)
        and view.kind in ("text", "file")
        and timedelta(0) <= view.when - previous.when <= _PAUSE
    )


def tint(view: MessageView) -> int:
    """The sender's colour: an index below `TINTS` that depends on who they are only."""
    return crc32(view.sender_id.encode("utf-8", "surrogatepass")) % TINTS


def lay_out(view: MessageView, context: Context) -> tuple[Line, ...]:
    """The lines of one message, separators above it included; never empty."""
    lines: list[Line] = []
    if context.new_day:
        lines += _separator(day_words(context.when.date(), context.today), "day", context.width)
    if context.new_mark:
        lines += _separator(_("new"), "new", context.width)
    if view.kind in ("membership", "gap"):
        lines += _aside(view, context)
        return tuple(lines)
    if context.new_sender:
        if not (context.new_day or context.new_mark):
            lines.append(())
        lines.append(_heading(view, context))
    lines += _content(view, context)
    return tuple(lines)


def _body_width(width: int) -> int:
    return min(MEASURE, max(4, width - GUTTER - 2))


def _first_lines(body: str, width: int) -> list[str]:
    """Enough of ``body`` to know whether it must be folded, without wrapping 60 KB for it."""
    return wrap(body[: (FOLD_LINES + 2) * width], width)


def _heading(view: MessageView, context: Context) -> Line:
    room_for_name = max(4, context.width - GUTTER - 10)
    time = Piece("  " + time_words(context.when), "time")
    if view.state == "unattributable":
        # A name would be a claim that nothing supports.
        return (Piece(truncate(f"! {view.words}", room_for_name), "alert"), time)
    name = truncate(_("You") if view.own else view.sender_name, room_for_name)
    return (Piece(name, "own-name" if view.own else "name", tint(view)), time)


def _content(view: MessageView, context: Context) -> list[Line]:
    width = _body_width(context.width)
    if view.state in _IN_WORDS:
        lines: list[Line] = [(Piece(part, "quiet"),) for part in wrap(view.body, width)]
    else:
        lines = _body(view, context, width)
    if view.edited:
        lines = _with_mark(lines, edited_words(), width)
    if view.trust is not None and context.say_trust:
        lines += [(Piece(part, "alert"),) for part in wrap(f"! {view.trust}", width)]
    return _with_state(lines, view, context, width)


def _body(view: MessageView, context: Context, width: int) -> list[Line]:
    if view.covered and not context.unfolded:
        return [(Piece(_("▒▒▒▒▒▒ Covered. Enter shows it."), "fold"),)]
    text = f"* {view.sender_name} {view.body}" if view.kind == "action" else view.body
    if context.unfolded:
        parts = wrap(text, width)
        folded = False
    else:
        parts = _first_lines(text, width)
        folded = len(parts) > FOLD_LINES
        # Two lines stay back, so that unfolding always shows more than the line it replaces.
        parts = parts[: FOLD_LINES - 2] if folded else parts
    role: Role = "quiet" if view.kind in ("action", "file") else "body"
    lines: list[Line] = [(Piece(part, role),) for part in parts] or [(Piece("", role),)]
    if folded:
        lines.append((Piece(_("… show the rest"), "fold"),))
    elif view.covered:
        lines.append((Piece(_("… cover it again"), "fold"),))
    elif context.unfolded and len(parts) > FOLD_LINES:
        lines.append((Piece(_("… show less"), "fold"),))
    return lines


def _with_state(lines: list[Line], view: MessageView, context: Context, width: int) -> list[Line]:
    """How far an own message has come."""
    if view.state in ("failed", "unsure"):
        said = _("Not sent.") if view.state == "failed" else None
        words = " ".join(filter(None, ["!", said, view.problem]))
        return lines + [(Piece(part, "alert"),) for part in wrap(words, width)]
    due = view.state == "sending" or (view.state == "sent" and context.newest_own)
    if not due:
        return lines
    return _with_mark(lines, view.words, width)


def _with_mark(lines: list[Line], words: str, width: int) -> list[Line]:
    """``words``, quiet, at the end of the last line if there is room, else below it."""
    used = sum(cell_width(piece.text) for piece in lines[-1])
    if used + 2 + cell_width(words) <= width:
        return [*lines[:-1], (*lines[-1], Piece(f"  {words}", "state"))]
    return [*lines, (Piece(words, "state"),)]


def _aside(view: MessageView, context: Context) -> list[Line]:
    """Someone coming or going, or a hole in the history: quiet, centred."""
    room = max(4, context.width - 2 * GUTTER)
    parts = wrap(view.body, room) or [""]
    gap: list[Line] = [] if context.new_day or context.new_mark else [()]
    return gap + [_centred(part, "quiet", context.width) for part in parts]


def _separator(words: str, role: Role, width: int) -> list[Line]:
    words = truncate(words, max(4, width - 8))
    rule = max(2, (width - cell_width(words) - 2 * GUTTER - 2) // 2)
    return [(), (Piece(f"{'─' * rule} {words} {'─' * rule}", role),)]


def _centred(text: str, role: Role, width: int) -> Line:
    left = max(0, (width - 2 * GUTTER - cell_width(text)) // 2)
    return (Piece(" " * left + text, role),)
