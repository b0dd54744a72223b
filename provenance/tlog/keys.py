"""
Signing keys and how they are named: strict Ed25519 (RFC 8032), ML-DSA-44 (FIPS 204) and the vkeys of C2SP signed-note.

OpenSSL accepts Ed25519 keys of low order, with which one signature verifies for every message; libsodium refuses them.
Hence PyNaCl for Ed25519 and ``cryptography`` for ML-DSA-44 only, loaded when the first such key is used.
"""

import re
import secrets
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Self

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from provenance.tlog.canonical import encode_utf8, format_base64, parse_base64
from provenance.tlog.errors import BadSignature, MalformedKey

SEED_SIZE = 32
ED25519_KEY_SIZE = 32
ED25519_SIGNATURE_SIZE = 64
MLDSA44_KEY_SIZE = 1312
MLDSA44_SIGNATURE_SIZE = 2420
KEY_ID_SIZE = 4

# The ML-DSA-44 cosigned message gives the name's length one byte.
MAX_NAME_BYTES = 255


class KeyType(IntEnum):
    """Signature type identifier bytes of C2SP signed-note, as far as this project uses them."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_MLDSA44 = 0x06


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A raw Ed25519 public key of 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != ED25519_KEY_SIZE:
            raise MalformedKey("An Ed25519 public key is 32 bytes long.")

    def verify(self, signature: bytes, message: bytes) -> None:
        """
        Raise ``BadSignature`` unless this key signed the message (RFC 8032 5.1.7).

        Small-order and non-canonical A and R, and S >= L, are refused whatever the equation says.
        """
        if len(signature) != ED25519_SIGNATURE_SIZE:
            raise BadSignature("An Ed25519 signature is 64 bytes long.")
        try:
            sodium.crypto_sign_open(signature + message, self.raw)
        except BadSignatureError:
            raise BadSignature("The Ed25519 signature does not verify.") from None


def check_enrolment(raw: bytes) -> None:
    """Raise ``MalformedKey`` unless these 32 bytes, a new signer's key, are a canonical point of prime order."""
    if len(raw) != ED25519_KEY_SIZE:
        raise MalformedKey("An Ed25519 public key is 32 bytes long.")
    if not sodium.crypto_core_ed25519_is_valid_point(raw):
        raise MalformedKey("This Ed25519 public key is not a canonical point of prime order.")


@dataclass(frozen=True, slots=True)
class MLDSA44PublicKey:
    """A raw ML-DSA-44 public key of 1,312 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != MLDSA44_KEY_SIZE:
            raise MalformedKey("An ML-DSA-44 public key is 1,312 bytes long.")

    def verify(self, signature: bytes, message: bytes, context: bytes = b"") -> None:
        """Raise ``BadSignature`` unless this key signed the message under the context (FIPS 204 algorithm 3)."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import mldsa

        try:
            mldsa.MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature, message, context)
        except (InvalidSignature, ValueError):
            raise BadSignature("The ML-DSA-44 signature does not verify.") from None


class Ed25519Signer:
    """Signs with the Ed25519 key that a seed of 32 bytes stands for."""

    def __init__(self, seed: bytes) -> None:
        _check_seed(seed)
        public, self._secret = sodium.crypto_sign_seed_keypair(seed)
        self.public = PublicKey(public)

    @classmethod
    def generate(cls) -> Self:
        """A signer with a fresh random key."""
        return cls(secrets.token_bytes(SEED_SIZE))

    @property
    def seed(self) -> bytes:
        """The secret, to be sealed and stored."""
        return self._secret[:SEED_SIZE]

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of R || S (RFC 8032 5.1.6)."""
        return sodium.crypto_sign(message, self._secret)[:ED25519_SIGNATURE_SIZE]


class MLDSA44Signer:
    """Signs with the ML-DSA-44 key that a seed of 32 bytes stands for, always under the empty context."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

        _check_seed(seed)
        self._secret = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public = MLDSA44PublicKey(self._secret.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A signer with a fresh random key."""
        return cls(secrets.token_bytes(SEED_SIZE))

    @property
    def seed(self) -> bytes:
        """The secret, to be sealed and stored."""
        return self._secret.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 2,420 bytes of a hedged signature: two signatures of one message differ."""
        return self._secret.sign(message)


def check_name(name: str) -> None:
    """Raise ``MalformedKey`` unless this can name a key: 1 to 255 bytes, no space, plus or control character."""
    if not 0 < len(encode_utf8(name, "key name", MalformedKey)) <= MAX_NAME_BYTES:
        raise MalformedKey("A key name has 1 to 255 bytes.")
    if any(character.isspace() or character < " " or character == "+" for character in name):
        raise MalformedKey("A key name holds no spaces, plus signs or control characters.")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name, as a vkey writes it: what a verifier must be told to trust a signer."""

    name: str
    type: KeyType
    raw: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        # A key of the wrong length is refused here, not when it is first used.
        _ = self.public

    @property
    def public(self) -> PublicKey | MLDSA44PublicKey:
        """The key itself."""
        return MLDSA44PublicKey(self.raw) if self.type == KeyType.COSIGNATURE_MLDSA44 else PublicKey(self.raw)

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || type || public key)[:4]"""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.raw).digest()[:KEY_ID_SIZE]

    @property
    def vkey(self) -> str:
        """``name+hex(key id)+base64(type || public key)``"""
        return f"{self.name}+{self.key_id.hex()}+{format_base64(bytes([self.type]) + self.raw)}"

    def __str__(self) -> str:
        return self.vkey


_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")


def parse_vkey(text: str) -> VerifierKey:
    """Read a vkey; ``MalformedKey`` for an unknown type, a key ID that does not fit, or any other spelling."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise MalformedKey("A vkey is written name+key id+key.")
    name, key_id, encoded = match.groups()
    data = parse_base64(encoded, "key in the vkey", MalformedKey)
    if not data or data[0] not in list(KeyType):
        raise MalformedKey("The vkey is of a signature type that is not known here.")
    key = VerifierKey(name, KeyType(data[0]), data[1:])
    if key.key_id.hex() != key_id:
        raise MalformedKey("The key ID in the vkey is not that of its name and key.")
    return key


@dataclass(frozen=True, slots=True)
class NamedSigner:
    """A signer with the name and the signature type under which it signs notes."""

    name: str
    type: KeyType
    signer: Ed25519Signer | MLDSA44Signer

    def __post_init__(self) -> None:
        # A signer of another kind than the type asks for has a key of the wrong length.
        _ = self.verifier

    @property
    def verifier(self) -> VerifierKey:
        """The public half, to be given to verifiers."""
        return VerifierKey(self.name, self.type, self.signer.public.raw)


def _check_seed(seed: bytes) -> None:
    if len(seed) != SEED_SIZE:
        raise MalformedKey("The seed of a signing key is 32 bytes long.")
