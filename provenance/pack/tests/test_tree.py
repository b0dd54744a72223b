"""Proofs that say nothing twice prove what whole ones prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.pack.bundle.tree import Telling, Tree
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.proofs import check_inclusion, inclusion_proof


class Leaves:
    def __init__(self, size: int) -> None:
        self.hashes = [leaf_hash(b"%d" % number) for number in range(size)]
        self.root = root_of(self.hashes)

    def path(self, index: int) -> list[bytes]:
        return inclusion_proof(index, len(self.hashes), self._hash)

    def _hash(self, level: int, index: int) -> bytes:
        return root_of(self.hashes[index << level : (index + 1) << level])


@st.composite
def asked(draw: st.DrawFn) -> tuple[Leaves, list[int]]:
    size = draw(st.integers(1, 70))
    return Leaves(size), draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20))


def told(leaves: Leaves, indexes: list[int]) -> list[list[bytes]]:
    telling = Telling(len(leaves.hashes))
    return [telling.rest(index, leaves.path(index)) for index in indexes]


@given(asked())
def test_in_whatever_order_leaves_come_each_is_proved(case):
    leaves, indexes = case
    tree = Tree(len(leaves.hashes), leaves.root)

    for index, proof in zip(indexes, told(leaves, indexes), strict=True):
        tree.prove(index, leaves.hashes[index], proof)

    for (level, number), node in tree.nodes.items():
        assert node == root_of(leaves.hashes[number << level : (number + 1) << level])


@given(asked())
def test_nothing_is_told_twice(case):
    leaves, indexes = case

    proofs = told(leaves, indexes)

    hashes = [each for proof in proofs for each in proof]
    assert len(hashes) == len(set(hashes))
    assert proofs[0] == leaves.path(indexes[0])


@given(asked(), st.data())
def test_a_leaf_is_accepted_just_where_a_whole_proof_is(case, data):
    """One proof, place or leaf is another than it was: whatever the tree takes in is in it."""
    leaves, indexes = case
    size = len(leaves.hashes)
    proofs = told(leaves, indexes)
    places, said = list(indexes), [leaves.hashes[index] for index in indexes]
    at = data.draw(st.integers(0, len(indexes) - 1))
    hashes = st.sampled_from([*leaves.hashes, leaf_hash(b"foreign"), b"", leaves.root])
    match data.draw(st.sampled_from(["proof", "place", "leaf"])):
        case "proof":
            proofs[at] = data.draw(st.lists(hashes, max_size=8))
        case "place":
            places[at] = data.draw(st.integers(-1, size))
        case _:
            said[at] = data.draw(hashes)
    tree = Tree(size, leaves.root)

    for place, leaf, proof in zip(places, said, proofs, strict=True):
        try:
            tree.prove(place, leaf, proof)
        except ProofRefused:
            break
        check_inclusion(place, size, leaf, leaves.path(place), leaves.root)


@pytest.mark.parametrize(
    "damage",
    [
        lambda proof: proof[:-1],
        lambda proof: [*proof, proof[-1]],
        lambda proof: proof[::-1],
        lambda proof: [proof[0][:31], *proof[1:]],
        lambda proof: [bytes(32), *proof[1:]],
    ],
    ids=["one missing", "one more", "in another order", "of other lengths", "of another hash"],
)
def test_a_proof_that_fails_proves_nothing_for_those_after_it(damage):
    leaves = Leaves(21)
    tree = Tree(21, leaves.root)

    with pytest.raises(ProofRefused):
        tree.prove(6, leaves.hashes[6], damage(leaves.path(6)))

    assert list(tree.nodes.values()) == [leaves.root]
    tree.prove(6, leaves.hashes[6], leaves.path(6))


def test_a_proof_that_goes_on_beyond_what_is_proved_is_refused():
    leaves = Leaves(8)
    tree = Tree(8, leaves.root)
    tree.prove(2, leaves.hashes[2], leaves.path(2))

    with pytest.raises(ProofRefused):
        tree.prove(3, leaves.hashes[3], leaves.path(3))

    tree.prove(3, leaves.hashes[3], [])


def test_an_empty_tree_has_no_leaf():
    with pytest.raises(ProofRefused):
        Tree(0, leaf_hash(b"")).prove(0, leaf_hash(b""), [])
