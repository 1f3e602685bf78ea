"""Actions for the registrar of names, where names rotate."""

from __future__ import annotations

from datetime import datetime

from peerroom.moderation.actions_base import Act


class SetHold(Act, frozen=True):
    """Names do not change before ``until``, as far as the host's patience goes."""

    until: datetime


class ReleaseHold(Act, frozen=True):
    """Nothing holds the change of names any more."""


class SetRotating(Act, frozen=True):
    """Whether a member's name and account change with everyone's."""

    user_id: str
    rotates: bool


class ReplaceSeat(Act, frozen=True):
    """The seat of an account whose laptop was lost goes to a new invite, unless it objects."""

    user_id: str
    by: str
