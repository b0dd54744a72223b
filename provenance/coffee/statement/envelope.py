"""The JWS around a payload (RFC 7515 compact form), in the one spelling that is accepted."""

import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from provenance.coffee.errors import MalformedStatement
from provenance.tlog.keys import PublicKey

MAX_STATEMENT_BYTES = 16_384
SIGNATURE_BYTES = 64

STATEMENT_TYPE = "provenance-event+sd-jwt"
POP_TYPE = "key-pop+jwt"

# 32 bytes in base64url: the last character carries four bits, so its two lowest are zero.
SHA256_B64URL = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"

Signer = Callable[[bytes], bytes]
"""Signs a message with Ed25519; returns the 64 bytes of R || S."""

# To the alphabet that binascii reads. What is foreign to ours becomes foreign to it too.
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")

_STATEMENT_HEADER = re.compile(
    rf'{{"alg":"Ed25519","kid":"({SHA256_B64URL})","typ":"{re.escape(STATEMENT_TYPE)}"}}'.encode()
)


class Envelope(NamedTuple):
    """A compact JWS taken apart: the header's kid, the decoded payload and signature."""

    kid: str
    payload: bytes
    signature: bytes


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_b64url(text: bytes, field: str) -> bytes:
    """Decode canonical base64url without padding; any other spelling of the same bytes is ``MalformedStatement``."""
    standard = text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4)
    try:
        data = a2b_base64(standard)
    except ValueError:
        raise MalformedStatement(f"The {field} is not base64url.", field=field) from None
    if b2a_base64(data, newline=False) != standard:
        raise MalformedStatement(f"The {field} is not canonical base64url.", field=field)
    return data


def open_statement(jws: bytes) -> Envelope:
    """Take a statement's JWS apart without checking its signature. Raises ``MalformedStatement``."""
    if len(jws) > MAX_STATEMENT_BYTES:
        raise MalformedStatement(f"A statement is at most {MAX_STATEMENT_BYTES} bytes long.", field="jws")
    segments = jws.split(b".")
    if len(segments) != 3:
        raise MalformedStatement("A statement is a JWS of three segments.", field="jws")
    kid = _kid_in(segments[0])
    signature = decode_b64url(segments[2], "signature")
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedStatement(f"A signature is {SIGNATURE_BYTES} bytes long.", field="signature")
    return Envelope(kid, decode_b64url(segments[1], "payload"), signature)


@lru_cache(maxsize=4096)
def _kid_in(header_segment: bytes) -> str:
    header = _STATEMENT_HEADER.fullmatch(decode_b64url(header_segment, "header"))
    if header is None:
        raise MalformedStatement("The header is not the one that every statement has.", field="header")
    return header[1].decode()


def signing_input(kid: str, typ: str, payload: bytes) -> bytes:
    """What is signed (RFC 7515, 5.1): both segments and the dot between them."""
    header = f'{{"alg":"Ed25519","kid":"{kid}","typ":"{typ}"}}'
    return f"{b64url(header.encode())}.{b64url(payload)}".encode()


def signing_input_of(jws: bytes) -> bytes:
    """Header and payload segments of a compact JWS with the dot between them (RFC 7515, 5.1)."""
    return jws.rpartition(b".")[0]


def seal(message: bytes, signer: Signer) -> bytes:
    """The compact JWS over a signing input."""
    return message + b"." + b64url(signer(message)).encode()


@lru_cache(maxsize=4096)
def thumbprint(raw_public: bytes) -> str:
    """The ``kid`` of a raw Ed25519 public key: its JWK's SHA-256 thumbprint (RFC 7638, RFC 8037 appendix A.3)."""
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{b64url(PublicKey(raw_public).raw)}"}}'
    return b64url(sha256(jwk.encode()).digest())
