"""Cross-signing chains: an honest one holds, and no change to it goes unnoticed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.canonical import sign, to_base64
from peerroom.matrix.chain import DeviceKeys, UserKeys, read_user_keys
from peerroom.matrix.identity import CrossSigning

ALICE, DEVICE = "@alice:example.org", "HERON"
IDENTITY = CrossSigning(bytes(range(96)))
OTHER = CrossSigning(bytes(reversed(range(96))))
FINGERPRINT = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
ED25519 = to_base64(FINGERPRINT.public_key().public_bytes_raw())
CURVE25519 = to_base64(b"c" * 32)


def device_keys(user_id: str = ALICE, device_id: str = DEVICE) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "device_id": device_id,
        "keys": {f"curve25519:{device_id}": CURVE25519, f"ed25519:{device_id}": ED25519},
        "user_id": user_id,
    }
    keys["signatures"] = {user_id: {f"ed25519:{device_id}": sign(keys, FINGERPRINT)}}
    return keys


def answer(
    identity: CrossSigning | None = IDENTITY, signer: CrossSigning | None = IDENTITY
) -> dict[str, Any]:
    """A /keys/query answer that shows ``identity``, with a device that ``signer`` has signed."""
    device = device_keys()
    if signer is not None:
        device = signer.sign_device(device)
    device["unsigned"] = {"device_display_name": "a lamp"}
    body: dict[str, Any] = {"device_keys": {ALICE: {DEVICE: device}}, "failures": {}}
    if identity is not None:
        objects = identity.key_objects(ALICE)
        body["master_keys"] = {ALICE: objects["master_key"]}
        body["self_signing_keys"] = {ALICE: objects["self_signing_key"]}
    return body


def read(body: dict[str, Any]) -> UserKeys:
    keys = read_user_keys(body, ALICE)
    assert keys is not None
    return keys


def the_device(*, signed: bool) -> DeviceKeys:
    signed_by = IDENTITY.master_key if signed else None
    return DeviceKeys(ALICE, DEVICE, ED25519, CURVE25519, signed_by)


HONEST = UserKeys(
    ALICE, IDENTITY.master_key, IDENTITY.self_signing_key, {DEVICE: the_device(signed=True)}
)


def test_an_honest_chain_holds() -> None:
    assert read(answer()) == HONEST


def test_a_device_that_nobody_signed_is_not_signed() -> None:
    assert read(answer(signer=None)).devices == {DEVICE: the_device(signed=False)}
    assert read(answer(identity=None)).devices == {DEVICE: the_device(signed=False)}
    assert read(answer(identity=None)).master is None


def test_a_signature_by_another_identity_is_none() -> None:
    assert read(answer(signer=OTHER)).devices == {DEVICE: the_device(signed=False)}


def test_a_self_signing_key_counts_only_under_the_master_key() -> None:
    body = answer(signer=OTHER)
    body["self_signing_keys"][ALICE] = OTHER.key_objects(ALICE)["self_signing_key"]
    assert read(body).self_signing is None
    assert read(body).devices == {DEVICE: the_device(signed=False)}


def test_another_user_s_chain_is_not_taken_over() -> None:
    mallory = "@mallory:example.org"
    objects = OTHER.key_objects(mallory)
    body = answer(signer=None)
    body["master_keys"][ALICE] = objects["master_key"]
    body["self_signing_keys"][ALICE] = objects["self_signing_key"]
    body["device_keys"][ALICE][DEVICE] = OTHER.sign_device(device_keys(mallory))
    assert read(body) == UserKeys(ALICE, None, None, {})


def test_a_user_whose_server_is_silent_stays_as_known() -> None:
    assert read_user_keys({"device_keys": {}, "failures": {"example.org": {}}}, ALICE) is None
    assert read_user_keys({}, ALICE) is None
    assert read_user_keys({"device_keys": {ALICE: {}}}, ALICE) == UserKeys(ALICE, None, None, {})


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("user_id",), "@mallory:example.org"),
        (("device_id",), "OTHER"),
        (("algorithms",), ["m.olm.v1.curve25519-aes-sha2"]),
        (("keys", f"curve25519:{DEVICE}"), to_base64(b"x" * 32)),
        (("keys", f"ed25519:{DEVICE}"), to_base64(b"x" * 32)),
        (("signatures", ALICE, f"ed25519:{DEVICE}"), to_base64(b"x" * 64)),
    ],
)
def test_a_changed_device_is_no_device(where: tuple[str, ...], value: object) -> None:
    body = answer()
    part = body["device_keys"][ALICE][DEVICE]
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    assert read(body).devices == {}


STRINGS = [ALICE, DEVICE, ED25519, CURVE25519, "master", "self_signing"]
numbers = st.none() | st.booleans() | st.integers() | st.floats()
junk = st.recursive(
    numbers | st.text(max_size=50) | st.sampled_from(STRINGS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a JSON value."""
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in items:
        found += places(part, (*path, key))
    return found


PLACES = places(answer())


def changed(
    body: dict[str, Any], path: tuple[Any, ...], value: Any, *, drop: bool
) -> dict[str, Any]:
    body = copy.deepcopy(body)
    part: Any = body
    for step in path[:-1]:
        part = part[step]
    if drop:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return body


@given(st.sampled_from(PLACES), junk, st.booleans())
def test_no_mutation_raises_or_makes_a_key_appear(
    path: tuple[Any, ...], value: Any, drop: bool
) -> None:
    """Whatever is changed in an honest answer, what is still read of it is what was there."""
    keys = read_user_keys(changed(answer(), path, value, drop=drop), ALICE)
    if keys is None:
        return
    assert keys.master in (None, HONEST.master)
    assert keys.self_signing in (None, HONEST.self_signing)
    for device in keys.devices.values():
        assert device in (the_device(signed=True), the_device(signed=False))


@given(junk)
def test_no_answer_at_all_raises(body: Any) -> None:
    if isinstance(body, dict):
        assert read_user_keys(body, ALICE) is None
    for section in ("device_keys", "master_keys", "self_signing_keys"):
        hostile = answer() | {section: {ALICE: body}}
        keys = read_user_keys(hostile, ALICE)
        assert keys is None or not any(d.signed_by for d in keys.devices.values())


@given(st.sampled_from(places(answer(signer=OTHER))), junk, st.booleans())
def test_an_unsigned_device_never_becomes_signed(
    path: tuple[Any, ...], value: Any, drop: bool
) -> None:
    keys = read_user_keys(changed(answer(signer=OTHER), path, value, drop=drop), ALICE)
    assert keys is None or not any(device.signed_by for device in keys.devices.values())


def test_an_identity_says_nothing_of_itself() -> None:
    for name in ("seeds", str(bytes(range(8)))[2:-1]):
        assert name not in repr(IDENTITY)
    assert CrossSigning.create().seeds != CrossSigning.create().seeds
