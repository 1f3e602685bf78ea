"""The moderators' room on paper: commands go in, and what the bot knows changes by what comes out,
as its ledger would change it. No vault, no server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation.case_lines import merged
from peerroom.moderation.cases import fold
from peerroom.moderation.decide import decide
from peerroom.moderation.explaining import words
from peerroom.moderation.facts import Asked, Found, Said, Ticked
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Room
from peerroom.moderation.respond import respond
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import Asker, Health, Kept, Lock, Standing, State
from peerroom.moderation.window import Window
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import Line
from peerroom.wire.member import Ask, Report

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BOT, LEAD, MOD, WATCHER = "@bot:x", "@lead:x", "@mod:x", "@watch:x"
ANNA, BEN, CARA = "@anna:x", "@ben:x", "@cara:x"
CIRCLE, GARDEN, DESK, DOOR = "!circle", "!garden", "!desk", "!door"
NAMES = {
    LEAD: "Moderator Larch",
    MOD: "Moderator Maple",
    WATCHER: "Moderator Willow",
    ANNA: "Quiet Heron / 静かなサギ",
    BEN: "Calm Otter / 穏やかなカワウソ",
    CARA: "Misty Hare / 霧のノウサギ",
}
TEAM = frozenset({LEAD, MOD, WATCHER})
INSIDE = frozenset({BOT, *NAMES})


def line(text: str, user: str = ANNA, *, about: bool = True) -> Line:
    """One message of the context."""
    at = int(NOW.timestamp() * 1000)
    return Line(name=NAMES[user], text=text, at=at, about=about)


STATE = State(
    bot=BOT,
    circle=CIRCLE,
    management=DESK,
    via=("x",),
    desk=frozenset({BOT, *TEAM}),
    moderators=TEAM,
    exempt=frozenset({BOT, *TEAM}),
    members={BOT: "PeerRoom bot", **NAMES},
    known={"@gone:x": "Silent Crane / 静寂のツル"},
    seats=30,
    invites={},
    mutes={},
    banned=frozenset(),
    messages={ANNA: tuple(f"$a{n}" for n in range(40, 0, -1)), BEN: ("$b1",)},
    welcome={"en": "Welcome."},
    health=Health(since=NOW - timedelta(hours=2)),
    roles={LEAD: "lead", MOD: "moderator", WATCHER: "watcher"},
    protected=(CIRCLE, GARDEN),
    everywhere={
        ANNA: {CIRCLE: tuple(f"$a{n}" for n in range(40, 0, -1)), GARDEN: ("$g2", "$g1")},
        BEN: {CIRCLE: ("$b1",)},
    },
    rooms={room: Room(room, Window(), exempt=frozenset({BOT, *TEAM})) for room in (CIRCLE, GARDEN)},
    authors={**{f"$a{n}": ANNA for n in range(1, 41)}, "$g1": ANNA, "$g2": ANNA, "$b1": BEN},
    written={
        **{f"$a{n}": (CIRCLE, ANNA) for n in range(1, 41)},
        "$g1": (GARDEN, ANNA),
        "$g2": (GARDEN, ANNA),
        "$b1": (CIRCLE, BEN),
    },
    context={"$a1": (line("before", BEN, about=False), line("the message"))},
    inside={CIRCLE: INSIDE, GARDEN: INSIDE},
    people=NAMES,
)


class PaperDesk:
    """A `State` that goes on from decision to decision. ``at`` is the bot's clock."""

    def __init__(self, state: State = STATE) -> None:
        self.state = state
        self.at = NOW
        self.log: list[act.Action] = []

    def later(self, **time: float) -> PaperDesk:
        """Let time go by."""
        self.at += timedelta(**time)
        return self

    def type(self, text: str, by: str = MOD) -> list[act.Action]:
        """A moderator types a line; what comes of it."""
        said = Said("$cmd", DESK, by, ForeignText(text), self.at, True, True, self.at)
        return self._taken(decide(said, self.state))

    def ask(self, ask: Ask, sender: str = BEN, *, signed: bool = True) -> list[act.Action]:
        """A member asks for something in private."""
        found = self._found(ask) if isinstance(ask, Report) else None
        asked = Asked("$ask", DOOR, sender, ask, self.at, signed, found)
        return self._taken(decide(asked, self.state))

    def _found(self, report: Report) -> Found | None:
        """What the bot's reader would have of it."""
        written = self.state.written
        there = [event for event in report.event_ids if event in written]
        user = written[there[0]][1] if there else ""
        theirs = [event for event in there if written[event] == (report.room_id, user)]
        if not theirs:
            return None
        lines = merged(self.state.context.get(event, ()) for event in theirs)
        return Found(written[theirs[0]][1], tuple(theirs), lines)

    def finds(self, finding: Finding) -> list[act.Action]:
        """A protection has found something in the message that somebody just wrote."""
        event, user = finding.event_ids[-1], finding.user_id or ANNA
        seen = Seen(event, finding.room_id, user, self.at, "text", encrypted=True, signed=True)
        return self._taken(respond([finding], seen, self.state))

    def tick(self) -> list[act.Action]:
        """Time is looked at."""
        return self._taken(decide(Ticked(self.at), self.state))

    def knows(self, **changes: Any) -> PaperDesk:
        """The bot knows something else, too."""
        self.state = replace(self.state, **changes)
        return self

    def _taken(self, actions: list[act.Action]) -> list[act.Action]:
        for action in actions:
            self._take(action)
        self.log += actions
        return actions

    def _take(self, action: act.Action) -> None:
        state = self.state
        match action:
            case act.TakeStep(step=step):
                cases = fold(state.cases, step)
                self.knows(cases=cases, next_case=max(cases) + 1)
            case act.Note():
                deeds: dict[int, act.Note] = dict(state.deeds)
                deeds[state.next_deed] = msgspec.structs.replace(action, at=self.at)
                if action.undoes is not None:
                    deeds[action.undoes] = msgspec.structs.replace(
                        deeds[action.undoes], undone=state.next_deed
                    )
                self.knows(deeds=deeds, next_deed=state.next_deed + 1)
            case act.Remember(book=book, key=key, value=value):
                kept = {**state.books.get(book, {}), key: value}
                if value is None:
                    del kept[key]
                self.knows(books={**state.books, book: kept})
            case act.NoteMoment(key=key, until=until):
                self.knows(moments={**state.moments, key: until})
            case act.NoteAsker(case=case, user_id=user, room_id=room):
                askers = (*state.askers.get(case, ()), Asker(user, room))
                self.knows(askers={**state.askers, case: askers})
            case act.SetRole(user_id=user, role=role):
                self.knows(roles={**state.roles, user: role})
            case act.SetProtection(name=name, room_id=room):
                self._stand(action, (name, room))
            case _:
                self._take_measure(action)

    def _stand(self, action: act.SetProtection, key: tuple[str, str | None]) -> None:
        before = self.state.standings.get(key, Standing())
        mode = None if action.mode == "default" else action.mode or before.mode
        settings = before.settings if action.settings is None else action.settings
        standings = {**self.state.standings, key: Standing(mode, settings)}
        self.knows(standings=standings)

    def _take_measure(self, action: act.Action) -> None:
        state = self.state
        match action:
            case act.NoteMute(user_id=user, until=until):
                self.knows(mutes={**state.mutes, user: until})
            case act.NoteUnmute(user_id=user):
                self.knows(mutes=_without(state.mutes, user))
            case act.NoteSlow(room_id=room, user_id=user, until=until):
                self.knows(slowed={**state.slowed, (room, user): until})
            case act.EndSlow(room_id=room, user_id=user):
                self.knows(slowed=_without(state.slowed, (room, user)))
            case act.NoteBan(user_id=user):
                self.knows(banned=state.banned | {user})
            case act.NoteUnban(user_id=user):
                self.knows(banned=state.banned - {user})
            case act.NoteLock(room_id=room, until=until, before=before, least=least):
                self.knows(locks={**state.locks, room: Lock(until, before, least=least)})
            case act.NoteUnlock(room_id=room):
                self.knows(locks=_without(state.locks, room))
            case act.RedactMessage(event_id=event):
                self.knows(removed={**state.removed, event: True})
            case act.KeepEvidence():
                self._keep(action)
            case _:
                pass

    def _keep(self, action: act.KeepEvidence) -> None:
        state = self.state
        kept = {
            event: Kept(
                event,
                action.room_id,
                state.authors.get(event, ANNA),
                "kept words",
                self.at,
                action.until,
                action.deed,
                action.case,
            )
            for event in action.event_ids
        }
        held = dict(state.held)
        if action.case is not None:
            held[action.case] = (*held.get(action.case, ()), *kept.values())
        self.knows(evidence={**state.evidence, **kept}, held=held)


def _without(mapping: Mapping[Any, Any], key: object) -> dict[Any, Any]:
    return {known: value for known, value in mapping.items() if known != key}


def spoken(actions: list[act.Action], room: str = DESK) -> str:
    """What is said in a room."""
    said = [action for action in actions if isinstance(action, act.Say)]
    return "\n".join(action.text for action in said if action.room_id == room)


def told_words(told: act.TellMember, tongues: str = "en") -> str:
    """What somebody is told, as any program shows it."""
    return words(told.tell, tongues)


def of_kind(kind: type[Any], actions: list[act.Action]) -> list[Any]:
    """Those of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def steps(actions: list[act.Action]) -> list[str]:
    """What came of cases, by the names of the steps."""
    return [type(action.step).__name__ for action in of_kind(act.TakeStep, actions)]
