"""From what the registrar wants to rows of the outbox, in the transaction of the decision."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from peerroom.bot.epochs import words
from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.ledger import Ledger
from peerroom.bot.requests import Requests
from peerroom.matrix.canonical import to_base64
from peerroom.matrix.identity import Identity
from peerroom.moderation import actions as act
from peerroom.pseudonym import names
from peerroom.pseudonym import registrar_effects as want
from peerroom.pseudonym.registrar_effects import Effect
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.vault import Vault
from peerroom.wire.records import Admitted, Seated, decode_page
from peerroom.wire.rotation import ENTRY, Entry

EPOCH: Final = "Epoch"
"""``type`` of a row that carries an effect."""

_DECODER: Final = msgspec.msgpack.Decoder(Effect)
IN_ORDER: Final = "epochs"
"""Order key of what goes one after another, as it was decided."""
_CLEARING: Final = (
    want.DeactivateStrangers,
    want.DeactivateSpent,
    want.RemoveAccount,
)
"""What nothing waits for."""

REFUSED: Final = "renewal refused: "
"""How `Ledger.counts` calls what the registrar did not accept, before why."""


def effect_of(content: dict[str, Any]) -> Effect:
    """The effect in a row of type `EPOCH`. Raises `msgspec.MsgspecError`, KeyError, ValueError."""
    effect: Effect = _DECODER.decode(base64.b64decode(content["effect"]))
    return effect


def key_of(effect: Effect) -> str:
    """The idempotency key of the effect's row."""
    return f"epoch:{effect.key}"


def until(office: Office, now: datetime) -> datetime | None:
    """When invites that are made now end: at the next switch, because the room is another one
    then. None while no epoch is open."""
    if office.stage == "opening":
        return None
    return max(office.thaws or office.times().switch(office.round), now)


@dataclass(frozen=True, slots=True)
class Queueing:
    """Keeps effects for the executor; satisfies `peerroom.bot.epochs.desk.Keep`."""

    vault: Vault
    requests: Requests
    ledger: Ledger
    keyring: Keyring
    identity: Identity

    def __call__(self, effect: Effect, office: Office) -> None:
        match effect:
            case want.Refuse(why=why):
                self.ledger.apply(act.Count(f"{REFUSED}{why}"), self.requests.clock.now())
            case want.Say():
                self._say(effect, office)
            case want.TellEntry():
                self._tell_entry(effect)
            case want.GrantInvite():
                self._grant(effect, office)
            case _:
                if isinstance(effect, want.OpenEntry):
                    self.keyring.draw_entry(effect.epoch, effect.round)
                if isinstance(effect, want.Publish) and isinstance(effect.record.body, Admitted):
                    self._vouch(effect)
                self._queue(effect)

    def _queue(self, effect: Effect) -> None:
        encoded = base64.b64encode(msgspec.msgpack.encode(effect)).decode()
        order_key = IN_ORDER
        if isinstance(effect, _CLEARING):
            order_key = f"{IN_ORDER}: clearing"
        elif isinstance(effect, want.MakeKeys):  # for the epoch after the next: there is time
            order_key = f"{IN_ORDER}: keys"
        self.vault.outbox.add(
            self.requests.account.id,
            self.requests.management,  # rows have a room; effects name theirs themselves
            "action",
            {"type": EPOCH, "effect": encoded},
            now=self.requests.clock.now(),
            order_key=order_key,
            idempotency_key=key_of(effect),
        )

    def _vouch(self, effect: want.Publish) -> None:
        """Take nobody's word, not the server's either, for who the new accounts are."""
        rows = [row for page in effect.pages for row in decode_page(page)]
        masters = {row.user_id: row.master_key for row in rows if isinstance(row, Seated)}
        self.identity.expect_many({user: to_base64(key) for user, key in masters.items()})

    def _tell_entry(self, effect: want.TellEntry) -> None:
        entry = Entry(effect.epoch, effect.round, effect.token)
        self.vault.outbox.add(
            self.requests.account.id,
            effect.room_id,
            "message",
            {"type": ENTRY, "content": entry.content(), "readers": list(effect.readers)},
            now=self.requests.clock.now(),
            order_key=IN_ORDER,
            idempotency_key=key_of(effect),
        )

    def _say(self, effect: want.Say, office: Office) -> None:
        to_members = effect.what in words.TO_MEMBERS and office.room_id is not None
        room_id = office.room_id if to_members else self.requests.management
        assert room_id is not None
        text = words.sentence(effect, self._name(effect.about, office))
        self.requests.add(act.Say(room_id, text), key_of(effect))
        if effect.what is want.Saying.REPLACEMENT_ASKED and effect.about is not None:
            self._warn(effect, effect.about)

    def _warn(self, effect: want.Say, user_id: str) -> None:
        """Whose seat it is hears of it in the room of two."""
        for room in self.vault.rooms.all(self.requests.account.id):
            member = self.vault.rooms.members(room.room_id).get(user_id, {})
            of_two = room.encrypted and self.vault.rooms.is_of_two(room.room_id)
            if of_two and member.get("membership") == "join":
                said = act.Say(room.room_id, words.warning())
                self.requests.add(said, f"{key_of(effect)}:{room.room_id}", readers=[user_id])

    def _grant(self, effect: want.GrantInvite, office: Office) -> None:
        now = self.requests.clock.now()
        note = act.Note(by=effect.by, what="replaced", about=effect.user_id)
        self.ledger.apply(note, now)
        drawn = self.ledger.draw_invites(1, "member", now, until(office, now))
        publish = act.PublishInvites(
            self.requests.management, tuple(invite.digest for invite in drawn)
        )
        self.requests.add(publish, key_of(effect))

    @staticmethod
    def _name(user_id: str | None, office: Office) -> str:
        if user_id is None:
            return ""
        seat = office.seats.get(user_id)
        numbers = [seat.name] if seat is not None else []
        numbers += [past.signed.get(user_id) for past in office.past.values()]
        number = next((number for number in numbers if number is not None), None)
        return user_id if number is None else str(names.by_index(number))
