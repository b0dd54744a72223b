"""The body of an add-checkpoint request (C2SP tlog-witness), read."""

from dataclasses import dataclass

from provenance.tlog.canonical import parse_base64, parse_decimal
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import MalformedNote, MalformedProof, TlogError
from provenance.tlog.hashing import HASH_SIZE
from provenance.tlog.note import MAX_SIGNATURES, Note, Signature, parse_signature_lines
from provenance.witness.errors import Malformed

MAX_PROOF_LINES = 63
# 63 hashes and a note with several ML-DSA lines come to about 20 kB.
MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """A checkpoint to cosign, and the proof that the tree of ``old`` leaves is its beginning. Nothing is verified."""

    old: int
    proof: list[bytes]
    checkpoint: Checkpoint
    note: Note


def parse(body: bytes) -> Asked:
    """Read the body; raises ``Malformed``. Signature lines that cannot be read are nobody's, and left out."""
    try:
        head, blank, note = body.decode().partition("\n\n")
        old_line, *proof_lines = head.split("\n")
        keyword, _, old = old_line.partition(" ")
        text, second_blank, lines = note.rpartition("\n\n")
        if keyword != "old" or not blank or not second_blank:
            raise Malformed("A request is old SIZE, the proof's hashes, an empty line and a signed checkpoint.")
        if len(proof_lines) > MAX_PROOF_LINES:
            raise Malformed(f"A proof has at most {MAX_PROOF_LINES} hashes.")
        checkpoint = Checkpoint.parse(text + "\n")
        asked = Asked(
            parse_decimal(old, "old size", MalformedProof),
            [_hash(line) for line in proof_lines],
            checkpoint,
            Note(checkpoint.text, _signatures(lines)),
        )
    except UnicodeDecodeError:
        raise Malformed("The request is not valid UTF-8.") from None
    except TlogError as error:
        raise Malformed(str(error)) from None
    if asked.old > checkpoint.size:
        raise Malformed(f"The old size, {asked.old}, is beyond the checkpoint's, {checkpoint.size}.")
    return asked


def _hash(line: str) -> bytes:
    value = parse_base64(line, "hash of the proof", MalformedProof)
    if len(value) != HASH_SIZE:
        raise MalformedProof(f"A hash of the proof has {HASH_SIZE} bytes.")
    return value


def _signatures(text: str) -> tuple[Signature, ...]:
    *lines, rest = text.split("\n")
    if not lines or rest or len(lines) > MAX_SIGNATURES:
        raise Malformed(
            f"There is at least one signature line and at most {MAX_SIGNATURES}; each must end in a newline."
        )
    found: dict[Signature, None] = {}
    for line in lines:
        try:
            found |= dict.fromkeys(parse_signature_lines(f"{line}\n".encode()))
        except MalformedNote:
            continue
    return tuple(found)
