import pytest

from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.damage import damaged_files
from provenance.tlog.errors import MalformedTile, MissingTile, ProofRefused
from provenance.tlog.hashing import Frontier, leaf_hash, root_of
from provenance.tlog.proven import ProvenLog, bundles_of, tiles_of
from provenance.tlog.tiles import Tile, complete_tiles, encode_bundle, parse_tile_path

# Two full tiles of level 0, a partial one, and a partial tile of level 1.
ENTRIES = [b"entry %d" % number for number in range(700)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


def published(size=700):
    """The files of a log of this size, and its checkpoint."""
    full = {(tile.level, tile.index): data for tile, data in complete_tiles(0, HASHES[:size], lambda *_: b"")}
    levels = [HASHES[:size], [root_of(HASHES[at : at + 256]) for at in range(0, size // 256 * 256, 256)]]
    files = {}
    for tile in tiles_of(size):
        data = b"".join(levels[tile.level][256 * tile.index :][: tile.width])
        assert full.get((tile.level, tile.index), data) == data
        files[tile.path] = data
    for tile in bundles_of(size):
        files[tile.path] = encode_bundle(ENTRIES[256 * tile.index :][: tile.width])
    return files, Checkpoint("example.com/log", size, root_of(HASHES[:size]))


def damage(files, checkpoint, entries=True):
    return list(damaged_files(checkpoint, files.get, entries=entries))


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 700])
def test_leaves_and_entries_come_proven_and_in_order_at_every_size(size):
    files, checkpoint = published(size)
    log = ProvenLog(checkpoint, files.get)

    assert list(log.leaf_hashes()) == HASHES[:size]
    assert list(log.entries()) == ENTRIES[:size]
    for since in {0, 1, 255, 256, 300, size} & set(range(size + 1)):
        assert list(log.leaf_hashes(since)) == HASHES[since:size]
        assert list(log.entries(since)) == ENTRIES[since:size]
        if since:
            assert log.root_at(since) == Frontier().extend(HASHES[:since]).root()
    assert damage(files, checkpoint) == []


@pytest.mark.parametrize("path", sorted(published()[0]))
def test_a_flipped_bit_in_any_file_is_noticed_and_the_file_named(path):
    files, checkpoint = published()
    for at in (0, len(files[path]) // 2, len(files[path]) - 1):
        changed = bytearray(files[path])
        changed[at] ^= 1
        broken = files | {path: bytes(changed)}

        with pytest.raises((ProofRefused, MalformedTile)):
            list(ProvenLog(checkpoint, broken.get).entries())
        assert damage(broken, checkpoint) == [path]
        if parse_tile_path(path).level is not None:
            with pytest.raises(ProofRefused):
                list(ProvenLog(checkpoint, broken.get).leaf_hashes())


@pytest.mark.parametrize("path", sorted(published()[0]))
def test_a_missing_file_is_named(path):
    files, checkpoint = published()
    del files[path]

    with pytest.raises(MissingTile, match=path):
        list(ProvenLog(checkpoint, files.get).entries())
    assert damage(files, checkpoint) == [path]


def test_without_entries_a_broken_last_tile_of_leaves_is_named_with_those_that_could_be_it():
    files, checkpoint = published()
    files["tile/0/002.p/188"] = bytes(188 * 32)

    assert damage(files, checkpoint, entries=False) == ["tile/0/002.p/188", "tile/1/000.p/2"]
    assert damage(files, checkpoint) == ["tile/0/002.p/188"]


def test_a_broken_tile_stands_for_the_bundle_that_it_can_no_longer_judge():
    files, checkpoint = published()
    files["tile/0/001"] = bytes(256 * 32)
    del files["tile/entries/001"]

    assert damage(files, checkpoint) == ["tile/0/001"]


def test_a_partial_tile_that_was_dropped_is_cut_from_the_full_one():
    files, older = published(300)
    newer, _ = published(512)
    assert newer.keys() - files.keys() == {"tile/0/001", "tile/1/000.p/2", "tile/entries/001"}
    del files["tile/0/001.p/44"], files["tile/entries/001.p/44"]

    log = ProvenLog(older, (files | newer).get)

    assert list(log.entries()) == ENTRIES[:300]


def test_a_tree_has_no_tiles_beyond_its_size():
    files, checkpoint = published(300)

    with pytest.raises(MalformedTile):
        ProvenLog(checkpoint, files.get).tile(0, 2)


def test_another_history_has_another_root_at_the_old_size():
    files, checkpoint = published(300)

    assert ProvenLog(checkpoint, files.get).root_at(200) != root_of([HASHES[1], *HASHES[1:200]])


def test_what_a_larger_tree_adds_is_full_tiles_and_the_new_partial_ones():
    assert tiles_of(300, 257) == [Tile(0, 1, 44)]
    assert tiles_of(513, 300) == [Tile(0, 1), Tile(0, 2, 1), Tile(1, 0, 2)]
    assert bundles_of(513, 300) == [Tile(None, 1), Tile(None, 2, 1)]
    assert tiles_of(300, 300) == []
