"""What we write for Synapse."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from peerroom.host.settings import ServerSecrets, log_settings, settings


def written(**changes: Any) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "server_name": "localhost",
        "port": 0,
        "limits": "default",
        "forwarded": False,
        "bots": (),
        "allowed": (),
        "overrides": {},
    }
    return settings(Path("/srv"), ServerSecrets(), **(choices | changes))


def test_nothing_listens_beyond_this_machine_and_nothing_federates() -> None:
    (listener,) = written()["listeners"]
    assert listener["bind_addresses"] == ["127.0.0.1"]
    assert listener["resources"] == [{"names": ["client"], "compress": False}]
    assert written()["federation_domain_whitelist"] == []
    assert written()["trusted_key_servers"] == []


def test_default_limits_are_synapses_own() -> None:
    assert not [name for name in written() if name.startswith("rc_")]
    assert "bcrypt_rounds" not in written()
    assert written(limits="open")["rc_message"]["per_second"] > 1000


def test_it_forgets_and_keeps_the_door_where_bots_are_named() -> None:
    [pruner] = written()["modules"]
    [again, doorkeeper] = written(bots=["peerroom"], allowed=["recovery"])["modules"]
    assert again == pruner
    assert doorkeeper["config"] == {"bots": ["peerroom"], "allowed": ["recovery"]}
    for module in (pruner, doorkeeper):
        path, _, name = module["module"].rpartition(".")
        getattr(import_module(path), name).parse_config(module["config"])


def test_a_header_names_the_sender_only_behind_a_proxy() -> None:
    assert written()["listeners"][0]["x_forwarded"] is False
    assert written(forwarded=True)["listeners"][0]["x_forwarded"] is True


def test_overrides_come_last() -> None:
    assert written(overrides={"presence": {"enabled": True}})["presence"] == {"enabled": True}


def test_secrets_are_new_each_time_and_hidden() -> None:
    one, other = ServerSecrets(), ServerSecrets()
    assert one.registration != other.registration
    assert one.signing_key() != other.signing_key()
    assert repr(one) == "ServerSecrets()"


def test_the_log_holds_warnings_and_no_access_lines() -> None:
    log = log_settings(Path("/srv/homeserver.log"))
    assert log["root"]["level"] == "WARNING"
    assert log["loggers"]["synapse.access"]["level"] == "CRITICAL"
    json.dumps(log)
