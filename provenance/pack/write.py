"""Writes a pack as a stream: memory does not grow with the trail."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO

from provenance.coffee import strict_json
from provenance.coffee.epcis import document
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import parse
from provenance.pack.format import (
    ATTACHMENTS,
    CHECKPOINT,
    EPCIS,
    FORMAT,
    INCLUSION,
    INDEX,
    MANIFEST,
    POLICY,
    README,
    RETIRED,
    STATEMENTS,
    Attachment,
    Entry,
    Listing,
)

_SPOOL_BYTES = 1024 * 1024
_PIECE_BYTES = 256 * 1024

_README_TEXT = """\
This is a Beantrail audit pack ({format}): the whole trail of

    {lots}

as it stood in the log {origin} at {size} leaves.

Check it without asking anybody:

    python -m provenance.pack verify THIS_FILE --trust TRUST_FILE

The trust file (the log's keys and the hash of its first leaf) must come from elsewhere: from a witness, an auditor,
a printed page. The file 'policy' in here is the operator's own word and is never used for checking.

What the pack proves: who signed each statement, that none was changed, that all stand in the log and, where it has the
file 'index/proofs.jsonl', that none about these lots which the log's index counts was left out: no recall, no
correction, no sale, no end of a certificate shown here, no earlier registration of a party, site, plot or key that they
rest on.
What it cannot prove: that the coffee in the bag is the coffee on the form.
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """
    What the manifest says. ``traced``: lots whose every statement is in the pack, those asked for among them;
    ``audience``: who may read it; ``waiting``: statements not in the log yet.
    """

    lots: tuple[str, ...]
    traced: tuple[str, ...]
    audience: str
    origin: str
    size: int
    created: datetime
    waiting: int = 0


class _Pipe:
    """A file without a beginning to go back to: what is written to it is taken away again, piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def stream(
    heading: Heading,
    entries: Iterable[Entry],
    *,
    checkpoint: bytes,
    policy: bytes,
    retired: Iterable[bytes] = (),
    listings: Iterable[Listing] = (),
    attachments: Iterable[Attachment] = (),
) -> Iterator[bytes]:
    """
    The pack's bytes. ``entries`` come by leaf index, leaf 0 first; ``listings`` only where the last is an index;
    ``retired``: the last checkpoints of the logs that this one succeeded, the oldest first.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        with (
            SpooledTemporaryFile(max_size=_SPOOL_BYTES) as proofs,
            SpooledTemporaryFile(max_size=_SPOOL_BYTES) as events,
        ):
            count = 0
            with archive.open(STATEMENTS, "w") as statements:
                for entry in entries:
                    statements.write(_statement_line(entry))
                    proofs.write(_proof_line(entry))
                    events.write(_event_item(entry, first=events.tell() == 0))
                    count += 1
                    yield pipe.take()
            yield from _copy(archive, INCLUSION, proofs, pipe)
            yield from _write_epcis(archive, events, heading.created, pipe)
        if lines := b"".join(map(_listing_line, listings)):
            archive.writestr(_member(INDEX), lines)
        archive.writestr(_member(CHECKPOINT), checkpoint)
        archive.writestr(_member(POLICY), policy)
        for number, note in enumerate(retired, start=1):
            archive.writestr(_member(f"{RETIRED}{number}"), note)
        for attachment in attachments:
            with archive.open(ATTACHMENTS + attachment.sha256, "w") as member:
                for piece in attachment.pieces:
                    member.write(piece)
                    yield pipe.take()
        archive.writestr(_member(README), _readme(heading))
        archive.writestr(_member(MANIFEST), _manifest(heading, count))
    yield pipe.take()


def _member(name: str) -> zipfile.ZipInfo:
    """Named alone, a member would carry the time at which it is written: two packs of one state would differ."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _statement_line(entry: Entry) -> bytes:
    # A JWS is base64url with dots. What somebody changed in the store must not break out of the line.
    jws = json.dumps(entry.jws.decode("ascii", "backslashreplace")).encode()
    disclosures = json.dumps(list(entry.disclosures), separators=(",", ":")).encode()
    return b'{"index":%d,"jws":%b,"disclosures":%b}\n' % (entry.index, jws, disclosures)


def _proof_line(entry: Entry) -> bytes:
    return b'{"index":%d,"hashes":"%b"}\n' % (entry.index, b64encode(b"".join(entry.proof)))


def _listing_line(listing: Listing) -> bytes:
    line = {
        "kind": listing.kind,
        "id": listing.name,
        "leaves": listing.leaves,
        "bucket": b64encode(listing.bucket).decode(),
        "path": b64encode(b"".join(listing.path)).decode(),
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _event_item(entry: Entry, *, first: bool) -> bytes:
    try:
        event = parse(entry.jws).event
    except CoffeeError:
        # Changed since it was signed: the verifier names it, and has no event of it either.
        return b""
    if event is None:
        return b""
    return (b"" if first else b",") + strict_json.dumps(event)


def _copy(archive: zipfile.ZipFile, name: str, source: IO[bytes], pipe: _Pipe) -> Iterator[bytes]:
    source.seek(0)
    with archive.open(name, "w") as member:
        while piece := source.read(_PIECE_BYTES):
            member.write(piece)
            yield pipe.take()


def _write_epcis(archive: zipfile.ZipFile, events: IO[bytes], created: datetime, pipe: _Pipe) -> Iterator[bytes]:
    head, opening, tail = strict_json.dumps(document([], created)).partition(b'"eventList":[')
    events.seek(0)
    with archive.open(EPCIS, "w") as member:
        member.write(head + opening)
        while piece := events.read(_PIECE_BYTES):
            member.write(piece)
            yield pipe.take()
        member.write(tail)


def _readme(heading: Heading) -> str:
    lots = "\n    ".join(heading.lots)
    return _README_TEXT.format(format=FORMAT, lots=lots, origin=heading.origin, size=heading.size)


def _manifest(heading: Heading, count: int) -> bytes:
    return json.dumps(
        {
            "format": FORMAT,
            "lots": list(heading.lots),
            "traced": list(heading.traced),
            "audience": heading.audience,
            "origin": heading.origin,
            "size": heading.size,
            "created": heading.created.isoformat(),
            "statements": count,
            "waiting": heading.waiting,
        },
        indent=1,
    ).encode()
