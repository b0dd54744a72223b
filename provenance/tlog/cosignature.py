"""
Cosignatures of checkpoints (C2SP tlog-cosignature): Ed25519 (type 0x04) and ML-DSA-44 (type 0x06), each with its time.

The signature bytes of both are a ``timestamped_signature``: POSIX seconds as a big-endian u64, then the signature.
"""

from typing import TYPE_CHECKING

from provenance.tlog.canonical import MAX_SIZE
from provenance.tlog.errors import BadSignature, MalformedCheckpoint, MalformedKey
from provenance.tlog.keys import ED25519_SIGNATURE_SIZE, MLDSA44_SIGNATURE_SIZE, KeyType, NamedSigner, VerifierKey
from provenance.tlog.note import Signature

if TYPE_CHECKING:
    from provenance.tlog.checkpoint import Checkpoint

TIMESTAMP_SIZE = 8

_SIGNATURE_SIZES = {
    KeyType.COSIGNATURE_ED25519: ED25519_SIGNATURE_SIZE,
    KeyType.COSIGNATURE_MLDSA44: MLDSA44_SIGNATURE_SIZE,
}


def cosign(checkpoint: "Checkpoint", signer: NamedSigner, timestamp: int) -> Signature:
    """The signature line of a cosigner of type 0x04 or 0x06; ``timestamp`` is the signing time in POSIX seconds."""
    if not 0 <= timestamp <= MAX_SIZE:
        raise MalformedCheckpoint("The time of a cosignature lies between 0 and 2**63 - 1 seconds.")
    key = signer.verifier
    signature = signer.signer.sign(_message(checkpoint, key, timestamp))
    return Signature(key.name, key.key_id, timestamp.to_bytes(TIMESTAMP_SIZE, "big") + signature)


def verify_cosignature(checkpoint: "Checkpoint", key: VerifierKey, payload: bytes) -> int:
    """The time in POSIX seconds at which the key cosigned the checkpoint; ``BadSignature`` when it did not."""
    size = _SIGNATURE_SIZES.get(key.type)
    if size is None:
        raise MalformedKey("A cosigner's key is of type 0x04 or 0x06.")
    if len(payload) != TIMESTAMP_SIZE + size:
        raise BadSignature("The cosignature is not of its type's length.")
    timestamp = int.from_bytes(payload[:TIMESTAMP_SIZE], "big")
    if timestamp > MAX_SIZE:
        raise BadSignature("The time of the cosignature is beyond 2**63 - 1 seconds.")
    key.public.verify(payload[TIMESTAMP_SIZE:], _message(checkpoint, key, timestamp))
    return timestamp


def _message(checkpoint: "Checkpoint", key: VerifierKey, timestamp: int) -> bytes:
    match key.type:
        case KeyType.COSIGNATURE_ED25519:
            return f"cosignature/v1\ntime {timestamp}\n{checkpoint.text}".encode()
        case KeyType.COSIGNATURE_MLDSA44:
            return _subtree_message(checkpoint, key.name, timestamp)
        case _:
            raise MalformedKey("A cosigner's key is of type 0x04 or 0x06.")


def _subtree_message(checkpoint: "Checkpoint", cosigner: str, timestamp: int) -> bytes:
    # struct cosigned_message; a checkpoint is the subtree that starts at leaf 0.
    start = 0
    return b"".join(
        (
            b"subtree/v1\n\0",
            _opaque(cosigner),
            timestamp.to_bytes(8, "big"),
            _opaque(checkpoint.origin),
            start.to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _opaque(text: str) -> bytes:
    # opaque<1..2^8-1>, RFC 8446 section 3.4
    data = text.encode()
    return bytes([len(data)]) + data
