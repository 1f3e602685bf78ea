"""The room's own words: one in, one out, and what it would have found before it is armed."""

from __future__ import annotations

import re
from typing import Final, get_args

from peerroom.i18n import _, ngettext
from peerroom.moderation import measures
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Done, Order
from peerroom.moderation.duties.watching import settings_of
from peerroom.moderation.protections import words as lists
from peerroom.moderation.protections.words import BadEntry, WordVerb
from peerroom.text.foreign import ForeignText
from peerroom.wire import commands as cmd

NAME: Final = lists.WORDS.name
USUAL: Final[WordVerb] = "hold"
"""The list that a word goes into unless another is named: a person decides."""
SHOWN: Final = 2_000
"""Characters of a list that are shown."""


@duty.register
def _words(command: cmd.Words, order: Order) -> Done:
    match command.what:
        case "list":
            return _list(order)
        case "test":
            return _test(command.text, order)
        case "add" | "remove":
            return _change(command, order)


def _kept(order: Order) -> dict[WordVerb, list[str]]:
    settings = lists.WORDS.read(settings_of(NAME, order.state))
    return {verb: list(getattr(settings, verb)) for verb in get_args(WordVerb)}


def _list(order: Order) -> Done:
    kept = _kept(order)
    lines = [
        f"{_called(verb)}: {ForeignText(' · '.join(entries)).line(SHOWN)}"
        for verb, entries in kept.items()
        if entries
    ]
    return order.say("\n".join(lines) or _("There are no words that I watch for."))


def _change(command: cmd.Words, order: Order) -> Done:
    named, entry = _chosen(command.text)
    kept = _kept(order)
    if command.what == "remove":
        holding = [verb for verb, entries in kept.items() if entry in entries]
        if not holding:
            said = _("“{word}” is on no list.")
            return order.say(said.format(word=ForeignText(entry).line(80)))
        for verb in holding:
            kept[verb].remove(entry)
        said = _("I do not watch for “{word}” any more. {hint}")
    else:
        try:
            entry = lists.check(entry)
        except BadEntry as error:
            return order.say(error.sentence())
        verb = named or USUAL
        if entry in kept[verb]:
            return order.say(_("“{word}” is on that list already.").format(word=entry))
        kept[verb].append(entry)
        said = _("I watch for “{word}” from now on: {list}. {hint}")
    settings: dict[str, list[str]] = {verb: entries for verb, entries in kept.items() if entries}
    done = measures.protect(order.state, order.cause(), NAME, settings=settings)
    words = ForeignText(entry).line(80)
    words = said.format(word=words, list=_called(named or USUAL), hint=order.undo_hint())
    return [*done, *order.say(words)]


def _test(text: str, order: Order) -> Done:
    """What one entry, or all of them, would have found in the last day. Never what was written."""
    entries = (
        [_chosen(text)[1]] if text else [one for kept in _kept(order).values() for one in kept]
    )
    if not entries:
        return order.say(_("There are no words that I watch for."))
    history = [
        seen
        for room in measures.rooms_of(order.state)
        for seen in order.state.past.get(room, ())
        if seen.sender not in order.state.exempt
    ]
    try:
        hits = lists.test(entries, history)
    except BadEntry as error:
        return order.say(error.sentence())
    people = {hit.sender for hit in hits}
    if not hits:
        return order.say(order.day_behind(_("In the last day that would have found nothing.")))
    said = _("In the last day that would have found {messages} by {people}.").format(
        messages=ngettext("{n} message", "{n} messages", len(hits)).format(n=len(hits)),
        people=ngettext("{n} person", "{n} people", len(people)).format(n=len(people)),
    )
    return order.say(order.day_behind(said))


def _chosen(text: str) -> tuple[WordVerb | None, str]:
    """The list that is named before a colon, and the entry: ``flag: cheap pills``."""
    match = re.fullmatch(r"(remove|hold|flag)\s*[:：]\s*(\S.*)", text, re.IGNORECASE)
    if match is None:
        return None, text
    verb = next(verb for verb in get_args(WordVerb) if verb == match[1].lower())
    return verb, match[2]


def _called(verb: WordVerb) -> str:
    return {
        "remove": _("removed"),
        "hold": _("held back until you decide"),
        "flag": _("told to you"),
    }[verb]
