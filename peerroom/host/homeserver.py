"""A real Synapse on the loopback interface, as a child process that ends with its owner.

Synapse is AGPL and PeerRoom is not: it is started by its command, never imported.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from peerroom.host.api import ServerApi
from peerroom.host.child import Child
from peerroom.host.errors import HomeserverDidNotStart, SynapseMissing
from peerroom.host.registration import NewAccount, register
from peerroom.host.settings import LISTENING, Limits, ServerSecrets, log_settings, settings
from peerroom.paths import private_folder

START_LIMIT: Final = 120.0
"""Seconds after which a server that does not answer is given up (3 s is usual)."""

POLL: Final = 0.05
PROGRESS_EVERY: Final = 1.0

Progress = Callable[[float], None]
"""Told every second how many seconds the start has taken so far."""


class Homeserver:
    """A running Synapse. Make one with `start`, end it with `stop` or a ``with`` block.

    Everything it knows stays in ``folder`` (0700), which belongs to whoever started it: remove it
    after `stop`, or give ``remove`` at the start to have it removed even if the owner is killed.
    """

    base_url: str
    """http://127.0.0.1:port; stays the same over `stop` and `resume`."""

    admin: NewAccount
    """A server administrator, logged in."""

    bots: tuple[str, ...]
    """Localparts of the bots that keep circles here; without any, accounts are as free as on any
    other server."""

    def __init__(
        self,
        folder: Path,
        *,
        limits: Limits,
        server_name: str,
        bots: Sequence[str],
        allowed: Sequence[str],
        forwarded: bool,
        overrides: Mapping[str, Any],
        remove: Path | None,
    ) -> None:
        self.folder = folder
        self.server_name = server_name
        self.bots = tuple(bots)
        self._allowed = tuple(allowed)
        self._limits = limits
        self._forwarded = forwarded
        self._overrides = overrides
        self._remove = remove
        self._secrets = ServerSecrets()
        self._child: Child | None = None
        self._port = 0

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        limits: Limits = "default",
        server_name: str = "localhost",
        bots: Sequence[str] = (),
        allowed: Sequence[str] = (),
        forwarded: bool = False,
        overrides: Mapping[str, Any] | None = None,
        remove: Path | None = None,
        on_progress: Progress | None = None,
    ) -> Homeserver:
        """Start a server in ``folder`` (made if missing) and return once it answers.

        Blocks for about 3 s; may be called from a worker thread. ``bots`` are the localparts of
        the bots that will keep circles here (their accounts may be made later): with them, an
        account that no circle has let in reaches nobody but a bot
        (`peerroom.host.synapse_module`), except those in ``allowed`` and administrators. With
        ``forwarded`` the server believes X-Forwarded-For, as behind a proxy. ``overrides``
        replaces top-level keys of Synapse's configuration. Raises `SynapseMissing` or
        `HomeserverDidNotStart`; then nothing is left running.
        """
        server = cls(
            private_folder(folder),
            limits=limits,
            server_name=server_name,
            bots=bots,
            allowed=allowed,
            forwarded=forwarded,
            overrides=overrides or {},
            remove=remove,
        )
        server.resume(on_progress)
        try:
            server.admin = server.register("server-admin", admin=True, login=True)
        except BaseException:
            server.stop()
            raise
        return server

    def resume(self, on_progress: Progress | None = None) -> None:
        """Start again after `stop`, with the same data, accounts and address."""
        if importlib.util.find_spec("synapse") is None:
            raise SynapseMissing
        self._write("log.json", log_settings(self._log))
        self._write(
            "homeserver.json",
            settings(
                self.folder,
                self._secrets,
                server_name=self.server_name,
                port=self._port,
                limits=self._limits,
                forwarded=self._forwarded,
                bots=self.bots,
                allowed=self._allowed,
                overrides=self._overrides,
            ),
        )
        self._log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "synapse.app.homeserver"]
        self._child = Child(
            [*command, "-c", str(self.folder / "homeserver.json")],
            cwd=self.folder,
            output=self._output,
            env=_environment(),
            remove=self._remove,
        )
        try:
            self._wait_until_ready(on_progress)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and wait for its end, at most `peerroom.host.child.STOP_LIMIT` seconds."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    @property
    def running(self) -> bool:
        """Whether the server's process is there."""
        return self._child is not None and self._child.exit_code is None

    def register(
        self,
        name: str,
        *,
        display_name: str | None = None,
        admin: bool = False,
        login: bool = False,
    ) -> NewAccount:
        """Make an account with a random password, past limits and closed registration."""
        return register(
            self.base_url,
            self._secrets.registration,
            name,
            display_name=display_name,
            admin=admin,
            login=login,
        )

    def api(self, token: str | None = None) -> ServerApi:
        """Requests in the name of ``token``, or of the administrator."""
        return ServerApi(self.base_url, token if token is not None else self.admin.access_token)

    def __enter__(self) -> Homeserver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self.folder / "homeserver.log"

    @property
    def _output(self) -> Path:
        return self.folder / "homeserver.out"

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _wait_until_ready(self, on_progress: Progress | None) -> None:
        started = told = time.monotonic()
        while not self._answers():
            elapsed = time.monotonic() - started
            if not self.running or elapsed > START_LIMIT:
                raise HomeserverDidNotStart(reason=self._last_words())
            if on_progress is not None and started + elapsed - told >= PROGRESS_EVERY:
                told = started + elapsed
                on_progress(elapsed)
            time.sleep(POLL)

    def _answers(self) -> bool:
        """Whether the server is bound to a port and serves requests there."""
        if not self._log.exists():
            return False
        for line in self._log.read_text(encoding="utf-8").splitlines():
            _, found, port = line.partition(LISTENING)
            if found and port.isdigit():
                self._port = int(port)
                self.base_url = f"http://127.0.0.1:{self._port}"
                break
        else:
            return False
        try:
            status, _ = ServerApi(self.base_url).answer("GET", "/health", timeout=5)
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def _last_words(self) -> str:
        """The last line the server wrote, without control characters."""
        for path in (self._output, self._log):
            if path.exists():
                lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
                words = [line for line in lines if line.strip()]
                if words:
                    return "".join(c if c.isprintable() else " " for c in words[-1])[:200]
        return "-"


def _environment() -> dict[str, str]:
    """The owner's environment without proxies: this server talks to nobody."""
    proxies = {name for name in os.environ if name.lower().endswith("_proxy")}
    return {name: value for name, value in os.environ.items() if name not in proxies}
