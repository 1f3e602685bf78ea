"""Invite links: the server is made to take the token, then the link may be shown."""

from __future__ import annotations

from collections.abc import Sequence

from peerroom.bot.ledger import DrawnInvite, Ledger
from peerroom.matrix.connection import Connection
from peerroom.store.accounts import Account
from peerroom.wire.invite import Invite


async def publish(
    drawn: Sequence[DrawnInvite],
    ledger: Ledger,
    account: Account,
    connection: Connection,
    room_name: str,
) -> list[str]:
    """The links of ``drawn``, each good for one registration until the invite ends.

    May be repeated after a crash: a token that the server knows already is left as it is.
    Raises `MatrixError`, `Forbidden` where the account is no administrator.
    """
    identity = connection.identity.master_key
    assert identity is not None, "the connection was started"
    links = []
    for invite in drawn:
        if await connection.admin.token(invite.registration_token) is None:
            await connection.admin.create_token(
                uses=1, expires=ledger.expires(invite.digest), token=invite.registration_token
            )
        links.append(
            Invite(
                homeserver=account.homeserver,
                bot=account.user_id,
                bot_identity=identity,
                registration_token=invite.registration_token,
                secret=invite.secret,
                room=room_name,
            ).encode()
        )
    return links
