import pytest

from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import EMPTY_ROOT, Frontier, leaf_hash, node_hash, perfect_subtrees, root_of
from provenance.tlog.tests import reference
from provenance.tlog.tests.vectors import TESTDATA, load


def test_the_eight_leaf_tree_has_the_published_hashes():
    tree = load(TESTDATA / "rfc6962/tree8.json")
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in tree["leaf_inputs_hex"]]

    assert [leaf.hex() for leaf in leaves] == tree["level0"]
    assert [node_hash(*leaves[at : at + 2]).hex() for at in range(0, 8, 2)] == tree["level1"]
    assert [root_of(leaves[at : at + 4]).hex() for at in range(0, 8, 4)] == tree["level2"]
    assert [root_of(leaves).hex()] == tree["level3"]
    assert [root_of(leaves[:size]).hex() for size in range(9)] == tree["roots_by_size"]


def test_a_frontier_grown_leaf_by_leaf_has_the_rfcs_root_at_every_size_to_300():
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == reference.mth(0, 0)
    for size, leaf in enumerate(reference.LEAVES[:300], start=1):
        frontier = frontier.append(leaf)
        assert (frontier.size, frontier.root()) == (size, reference.mth(0, size))


@pytest.mark.parametrize("size", range(0, 301, 7))
def test_a_frontier_kept_as_bytes_grows_on_as_if_it_had_never_been_put_away(size):
    kept = Frontier().extend(reference.LEAVES[:size])
    again = Frontier.from_bytes(kept.size, kept.to_bytes())

    assert again == kept
    assert again.extend(reference.LEAVES[size:300]).root() == reference.mth(0, 300)
    assert kept.root() == reference.mth(0, size), "growing must not change the frontier that was grown"


@pytest.mark.parametrize(
    ("size", "data"),
    [(3, bytes(32)), (3, bytes(96)), (3, bytes(63)), (3, bytes(65)), (0, bytes(32)), (1, b""), (-1, bytes(32))],
)
def test_a_frontier_that_does_not_fit_its_size_is_refused(size, data):
    with pytest.raises(TlogError):
        Frontier.from_bytes(size, data)


def test_a_leaf_hash_of_another_length_does_not_enter_a_frontier():
    with pytest.raises(TlogError, match="32 bytes"):
        Frontier().append(b"short")


def test_seven_leaves_are_a_four_a_two_and_a_one():
    assert perfect_subtrees(0, 7) == [(2, 0), (1, 2), (0, 6)]
    assert perfect_subtrees(4, 7) == [(1, 2), (0, 6)]
    assert perfect_subtrees(5, 5) == []
