"""Reads a pack that a stranger made: nothing in it may cost more memory, disk or time than these limits."""

import json
import re
import zipfile
import zlib
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from io import BufferedReader
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import IO

from provenance.pack.format import (
    ATTACHMENTS,
    CHECKPOINT,
    EPCIS,
    FORMATS,
    INCLUSION,
    INDEX,
    MANIFEST,
    POLICY,
    README,
    REQUIRED,
    RETIRED,
    STATEMENTS,
    WITHOUT_INDEX,
    Entry,
    Listing,
    UnusablePack,
)

MAX_MEMBERS = 10_000
MAX_LINE_BYTES = 2 * 1024 * 1024  # a statement of 16 KiB with all its disclosures, each of 64 KiB in base64
MAX_SMALL_BYTES = 1024 * 1024  # manifest, checkpoint, policy, README
MAX_LEAF = 2**53
MAX_TOTAL_BYTES = 4 * 1024**3
_PIECE_BYTES = 64 * 1024
_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error)
# The one form in which a line is written. Only what is no statement any more needs an escape; it is left in, and the
# leaf stays as unreadable as it was.
_STATEMENT = re.compile(
    rb'{"index":(0|[1-9][0-9]{0,15}),"jws":"([^"\\]*(?:\\.[^"\\]*)*)","disclosures":\[("[A-Za-z0-9_-]*"(?:,"[A-Za-z0-9_-]*")*)?\]}\n'
)
_PROOF = re.compile(rb'{"index":(0|[1-9][0-9]{0,15}),"hashes":"([^"]*)"}\n')
_EXTRA = re.compile(r"attachments/[0-9a-f]{64}|retired/[1-9]")


class PackFile:
    """An opened pack. Use it as a context manager; every reader raises ``UnusablePack`` on what it cannot read."""

    def __init__(self, file: Path | IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except OSError as error:
            raise UnusablePack(f"The file cannot be opened: {error.strerror or error}.") from None
        except (zipfile.BadZipFile, ValueError) as error:
            raise UnusablePack(f"This is no ZIP file that can be opened: {error}") from None
        self._told_bytes = 0
        self._check_members()
        self.manifest = self._manifest()

    def __enter__(self) -> "PackFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def _check_members(self) -> None:
        members = self._archive.infolist()
        names = [member.filename for member in members]
        if len(names) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
            raise UnusablePack("The pack is larger than any that is written.")
        if len(set(names)) != len(names):
            raise UnusablePack("Two files in the pack have one name.")
        unknown = [name for name in names if name not in REQUIRED | {INDEX} and not _EXTRA.fullmatch(name)]
        if unknown:
            raise UnusablePack(f"The pack holds a file that does not belong in it: {unknown[0]!a}.")
        missing = sorted(REQUIRED - set(names))
        if missing:
            raise UnusablePack(f"The pack lacks the file {missing[0]}.")

    def _manifest(self) -> dict[str, object]:
        manifest = _json(self.small(MANIFEST), MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") not in FORMATS:
            raise UnusablePack(f"This verifier reads {', '.join(FORMATS)}; the pack says {manifest!a:.80}.")
        if self.has_index and manifest["format"] == WITHOUT_INDEX:
            raise UnusablePack(f"A pack of the format {WITHOUT_INDEX} has no file {INDEX}.")
        return manifest

    def small(self, name: str) -> bytes:
        """A short file, whole."""
        with closing(self._open(name)) as member:
            data = _read(member, name, MAX_SMALL_BYTES + 1)
        if len(data) > MAX_SMALL_BYTES:
            raise UnusablePack(f"The file {name} is too long.")
        return data

    @property
    def checkpoint(self) -> bytes:
        return self.small(CHECKPOINT)

    @property
    def retired(self) -> list[bytes]:
        """The last checkpoints of the logs that this one succeeded, the oldest first."""
        found = sorted(name for name in self._archive.namelist() if name.startswith(RETIRED))
        if found != [f"{RETIRED}{number}" for number in range(1, len(found) + 1)]:
            raise UnusablePack("The checkpoints of retired logs are not numbered one after another.")
        return [self.small(name) for name in found]

    @property
    def policy(self) -> bytes:
        return self.small(POLICY)

    @property
    def readme(self) -> bytes:
        return self.small(README)

    def entries(self) -> Iterator[Entry]:
        """The statements with their proofs, in the pack's order."""
        pairs = zip_longest(self._lines(STATEMENTS), self._lines(INCLUSION))
        for number, (statement, proof) in enumerate(pairs, start=1):
            if statement is None or proof is None:
                raise UnusablePack(f"Line {number}: every statement has exactly one proof.")
            self._told_bytes += len(statement)
            yield _entry(number, statement, proof)

    @property
    def has_index(self) -> bool:
        return INDEX in self._archive.namelist()

    def listings(self) -> Iterator[Listing]:
        """What the pack takes from the log's index; nothing where it has none."""
        if self.has_index:
            for number, line in enumerate(self._lines(INDEX), start=1):
                yield _listing(number, line)

    def epcis_events(self) -> list[object]:
        """The events of epcis.jsonld as parsed JSON, numbers as they are written. Call it after ``entries``."""
        # The same events stand in the statements, and take more room there.
        most = self._told_bytes + MAX_SMALL_BYTES
        with closing(self._open(EPCIS)) as member:
            text = _read(member, EPCIS, most + 1)
        if len(text) > most:
            raise UnusablePack("The file epcis.jsonld is longer than the statements it repeats.")
        match _json(text, EPCIS):
            case {"epcisBody": {"eventList": [*events]}}:
                return events
        raise UnusablePack("epcis.jsonld is no EPCIS document.")

    def attachments(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Digest (hex, from the name) and bytes in pieces of each attachment."""
        for name in self._archive.namelist():
            if name.startswith(ATTACHMENTS):
                with closing(self._open(name)) as member:
                    yield name.removeprefix(ATTACHMENTS), _pieces(member, name)

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self._archive.open(name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise UnusablePack(f"The file {name} cannot be read: {error}") from None

    def _lines(self, name: str) -> Iterator[bytes]:
        # Buffered, since a member of an archive reads a line with a limit byte by byte.
        with BufferedReader(self._open(name), _PIECE_BYTES) as member:  # type: ignore[type-var]
            while line := _read_line(member, name):
                yield line


def _pieces(member: IO[bytes], name: str) -> Iterator[bytes]:
    while piece := _read(member, name, _PIECE_BYTES):
        yield piece


def _read(member: IO[bytes], name: str, size: int) -> bytes:
    try:
        return member.read(size)
    except _DAMAGE as error:
        raise UnusablePack(f"The file {name} cannot be read: {error}") from None


def _read_line(member: IO[bytes], name: str) -> bytes:
    try:
        line = member.readline(MAX_LINE_BYTES + 1)
    except _DAMAGE as error:
        raise UnusablePack(f"The file {name} cannot be read: {error}") from None
    if len(line) > MAX_LINE_BYTES or (line and not line.endswith(b"\n")):
        raise UnusablePack(f"A line of {name} is too long or has no end.")
    return line


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


# Made once: ``json.loads`` would make a decoder for every line.
_DECODER = json.JSONDecoder(parse_float=Decimal, object_pairs_hook=_object)


def _json(data: bytes, name: str) -> object:
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise UnusablePack(f"{name} is no JSON: {error}") from None


def _entry(number: int, statement: bytes, proof: bytes) -> Entry:
    told, proven = _STATEMENT.fullmatch(statement), _PROOF.fullmatch(proof)
    if told is None or proven is None or told[1] != proven[1]:
        raise UnusablePack(f"Line {number} of {STATEMENTS} or of {INCLUSION} is not in its one form.")
    disclosures = tuple(told[3].decode()[1:-1].split('","')) if told[3] else ()
    return Entry(int(told[1]), told[2], _hashes(number, proven[2]), disclosures)


def _listing(number: int, line: bytes) -> Listing:
    match _json(line, f"Line {number} of {INDEX}"):
        case {
            "kind": str(kind),
            "id": str(name),
            "leaves": [*leaves],
            "bucket": str(bucket),
            "path": str(path),
            **rest,
        }:
            records = _base64(bucket.encode())
            whole = all(type(leaf) is int and 0 <= leaf < MAX_LEAF for leaf in leaves)
            ordered = whole and all(before < after for before, after in pairwise(leaves))
            if ordered and records is not None and not rest:
                return Listing(kind, name, tuple(leaves), records, _hashes(number, path.encode(), INDEX))
    raise UnusablePack(f"Line {number} of {INDEX} is not in its one form.")


def _base64(text: bytes) -> bytes | None:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


def _hashes(number: int, text: bytes, name: str = INCLUSION) -> tuple[bytes, ...]:
    joined = _base64(text)
    if joined is None or len(joined) % 32:
        raise UnusablePack(f"Line {number} of {name}: hashes are 32 bytes each, joined, in base64.")
    return tuple([joined[at : at + 32] for at in range(0, len(joined), 32)])
