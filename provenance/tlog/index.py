"""
An index over a log's leaves that can prove what it does not hold (docs/trail-format.md, 5).

A key is SHA-256(kind || 0x00 || name). Under it stand how many leaves name it (u64, big-endian) and the head of a chain
over them: at first 32 zero bytes, then head = SHA-256(head || leaf index as u64 || leaf hash), leaf by leaf.

65,536 buckets by the key's first 16 bits: a bucket is its records of 72 bytes (key || count || head), sorted by key.
The root is RFC 6962's tree over the buckets' bytes. A key's proof is its bucket and the 16 hashes to the root; a key
that is not in its bucket is named by no leaf.

Which names a leaf has is not said here. The index grows in batches: only the buckets that a batch touches are read and
written, and of the tree above them tiles: each holds the hashes below its root, level by level from the two under it
down to the buckets' or to the roots of the tiles below. With them at hand only paths to touched buckets are hashed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from provenance.tlog.errors import ProofRefused, TlogError
from provenance.tlog.hashing import HASH_SIZE, leaf_hash, node_hash
from provenance.tlog.proofs import check_inclusion

_RECORD = Struct(">32sQ32s")  # key, count, head
RECORD_BYTES = _RECORD.size
BUCKETS = 1 << 16
PATH_HASHES = 16
MAX_BUCKET_BYTES = 1024 * 1024
FIRST_HEAD = bytes(HASH_SIZE)

# How many levels of the tree a tile holds: 2,048 tiles over 32 buckets each, and one tile over all of these.
HEIGHTS = (5, 11)

# The hash over 2**n buckets without a record. The last is the root of an empty index.
EMPTY = [leaf_hash(b"")]
for _ in range(PATH_HASHES):
    EMPTY.append(node_hash(EMPTY[-1], EMPTY[-1]))
EMPTY_INDEX_ROOT = EMPTY[-1]


def _empty_tile(level: int) -> bytes:
    above = sum(HEIGHTS[: level + 1])
    return b"".join([EMPTY[above - depth] * (1 << depth) for depth in range(1, HEIGHTS[level] + 1)])


EMPTY_TILES = [_empty_tile(level) for level in range(len(HEIGHTS))]


class IndexFull(TlogError):
    """A bucket would outgrow ``MAX_BUCKET_BYTES``: this log can make no further index."""


class Naming(NamedTuple):
    """A leaf that names a key: its index in the log and its leaf hash."""

    leaf: int
    hash: bytes


class Record(NamedTuple):
    """How many leaves name a key, and the head of the chain over them."""

    leaves: int = 0
    head: bytes = FIRST_HEAD

    def after(self, namings: Iterable[Naming]) -> "Record":
        """The record when these leaves, in their order, name the key as well."""
        count, head = self
        for leaf, digest in namings:
            head = sha256(head + leaf.to_bytes(8, "big") + digest).digest()
            count += 1
        return Record(count, head)


NOT_NAMED = Record()


class Proof(NamedTuple):
    """A key's bucket, and the hashes from the bucket's sibling up to the root."""

    bucket: bytes
    path: tuple[bytes, ...]


def key_of(kind: str, name: str) -> bytes:
    """SHA-256(kind || 0x00 || name)."""
    return sha256(kind.encode() + b"\x00" + name.encode()).digest()


def number_of(key: bytes) -> int:
    """Which bucket the key belongs in."""
    return int.from_bytes(key[:2], "big")


# --- buckets ---------------------------------------------------------------------------------------------------------


def read_bucket(number: int, bucket: bytes) -> dict[bytes, Record]:
    """
    The records of a bucket by key, in their order. Raises ``ProofRefused`` for any but its one written form.

    A key that stood twice, or out of its place, would let an index say two things.
    """
    if len(bucket) % RECORD_BYTES or len(bucket) > MAX_BUCKET_BYTES:
        raise ProofRefused(f"Bucket {number} of the index is not made of records of {RECORD_BYTES} bytes.")
    records: dict[bytes, Record] = {}
    prefix, last = number.to_bytes(2, "big"), b""
    for key, count, head in _RECORD.iter_unpack(bucket):
        if key <= last or not key.startswith(prefix) or not count:
            raise ProofRefused(f"Bucket {number} of the index is not in its one written form.")
        records[key] = Record(count, head)
        last = key
    return records


def write_bucket(records: Mapping[bytes, Record]) -> bytes:
    """The inverse of ``read_bucket``. Raises ``IndexFull``."""
    if len(records) * RECORD_BYTES > MAX_BUCKET_BYTES:
        raise IndexFull(f"A bucket of the index would be larger than {MAX_BUCKET_BYTES} bytes.")
    return b"".join([_RECORD.pack(key, *records[key]) for key in sorted(records)])


# --- growing ---------------------------------------------------------------------------------------------------------


@dataclass
class Growth:
    """What leaves add to the index: by bucket, by key, the leaves that name the key, in the log's order."""

    buckets: dict[int, dict[bytes, list[Naming]]] = field(default_factory=dict)

    def add(self, keys: Iterable[bytes], leaf: int, digest: bytes) -> None:
        naming = Naming(leaf, digest)
        for key in keys:
            bucket = self.buckets.setdefault(number_of(key), {})
            if key in bucket:
                bucket[key].append(naming)
            else:
                bucket[key] = [naming]


class Grown(NamedTuple):
    """The buckets (by number) and tiles (by level and number) that are new, and the root that is over all of them."""

    buckets: dict[int, bytes]
    tiles: dict[tuple[int, int], bytes]
    root: bytes


ReadBuckets = Callable[[Sequence[int]], Mapping[int, bytes]]
ReadTiles = Callable[[int, Sequence[int]], Mapping[int, bytes]]


def grow(growth: Growth, root: bytes, read_buckets: ReadBuckets, read_tiles: ReadTiles) -> Grown:
    """
    Carry a growth out on the index whose root is ``root``.

    The readers give, of the numbers asked for, those that are stored; the rest is empty. Raises ``IndexFull``, and
    ``ProofRefused`` where what they gave is damaged: a bucket has to be the one whose hash the tiles hold.
    """
    numbers = sorted(growth.buckets)
    old = read_buckets(numbers)
    buckets = {number: _with(number, old.get(number, b""), growth.buckets[number]) for number in numbers}
    before = {number: leaf_hash(old[number]) if number in old else EMPTY[0] for number in numbers}
    after = {number: leaf_hash(bucket) for number, bucket in buckets.items()}
    tiles: dict[tuple[int, int], bytes] = {}
    for level, height in enumerate(HEIGHTS):
        below: dict[int, list[int]] = {}
        for number in after:
            below.setdefault(number >> height, []).append(number)
        stored = read_tiles(level, list(below))
        roots_before, roots_after = {}, {}
        for parent, children in below.items():
            tile = _Tile(height, stored.get(parent, EMPTY_TILES[level]))
            for number in children:
                tile.replace(number, before[number], after[number])
            roots_before[parent], roots_after[parent] = tile.roots(children)
            tiles[level, parent] = bytes(tile.new)
        before, after = roots_before, roots_after
    if numbers and before[0] != root:
        raise ProofRefused("The stored index is damaged: its tiles do not lead to its root.")
    return Grown(buckets, tiles, after.get(0, root))


def _with(number: int, bucket: bytes, added: Mapping[bytes, Sequence[Naming]]) -> bytes:
    records = read_bucket(number, bucket)
    for key, namings in added.items():
        records[key] = records.get(key, NOT_NAMED).after(namings)
    return write_bucket(records)


class _Tile:
    """A tile while it grows. Its tree's root is node 1, which is not stored; the children of n are 2 n and 2 n + 1."""

    def __init__(self, height: int, stored: bytes) -> None:
        if len(stored) != HASH_SIZE * ((2 << height) - 2):
            raise ProofRefused("The stored index is damaged: a tile does not hold as many hashes as it should.")
        self.width = 1 << height
        self.old, self.new = stored, bytearray(stored)

    def replace(self, number: int, before: bytes, after: bytes) -> None:
        """Of what lies below, ``number`` has another hash now."""
        at = _at(self.width + number % self.width)
        if self.old[at : at + HASH_SIZE] != before:
            raise ProofRefused(_DAMAGED)
        self.new[at : at + HASH_SIZE] = after

    def roots(self, numbers: Iterable[int]) -> tuple[bytes, bytes]:
        """The roots before and after; hashes nothing but the paths from these numbers, and checks them as they were."""
        nodes = [self.width + number % self.width for number in numbers]
        old, new = self.old, self.new
        while True:
            nodes = list(dict.fromkeys([node >> 1 for node in nodes]))
            for node in nodes:
                at, below = HASH_SIZE * (node - 2), 2 * HASH_SIZE * (node - 1)
                before = sha256(b"\x01" + old[below : below + 2 * HASH_SIZE]).digest()
                after = sha256(b"\x01" + new[below : below + 2 * HASH_SIZE]).digest()
                if node == 1:
                    return before, after
                if old[at : at + HASH_SIZE] != before:
                    raise ProofRefused(_DAMAGED)
                new[at : at + HASH_SIZE] = after


_DAMAGED = "The stored index is damaged: a hash is not that of what lies below it."


def _at(node: int) -> int:
    """Where a node's hash begins in a tile."""
    return HASH_SIZE * (node - 2)


@dataclass
class Index:
    """An index in memory, about 72 bytes a key: what a verifier or a mirror grows out of the leaves themselves."""

    root: bytes = EMPTY_INDEX_ROOT
    buckets: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def grow(self, growth: Growth) -> Grown:
        """Take the growth in; returns what it changed. Raises ``IndexFull``; the index is then as it was."""
        grown = grow(growth, self.root, lambda numbers: _some(self.buckets, numbers), self._read_tiles)
        self.buckets |= grown.buckets
        self.tiles |= grown.tiles
        self.root = grown.root
        return grown

    def prove(self, key: bytes) -> Proof:
        number = number_of(key)
        return Proof(self.buckets.get(number, b""), path_of(number, self._read_tiles))

    def _read_tiles(self, level: int, numbers: Sequence[int]) -> Mapping[int, bytes]:
        return {number: self.tiles[level, number] for number in numbers if (level, number) in self.tiles}


def _some(stored: Mapping[int, bytes], numbers: Sequence[int]) -> dict[int, bytes]:
    return {number: stored[number] for number in numbers if number in stored}


# --- proving ---------------------------------------------------------------------------------------------------------


def path_of(number: int, read_tiles: ReadTiles) -> tuple[bytes, ...]:
    """The hashes from the sibling of bucket ``number`` up to the root."""
    path: list[bytes] = []
    for level, height in enumerate(HEIGHTS):
        above = number >> height
        tile = read_tiles(level, [above]).get(above, EMPTY_TILES[level])
        node = (1 << height) + number % (1 << height)
        while node > 1:
            path.append(tile[_at(node ^ 1) : _at(node ^ 1) + HASH_SIZE])
            node >>= 1
        number = above
    return tuple(path)


def check_proof(key: bytes, proof: Proof, root: bytes) -> Record:
    """
    What the index with this root says of the key; ``NOT_NAMED`` where it proves that no leaf names it.

    Raises ``ProofRefused`` unless the proof is one.
    """
    number = number_of(key)
    if len(proof.path) != PATH_HASHES:
        raise ProofRefused(f"A proof from the index has {PATH_HASHES} hashes.")
    records = read_bucket(number, proof.bucket)
    check_inclusion(number, BUCKETS, leaf_hash(proof.bucket), proof.path, root)
    return records.get(key, NOT_NAMED)


def check_list(record: Record, namings: Sequence[Naming]) -> None:
    """Raise ``ProofRefused`` unless these are all the leaves that name the key, in the log's order."""
    if record.leaves != len(namings):
        raise ProofRefused(f"The log's index counts {record.leaves} leaves, not {len(namings)}.")
    if NOT_NAMED.after(namings) != record:
        raise ProofRefused("The leaves are not those that the log's index counts.")
