"""How things are said in the linear mode: one line each, behind the last wall."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Final, TextIO

from peerroom.client.views import MessageView, edited_words
from peerroom.i18n import _
from peerroom.text.terminal import scrub

_BREAK: Final = " / "
"""Stands for a line break inside a message: one event is one line."""

_SAID_BY_STATE: Final = ("undecryptable", "unattributable", "malformed", "deleted")
"""States whose body already is the whole sentence; the words go with the name."""


class Voice:
    """Writes lines to ``out``, flushed one by one. Times are in ``zone``."""

    def __init__(self, out: TextIO, zone: tzinfo) -> None:
        self._out = out
        self.zone = zone
        self._day: date | None = None

    def line(self, text: str) -> None:
        """One line, whatever is in ``text``."""
        self._out.write(scrub(_BREAK.join(text.split("\n"))) + "\n")
        self._out.flush()

    def note(self, sentence: str) -> None:
        """Something PeerRoom says itself, told apart from what people say."""
        self.line(f"-- {sentence}")

    def message(self, view: MessageView, remark: str = "") -> None:
        """One message: ``HH:MM name: text``; a new day is said first."""
        when = view.when.astimezone(self.zone)
        if when.date() != self._day:
            self._day = when.date()
            self.note(f"{when:%Y-%m-%d}")
        self.line(f"{when:%H:%M} {sentence_of(view)}{f' ({remark})' if remark else ''}")

    def changed(self, view: MessageView) -> None:
        """The sender gave an earlier message other words, or its first ones back.

        The message is named by its time: what was taken back is not said again.
        """
        when = view.when.astimezone(self.zone)
        if view.own:
            first = _("Your message from {when} reads as it did at first: {text}")
            words = _("You changed your message from {when}: {text}") if view.edited else first
        else:
            first = _("{name}'s message from {when} reads as it did at first: {text}")
            words = _("{name} changed the message from {when}: {text}") if view.edited else first
        time = f"{when:%H:%M}" if when.date() == self._day else f"{when:%Y-%m-%d %H:%M}"
        self.note(words.format(name=view.sender_name, when=time, text=_body(view)))


def sentence_of(view: MessageView) -> str:
    """Who said what, with everything a reader should know about it, on one line."""
    body = _body(view)
    if view.kind in ("membership", "gap"):
        return f"-- {body}"
    name = _("you") if view.own else view.sender_name
    if view.state in _SAID_BY_STATE:
        said = f"{name} ({view.words}): {body}"
    elif view.kind == "action":
        said = f"* {name} {body}"
    else:
        said = f"{name}: {body}"
    if view.edited:
        said += f" {edited_words()}"
    if view.trust is not None:
        said += f" [{view.trust}]"
    if view.state == "unsure":
        said += f" ({view.problem})"
    elif view.problem is not None:
        said += " " + _("(not sent: {why} /retry or /undo)").format(why=view.problem)
    return said


def _body(view: MessageView) -> str:
    """On one line; what is covered is not said, and how to hear it is."""
    if view.covered:
        return _("Covered. /open reads it out.")
    return _BREAK.join(line for line in view.body.splitlines() if line.strip())
