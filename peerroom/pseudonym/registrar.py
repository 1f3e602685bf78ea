"""The circle's side of a change of names, as one pure function: what happened → what is to be done.

The registrar keeps the list of seats, has tokens signed for those in good standing, takes them back
from new accounts, and lets the names change when enough came. It touches nothing itself: the bot
tells it facts, keeps the new `Office` and puts the effects into its outbox, in one transaction.
So a crash anywhere repeats nothing and loses nothing; and the same facts in a simulation lead to
the same circle.

    facts    `peerroom.pseudonym.registrar_facts`
    effects  `peerroom.pseudonym.registrar_effects`
    state    `peerroom.pseudonym.registrar_state`

Time is a fact like others: whoever runs this tells `Ticked` at the moment that `wake` names.
"""

from __future__ import annotations

from datetime import datetime

from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.registrar_effects import Effect
from peerroom.pseudonym.registrar_facts import Fact
from peerroom.pseudonym.registrar_state import Office


def decide(
    fact: Fact, office: Office, *, now: datetime, policy: Policy
) -> tuple[Office, tuple[Effect, ...]]:
    """What the registrar knows and wants after ``fact``. ``now`` is aware.

    A new circle begins with ``Office(lineage)`` and `registrar_facts.Began`. ``policy`` counts when
    an epoch opens; what it says then stands in the record. Never raises for anything that members,
    the server or the signer can bring about.
    """
    raise NotImplementedError


def wake(office: Office, now: datetime) -> datetime | None:
    """When `Ticked` is to be told next, if nothing else happens; perhaps at once (``now``)."""
    raise NotImplementedError
