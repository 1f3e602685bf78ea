"""What watches a room: each protection is one small file with its settings and one function.

`PROTECTIONS` lists them by name. Settings are `msgspec` structs whose fields carry a description
and bounds: the text of ``!set``, the command's help and the page in the docs are made from them.
"""

from __future__ import annotations

from typing import Any, Final

from peerroom.moderation.protection import Protection
from peerroom.moderation.protections.churn import CHURN
from peerroom.moderation.protections.contact import CONTACT
from peerroom.moderation.protections.impersonation import IMPERSONATION
from peerroom.moderation.protections.malformed import MALFORMED
from peerroom.moderation.protections.mentions import MENTIONS
from peerroom.moderation.protections.newcomers import NEWCOMERS
from peerroom.moderation.protections.pace import PACE
from peerroom.moderation.protections.policy import POLICY
from peerroom.moderation.protections.quiet import QUIET
from peerroom.moderation.protections.raid import RAID
from peerroom.moderation.protections.repeats import REPEATS
from peerroom.moderation.protections.risk import RISK
from peerroom.moderation.protections.scam import SCAM
from peerroom.moderation.protections.words import WORDS

_ALL: Final[tuple[Protection[Any], ...]] = (
    RISK,  # no other flag may stand before it
    POLICY,
    SCAM,
    MALFORMED,
    MENTIONS,
    NEWCOMERS,
    CONTACT,
    WORDS,
    REPEATS,
    RAID,
    IMPERSONATION,
    PACE,
    CHURN,
    QUIET,
)
PROTECTIONS: Final = {protection.name: protection for protection in _ALL}
"""In the order in which they look; of two that find the same, the first one's reason is told."""
