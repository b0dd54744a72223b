"""Merkle tree hashes of RFC 6962 section 2.1 with SHA-256, and the frontier that lets a tree grow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from provenance.tlog.errors import TlogError

HASH_SIZE = 32

# MTH({}) = SHA-256()
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def perfect_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """
    The perfect subtrees that cover leaves start .. end-1, largest first, as (level, index).

    Subtree (level, index) holds leaves index * 2**level .. (index + 1) * 2**level - 1. ``start`` must be a multiple
    of the largest power of two within the range, as it is wherever RFC 6962 splits a tree.
    """
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        subtrees.append((level, start >> level))
        start += 1 << level
    return subtrees


def fold(hashes: Sequence[bytes]) -> bytes:
    """Join perfect subtrees of falling size, given left to right, into the hash of the tree they make."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


@dataclass(frozen=True, slots=True)
class Frontier:
    """
    A tree reduced to what it needs to grow: its size and the hashes of its perfect subtrees, largest (leftmost) first.

    There is one hash for every one-bit of ``size``. A value: growing gives another frontier.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise TlogError("The frontier does not hold one hash for each perfect subtree of its size.")
        if any(len(subtree) != HASH_SIZE for subtree in self.hashes):
            raise TlogError("The frontier holds a hash that is not 32 bytes long.")

    def append(self, leaf: bytes) -> Self:
        """The frontier after one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Self:
        """The frontier after these further leaf hashes, in their order."""
        hashes, size = list(self.hashes), self.size
        for subtree in leaves:
            ones = size
            while ones & 1:
                subtree = node_hash(hashes.pop(), subtree)
                ones >>= 1
            hashes.append(subtree)
            size += 1
        return type(self)(size, tuple(hashes))

    def root(self) -> bytes:
        """The Merkle tree hash of the whole tree."""
        return fold(self.hashes) if self.hashes else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """The hashes joined, 32 bytes each; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """The frontier that ``to_bytes`` wrote for a tree of this size; ``TlogError`` where they do not agree."""
        return cls(size, tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)))


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The Merkle tree hash over these leaf hashes."""
    return Frontier().extend(leaf_hashes).root()
