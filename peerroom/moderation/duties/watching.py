"""What the bot watches for: protections and their settings, tried on the day behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from peerroom.i18n import N_, _, ngettext
from peerroom.moderation import measures
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Done, Order
from peerroom.moderation.findings import Verb
from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Mode, Protection
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.settings_words import described, parsed
from peerroom.moderation.state import State
from peerroom.moderation.window import Window
from peerroom.wire import commands as cmd

MODES: Final[dict[Mode, str]] = {"on": N_("on"), "trial": N_("on trial"), "off": N_("off")}
_WOULD: Final[dict[Verb, Callable[[int], str]]] = {
    "flag": lambda n: ngettext(
        "It would have told you {n} time.", "It would have told you {n} times.", n
    ),
    "slow": lambda n: ngettext(
        "It would have given {n} pause.", "It would have given {n} pauses.", n
    ),
    "hold": lambda n: ngettext(
        "It would have held {n} message.", "It would have held {n} messages.", n
    ),
    "remove": lambda n: ngettext(
        "It would have removed {n} message.", "It would have removed {n} messages.", n
    ),
    "mute": lambda n: ngettext(
        "It would have muted {n} time.", "It would have muted {n} times.", n
    ),
    "lock": lambda n: ngettext(
        "It would have closed the room {n} time.", "It would have closed the room {n} times.", n
    ),
    "ban": lambda n: ngettext(
        "It would have banned {n} time.", "It would have banned {n} times.", n
    ),
}
NAMES: Final = 5
"""People named in what a protection would have done."""


def settings_of(name: str, state: State) -> dict[str, Any]:
    """What is kept of a protection's settings, everywhere and in the circle's room."""
    kept: dict[str, Any] = {}
    for room in (None, state.circle):
        standing = state.standings.get((name, room))
        if standing is not None and standing.settings is not None:
            kept |= standing.settings
    return kept


def mode_of(protection: Protection[Any], state: State) -> Mode:
    """How it stands in the circle's room."""
    mode = protection.mode
    for room in (None, state.circle):
        standing = state.standings.get((protection.name, room))
        if standing is not None and standing.mode is not None:
            mode = standing.mode
    return mode


def unknown(name: str, order: Order) -> Done:
    """There is no such protection: these there are."""
    said = _("I have no protection called “{name}”. There are: {names}.")
    return order.say(said.format(name=name, names=" · ".join(PROTECTIONS)))


@duty.register
def _protect(command: cmd.Protect, order: Order) -> Done:
    state = order.state
    if command.protection is None:
        lines = [
            f"{name} · {_(MODES[mode_of(one, state)])} – {_(one.summary)}"
            for name, one in PROTECTIONS.items()
        ]
        return order.say("\n".join(lines))
    protection = PROTECTIONS.get(command.protection)
    if protection is None:
        return unknown(command.protection, order)
    if command.mode is None:
        mode = _(MODES[mode_of(protection, state)])
        head = f"{protection.name} · {mode} – {_(protection.summary)}"
        return order.say(
            "\n".join([head, *described(protection, settings_of(protection.name, state))])
        )
    done = measures.protect(state, order.cause(), protection.name, mode=command.mode)
    said = _("“{name}” is {mode} now. {hint}").format(
        name=protection.name, mode=_(MODES[command.mode]), hint=order.undo_hint()
    )
    return [*done, *order.say(said)]


@duty.register
def _set(command: cmd.SetField, order: Order) -> Done:
    state = order.state
    protection = PROTECTIONS.get(command.protection)
    if protection is None:
        return unknown(command.protection, order)
    standing = state.standings.get((protection.name, None))
    kept = dict(standing.settings or {}) if standing is not None else {}
    value = parsed(protection, command.setting, command.value)
    if isinstance(value, str):
        return order.say(value)
    settings = {**kept, command.setting: msgspec.to_builtins(value[0])}
    try:
        protection.armed(settings)
    except (msgspec.ValidationError, ValueError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, ValueError) else None
        said = _("That does not go together with the other settings.")
        return order.say(_(str(cause)) if cause is not None else said)
    done = measures.protect(state, order.cause(), protection.name, settings=settings)
    said = _("{name}.{setting} is {value} now. {hint}").format(
        name=protection.name,
        setting=command.setting,
        value=command.value,
        hint=order.undo_hint(),
    )
    return [*done, *order.say(said)]


# --- the day behind -------------------------------------------------------------------------------


@duty.register
def _try(command: cmd.Try, order: Order) -> Done:
    state = order.state
    protection = PROTECTIONS.get(command.protection)
    if protection is None:
        return unknown(command.protection, order)
    guard = Guard(
        [protection],
        {protection.name: "on"},
        {protection.name: settings_of(protection.name, state)},
    )
    verbs: Counter[Verb] = Counter()
    people: Counter[str] = Counter()
    looked_at = 0
    for room_id in measures.rooms_of(state):
        room = state.rooms.get(room_id)
        if room is None:
            continue
        window = Window()
        room = replace(room, window=window)
        for seen in state.past.get(room_id, ()):
            looked_at += 1
            for finding in guard.judge(seen, room):
                verbs[finding.verb] += 1
                people[finding.user_id or seen.sender] += 1
            window.add(seen)
    head = ngettext(
        "I looked at {n} event of the last day.",
        "I looked at {n} events of the last day.",
        looked_at,
    ).format(n=looked_at)
    head = order.day_behind(head)
    if not verbs:
        return order.say(
            f"{head} " + _("“{name}” would have done nothing.").format(name=protection.name)
        )
    lines = [head, *(_would(verb, count) for verb, count in verbs.most_common())]
    named = " · ".join(order.name(user) for user, _count in people.most_common(NAMES))
    lines.append(_("Most of it about: {names}.").format(names=named))
    return order.say("\n".join(lines))


def _would(verb: Verb, count: int) -> str:
    return f"• {_WOULD[verb](count).format(n=count)}"
