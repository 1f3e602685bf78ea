"""Synapse's configuration, written by us. JSON is YAML, so no YAML library is needed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Limits = Literal["default", "open"]
"""``default``: Synapse's own rate limits. ``open``: none, for the demo and most tests."""

LISTENING = "Synapse now listening on TCP port "
"""What Synapse (1.163, `synapse.app._base`) logs once its socket is bound."""


@dataclass(frozen=True, slots=True)
class ServerSecrets:
    """What one server must keep over restarts, made with `secrets`."""

    registration: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    macaroon: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    form: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    signing_seed: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def signing_key(self) -> str:
        """The Ed25519 key in Synapse's one-line file format: algorithm, version, seed."""
        seed = base64.b64encode(self.signing_seed).decode().rstrip("=")
        return f"ed25519 a_1 {seed}"


def settings(
    folder: Path,
    kept: ServerSecrets,
    *,
    server_name: str,
    port: int,
    limits: Limits,
    forwarded: bool,
    bots: Sequence[str],
    allowed: Sequence[str],
    overrides: Mapping[str, Any],
) -> dict[str, Any]:
    """The whole configuration; ``overrides`` replaces top-level keys.

    Port 0 lets the kernel choose, so that nobody can take the port in between; the server's log
    then says which. With ``forwarded`` the header X-Forwarded-For is believed. With ``bots``
    (localparts or user ids) the `peerroom.host.synapse_module.Doorkeeper` stands at the door:
    accounts that none of the bots' rooms has taken in, and that are not in ``allowed``, reach
    nobody but a bot.
    """
    return {
        "server_name": server_name,
        "listeners": [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": False,
                "x_forwarded": forwarded,
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "log.json"),
        "signing_key": kept.signing_key(),
        "macaroon_secret_key": kept.macaroon,
        "form_secret": kept.form,
        # Who may come in: holders of a token, and accounts made with the secret.
        "enable_registration": True,
        "registration_requires_token": True,
        "registration_shared_secret": kept.registration,
        # Nothing is told to anyone: no statistics, no other servers, no previews.
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation_domain_whitelist": [],
        "url_preview_enabled": False,
        "presence": {"enabled": False},
        "user_directory": {"enabled": False},
        "enable_room_list_search": False,
        "enable_3pid_lookup": False,
        "enable_3pid_changes": False,
        "require_auth_for_profile_requests": True,
        "limit_profile_requests_to_users_who_share_rooms": True,
        # A ban with the redact flag hides all of a person's messages in one request (MSC4293).
        "experimental_features": {"msc4293_enabled": True},
        # Who came from where is forgotten after a day: see `peerroom.host.pruning`.
        "user_ips_max_age": "1d",
        "modules": modules(bots, allowed),
        **(_without_limits() if limits == "open" else {}),
        **overrides,
    }


def modules(bots: Sequence[str], allowed: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Synapse's ``modules`` setting: it forgets, and where bots keep circles somebody is at the
    door."""
    pruner: dict[str, Any] = {"module": "peerroom.host.pruning.Pruner", "config": {}}
    names = {"bots": list(bots), "allowed": list(allowed)}
    doorkeeper = {"module": "peerroom.host.synapse_module.Doorkeeper", "config": names}
    return [pruner, doorkeeper] if bots else [pruner]


def log_settings(file: Path) -> dict[str, Any]:
    """Warnings only, no access log, and the line that names the port."""
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(file),
                "encoding": "utf-8",
                "formatter": "plain",
            }
        },
        "loggers": {
            "synapse.app._base": {"level": "INFO"},
            "synapse.access": {"level": "CRITICAL"},
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }


def _without_limits() -> dict[str, Any]:
    free = {"per_second": 100_000, "burst_count": 100_000}
    names = (
        "rc_message", "rc_registration", "rc_registration_token_validity", "rc_admin_redaction",
        "rc_joins_per_room", "rc_key_requests", "rc_room_creation", "rc_reports", "rc_profile",
        "rc_media_create", "rc_user_directory", "rc_delayed_event_mgmt",
    )  # fmt: skip
    return {
        **dict.fromkeys(names, free),
        "rc_login": {"address": free, "account": free, "failed_attempts": free},
        "rc_joins": {"local": free, "remote": free},
        "rc_invites": {"per_room": free, "per_user": free, "per_issuer": free},
        # Hashing a random password of 192 bits slowly protects nothing and costs 0.3 s a login.
        "bcrypt_rounds": 4,
    }
