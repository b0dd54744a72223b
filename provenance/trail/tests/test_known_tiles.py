"""What a process knows of tiles from earlier proofs is true of the tree that it is asked for."""

from functools import lru_cache
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import root_of
from provenance.tlog.proofs import check_inclusion, inclusion_proof
from provenance.tlog.tiles import TILE_WIDTH, nodes_of
from provenance.trail import triggers
from provenance.trail.models import Event, StoredTile
from provenance.trail.services import proofs, tiles
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.publishing import publish
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY

LOG = 1
SIZE = 66_000  # a full tile of level 1, and partial ones of every level


class Tree:
    """A log of so many leaves as the database would hold it, and what was read of it."""

    def __init__(self, seed: bytes) -> None:
        self.leaves = [sha256(seed + b"%d" % number).digest() for number in range(SIZE)]
        self.levels = [self.leaves]
        while len(below := self.levels[-1]) >= TILE_WIDTH:
            full = range(0, len(below) - TILE_WIDTH + 1, TILE_WIDTH)
            self.levels.append([root_of(below[at : at + TILE_WIDTH]) for at in full])
        self.root = root_of(self.leaves)
        self.read: list[tuple[int, int]] = []

    def tile(self, log: int, level: int, index: int, width: int) -> bytes:
        assert log == LOG
        self.read.append((level, index))
        return b"".join(self.levels[level][TILE_WIDTH * index : TILE_WIDTH * index + width])

    def prove(self, index: int) -> None:
        reader = tiles.known_reader(LOG, SIZE, self.root)
        check_inclusion(index, SIZE, self.leaves[index], inclusion_proof(index, SIZE, reader.hash), self.root)


@pytest.fixture(scope="module")
def trees():
    """Two trees for one place: before and after a database was replaced."""
    return Tree(b"one"), Tree(b"other")


@pytest.fixture(autouse=True)
def nothing_known(trees):
    for tree in trees:
        tree.read.clear()
    tiles._edge.cache_clear()
    tiles._full_nodes.cache_clear()


def stand_in(tree, monkeypatch):
    """The database holds this tree now."""
    monkeypatch.setattr(tiles, "_read", tree.tile)


def wrong_after_another_tree(trees, monkeypatch) -> bool:
    """Whether a proof of a tree is wrong after proofs of the tree that stood there before."""
    try:
        for tree in (*trees, trees[0]):
            stand_in(tree, monkeypatch)
            for index in (0, 40_000, SIZE - 1):
                tree.prove(index)
    except ProofRefused:
        return True
    return False


def test_the_next_proof_reads_its_leaf_tile_alone(trees, monkeypatch):
    tree = trees[0]
    stand_in(tree, monkeypatch)
    tree.prove(0)
    assert sorted(tree.read) == [(0, 0), (0, 257), (1, 0), (1, 1), (2, 0)]

    tree.read.clear()
    tree.prove(40_000)
    tree.prove(40_001)

    assert tree.read == [(0, 156), (0, 156)]


def test_another_tree_at_the_same_place_is_proven_from_its_own_tiles(trees, monkeypatch):
    assert not wrong_after_another_tree(trees, monkeypatch)


def test_tiles_known_by_their_place_alone_are_caught(trees, monkeypatch):
    @lru_cache
    def by_place(log, level, index):
        return nodes_of(tiles._read(log, level, index, TILE_WIDTH))

    monkeypatch.setattr(tiles, "_full_nodes", lambda log, level, index, root: by_place(log, level, index))
    assert wrong_after_another_tree(trees, monkeypatch)


def test_an_edge_known_by_its_place_alone_is_caught(trees, monkeypatch):
    by_place = {}
    proven = tiles._edge
    monkeypatch.setattr(tiles, "_edge", lambda log, size, root: by_place.setdefault(size, proven(log, size, root)))
    assert wrong_after_another_tree(trees, monkeypatch)


@pytest.mark.parametrize("place", [(0, 257), (1, 0), (1, 1), (2, 0)])
def test_a_wrong_tile_is_never_remembered(trees, monkeypatch, place):
    tree = trees[0]

    def damaged(*tile):
        data = tree.tile(*tile)
        return data[:-1] + bytes([data[-1] ^ 1]) if tile[1:3] == place else data

    def prove_both_ends():
        tree.prove(0)
        tree.prove(SIZE - 1)

    monkeypatch.setattr(tiles, "_read", damaged)
    with pytest.raises(ProofRefused):
        prove_both_ends()

    stand_in(tree, monkeypatch)
    prove_both_ends()


def tamper(row, **changed):
    triggers.lift(connection)
    StoredTile.objects.filter(pk=row.pk).update(**changed)
    connection.check_constraints()
    triggers.install(connection)


@pytest.mark.django_db
def test_a_damaged_database_proves_nothing_false_and_is_believed_again_when_it_is_mended(log):
    record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"H-{n}")) for n in range(300)])
    checkpoint = publish(log)
    within, at_the_edge = Event.objects.filter(leaf__index__in=(10, 280)).order_by("pk").select_related("leaf", "log")
    tile = StoredTile.objects.get(level=0, index=0)

    def check(event):
        path = proofs.inclusion(event, checkpoint)
        check_inclusion(event.index, checkpoint.size, bytes(event.leaf_hash), path, bytes(checkpoint.root))

    tamper(tile, hashes=bytes(TILE_WIDTH * 32))
    with pytest.raises(ProofRefused):
        check(within)
    tiles._edge.cache_clear()
    tamper(tile, hashes=tile.hashes, root=bytes(32))
    with pytest.raises(ProofRefused):
        check(at_the_edge)
    tamper(tile, root=tile.root)

    check(at_the_edge)
    with CaptureQueriesContext(connection) as captured:
        check(at_the_edge)
        check(within)
    assert len(captured) == 1
