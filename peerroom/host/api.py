"""Administration requests to a homeserver on this machine, by the standard library.

Not for rooms and messages: those go through `peerroom.matrix`. `http.client` rather than
``urllib``, because it never looks at proxy variables: these requests carry secrets and must not
leave the loopback interface.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from peerroom.host.errors import AdminRequestFailed, HomeserverSilent


@dataclass(frozen=True, slots=True)
class ServerApi:
    """JSON requests to ``base_url`` (http://127.0.0.1:port) with an optional access token."""

    base_url: str
    token: str | None = None

    def answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: float = 30.0
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON body, whatever the status; ``path`` starts with a slash.

        Raises OSError or http.client.HTTPException if there is no answer within ``timeout``
        seconds. A body that is not a JSON object counts as empty.
        """
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        address = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=timeout
        )
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body).encode(), headers
            )
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        try:
            parsed = json.loads(data)
        except ValueError:
            parsed = {}
        return response.status, parsed if isinstance(parsed, dict) else {}

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON body of a successful answer.

        Raises `AdminRequestFailed`, or `HomeserverSilent` without any answer.
        """
        try:
            status, parsed = self.answer(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise HomeserverSilent from error
        if status >= 400:
            raise AdminRequestFailed(status=status, code=str(parsed.get("errcode", ""))[:64])
        return parsed
