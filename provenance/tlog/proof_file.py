"""
``.tlog-proof`` files (C2SP tlog-proof): one entry's place in a log, to be checked offline.

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    ...

    example.com/fancylog
    109482
    ...

``index`` is followed by the audit path, one hash a line, the leaf's sibling first; after the empty line stands the
signed checkpoint, byte for byte.
"""

from dataclasses import dataclass

from provenance.tlog.canonical import MAX_SIZE, format_base64, parse_base64, parse_decimal
from provenance.tlog.errors import MalformedProof
from provenance.tlog.hashing import HASH_SIZE
from provenance.tlog.note import MAX_NOTE_BYTES, parse_note
from provenance.tlog.policy import Policy, WitnessedCheckpoint
from provenance.tlog.proofs import check_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
MAX_EXTRA_BYTES = 64 * 1024
MAX_PROOF_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Leaf ``index``, its audit path to the root of the signed checkpoint ``note``, and unsigned ``extra`` data."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE:
            raise MalformedProof("The index of the entry lies between 0 and 2**63 - 1.")
        if len(self.hashes) > MAX_HASHES or any(len(value) != HASH_SIZE for value in self.hashes):
            raise MalformedProof("An audit path holds at most 63 hashes of 32 bytes each.")
        if self.extra is not None and not 0 < len(self.extra) <= MAX_EXTRA_BYTES:
            raise MalformedProof("Extra data, where there is any, has 1 to 65,536 bytes.")
        parse_note(self.note)


def format_proof(proof: TlogProof) -> bytes:
    """Write the proof."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {format_base64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += (format_base64(value) for value in proof.hashes)
    return ("\n".join(lines) + "\n\n").encode() + proof.note


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof in its one written form (``MalformedProof``, ``MalformedNote``). Nothing is verified."""
    if len(data) > MAX_PROOF_BYTES:
        raise MalformedProof(f"The proof is longer than {MAX_PROOF_BYTES} bytes.")
    head, blank_line, note = data.partition(b"\n\n")
    if not blank_line or not head.isascii():
        raise MalformedProof("The proof has no empty line before its checkpoint.")
    header, *lines = head.decode("ascii").split("\n")
    if header != HEADER:
        raise MalformedProof(f"The proof does not begin with {HEADER}.")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "), "extra data", MalformedProof)
    if not lines or not lines[0].startswith("index "):
        raise MalformedProof("The proof has no index line.")
    index = parse_decimal(lines.pop(0).removeprefix("index "), "index", MalformedProof)
    hashes = tuple(parse_base64(line, "audit path", MalformedProof) for line in lines)
    return TlogProof(index, hashes, note, extra)


def check_proof(proof: TlogProof, leaf_hash: bytes, policy: Policy) -> WitnessedCheckpoint:
    """
    The trusted checkpoint that includes the leaf.

    Raises what ``Policy.check`` raises, and ``ProofRefused`` when the leaf is not at the proof's index.
    """
    trusted = policy.check(proof.note)
    check_inclusion(proof.index, trusted.checkpoint.size, leaf_hash, proof.hashes, trusted.checkpoint.root)
    return trusted
