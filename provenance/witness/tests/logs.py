"""A log that grows, and its evil twin: the same keys, another history from some leaf on."""

from provenance.tlog.canonical import format_base64
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner, VerifierKey
from provenance.tlog.proofs import consistency_proof

ORIGIN = "coffee.example/log/main/1"


class GrowingLog:
    """``forked_at``: the leaf from which on its entries differ from those of a log without a fork."""

    def __init__(self, origin: str = ORIGIN, *, seed: int = 1, forked_at: int | None = None) -> None:
        self.origin = origin
        self.signers = [
            NamedSigner(origin, KeyType.ED25519, Ed25519Signer(bytes([seed]) * 32)),
            NamedSigner(origin, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(bytes([seed + 100]) * 32)),
        ]
        self.leaves = [
            leaf_hash(f"{'other' if forked_at is not None and n >= forked_at else 'entry'} {n}".encode())
            for n in range(64)
        ]

    @property
    def keys(self) -> list[VerifierKey]:
        return [signer.verifier for signer in self.signers]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, root_of(self.leaves[:size]))

    def note(self, size: int, signers: list[NamedSigner] | None = None) -> bytes:
        return sign_checkpoint(self.checkpoint(size), self.signers if signers is None else signers, 1_700_000_000)

    def proof(self, old: int, size: int) -> list[bytes]:
        if not 0 < old < size:
            return []
        return consistency_proof(old, size, lambda level, at: root_of(self.leaves[at << level : (at + 1) << level]))

    def request(self, old: int, size: int, *, proof: list[bytes] | None = None, note: bytes | None = None) -> bytes:
        """The body of an add-checkpoint request."""
        hashes = self.proof(old, size) if proof is None else proof
        head = [f"old {old}", *map(format_base64, hashes), "", ""]
        return "\n".join(head).encode() + (self.note(size) if note is None else note)
