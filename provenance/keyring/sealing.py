"""AES-256-GCM over what must not be read from the database alone."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_SIZE = 12
KEY_SIZE = 32


class Unsealable(Exception):
    """The sealed bytes were changed, moved to another row, or sealed under another key."""


def seal(key: bytes, value: bytes, bound_to: str) -> bytes:
    """Nonce and ciphertext; ``bound_to`` is authenticated, so the bytes open in their own row only."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, value, bound_to.encode())


def unseal(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """The value; raises ``Unsealable``."""
    sealed = bytes(sealed)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise Unsealable(f"What is sealed for {bound_to} does not open with this KEY_ENCRYPTION_KEY.") from None
