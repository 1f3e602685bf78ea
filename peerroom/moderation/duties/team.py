"""The moderators themselves: roles, shifts, and the texts that they send."""

from __future__ import annotations

import msgspec

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation import roles, rota, templates
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Done, Order, ago, unclear
from peerroom.moderation.inverse import inverses
from peerroom.moderation.people import Unclear, everyone, find
from peerroom.moderation.template_texts import Language
from peerroom.wire import commands as cmd
from peerroom.wire.texts import Written


@duty.register
def _role(command: cmd.SetRank, order: Order) -> Done:
    state = order.state
    team = {user: name for user, name in everyone(state).items() if user in state.moderators}
    user = find(command.name, {**dict.fromkeys(state.moderators, ""), **team})
    if isinstance(user, Unclear):
        if isinstance(find(command.name, everyone(state)), str):
            said = _("{name} is no moderator. An invite link for moderators makes one.")
            return order.say(said.format(name=command.name))
        return order.say(unclear(user))
    called = _(roles.CALLED[command.rank])
    before = roles.rank_of(user, state)
    if before == command.rank:
        return order.say(_("{name} is {role} already.").format(name=order.name(user), role=called))
    if before == "lead" and not any(
        roles.rank_of(other, state) == "lead" for other in state.moderators - {user}
    ):
        return order.say(_("Somebody has to be lead. Make another one first."))
    done: Done = [act.SetRole(user, command.rank), *roles.levels(user, command.rank, state)]
    undo: tuple[act.Inverse, ...] = (act.SetRole(user, before), *inverses(done[1:], state))
    note = act.Note(order.by, "role", user, command.rank, undo=undo)
    said = _("{name} is {role} now. {hint}").format(
        name=order.name(user), role=called, hint=order.undo_hint()
    )
    return [note, *done, *order.say(said)]


# --- shifts ---------------------------------------------------------------------------------------


@duty.register
def _shift(command: cmd.Shift, order: Order) -> Done:
    here = rota.here(order.at, order.state)
    if command.on:
        if order.by in here:
            return order.say(_("You are here already. Good to have you."))
        words = _("{name} is here.").format(name=order.name(order.by))
        digest = rota.digest(order.by, order.at, order.state)
        texts = templates.all_written(order.state)  # who was not here when they were, has them now
        answer = _showing(texts, order.say(f"{words}\n{digest}"))
        return [rota.begin(order.by, order.at), *answer]
    if order.by not in here:
        return order.say(_("You were not on a shift. Have a good rest."))
    lines = [_("{name} goes. Thank you, and have a good rest.").format(name=order.name(order.by))]
    mine = [case for case in order.state.cases.values() if case.claimed_by == order.by]
    if mine:
        numbers = " · ".join(str(case.number) for case in mine)
        said = _("They still look after: {cases}. `!drop {n}` gives it back to the others.")
        lines.append(said.format(cases=numbers, n=mine[0].number))
    if not here.keys() - {order.by}:
        lines.append(_("Nobody else has said that they are here."))
    return [*rota.end(order.by, order.at), *order.say("\n".join(lines))]


@duty.register
def _rota(command: cmd.Rota, order: Order) -> Done:
    here = rota.here(order.at, order.state)
    lines = [
        _("• {name}, since {ago}").format(name=order.name(user), ago=ago(since, order.at))
        for user, since in here.items()
    ]
    if not lines:
        lines = [_("Nobody has said that they are here. `!shift on` says it.")]
    for user in sorted(order.state.moderators - here.keys()):
        left = rota.last_here(user, order.state)
        if left is not None:
            said = _("{name} was here until {ago}.")
            lines.append(said.format(name=order.name(user), ago=ago(left, order.at)))
    return order.say("\n".join(lines))


@duty.register
def _digest(command: cmd.Digest, order: Order) -> Done:
    return order.say(rota.digest(order.by, order.at, order.state))


# --- texts ----------------------------------------------------------------------------------------


@duty.register
def _templates(command: cmd.Templates, order: Order) -> Done:
    changed = [
        name
        for name in templates.NAMES
        if any(templates.is_changed(name, tongue, order.state) for tongue in cmd.LANGUAGES)
    ]
    lines = [" · ".join(templates.NAMES)]
    if changed:
        lines.append(_("Written anew: {names}.").format(names=" · ".join(changed)))
    hint = _("`!template {name}` shows one; `!template {name} en …` writes it anew.")
    lines.append(hint.format(name=templates.NAMES[0]))
    return _showing(templates.all_written(order.state), order.say("\n".join(lines)))


@duty.register
def _template(command: cmd.Template, order: Order) -> Done:
    state, name = order.state, command.template
    if name not in templates.NAMES:
        said = _("There is no text called “{name}”. There are: {names}.")
        return order.say(said.format(name=name, names=" · ".join(templates.NAMES)))
    if not command.text:
        tongues: tuple[Language, ...] = (command.language,) if command.language else cmd.LANGUAGES
        shown = (templates.in_language(name, tongue, state) for tongue in tongues)
        return _showing(templates.as_written(name, state), order.say("\n\n".join(shown)))
    assert command.language is not None
    key = templates.key(name, command.language)
    default = command.text == "default"
    if not default and len(command.text) > templates.LONGEST:
        said = _("That is long: {n} characters are the most. Short words are read more easily.")
        return order.say(said.format(n=templates.LONGEST))
    kept = None if default else command.text
    done: Done = [act.Remember(templates.BOOK, key, kept)]
    note = act.Note(order.by, "template", key, undo=inverses(done, state))
    if default:
        said = _("The text “{name}” is as it came along again. {hint}")
    else:
        said = _("The text “{name}” is written anew. {hint}")
    return [note, *done, *order.say(said.format(name=name, hint=order.undo_hint()))]


def _showing(texts: tuple[Written, ...], answer: Done) -> Done:
    """An answer that shows these texts to moderators' programs, too."""
    return [
        msgspec.structs.replace(one, texts=texts) if isinstance(one, act.Say) else one
        for one in answer
    ]
