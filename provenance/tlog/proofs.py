"""
Inclusion and consistency proofs: made after RFC 6962 sections 2.1.1 and 2.1.2, checked after RFC 9162 sections 2.1.3.2
and 2.1.4.2.

Making reads the tree through one function, ``get_hash(level, index)``: the hash of the perfect subtree of 2**level
leaves that is number ``index`` from the left (level 0 is the leaves).
"""

from collections.abc import Callable, Sequence

from provenance.tlog.canonical import MAX_SIZE
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import HASH_SIZE, Frontier, fold, node_hash, perfect_subtrees

GetHash = Callable[[int, int], bytes]


def frontier_at(size: int, get_hash: GetHash) -> Frontier:
    """The frontier of the first ``size`` leaves, read from the tree; its ``.root()`` is the root at that size."""
    return Frontier(size, tuple(get_hash(level, index) for level, index in perfect_subtrees(0, size)))


def inclusion_proof(index: int, size: int, get_hash: GetHash) -> list[bytes]:
    """
    The audit path from leaf ``index`` to the root of the first ``size`` leaves, the leaf's sibling first.

    RFC 6962 2.1.1: PATH(m, D[n]). Raises ``ProofRefused`` when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofRefused(f"Leaf {index} is not in a tree of {size} leaves.")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, get_hash))
            end = middle
        else:
            path.append(_range_hash(start, middle, get_hash))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, get_hash: GetHash) -> list[bytes]:
    """
    Proof that the tree of ``old`` leaves is the beginning of the tree of ``new`` leaves.

    RFC 6962 2.1.2: SUBPROOF(m, D[n], true). Raises ``ProofRefused`` unless 0 < old <= new: every tree begins with the
    empty one, so there is nothing to prove about it.
    """
    if not 0 < old <= new:
        raise ProofRefused(f"There is no consistency proof from size {old} to size {new}.")
    path = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, get_hash))
            end = middle
        else:
            path.append(_range_hash(start, middle, get_hash))
            start = middle
    # The checker holds the old root already; a subtree further right it does not know.
    if start > 0:
        path.append(_range_hash(start, end, get_hash))
    return path[::-1]


def check_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """
    Raise ``ProofRefused`` unless ``proof`` shows ``leaf_hash`` to be leaf ``index`` of the tree of this size and root.

    RFC 9162 2.1.3.2, and hashes of any length but 32 bytes are refused.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofRefused(f"Leaf {index} is not in a tree of {size} leaves.")
    _check_hashes(leaf_hash, root, *proof)
    node, last, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofRefused("The inclusion proof is longer than the tree is high.")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofRefused("The inclusion proof ends before it reaches the root.")
    if computed != root:
        raise ProofRefused("The inclusion proof leads to another root.")


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """
    Raise ``ProofRefused`` unless ``proof`` shows that the old tree is the beginning of the new one.

    RFC 9162 2.1.4.2, and refused as well: size 0 on either side (nothing can be proven of an empty tree), and
    between different sizes hashes of any length but 32 bytes.
    """
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise ProofRefused(f"No proof leads from size {old_size} to size {new_size}.")
    if old_size == new_size:
        # Nothing is hashed, so nothing hangs on the length of the roots.
        if proof or old_root != new_root:
            raise ProofRefused("Trees of the same size are consistent only with the same root and an empty proof.")
        return
    _check_hashes(old_root, new_root, *proof)
    # A tree of 2**k leaves is itself a node of the new tree, so its root is not sent.
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not proof:
        raise ProofRefused("The consistency proof is empty.")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_computed = new_computed = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRefused("The consistency proof is longer than the tree is high.")
        if node & 1 or node == last:
            old_computed = node_hash(sibling, old_computed)
            new_computed = node_hash(sibling, new_computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_computed = node_hash(new_computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofRefused("The consistency proof ends before it reaches the root.")
    if old_computed != old_root:
        raise ProofRefused("The consistency proof leads to another old root.")
    if new_computed != new_root:
        raise ProofRefused("The consistency proof leads to another new root.")


def _split(size: int) -> int:
    # RFC 6962 2.1: the largest power of two smaller than size.
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, end: int, get_hash: GetHash) -> bytes:
    return fold([get_hash(level, index) for level, index in perfect_subtrees(start, end)])


def _check_hashes(*hashes: bytes) -> None:
    if set(map(len, hashes)) != {HASH_SIZE}:
        raise ProofRefused("The proof, a root or the leaf hash is not made of 32-byte hashes.")
