"""nio's Olm machine with the doors that PeerRoom does not use closed.

Of nio this keeps the account, the Olm sessions and the checks on an Olm payload. What a payload
means is decided by the caller: nio's own handling would accept forwarded room keys, overwrite a
session that another sender holds, and queue key requests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from nio.crypto.olm_machine import Olm
from nio.exceptions import EncryptionError, LocalProtocolError
from unpaddedbase64 import decode_base64
from vodozemac import Account, AnyOlmMessage, PreKeyMessage

from peerroom.matrix.canonical import to_base64
from peerroom.matrix.cryptostore import CryptoStore

ALGORITHM: Final = "m.olm.v1.curve25519-aes-sha2"
HOSTILE: Final = (
    ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError,
    EncryptionError, LocalProtocolError,
)  # fmt: skip
"""All that nio and vodozemac raise on hostile input (vodozemac's own errors are `ValueError`).

A failing database is not among them: it must stop the sync, or keys would be lost in silence."""
_DEVICE_KEYS_BEFORE: Final = "org.matrix.msc4147.device_keys"
"""The name before MSC4147 was accepted; matrix-rust-sdk sends it."""
_PRE_KEY: Final = 0
_NORMAL: Final = 1


@dataclass(frozen=True, slots=True)
class OlmPayload:
    """A decrypted Olm message that was made for this device (spec: m.olm.v1.curve25519-aes-sha2).

    ``sender_key`` is proven by the decryption; ``ed25519`` is what its holder claims.
    """

    sender: str
    sender_key: str
    ed25519: str
    type: str
    content: dict[str, object]
    device_keys: object = None
    """The sending device's signed keys as it sent them along, if it did (MSC4147). Foreign."""


class Recipient(Protocol):
    """Whom an Olm message is for."""

    @property
    def user_id(self) -> str: ...
    @property
    def ed25519(self) -> str: ...
    @property
    def curve25519(self) -> str: ...


class OlmMachine(Olm):
    """The Olm account and sessions of one device."""

    def __init__(self, user_id: str, device_id: str, store: CryptoStore) -> None:
        self._arrived: OlmPayload | None = None
        self.wedged: set[tuple[str, str]] = set()
        """Users and Curve25519 keys whose Olm messages we could not read."""
        super().__init__(user_id, device_id, store)

    @property
    def vodozemac_account(self) -> Account:
        """The account below nio's wrapper, which knows no fallback keys."""
        return self.account._account  # noqa: SLF001 - nio gives no other way to it

    def open(self, sender: str, sender_key: str, kind: object, body: str) -> OlmPayload | None:
        """Decrypt an Olm message; None when it is not for us or does not hold.

        Raises `HOSTILE`, and peewee's errors when the store cannot be written.
        """
        message: PreKeyMessage | AnyOlmMessage
        if kind == _PRE_KEY:
            message = PreKeyMessage.from_base64(body)
        elif kind == _NORMAL:
            message = AnyOlmMessage.normal(decode_base64(body))
        else:
            return None
        self._arrived = None
        try:
            self.decrypt(sender, sender_key, message)
        except ValueError:
            # A session that we lost, begun with a one-time key that is used up: nio forgets these.
            self.wedged.add((sender, sender_key))
            raise
        return self._arrived

    def seal(
        self,
        recipient: Recipient,
        event_type: str,
        content: Mapping[str, object],
        device_keys: Mapping[str, object],
    ) -> dict[str, object] | None:
        """The content of an ``m.room.encrypted`` to-device event; None without an Olm session.

        ``device_keys`` (ours, signed) go along, so that the message stays attributable when this
        device is gone before it is read (MSC4147); nio's own way to encrypt leaves them out.
        """
        session = self.session_store.get(recipient.curve25519)
        if session is None:
            return None
        account = self.vodozemac_account
        payload = {
            "sender": self.user_id,
            "sender_device": self.device_id,
            "keys": {"ed25519": account.ed25519_key.to_base64()},
            "sender_device_keys": device_keys,
            "recipient": recipient.user_id,
            "recipient_keys": {"ed25519": recipient.ed25519},
            "type": event_type,
            "content": content,
        }
        kind, body = session.encrypt(json.dumps(payload, ensure_ascii=False)).to_parts()
        self.save_session(recipient.curve25519, session)
        return {
            "algorithm": ALGORITHM,
            "ciphertext": {recipient.curve25519: {"type": kind, "body": to_base64(body)}},
            "sender_key": account.curve25519_key.to_base64(),
        }

    def _handle_olm_event(self, sender: str, sender_key: str, payload: dict[str, object]) -> None:
        """Called by nio for a payload whose sender, recipient and recipient key it has checked."""
        keys, event_type, content = payload["keys"], payload["type"], payload["content"]
        ed25519 = keys.get("ed25519") if isinstance(keys, dict) else None
        if isinstance(ed25519, str) and isinstance(event_type, str) and isinstance(content, dict):
            device_keys = payload.get("sender_device_keys", payload.get(_DEVICE_KEYS_BEFORE))
            self._arrived = OlmPayload(
                sender, sender_key, ed25519, event_type, content, device_keys
            )

    def _mark_device_for_unwedging(self, sender: str, sender_key: str) -> None:
        self.wedged.add((sender, sender_key))


def text(value: object) -> str:
    """``value`` if it is a string that can be stored and compared; else `ValueError`."""
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    value.encode()  # a lone surrogate is a ValueError
    return value
