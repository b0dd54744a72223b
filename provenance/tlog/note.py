"""
Signed notes (C2SP signed-note): text, a blank line, and one line for each signature.

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

(verifies with the vkey ``example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k``). A signature line is
an em dash, the key's name and base64(key ID || signature). The text means nothing until a known key has vouched for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from provenance.tlog.canonical import encode_utf8, format_base64, parse_base64
from provenance.tlog.errors import BadSignature, MalformedKey, MalformedNote
from provenance.tlog.keys import KEY_ID_SIZE, KeyType, NamedSigner, VerifierKey, check_name

# Sixteen signatures of the longest post-quantum kind come to about 100 kB; the specification asks for at least those.
MAX_NOTE_BYTES = 256 * 1024
MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, the key's ID of 4 bytes, and the signature's own bytes."""

    name: str
    key_id: bytes
    payload: bytes

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"— {self.name} {format_base64(self.key_id + self.payload)}\n"

    def claims(self, key: VerifierKey) -> bool:
        """Whether the line says it was made with this key; name and ID both count."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """Text that ends in a newline, and the signature lines under it, verified or not."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def with_signatures(self, *signatures: Signature) -> Self:
        """The note with further lines; a line it has already is not repeated."""
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *signatures))))

    def only_from(self, keys: Iterable[VerifierKey]) -> Self:
        """The note with none but the lines that claim one of these keys."""
        wanted = {(key.name, key.key_id) for key in keys}
        return replace(self, signatures=tuple(s for s in self.signatures if (s.name, s.key_id) in wanted))


def format_note(note: Note) -> bytes:
    """Write the note; ``MalformedNote`` where it would not be read back."""
    data = (note.text + "\n" + "".join(signature.line for signature in note.signatures)).encode()
    if parse_note(data) != note:
        raise MalformedNote("The text of the note would be read back differently.")
    return data


def parse_note(data: bytes) -> Note:
    """Read a note in its one written form. Nothing is verified."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"The note is longer than {MAX_NOTE_BYTES} bytes.")
    text, blank_line, lines = _decode(data).rpartition("\n\n")
    if not blank_line:
        raise MalformedNote("The note has no blank line between its text and its signatures.")
    signatures = _parse_lines(lines)
    if not signatures:
        raise MalformedNote("The note is not signed.")
    note = Note(text + "\n", signatures)
    # Reading must not forgive what writing would not have written.
    if note.text.encode() + b"\n" + "".join(s.line for s in signatures).encode() != data:
        raise MalformedNote("The note is not in its one written form.")
    return note


def parse_signature_lines(data: bytes) -> tuple[Signature, ...]:
    """Read signature lines that stand alone, as a witness answers them."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"The signature lines are longer than {MAX_NOTE_BYTES} bytes.")
    return _parse_lines(_decode(data))


def sign(text: str, signer: NamedSigner) -> Signature:
    """The line of a type 0x01 signer under this text. Cosigners sign checkpoints only: see ``cosignature.cosign``."""
    if signer.type != KeyType.ED25519:
        raise MalformedKey("Only a key of type 0x01 signs a note's bare text.")
    message = encode_utf8(text, "text of the note", MalformedNote)
    return Signature(signer.name, signer.verifier.key_id, signer.signer.sign(message))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> list[Signature]:
    """
    The lines that these keys of type 0x01 made; lines of other keys are ignored.

    Raises ``BadSignature`` when a line claims one of the keys and does not verify, and when no line verifies.
    """
    verified = []
    for signature, key in claimed(note, keys):
        verify_text(note.text, key, signature.payload)
        verified.append(signature)
    if not verified:
        raise BadSignature("No known key has signed the note.")
    return verified


def claimed(note: Note, keys: Iterable[VerifierKey]) -> list[tuple[Signature, VerifierKey]]:
    """The lines that claim one of the keys, each with its key, in the note's order."""
    known = {(key.name, key.key_id): key for key in keys}
    return [(s, known[s.name, s.key_id]) for s in note.signatures if (s.name, s.key_id) in known]


def verify_text(text: str, key: VerifierKey, payload: bytes) -> None:
    """Raise ``BadSignature`` unless the payload is the key's type 0x01 signature of the text."""
    if key.type != KeyType.ED25519:
        raise MalformedKey("Only a key of type 0x01 signs a note's bare text.")
    key.public.verify(payload, text.encode())


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedNote("The note is not valid UTF-8.") from None
    if any(character < " " and character != "\n" for character in text):
        raise MalformedNote("The note holds a control character other than newline.")
    return text


def _parse_lines(text: str) -> tuple[Signature, ...]:
    if text and not text.endswith("\n"):
        raise MalformedNote("The last signature line does not end in a newline.")
    lines = text.split("\n")[:-1]
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(f"The note has more than {MAX_SIGNATURES} signatures.")
    return tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise MalformedNote("A signature line is not written as em dash, key name and signature.")
    _, name, encoded = parts
    try:
        check_name(name)
    except MalformedKey as error:
        raise MalformedNote(str(error)) from None
    data = parse_base64(encoded, "signature line", MalformedNote)
    if len(data) <= KEY_ID_SIZE:
        raise MalformedNote("A signature line holds no signature.")
    return Signature(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])
