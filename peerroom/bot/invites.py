"""Invite links: the server is made to take the token, then the link may be shown."""

from __future__ import annotations

from collections.abc import Sequence

from peerroom.bot.ledger import DrawnInvite, Ledger
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import Forbidden
from peerroom.store.accounts import Account
from peerroom.wire.invite import Invite, Pinned


class MayNotInvite(PeerRoomError):
    """The server makes registration tokens only for its administrators."""

    what = N_("This server does not let the bot make invites.")
    next_step = N_("Make the bot's account an administrator of the server, then try again.")


async def publish(
    drawn: Sequence[DrawnInvite],
    ledger: Ledger,
    account: Account,
    connection: Connection,
    room_name: str,
    pinned: Pinned | None = None,
) -> list[str]:
    """The links of ``drawn``, each good for one registration until the invite ends.

    May be repeated after a crash: a token that the server knows already is left as it is.
    Raises `MatrixError`, `MayNotInvite`.
    """
    identity = connection.identity.master_key
    assert identity is not None, "the connection was started"
    links = []
    for invite in drawn:
        token, expires = invite.registration_token, ledger.expires(invite.digest)
        try:
            if await connection.admin.token(token) is None:
                await connection.admin.create_token(uses=1, expires=expires, token=token)
        except Forbidden as error:
            raise MayNotInvite from error
        links.append(
            Invite(
                homeserver=account.homeserver,
                bot=account.user_id,
                bot_identity=identity,
                registration_token=invite.registration_token,
                secret=invite.secret,
                room=room_name,
                pinned=pinned,
            ).encode()
        )
    return links
