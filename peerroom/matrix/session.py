"""Accounts and their devices: registering, logging in, and requests that carry the token."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from peerroom.matrix.errors import (
    About,
    BadAnswer,
    LoggedOut,
    MatrixError,
    NameTaken,
    RegistrationClosed,
    ServerFault,
    ServerUnreachable,
    UserInteractiveAuthRequired,
)
from peerroom.matrix.transport import Json, Query, Transport

_CLIENT: Final = "/_matrix/client/v3"
_LOGIN_TYPE: Final = "m.login.password"
_INVITE_STAGE: Final = "m.login.registration_token"
_STAGES_AT_MOST: Final = 8
_DUMMY_STAGE: Final = "m.login.dummy"


@dataclass(frozen=True)
class Credentials:
    """What makes a request ours. The token is a secret: it is not in the repr."""

    user_id: str
    device_id: str
    access_token: str

    def __repr__(self) -> str:
        return "Credentials(…)"


async def login(
    transport: Transport, user: str, password: str, *, device_id: str | None = None
) -> Credentials:
    """Log in by password. The device gets no display name; its id is the server's choice.

    ``user`` is a localpart or a full id. Give ``device_id`` only to take up a device again whose
    token was lost. Raises `WrongPassword`, `RateLimited` (the wait can be minutes), `MatrixError`.
    """
    request: dict[str, object] = {
        "type": _LOGIN_TYPE,
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
    }
    if device_id is not None:
        request["device_id"] = device_id
    return _credentials(
        await transport.request("POST", f"{_CLIENT}/login", json=request, about="login")
    )


async def register(
    transport: Transport, username: str, password: str, registration_token: str | None
) -> Credentials:
    """Make an account (stages ``m.login.registration_token`` and ``m.login.dummy``).

    If the last answer is lost on the way, logging in with the same password tells whether the
    account was made. Raises `InviteUsedUp`, `RegistrationClosed`, `NameTaken`, `MatrixError`.
    """
    request: dict[str, object] = {"username": username, "password": password}
    path = f"{_CLIENT}/register"
    try:
        for _ in range(_STAGES_AT_MOST):
            try:
                # Repeatable: within one session of the stages Synapse makes one account only. A
                # second session would find the invite's one use still reserved by the first.
                answer = await transport.request(
                    "POST", path, json=request, repeatable=True, about="register"
                )
            except UserInteractiveAuthRequired as asked:
                request["auth"] = _next_stage(asked, registration_token)
            else:
                return _credentials(answer)
        raise BadAnswer
    except (ServerUnreachable, ServerFault, NameTaken) as lost:
        if "auth" not in request:
            raise
        # The account may exist by now, and the invite be spent: only logging in can tell.
        try:
            return await login(transport, username, password)
        except MatrixError:
            raise lost from None


class Session:
    """Requests of one account.

    A path is the part below ``/_matrix/client/v3`` (``"/keys/upload"``), or a whole path when it
    begins with ``/_``; further segments are percent-encoded and appended:
    ``session.put("/rooms", room_id, "send", event_type, txn, json=content)``.
    Keywords are those of `Transport.request`. All raise `MatrixError`.
    """

    def __init__(
        self, transport: Transport, credentials: Credentials, *, retry: bool = True
    ) -> None:
        self.transport = transport
        self.credentials = credentials
        self._retry = retry

    def without_retries(self) -> Session:
        """The same account for one piece of work whose caller tries again by itself."""
        return Session(self.transport, self.credentials, retry=False)

    @property
    def user_id(self) -> str:
        """Our own Matrix id."""
        return self.credentials.user_id

    @property
    def device_id(self) -> str:
        """This device's id."""
        return self.credentials.device_id

    async def get(
        self,
        path: str,
        *segments: str,
        query: Query | None = None,
        within: float | None = None,
        retry: bool = True,
        about: About = "other",
    ) -> Json:
        """GET."""
        return await self.transport.request(
            "GET",
            _path(path, segments),
            token=self.credentials.access_token,
            query=query,
            within=within,
            retry=retry and self._retry,
            about=about,
        )

    async def put(
        self,
        path: str,
        *segments: str,
        json: Mapping[str, object],
        query: Query | None = None,
        within: float | None = None,
        retry: bool = True,
        about: About = "other",
    ) -> Json:
        """PUT."""
        return await self.transport.request(
            "PUT",
            _path(path, segments),
            token=self.credentials.access_token,
            json=json,
            query=query,
            within=within,
            retry=retry and self._retry,
            about=about,
        )

    async def post(
        self,
        path: str,
        *segments: str,
        json: Mapping[str, object] | None = None,
        query: Query | None = None,
        within: float | None = None,
        retry: bool = True,
        repeatable: bool = False,
        about: About = "other",
    ) -> Json:
        """POST; say ``repeatable=True`` where the server may see it twice (``/keys/query``)."""
        return await self.transport.request(
            "POST",
            _path(path, segments),
            token=self.credentials.access_token,
            json={} if json is None else json,
            query=query,
            within=within,
            retry=retry and self._retry,
            repeatable=repeatable,
            about=about,
        )

    async def delete(self, path: str, *segments: str, retry: bool = True) -> Json:
        """DELETE."""
        return await self.transport.request(
            "DELETE",
            _path(path, segments),
            token=self.credentials.access_token,
            retry=retry and self._retry,
        )

    async def send_to_device(
        self,
        event_type: str,
        user_id: str,
        device_id: str,
        content: Mapping[str, object],
        transaction_id: str,
    ) -> None:
        """One to-device event, in the clear, for one device of a user or for all of them (``*``).

        The server takes each ``transaction_id`` once.
        """
        await self.put(
            "/sendToDevice",
            event_type,
            transaction_id,
            json={"messages": {user_id: {device_id: content}}},
        )

    async def whoami(self) -> Credentials:
        """The user and device that the server knows this token for."""
        answer = await self.get("/account/whoami")
        return _credentials(answer | {"access_token": self.credentials.access_token})

    async def server_versions(self) -> tuple[str, ...]:
        """The specification versions that the server speaks (``v1.15``)."""
        versions = (await self.get("/_matrix/client/versions")).get("versions")
        if not isinstance(versions, list):
            raise BadAnswer
        return tuple(version for version in versions if isinstance(version, str))

    async def change_password(self, old: str, new: str) -> None:
        """Give the account another password; other devices stay logged in."""
        await self._with_password(
            "/account/password", old, {"new_password": new, "logout_devices": False}
        )

    async def logout(self) -> None:
        """Take the token back and delete the device; already logged out is fine."""
        with suppress(LoggedOut):
            await self.post("/logout", repeatable=True)

    async def deactivate(self, password: str, *, erase: bool = True) -> None:
        """Close the account for ever; ``erase``: the server hides its messages from newcomers."""
        await self._with_password("/account/deactivate", password, {"erase": erase})

    async def _with_password(self, path: str, password: str, request: dict[str, object]) -> None:
        """POST where the server asks for the password first (spec: UIA, m.login.password)."""
        try:
            await self.post(path, json=request)
        except UserInteractiveAuthRequired as asked:
            proof = {
                "type": _LOGIN_TYPE,
                "session": asked.session,
                "identifier": {"type": "m.id.user", "user": self.user_id},
                "password": password,
            }
            await self.post(path, json=request | {"auth": proof}, about="login")


def _next_stage(asked: UserInteractiveAuthRequired, token: str | None) -> dict[str, object]:
    """The proof for the next stage of a flow that we can walk to its end."""
    known = {_DUMMY_STAGE} if token is None else {_DUMMY_STAGE, _INVITE_STAGE}
    for flow in asked.flows:
        left = [stage for stage in flow if stage not in asked.completed]
        if left and known.issuperset(left):
            proof: dict[str, object] = {"type": left[0], "session": asked.session}
            if left[0] == _INVITE_STAGE:
                proof["token"] = token
            return proof
    raise RegistrationClosed(status=asked.status) from asked


def _credentials(answer: Json) -> Credentials:
    user_id, device_id = answer.get("user_id"), answer.get("device_id")
    token = answer.get("access_token")
    if not (isinstance(user_id, str) and isinstance(device_id, str) and isinstance(token, str)):
        raise BadAnswer
    return Credentials(user_id, device_id, token)


def _path(path: str, segments: tuple[str, ...]) -> str:
    root = path if path.startswith("/_") else _CLIENT + path
    return "/".join((root, *map(_segment, segments)))


def _segment(text: str) -> str:
    # A room or event "id" of "." or ".." would climb out of its path if it stayed as it is.
    return quote(text, safe="") if text.strip(".") or not text else text.replace(".", "%2E")
