"""The only door to pycryptodome: integers and a raw RSA operation whose time tells no secret.

pycryptodome computes on natural numbers in C, in constant time (``IntegerNat``). Where its C part
is missing, or where the environment asks for it, it falls back without a word to Python integers
(the class that it calls ``IntegerNative``, against what one would expect of the name). So what was
loaded is looked at, and nothing is signed or blinded with anything else.
"""

from __future__ import annotations

import Crypto
from Crypto.Math.Numbers import Integer
from Crypto.PublicKey.RSA import RsaKey, construct
from Crypto.Util.strxor import strxor

from peerroom.pseudonym.token_errors import SelfTestFailed

__all__ = ["Integer", "RsaKey", "assert_constant_time", "construct", "raw_private", "strxor"]


def assert_constant_time() -> None:
    """Hold pycryptodome to the version and the arithmetic that this module was written for.

    Raises `SelfTestFailed`: not pycryptodome 4, older than 4.4, or with integers of Python.
    """
    major, minor, _patch = Crypto.version_info
    if major != 4 or minor < 4 or Integer.__name__ != "IntegerNat":
        raise SelfTestFailed


def raw_private(key: RsaKey, number: Integer) -> bytes:
    """``number`` to the power of d, modulo n (RFC 8017, RSASP1), as long as the modulus.

    By CRT, blinded, in constant time. `number` is below n. The caller checks the result against a
    fault (RFC 9474, section 7.1). No public function of any library we have does this, so a private
    one is called, here and nowhere else; `assert_constant_time` looks at its version.
    """
    return key._decrypt_to_bytes(number)  # noqa: SLF001 (see above)
