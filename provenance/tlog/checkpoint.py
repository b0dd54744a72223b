"""
Checkpoints (C2SP tlog-checkpoint): a log's size and root at one moment, as a signed note of three lines.

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Extension lines are refused: an ML-DSA-44 signature does not cover them and no monitor can audit them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from provenance.tlog.canonical import MAX_SIZE, encode_utf8, format_base64, parse_base64, parse_decimal
from provenance.tlog.cosignature import cosign, verify_cosignature
from provenance.tlog.errors import MalformedCheckpoint, UntrustedCheckpoint
from provenance.tlog.hashing import EMPTY_ROOT, HASH_SIZE
from provenance.tlog.keys import KeyType, NamedSigner, VerifierKey
from provenance.tlog.note import Note, Signature, claimed, format_note, parse_note, sign, verify_text

# The ML-DSA-44 cosigned message gives the origin's length one byte.
MAX_ORIGIN_BYTES = 255


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log named ``origin`` has ``size`` leaves, and ``root`` (32 bytes) is their Merkle tree hash."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 < len(encode_utf8(self.origin, "origin", MalformedCheckpoint)) <= MAX_ORIGIN_BYTES:
            raise MalformedCheckpoint("The origin of a checkpoint has 1 to 255 bytes.")
        if any(character < " " for character in self.origin):
            raise MalformedCheckpoint("The origin of a checkpoint holds no control characters.")
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedCheckpoint("The tree size lies between 0 and 2**63 - 1.")
        if len(self.root) != HASH_SIZE:
            raise MalformedCheckpoint("The root hash is 32 bytes long.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedCheckpoint("A tree without leaves has the root hash of nothing.")

    @property
    def text(self) -> str:
        """The note's text: three lines, each ending in a newline."""
        return f"{self.origin}\n{self.size}\n{format_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint in its one written form."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise MalformedCheckpoint("A checkpoint has exactly three lines: origin, tree size and root hash.")
        size = parse_decimal(lines[1], "tree size", MalformedCheckpoint)
        root = parse_base64(lines[2], "root hash", MalformedCheckpoint)
        checkpoint = cls(lines[0], size, root)
        if checkpoint.text != text:
            raise MalformedCheckpoint("The checkpoint is not in its one written form.")
        return checkpoint


@dataclass(frozen=True, slots=True)
class VerifiedLine:
    """A signature line that verified: whose key made it and when, in POSIX seconds (``None`` for type 0x01)."""

    key: VerifierKey
    timestamp: int | None


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[NamedSigner], timestamp: int) -> bytes:
    """
    The checkpoint as a note signed by each signer in turn, each after its own type.

    A log signs with type 0x01 and type 0x06. ``timestamp`` is the signing time in POSIX seconds; type 0x01 has no room
    for it.
    """
    lines = (sign_line(checkpoint, signer, timestamp) for signer in signers)
    return format_note(Note(checkpoint.text, tuple(lines)))


def sign_line(checkpoint: Checkpoint, signer: NamedSigner, timestamp: int) -> Signature:
    """One signer's line under the checkpoint."""
    if signer.type == KeyType.ED25519:
        return sign(checkpoint.text, signer)
    return cosign(checkpoint, signer, timestamp)


def verify_lines(note: Note, checkpoint: Checkpoint, keys: Iterable[VerifierKey]) -> list[VerifiedLine]:
    """
    The lines that these keys made, in the note's order; lines of other keys are ignored.

    Raises ``BadSignature`` when a line claims one of the keys and does not verify: then the whole note is worthless.
    """
    return [VerifiedLine(key, _verify(note.text, checkpoint, key, s.payload)) for s, key in claimed(note, keys)]


def _verify(text: str, checkpoint: Checkpoint, key: VerifierKey, payload: bytes) -> int | None:
    if key.type == KeyType.ED25519:
        verify_text(text, key, payload)
        return None
    return verify_cosignature(checkpoint, key, payload)


def open_checkpoint(
    data: bytes, keys: Collection[VerifierKey], *, origin: str | None = None, every_key: bool = False
) -> tuple[Checkpoint, list[VerifiedLine]]:
    """
    Read a signed checkpoint and verify it with these keys, of which at least one must have signed it.

    With ``origin`` it must be that log's; with ``every_key`` all keys must have signed. Raises ``MalformedNote``,
    ``MalformedCheckpoint``, ``BadSignature`` (a known key's line does not verify) or ``UntrustedCheckpoint``. Hand in
    the log's keys only: a witness's line alone does not make a checkpoint the log's.
    """
    note = parse_note(data)
    checkpoint = Checkpoint.parse(note.text)
    lines = verify_lines(note, checkpoint, keys)
    if not lines:
        raise UntrustedCheckpoint("No known key has signed the checkpoint.")
    if origin is not None and checkpoint.origin != origin:
        raise UntrustedCheckpoint(f"The checkpoint is of {checkpoint.origin}, not of {origin}.")
    signed = {line.key for line in lines}
    missing = [key for key in keys if key not in signed]
    if every_key and missing:
        raise UntrustedCheckpoint(
            f"The checkpoint is not signed with the key {missing[0].name} {missing[0].key_id.hex()}."
        )
    return checkpoint, lines
