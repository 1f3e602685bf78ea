"""The one shape of every error a user can meet: what happened, and what to do next."""

from __future__ import annotations

from typing import ClassVar

from peerroom.i18n import N_, _


class PeerRoomError(Exception):
    """An error with one sentence for the user and the next step.

    Subclasses set `what` and `next_step`, marked with ``N_`` and with ``{name}`` holes for the
    keyword arguments. Values that came from a stranger go through ``ForeignText.line()`` first:
    what is given here reaches the screen.
    """

    what: ClassVar[str] = N_("Something went wrong.")
    next_step: ClassVar[str] = N_("Run `peerroom doctor` to see what needs attention.")
    next_step_alone: ClassVar[str] = ""
    """What to do when the program ends with this error and nothing goes on trying."""
    exit_code: ClassVar[int] = 1

    def __init__(self, **fields: str | int) -> None:
        super().__init__(type(self).__name__)
        self.fields = fields

    def sentence(self, *, alone: bool = False) -> str:
        """What happened and what to do, in the current language; ``alone`` as the program ends."""
        step = (self.next_step_alone if alone else "") or self.next_step
        return " ".join(_(words).format(**self.fields) for words in (self.what, step)).strip()

    def __str__(self) -> str:
        return self.sentence()


def first_of(error: BaseException) -> BaseException:
    """What went wrong first, where several tasks ended together (PEP 654), however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
