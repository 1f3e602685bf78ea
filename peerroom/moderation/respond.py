"""From what protections find to what is done: the one place that knows how far to go.

Nobody is punished twice for the same event, what is removed already leads to nothing, and a flood
of findings does not become a flood of cases or of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import N_, _
from peerroom.moderation import actions as act
from peerroom.moderation import lists, measures, templates, untold
from peerroom.moderation.case_lines import known
from peerroom.moderation.docket import Docket
from peerroom.moderation.explaining import because, explain, lasting
from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.measures import Cause
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import State
from peerroom.wire.cases import Done, Shown, Source

QUIET: Final = timedelta(minutes=10)
"""How long the same is not said again, to the same people about the same person."""
PAUSE: Final = timedelta(seconds=30)
"""Of a finding that names no time."""
_MESSAGES: Final[tuple[Verb, ...]] = ("remove", "hold")
_PEOPLE: Final[tuple[Verb, ...]] = ("ban", "mute", "slow")
"""Of each of these the first that was found is done: nothing is done twice over."""
_TRIED: Final[dict[Verb, str]] = {
    "flag": N_("On trial: “{protection}” would have told you of {name}: {why}."),
    "slow": N_("On trial: “{protection}” would have given {name} a short pause: {why}."),
    "hold": N_("On trial: “{protection}” would have held a message of {name}: {why}."),
    "remove": N_("On trial: “{protection}” would have removed a message of {name}: {why}."),
    "mute": N_("On trial: “{protection}” would have muted {name}: {why}."),
    "lock": N_("On trial: “{protection}” would have locked the room: {why}."),
    "ban": N_("On trial: “{protection}” would have banned {name}: {why}."),
}


def respond(findings: Iterable[Finding], seen: Seen, state: State) -> list[act.Action]:
    """What is done about ``seen``."""
    answer = _Answer(state, seen.at + seen.late)
    for finding in _chosen(findings, state):
        answer.take(finding, seen)
    return answer.actions()


def watched(findings: Iterable[Finding], now: datetime, state: State) -> list[act.Action]:
    """What is done because of the hour."""
    answer = _Answer(state, now)
    for finding in _chosen(findings, state):
        answer.take(finding, None)
    return answer.actions()


def rehearsed(findings: Iterable[Finding], seen: Seen, state: State) -> list[act.Action]:
    """What is told of protections on trial, and not done."""
    answer = _Answer(state, seen.at + seen.late)
    for finding in _chosen(findings, state):
        answer.tell_trial(finding)
    return answer.actions()


def _chosen(findings: Iterable[Finding], state: State) -> list[Finding]:
    """One about the messages, one about the person, one about the room, and the flag if moderators
    would not hear of it otherwise."""
    found = {finding.verb: finding for finding in findings if _matters(finding, state)}
    return [
        found[verb]
        for verb in (
            *[verb for verb in _PEOPLE if verb in found][:1],
            *[verb for verb in _MESSAGES if verb in found][:1],
            *[verb for verb in ("lock", "flag") if verb in found],
        )
    ]


def _matters(finding: Finding, state: State) -> bool:
    """Not so what is about messages that are all removed, or about to be."""
    events = finding.event_ids
    return not events or not all(state.removed.get(event, False) for event in events)


class _Answer:
    """Collects what is done, with its numbers."""

    def __init__(self, state: State, now: datetime) -> None:
        self._state = state
        self._now = now
        self._docket = Docket(state.cases, state.next_case, now)
        self._done: list[act.Action] = []
        self._deed = state.next_deed
        self._moments = dict(state.moments)

    def actions(self) -> list[act.Action]:
        """All of it: what is done first, then what is said about it."""
        said = (act.Say, act.TellMember)
        return [
            *(action for action in self._done if not isinstance(action, said)),
            *map(act.TakeStep, self._docket.steps),
            *(action for action in self._done if isinstance(action, said)),
        ]

    def take(self, finding: Finding, seen: Seen | None) -> None:
        user = finding.user_id or (seen.sender if seen is not None else None)
        late = timedelta(0) if seen is None else seen.late
        match finding.verb:
            case "hold" | "remove":
                self._remove(finding, user)
            case "slow" if user is not None:
                self._slow(finding, user, late)
            case "mute" if user is not None:
                self._mute(finding, user)
            case "ban" if user is not None:
                self._ban(finding, user)
            case "lock":
                self._lock(finding, late)
            case "flag":
                self._case(finding, user, "flag")

    def tell_trial(self, finding: Finding) -> None:
        """Moderators hear what a protection on trial would have done."""
        if self._once(f"trial {finding.protection} {finding.user_id} {finding.verb}"):
            name = "" if finding.user_id is None else self._name(finding.user_id)
            said = _(_TRIED[finding.verb]).format(
                protection=finding.protection, name=name, why=because(finding.reason)
            )
            self._done.append(act.Say(self._state.management, said))

    def _remove(self, finding: Finding, user: str | None) -> None:
        held = finding.verb == "hold"
        # Who holds opens the case first: what is kept of the message belongs to it.
        case = self._case(finding, user, "hold") if held else None
        what = "held" if held else "removed"
        messages = {finding.room_id: tuple(reversed(finding.event_ids))}
        cause = self._cause(finding, case)
        if not self._do(
            measures.remove(self._state, cause, messages, user, what=what), finding, case, what
        ):
            return
        if user:
            self._explain(user, what, finding, cause.deed)
        if not held and self._once(f"said {finding.reason} {user}"):
            self._tell_deed(finding, user, cause.deed, _("Removed a message of {name}: {why}."))

    def _explain(self, user: str, what: str, finding: Finding, deed: int) -> None:
        reason, events = finding.reason, finding.event_ids
        if self._once(untold.key(user, what, reason), untold.AGAIN):
            text = templates.why(reason, self._state)
            told: act.Action = explain(user, deed, what, reason, text=text, event_ids=events)
        else:
            told = untold.wait(user, what, reason, deed, events, self._state)
        self._done.append(told)

    def _slow(self, finding: Finding, user: str, late: timedelta) -> None:
        lasts = finding.lasts or PAUSE
        if late >= lasts:
            return  # the pause would be for what was said long ago
        cause = self._cause(finding)
        done = measures.slow(self._state, cause, finding.room_id, user, lasts)
        if not self._do(done, finding, None, "slowed"):
            return
        self._done.append(
            explain(user, cause.deed, "slowed", finding.reason, until=self._now + lasts)
        )
        self._case(finding, user, "flag")

    def _mute(self, finding: Finding, user: str) -> None:
        if user in self._state.mutes or user in self._state.banned:
            return
        until = None if finding.lasts is None else self._now + finding.lasts
        case = self._case(finding, user, "flag")
        cause = self._cause(finding, case)
        self._do(measures.mute(self._state, cause, user, until), finding, case, "muted")
        text = templates.why(finding.reason, self._state)
        told = explain(user, cause.deed, "muted", finding.reason, text=text, until=until)
        self._done.append(told)

    def _ban(self, finding: Finding, user: str) -> None:
        if user in self._state.banned:
            return
        cause = self._cause(finding)
        self._do(lists.ban(self._state, cause, (user,)), finding, None, "banned")
        self._tell_deed(finding, user, cause.deed, _("Banned {name}: {why}."))

    def _lock(self, finding: Finding, late: timedelta) -> None:
        if finding.lasts is not None and late >= finding.lasts:
            return
        until = None if finding.lasts is None else self._now + finding.lasts
        cause = self._cause(finding)
        before = finding.room_id in self._state.locks
        done = measures.lock(
            self._state, cause, finding.room_id, until, says_after=finding.says_after
        )
        if not self._do(done, finding, None, "locked") or before:
            return
        time = _("a while") if finding.lasts is None else lasting(finding.lasts)
        said = finding.says or N_("This room is quiet for {time}, and then opens again by itself.")
        self._done.append(act.Say(finding.room_id, _(said).replace("{time}", time)))
        if finding.reason != "quiet":
            said = _("Locked the room for {time}: {why}. `!undo {n}` opens it.").format(
                time=time, why=because(finding.reason), n=cause.deed
            )
            self._done.append(act.Say(self._state.management, said))

    # -- the parts --------------------------------------------------------------------------------

    def _cause(self, finding: Finding, case: int | None = None) -> Cause:
        return Cause(self._state.bot, self._now, self._deed, code=finding.reason, case=case)

    def _do(
        self, done: Sequence[act.Action], finding: Finding, case: int | None, what: str
    ) -> bool:
        if not done:
            return False
        self._done += done
        if case is not None:
            self._docket.add(case, Done, by=self._state.bot, what=what, deed=self._deed)
        self._deed += 1
        return True

    def _case(self, finding: Finding, user: str | None, source: Source) -> int | None:
        """The case that this opens or belongs to; a flood adds to it only now and then."""
        urgent = finding.reason == "risk"
        same = self._docket.same(source, finding.reason, user)
        key = f"case {finding.reason} {user or finding.room_id}"
        lately = not self._once(key)
        again = lately and not urgent
        if again and (same is not None or source == "flag"):
            return same
        number = self._docket.open(
            source,
            finding.reason,
            about=user,
            name="" if user is None else self._name(user),
            room_id=finding.room_id,
            event_ids=finding.event_ids,
            cues=finding.cues,
            # Moderators are called to one case once in a while, and see all of it.
            urgent=urgent and not (lately and same is not None),
        )
        if lines := known(finding.event_ids, self._state):
            self._docket.add(number, Shown, lines=lines)
        return number

    def _once(self, key: str, quiet: timedelta = QUIET) -> bool:
        """Whether this was not done or said lately; from now on it was."""
        until = self._moments.get(key)
        if until is not None and until > self._now:
            return False
        self._moments[key] = self._now + quiet
        self._done.append(act.NoteMoment(key, self._now + quiet))
        return True

    def _tell_deed(self, finding: Finding, user: str | None, deed: int, words: str) -> None:
        said = words.format(name=self._name(user or ""), why=because(finding.reason))
        undo = _("`!undo {n}` takes it back.").format(n=deed)
        self._done.append(act.Say(self._state.management, f"{said} {undo}"))

    def _name(self, user: str) -> str:
        return self._state.people.get(user, user)
