"""The agent without a face: a client that only looks after names, and makes way for a face."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final, Literal

from peerroom.client import wallets
from peerroom.client.session import Client
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.store.errors import VaultBusy
from peerroom.store.vault import Vault

if TYPE_CHECKING:
    from peerroom.client.rotation.hours import Whose
    from peerroom.client.views import Change
    from peerroom.config import Config

log = logging.getLogger(__name__)

PAUSE: Final = 5.0
"""Seconds between two tries to have the vault back from a face: one ``flock`` each."""

Outcome = Literal["done", "asked"]


class NobodyHere(PeerRoomError):
    """The vault holds no account."""

    what = N_("There is no name here to look after.")
    next_step = N_("Run `peerroom join` first.")


class NotFinished(PeerRoomError):
    """Something that was due could not be done, mostly for want of a network. Nothing is lost."""

    what = N_("Not everything that was due could be done.")
    next_step = N_("Run it again later; it goes on where it stopped.")
    exit_code = 75  # EX_TEMPFAIL of sysexits.h: try again later


async def watch(folder: Path, key: bytes, *, config: Config, clock: Clock, random: Random) -> None:
    """Look after the names of a vault until cancelled, whenever no face has it open."""
    while True:
        with await _opened(folder, key, clock) as vault:
            log.info("at work")
            await _run(vault, config, clock, random)
        log.info("made way for PeerRoom itself")
        await clock.sleep(PAUSE)  # or we would be back before those for whom we made way


async def once(
    folder: Path, key: bytes, patience: float, *, config: Config, clock: Clock, random: Random
) -> None:
    """Do what is due and what this hour is for (`hours`), wait ``patience`` seconds for what is
    under way, and end. The server sees one account in it, or none.

    A face that has the vault open, or asks for it, does the same by itself. Raises `NotFinished`.
    """
    from peerroom.client.rotation.hours import Whose, whose

    try:
        vault = Vault.open_with_key(folder, key, yields=True)
    except VaultBusy:
        log.info("PeerRoom itself is open and looks after the names")
        return
    with vault:
        hour = whose(clock.now())
        log.info("an hour of the name %s", "in use" if hour is Whose.USED else "to come")
        if hour is Whose.COMING and not wallets.any_kept(vault):
            if vault.accounts.current() is None:
                raise NobodyHere
            outcome: Outcome = "done"
        else:
            outcome = await _run(vault, config, clock, random, patience, hour)
    log.info("nothing more is due" if outcome == "done" else "made way for PeerRoom itself")


async def _opened(folder: Path, key: bytes, clock: Clock) -> Vault:
    """The vault, as soon as nobody else has it open."""
    waits = False
    while True:
        try:
            return Vault.open_with_key(folder, key, yields=True)
        except VaultBusy:
            if not waits:
                log.info("waiting for PeerRoom itself to be closed")
            waits = True
        await clock.sleep(PAUSE)


async def _run(
    vault: Vault,
    config: Config,
    clock: Clock,
    random: Random,
    patience: float | None = None,
    whose: Whose | None = None,
) -> Outcome:
    """Until the vault is asked for or, with ``patience`` for that, nothing is left to do.

    Raises what stopped a worker, and `NotFinished`.
    """
    account = vault.accounts.current()
    if account is None:
        raise NobodyHere
    client = Client(
        vault, account, config=config, clock=clock, random=random, speaks=False, whose=whose
    )
    news, asked = asyncio.Event(), asyncio.Event()

    def hear(change: Change) -> None:
        news.set()
        if change.kind == "handed_over":
            asked.set()

    client.watch(hear)
    timer = asyncio.ensure_future(clock.sleep(patience)) if patience is not None else None
    await client.start()
    try:
        while not asked.is_set() and not client.broken:
            if timer is not None and _is_idle(client, vault):
                return "done"
            if timer is not None and timer.done():
                raise NotFinished
            news.clear()
            await _first(news.wait(), *_turns(client), timer)
    finally:
        if timer is not None:
            timer.cancel()
        await client.stop()
    return "asked"


def _turns(client: Client) -> list[Coroutine[Any, Any, Any]]:
    return [client.agent.next_turn()] if client.agent is not None else []


async def _first(*many: Coroutine[Any, Any, Any] | asyncio.Future[None] | None) -> None:
    """Wait for one of these; those that are only waited for here end with it."""
    waited = [asyncio.ensure_future(one) for one in many if one is not None]
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waited:
            if one not in many:
                one.cancel()


def _is_idle(client: Client, vault: Vault) -> bool:
    """Whether nothing is left to do now, as far as the server has told."""
    from peerroom.client.rotation.places import circle_rooms

    if client.working and client.connection.kind != "online":
        return False
    agent = client.agent
    if agent is None:
        return client.working and not circle_rooms(vault, client.account.id)
    return agent.settled.is_set() and not agent.unfinished
