"""How long to wait before asking again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from peerroom.matrix.errors import MatrixError, RateLimited


@dataclass(frozen=True)
class Backoff:
    """Exponential waits with jitter: a server that comes back is not met by everyone at once.

    All in seconds: ``first`` is the most of the first wait, doubling up to ``longest``; each wait
    is between half of that and all of it.
    ``patience`` is the longest wait that the server may ask for (``retry_after``) and still get;
    a longer one is the caller's decision.
    """

    first: float = 1.0
    longest: float = 20.0
    patience: float = 60.0

    def wait(self, failures: int, error: MatrixError, random: Random) -> float | None:
        """Seconds to wait after the ``failures``-th failure in a row; None: it is not worth it.

        What the server asked for is kept to the full and jittered upwards only.
        """
        if isinstance(error, RateLimited) and error.retry_after is not None:
            if error.retry_after > self.patience:
                return None
            return error.retry_after + random.uniform(0.05, 0.5 + error.retry_after / 10)
        most = min(self.longest, self.first * 2.0 ** min(failures - 1, 16))
        return most * random.uniform(0.5, 1.0)


REQUEST: Final = Backoff()
"""Between the tries of one request, while someone waits for it."""

SYNC: Final = Backoff(first=2.0, longest=15.0, patience=300.0)
"""Between turns of sync, for as long as it takes."""
