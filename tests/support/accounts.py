"""Fresh accounts on a test homeserver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from peerroom.host.homeserver import Homeserver


@dataclass(frozen=True, slots=True)
class TestAccount:
    """An account without any device yet; log in with ``password``."""

    __test__ = False  # not a test class, whatever its name begins with

    homeserver: str
    """Base URL."""
    user_id: str
    localpart: str
    password: str = field(repr=False)


MakeAccount = Callable[[str], TestAccount]


def account_maker(server: Homeserver, suffix: Callable[[], str]) -> MakeAccount:
    """A function from a prefix ("alice") to a new account ("@alice-3:localhost")."""

    def make(prefix: str) -> TestAccount:
        name = f"{prefix}-{suffix()}"
        made = server.register(name)
        return TestAccount(server.base_url, made.user_id, name, made.password)

    return make
