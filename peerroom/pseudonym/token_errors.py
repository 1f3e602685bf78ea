"""What can be wrong with a token, a key or a proof: one class each, nothing guessed."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class TokenError(PeerRoomError):
    """A token, a request, a key or a proof that is refused. No message quotes what was given."""

    what = N_("The pass for a new name is not in order.")
    next_step = N_("The name stays as it is.")


class SelfTestFailed(TokenError):
    """The vectors of RFC 9474 do not come out, or the arithmetic is not the constant-time one."""

    what = N_("The cryptography on this computer does not work as it should.")
    next_step = N_("No name is changed with it. Please install PeerRoom anew.")


# --- keys -----------------------------------------------------------------------------------------


class BadKey(TokenError):
    """A round key that nobody may use."""

    what = N_("The circle's key for new names cannot be trusted.")
    next_step = N_("No new name is asked for with it. Please tell the person who hosts the circle.")


class KeyNotCanonical(BadKey):
    """The bytes are not the one encoding that a round key has."""


class ModulusTooShort(BadKey):
    """The modulus has fewer bits than it must have."""


class ModulusEven(BadKey):
    """The modulus is even: no RSA modulus is."""


class ExponentNotAllowed(BadKey):
    """The public exponent is not 65537."""


class NotCoprime(BadKey):
    """A number drawn at random shares a factor with the modulus: it was made to be weak."""


# --- requests and signatures ----------------------------------------------------------------------


class RequestMalformed(TokenError):
    """A blinded request that is not as long as the modulus."""


class RequestOutOfRange(TokenError):
    """A blinded request that is not in 1 … n - 1."""


class SigningFailed(TokenError):
    """s^e is not the request: a fault in the private operation. The signature must not leave."""

    what = N_("A signature for a new name came out wrong and was thrown away.")
    next_step = N_("Please restart the computer that hosts the circle, then try again.")


class FinalizeFailed(TokenError):
    """The blind signature does not open to a signature. Burn the request; never blind it again."""

    what = N_("The circle's answer to the request for a new name does not fit.")
    next_step = N_("This request is never used again. Please tell the person who hosts the circle.")


# --- tokens ---------------------------------------------------------------------------------------


class TokenTruncated(TokenError):
    """The end of the token is missing."""


class TokenNotCanonical(TokenError):
    """The bytes are not the one encoding that a token has."""


class WrongCircle(TokenError):
    """A token of another circle."""

    what = N_("This pass for a new name belongs to another circle.")


class WrongEpoch(TokenError):
    """A token of another epoch."""

    what = N_("This pass for a new name belongs to another time.")


class WrongRound(TokenError):
    """A token of another round of this epoch."""

    what = N_("This pass for a new name belongs to another time.")


class WrongKey(TokenError):
    """A token or a request that names another round key."""


class HolderKeyUnsound(TokenError):
    """An Ed25519 key with which anybody could sign: not canonical, or of small order."""


class BadSignature(TokenError):
    """The signature does not belong to this token and this key."""


# --- proofs of possession -------------------------------------------------------------------------


class AccountMalformed(TokenError):
    """The account that a proof speaks of is not one that can be admitted."""


class BadProof(TokenError):
    """The proof was not made by the holder of this token, for this account and these keys."""


class WrongUse(BadProof):
    """The proof is the holder's, and was made for the token's other use."""
