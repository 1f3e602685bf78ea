"""Accounts and registration tokens, made by whoever holds the server's shared secret.

Synapse's admin API: "Shared-Secret Registration" and "Registration Tokens".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

from peerroom.host.api import ServerApi


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was just made. ``access_token`` is empty unless ``login`` was asked for."""

    user_id: str
    password: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    device_id: str = ""


def register(
    base_url: str,
    shared_secret: str,
    name: str,
    *,
    display_name: str | None = None,
    password: str | None = None,
    admin: bool = False,
    login: bool = False,
) -> NewAccount:
    """Make an account past closed registration and rate limits.

    ``name`` is the localpart, and the display name too if none is given. Without ``login`` no
    device is made. Raises `AdminRequestFailed`, for instance with ``M_USER_IN_USE``.
    """
    api = ServerApi(base_url)
    password = password if password is not None else secrets.token_urlsafe(24)
    nonce = str(api.call("GET", "/_synapse/admin/v1/register")["nonce"])
    told = "\0".join([nonce, name, password, "admin" if admin else "notadmin"])
    mac = hmac.new(shared_secret.encode(), told.encode(), hashlib.sha1).hexdigest()
    made = api.call(
        "POST",
        "/_synapse/admin/v1/register",
        {
            "nonce": nonce,
            "username": name,
            "displayname": display_name,
            "password": password,
            "admin": admin,
            "mac": mac,
            "inhibit_login": not login,
        },
    )
    return NewAccount(
        user_id=made["user_id"],
        password=password,
        access_token=made.get("access_token", ""),
        device_id=made.get("device_id", ""),
    )


def registration_token(admin: ServerApi, *, uses: int | None = 1) -> str:
    """A token that lets ``uses`` people register (None: any number)."""
    made = admin.call("POST", "/_synapse/admin/v1/registration_tokens/new", {"uses_allowed": uses})
    return str(made["token"])


def lift_rate_limits(admin: ServerApi, user_id: str) -> None:
    """Free one account of the message and invite limits, which a moderator bot needs."""
    admin.call(
        "POST",
        f"/_synapse/admin/v1/users/{quote(user_id, safe='')}/override_ratelimit",
        {"messages_per_second": 0, "burst_count": 0},
    )
