"""The Megolm sessions that we can read, which of their messages came, and which are kept from us.

nio keys its table by session id alone, so that anyone who was given a room key can overwrite the
original by handing it on. Here a session belongs to the sender key that brought it, and a later
arrival never makes less readable.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from vodozemac import InboundGroupSession, SessionKey

from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.outcome import RoomSession

_OPEN_SESSIONS: Final = 256
"""Sessions kept unpickled; each remembers how far its ratchet has come, which makes it fast."""


@dataclass(frozen=True, slots=True)
class RoomKey:
    """One Megolm session, and the device that brought it."""

    room_id: str
    session_id: str
    sender_key: str
    """Curve25519 key of the Olm session that it came through: proven."""
    ed25519: str
    """Fingerprint that the holder of ``sender_key`` claims. Together they name a device."""
    session: InboundGroupSession = field(repr=False)


class RoomKeys:
    """Room keys by room and session id."""

    def __init__(self, store: CryptoStore) -> None:
        self._store = store
        self._open: OrderedDict[RoomSession, tuple[RoomKey, ...]] = OrderedDict()
        self._fresh: set[RoomSession] = {
            (str(room_id), str(session_id))
            for room_id, session_id in store.read(
                "select room_id, session_id from peerroom_room_key where fresh = 1"
            )
        }

    def add(
        self,
        room_id: str,
        session_id: str,
        session_key: str,
        *,
        sender_key: str,
        ed25519: str,
        own: bool = False,
    ) -> bool:
        """Take in a room key; False if it adds nothing. Raises `ValueError` if it does not hold.

        A second key for the same session of the same device counts only if it is the same ratchet
        known from an earlier message on.
        """
        session = InboundGroupSession(SessionKey(session_key))
        if session.session_id != session_id:
            raise ValueError("session id does not match the key")
        key = RoomKey(room_id, session_id, sender_key, ed25519, session)
        for known in self.holders(room_id, session_id):
            if known.sender_key == sender_key and not _extends(session, known.session):
                return False
        self._store.write(
            "insert or replace into peerroom_room_key"
            " (room_id, session_id, sender_key, ed25519, session, fresh)"
            " values (?, ?, ?, ?, ?, ?)",
            room_id,
            session_id,
            sender_key,
            ed25519,
            key.session.pickle(self._store.pickle_key_bytes),
            int(not own),
        )
        self._open.pop((room_id, session_id), None)
        if not own:
            self._fresh.add((room_id, session_id))
        return True

    def holders(self, room_id: str, session_id: str) -> tuple[RoomKey, ...]:
        """Every key of this session, one for each device that claims it."""
        place = (room_id, session_id)
        keys = self._open.get(place)
        if keys is None:
            keys = tuple(
                RoomKey(
                    room_id,
                    session_id,
                    str(sender_key),
                    str(ed25519),
                    InboundGroupSession.from_pickle(str(pickle), self._store.pickle_key_bytes),
                )
                for sender_key, ed25519, pickle in self._store.read(
                    "select sender_key, ed25519, session from peerroom_room_key"
                    " where room_id = ? and session_id = ?",
                    room_id,
                    session_id,
                )
            )
            if not keys:
                return ()
            self._open[place] = keys
            if len(self._open) > _OPEN_SESSIONS:
                self._open.popitem(last=False)
        self._open.move_to_end(place)
        return keys

    @property
    def fresh(self) -> frozenset[RoomSession]:
        """Sessions that came since `settle` was last called with them, in this life or before."""
        return frozenset(self._fresh)

    def refresh(self, sessions: Iterable[RoomSession]) -> None:
        """Have the events of these sessions tried again."""
        self._set_fresh(set(sessions) - self._fresh, fresh=True)

    def settle(self, sessions: Iterable[RoomSession]) -> None:
        """The events of these sessions have been tried."""
        self._set_fresh(set(sessions) & self._fresh, fresh=False)

    def first_seen_as(self, key: RoomKey, index: int, event_id: str) -> bool:
        """Whether this message of the ratchet is ``event_id``; the first event that comes is.

        Kept across restarts: otherwise a server could show an old message as new after one. Each
        holder of the session is counted apart: whoever handed a room key on as their own could
        otherwise post a message that somebody else wrote, and have the original refused.
        """
        rows = self._store.read(
            "select event_id from peerroom_message_index"
            " where session_id = ? and sender_key = ? and message_index = ?",
            key.session_id,
            key.sender_key,
            index,
        )
        if rows:
            return rows[0][0] == event_id
        self._store.write(
            "insert into peerroom_message_index (session_id, sender_key, message_index, event_id)"
            " values (?, ?, ?, ?)",
            key.session_id,
            key.sender_key,
            index,
            event_id,
        )
        return True

    def withhold(self, room_id: str, session_id: str, sender: str, code: str) -> None:
        """Note that ``sender`` says they will not give us this session."""
        self._store.write(
            "insert or replace into peerroom_withheld (room_id, session_id, sender, code)"
            " values (?, ?, ?, ?)",
            room_id,
            session_id,
            sender,
            code,
        )

    def withheld(self, room_id: str, session_id: str, sender: str) -> str | None:
        """The code that ``sender`` gave for keeping this session from us, or None."""
        rows = self._store.read(
            "select code from peerroom_withheld"
            " where room_id = ? and session_id = ? and sender = ?",
            room_id,
            session_id,
            sender,
        )
        return str(rows[0][0]) if rows else None

    def _set_fresh(self, sessions: set[RoomSession], *, fresh: bool) -> None:
        self._store.write_many(
            "update peerroom_room_key set fresh = ? where room_id = ? and session_id = ?",
            [(int(fresh), room_id, session_id) for room_id, session_id in sessions],
        )
        if fresh:
            self._fresh |= sessions
        else:
            self._fresh -= sessions


def _extends(new: InboundGroupSession, known: InboundGroupSession) -> bool:
    """Whether ``new`` is the same ratchet as ``known``, from an earlier message on."""
    if new.first_known_index >= known.first_known_index:
        return False
    joint, same = new.export_at(known.first_known_index), known.export_at(known.first_known_index)
    return joint is not None and same is not None and joint.to_base64() == same.to_base64()
