"""Deciding on what happened: each event once, and its outcome with it or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from peerroom.bot import points
from peerroom.bot.circle import current
from peerroom.bot.epochs.rotation import Epochs
from peerroom.bot.executor import MISTAKES
from peerroom.bot.ledger import UNENCRYPTED, UNJUDGED, DrawnInvite, Ledger
from peerroom.bot.picture import Picture
from peerroom.bot.reader import Reader
from peerroom.bot.requests import Requests
from peerroom.bot.watching import Watching
from peerroom.clock import Clock
from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation.decide import decide, matters
from peerroom.moderation.facts import Asked, Fact, Knocked, Said, Ticked
from peerroom.moderation.state import Role, State
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.wire.content import BadContent

log = logging.getLogger("peerroom.bot")

_UNFORESEEN: Final = (*MISTAKES, BadContent)
"""What one thing to be judged may bring out: it must not stop the bot now and at every start."""


class Judging:
    """From stored events and the clock to what the ledger and the outbox hold."""

    def __init__(
        self,
        vault: Vault,
        ledger: Ledger,
        reader: Reader,
        watching: Watching,
        picture: Picture,
        requests: Requests,
        epochs: Epochs | None,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._ledger = ledger
        self._reader = reader
        self._watching = watching
        self._picture = picture
        self._requests = requests
        self._epochs = epochs
        self._clock = clock
        self._stuck: set[str] = set()
        """What time brought and could not be decided on, while that lasts."""
        self._decided = ""
        """What was decided last, by kinds of actions: for whoever watches `points`."""

    def waiting(self) -> Iterator[bool]:
        """Decide on everything that was not decided on; after each event whether it changed
        anything."""
        state: State | None = None
        for event in self._reader.waiting():
            if self._reader.is_echo(event):
                # Our own doings, of which there are many when much is removed, change nothing.
                with self._vault.transaction():
                    self._reader.done(event)
                continue
            if state is None:
                state = self._picture.take()
                self._watching.forget(state.protected)
            with self._vault.transaction():
                changed = self._judge_one(event, state)
                self._reader.done(event)
            if self._decided:
                points.reach("kept", self._decided)
            if changed:
                state = None
            yield changed

    def tick(self, now: datetime) -> bool:
        """Decide on what time brings, one thing at a time; whether there was any."""
        state = self._picture.take()
        try:
            with self._vault.transaction():
                changed = self._decide(Ticked(now), _tick(now, state), state)
        except _UNFORESEEN:
            return self._one_by_one(now)
        self._stuck.clear()
        return changed

    def _one_by_one(self, now: datetime) -> bool:
        """Decide on each thing that time brings apart from the others, up to the first that
        changes anything; what a mistake of ours keeps from it is counted once."""
        self._ledger.reconsider()
        tick, state = Ticked(now), self._picture.take()
        for name, matter in matters(tick, state):
            try:
                with self._vault.transaction():
                    if self._kept(matter(), f"{_tick(now, state)}:{name}", tick, state):
                        return True
                self._stuck.discard(name)
            except _UNFORESEEN as error:
                self._ledger.reconsider()
                if name not in self._stuck:
                    log.error("what time brings could not be judged: %s", type(error).__name__)
                    self._stuck.add(name)
                    self._ledger.apply(act.Count(UNJUDGED), self._clock.now())
        return False

    def _judge_one(self, event: StoredEvent, state: State) -> bool:
        """Decide on one event and keep the outcome; whether the picture changed.

        A mistake of ours that one event brings out is counted, and shows in ``status``: it must
        not stop the bot now and at every start after.
        """
        self._decided = ""
        try:
            with self._vault.transaction():
                changed = self._look(event, state)
                said = self._reader.fact(event)
                if said is not None:
                    # What was seen may have changed what this is answered with.
                    now = self._picture.take() if changed else state
                    changed |= self._decide(said, event.event_id, now)
                if isinstance(said, Asked):
                    until = said.at + timedelta(days=state.evidence_days)
                    self._ledger.evidence.keep_asked(event.event_id, until)
                changed |= self._epochs is not None and self._epochs.hear(event)
                if event.sender == state.bot:  # in this moderators' room, or in one before it
                    self._note_own(event)
                if self._decided:
                    points.reach("judged", self._decided)
        except _UNFORESEEN as error:
            log.error("an event could not be judged: %s", type(error).__name__)
            self._ledger.reconsider()
            self._ledger.apply(act.Count(UNJUDGED), self._clock.now())
            if event.room_id == state.management:
                words = _(
                    "I could not judge what was said here. If it was a command, it was not done."
                )
                self._requests.add(act.Say(state.management, words), f"unjudged:{event.event_id}")
            return True
        return changed or event.status == "undecryptable"

    def _look(self, event: StoredEvent, state: State) -> bool:
        """Let the protections of its room see an event; whether the picture changed."""
        if event.room_id not in state.rooms:
            return False
        if self._reader.is_unencrypted(event):
            self._ledger.apply(act.Count(UNENCRYPTED), self._clock.now())
            return False
        seen = self._reader.seen(event)
        if seen is None:
            return event.sender == state.bot and "state_key" in event.raw
        self._watching.about_to_judge(seen)
        try:
            changed = self._decide(seen, f"seen:{event.event_id}", state)
        finally:
            # Also after a mistake: what came counts for what comes next.
            self._watching.add(seen)
        return changed or seen.kind in ("member", "state")

    def _note_own(self, event: StoredEvent) -> None:
        content = (event.clear or {}).get("content")
        if isinstance(content, dict):
            self._ledger.casebook.note_own(event.event_id, content)

    def _decide(self, fact: Fact, cause: str, state: State) -> bool:
        """Decide on one fact and keep the outcome; whether there is any."""
        return self._kept(decide(fact, state), cause, fact, state)

    def _kept(self, actions: Sequence[act.Action], cause: str, fact: Fact, state: State) -> bool:
        kinds = [self._decided, *(type(action).__name__ for action in actions)]
        self._decided = " ".join(dict.fromkeys(filter(None, kinds)))
        self.keep(actions, cause, fact, state)
        return bool(actions)

    def keep(self, actions: Sequence[act.Action], cause: str, fact: Fact, state: State) -> None:
        """Write down what was decided, and queue what is to be done: all of it or nothing."""
        knock = fact if isinstance(fact, Knocked) else None
        answers = fact.event_id if isinstance(fact, Said) else None
        now = self._clock.now()
        for index, action in enumerate(actions):
            key = f"{cause}:{index}"
            if isinstance(action, act.DrawInvites):
                drawn = draw_invites(self._ledger, self._epochs, action.count, action.role, now)
                publish = act.PublishInvites(
                    current(self._vault).management,
                    tuple(invite.digest for invite in drawn),
                    answers,
                )
                self._requests.add(publish, key)
            elif isinstance(action, act.TakeStep):
                case = self._ledger.casebook.take(action.step)
                self._requests.say_step(action.step, case, state.people, key, answers=answers)
            elif isinstance(action, act.Ledger | act.Renewal):
                if isinstance(action, act.Ledger):
                    self._ledger.apply(action, now)
                if self._epochs is not None:
                    self._epochs.decided(action)
            else:
                self._requests.add(action, key, knock, answers=answers)


def _tick(now: datetime, state: State) -> str:
    return f"tick:{now.isoformat()}:{state.next_deed}"


def draw_invites(
    ledger: Ledger, epochs: Epochs | None, count: int, role: Role, now: datetime
) -> list[DrawnInvite]:
    """Fresh invites, that end with the epoch if that is before their usual time."""
    until = None if epochs is None else epochs.invites_until()
    return ledger.draw_invites(count, role, now, until)
