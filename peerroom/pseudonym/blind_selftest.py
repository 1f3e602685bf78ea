"""The four vectors of RFC 9474 (appendix A), at the start of every process that signs or blinds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from peerroom.pseudonym import blind
from peerroom.pseudonym.native import assert_constant_time, construct
from peerroom.pseudonym.round_keys import PublicKey, SigningKey
from peerroom.pseudonym.token_errors import SelfTestFailed, TokenError

_VECTORS: Final = files("peerroom.pseudonym") / "data" / "rfc9474_vectors.json"


@cache
def self_test() -> None:
    """Run once in a process (about 0.1 s). Raises `SelfTestFailed`; then nothing may be signed."""
    assert_constant_time()
    check_vectors(_VECTORS.read_text("ascii"))


def check_vectors(document: str) -> None:
    """Hold prepare, blind, sign, finalize and verify to ``document``, in the packaged form.

    A key (``n``, ``e``, ``d``, ``p``, ``q``) and, for each name of `blind.VARIANTS`, the values of
    the RFC's table that are no part of the key; all in hexadecimal.

    Raises `SelfTestFailed`: a value differs, or the document is not what it should be.
    """
    try:
        content = json.loads(document)
        n, e, d, p, q = (int(content["key"][name], 16) for name in "nedpq")
        key = SigningKey(PublicKey(n, e), construct((n, e, d, p, q)))
        right = all(_comes_out(key, variant, content[variant.name]) for variant in blind.VARIANTS)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, TokenError):
        raise SelfTestFailed from None
    if not right:
        raise SelfTestFailed


def _comes_out(key: SigningKey, variant: blind.Variant, hexadecimal: Mapping[str, str]) -> bool:
    """Whether one vector gives what the RFC says at every step."""
    vector = {name: bytes.fromhex(value) for name, value in hexadecimal.items()}
    public = key.public
    r = pow(int.from_bytes(vector["inv"]), -1, public.n).to_bytes(public.length)  # no secret here
    drawn = iter((vector["msg_prefix"], vector["salt"], r))

    def random(length: int) -> bytes:
        value = next(drawn)
        if len(value) != length:
            raise SelfTestFailed
        return value

    prepared = blind.prepare(vector["msg"], random=random, variant=variant)
    blinded = blind.blind(public, prepared, random=random, variant=variant)
    blind_signature = blind.blind_sign(key, blinded.request)
    signature = blind.finalize(
        public, prepared, blinded.inverse, blind_signature, variant=variant
    )  # verifies it too
    return (prepared, blinded.request, blinded.inverse, blind_signature, signature) == (
        vector["prepared_msg"],
        vector["blinded_msg"],
        vector["inv"],
        vector["blind_sig"],
        vector["sig"],
    )
