"""What makes calling hard, and an answer to each: only what a source or the data says.

Answering the barrier raised the use of a referral by 23 % (Koko trial, doi 10.1037/ccp0000389).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from peerroom.care import wording
from peerroom.care.helplines import FIRST_PAGE, PanicScreen, Row, SectionKind
from peerroom.care.wording import together
from peerroom.i18n import _

_SHOWN: Final = 4
"""Numbers an answer names: more would be a list again."""


class Barrier(NamedTuple):
    """A thought that keeps people from calling, and what can honestly be said to it."""

    id: str
    question: str
    answer: str


def question() -> str:
    """The question the panic screen asks, in the current language."""
    return _("What makes calling hard?")


def barriers(screen: PanicScreen) -> tuple[Barrier, ...]:
    """The barriers and their answers for the lines of ``screen``, in the current language."""
    return (
        Barrier("reason", _("It is not bad enough to call."), _reason(screen)),
        Barrier("parent", _("I am only the parent."), _parent(screen)),
        Barrier("name", _("I do not want to say who I am."), _name(screen)),
        Barrier("police", _("Will they send the police?"), _police()),
        Barrier("busy", _("Nobody will answer."), _busy(screen)),
        Barrier("cost", _("What does it cost?"), _cost(screen)),
        Barrier("bill", _("Somebody will see it on the phone bill."), _bill(screen)),
        Barrier("aloud", _("I cannot talk aloud here."), _aloud(screen)),
    )


def _reason(screen: PanicScreen) -> str:
    numbers = _numbers(screen, lambda row: "anyone" in row.audience, ("main", "second"))
    if not numbers:
        return _("You can begin with: I only want to talk.")
    return _("Anyone can call {numbers}. You can begin with: I only want to talk.").format(
        numbers=numbers
    )


def _parent(screen: PanicScreen) -> str:
    numbers = _numbers(screen, lambda row: "parents" in row.audience)
    if numbers:
        return _("Parents are welcome at {numbers}.").format(numbers=numbers)
    return _reason(screen)


def _name(screen: PanicScreen) -> str:
    numbers = _numbers(screen, lambda row: row.anonymous)
    others = _("Of the others we do not know; you can ask before you say anything else.")
    if not numbers:
        return _("We do not know each line's rule; you can ask before you say anything else.")
    return together(_("At {numbers} you can stay anonymous.").format(numbers=numbers), others)


def _police() -> str:
    return _("We do not know each line's rule. You can ask it first, before you say where you are.")


def _busy(screen: PanicScreen) -> str:
    words = together(_("Lines are often busy. It is not you."), wording.try_again())
    second = _numbers(screen, lambda row: True, ("second",), limit=1)
    if not second:
        return words
    return together(words, _("The next one to try: {number}.").format(number=second))


def _cost(screen: PanicScreen) -> str:
    numbers = _numbers(screen, lambda row: row.cost == "free")
    if not numbers:
        return _("We could not confirm what these calls cost.")
    return _("Free: {numbers}. The cost stands beside each of the others.").format(numbers=numbers)


def _bill(screen: PanicScreen) -> str:
    numbers = _numbers(screen, lambda row: row.unbilled)
    if not numbers:
        return _("We do not know of these lines whether the bill shows them.")
    return _("{numbers} do not appear on it. Of the others we do not know.").format(numbers=numbers)


def _aloud(screen: PanicScreen) -> str:
    ways = [
        f"{row.name}: {way}"
        for row in _rows(screen)
        if row.audience != ("children",)
        and (way := wording.text_message(row) or (row.chat_url and wording.web(row)))
    ]
    if not ways:
        return _("We know of no line here that you can write to.")
    return together(_("You can write instead."), " · ".join(ways[:_SHOWN]))


def _numbers(
    screen: PanicScreen,
    fits: Callable[[Row], bool],
    where: tuple[SectionKind, ...] = FIRST_PAGE,
    limit: int = _SHOWN,
) -> str:
    """The first numbers of the sections ``where`` that fit: open ones first, then nationwide."""
    fitting = [
        row
        for section in screen.sections
        if section.kind in where
        for row in section.rows
        if row.tier and not row.emergency and fits(row)
    ]
    fitting.sort(key=lambda row: (row.dimmed, row.region is not None))
    return " · ".join(wording.number(row) for row in fitting[:limit])


def _rows(screen: PanicScreen) -> Iterator[Row]:
    for section in (*screen.sections, *screen.more):
        yield from section.rows
