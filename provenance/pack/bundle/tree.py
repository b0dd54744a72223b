"""
Proofs that say nothing twice: each climbs from its leaf only to the first node that an earlier one has proved.

A place is (level, number): of the subtrees over 2**level leaves (the last may hold fewer) the one with this number from
the left. A tree of fixed size has one hash at each, so whatever a proof led through is proved for those after it.
"""

from collections.abc import Iterator, Sequence

from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import HASH_SIZE, node_hash

Place = tuple[int, int]


def way(index: int, size: int) -> Iterator[tuple[Place, Place | None]]:
    """
    The places from leaf ``index`` up to the root, each with its sibling's: None where the level above has its hash.

    RFC 9162, 2.1.3.2, which counts the same way in FN and SN.
    """
    level, node, last = 0, index, size - 1
    while True:
        yield (level, node), (level, node ^ 1) if node & 1 or node < last else None
        level, node, last = level + 1, node >> 1, last >> 1


def _root_of(size: int) -> Place:
    return (size - 1).bit_length(), 0


class Tree:
    """The nodes that are proved to be in the tree of this size and root."""

    def __init__(self, size: int, root: bytes) -> None:
        self.size = size
        self.nodes = {_root_of(size): root}

    def prove(self, index: int, leaf: bytes, proof: Sequence[bytes]) -> None:
        """Take the leaf and its way in. Raises ``ProofRefused`` unless the proof leads just to a node known before."""
        if not 0 <= index < self.size:
            raise ProofRefused(f"Leaf {index} is not in a tree of {self.size} leaves.")
        rest, computed, found = iter(proof), leaf, {}
        for place, sibling in way(index, self.size):
            if place in self.nodes:
                break
            found[place] = computed
            if sibling:
                beside = found[sibling] = next(rest, b"")
                if len(beside) != HASH_SIZE:
                    raise ProofRefused("The proof ends before it reaches a node that is proved.")
                computed = node_hash(beside, computed) if place[1] & 1 else node_hash(computed, beside)
        if computed != self.nodes[place] or next(rest, None) is not None:
            raise ProofRefused("The proof does not lead to what is proved already.")
        self.nodes |= found


class Telling:
    """What a reader has been told of a tree: the writer's side of ``Tree``."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.told = {_root_of(size)}

    def rest(self, index: int, path: Sequence[bytes]) -> list[bytes]:
        """Of a whole audit path, the leaf's sibling first, what has not been told yet; it is from now on."""
        hashes, rest = iter(path), []
        for place, sibling in way(index, self.size):
            if place in self.told:
                break
            self.told.add(place)
            if sibling:
                rest.append(next(hashes))
                self.told.add(sibling)
        return rest
