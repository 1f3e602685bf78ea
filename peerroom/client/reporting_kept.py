"""What one has said to the moderators under one's present name, wherever it is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peerroom.client.explained import all_told
from peerroom.client.reporting_views import AskKind, AskState, AskView
from peerroom.client.wording import event_time
from peerroom.text.foreign import ForeignText
from peerroom.wire.content import BadContent
from peerroom.wire.member import ASK, Appeal, Ask, Received, Report, read_ask

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_WAITING: Final = "member.asks"
_OWN: Final = 200
"""How many of one's own newest events in a room of two are looked through."""
_STATES: Final[dict[str, AskState]] = {"sent": "sent", "failed": "failed", "unsure": "failed"}


class Waiting(NamedTuple):
    """An ask for which there is no room of two yet."""

    key: str
    account: int
    bot: str
    at: int
    """Milliseconds since 1970."""
    content: dict[str, Any]
    problem: str | None = None
    """Why it waits for its owner: one clean sentence."""


def keep(vault: Vault, ask: Waiting) -> None:
    """Keep ``ask`` until `forget`; replaces what was kept under its key."""
    vault.records.replace(_WAITING, ask.key, list(ask[1:]))


def waiting(vault: Vault) -> list[Waiting]:
    """Every ask that waits for a room of two, under whatever name, in the order of writing."""
    return [Waiting(key, *value) for key, value in vault.records.items(_WAITING).items()]


def forget(vault: Vault, key: str) -> None:
    """It waits no longer; nothing is left of what it said."""
    vault.records.remove(_WAITING, key, secret=True)


class _Kept(NamedTuple):
    key: str
    when: datetime
    state: AskState
    ask: Ask
    problem: str | None = None


def asks(vault: Vault, account: Account) -> list[AskView]:
    """All of it, the newest first."""
    found = {kept.key: kept for kept in _all(vault, account)}
    views = [_view(kept) for kept in found.values()]
    return sorted(views, key=lambda view: view.when, reverse=True)


def appealed(vault: Vault, account: Account) -> frozenset[int]:
    """The deeds that somebody was asked to look at again."""
    return frozenset(kept.ask.deed for kept in _all(vault, account) if isinstance(kept.ask, Appeal))


def _all(vault: Vault, account: Account) -> Iterator[_Kept]:
    """What is in two places at once comes twice: as an outbox row, then as an event."""
    for each in waiting(vault):
        if each.account == account.id and (ask := _read(each.content)) is not None:
            state: AskState = "failed" if each.problem else "waiting"
            yield _Kept(each.key, event_time(each.at), state, ask, each.problem)
    told = all_told(vault, account.id)
    received = {said.about for _event, said in told if isinstance(said, Received)}
    for room in vault.rooms.all(account.id):
        if room.is_direct and room.encrypted:
            yield from _in_room(vault, account, room.room_id, received)


def _in_room(vault: Vault, account: Account, room_id: str, received: set[str]) -> Iterator[_Kept]:
    for row in vault.outbox.of_room(room_id):
        ask = _read(row.content.get("content")) if row.content.get("type") == ASK else None
        if ask is not None:
            state = "received" if row.event_id in received else _STATES.get(row.state, "sending")
            problem = row.last_error if state == "failed" else None
            yield _Kept(row.transaction_id, row.created, state, ask, problem)
    for event in vault.events.of_sender(room_id, account.user_id, _OWN):
        clear = event.clear or {}
        ask = _read(clear.get("content")) if clear.get("type") == ASK else None
        if ask is not None:
            key = event.transaction_id or event.event_id
            state = "received" if event.event_id in received else "sent"
            yield _Kept(key, event_time(event.origin_ts), state, ask)


def _read(content: object) -> Ask | None:
    """One's own word; None if it is not (another version's, say)."""
    try:
        return read_ask(content)
    except BadContent:
        return None


def _view(kept: _Kept) -> AskView:
    kind: AskKind
    match kept.ask:
        case Report(why=text):
            kind = "report"
        case Appeal(text=text):
            kind = "appeal"
        case ask:
            kind, text = "help" if ask.help else "question", ask.text
    clean = ForeignText(text).block().strip()
    return AskView(kept.key, kind, clean, kept.when, kept.state, kept.problem)
