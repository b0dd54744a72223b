from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.tlog import proofs
from provenance.tlog.errors import MalformedTile
from provenance.tlog.hashing import Frontier, leaf_hash, root_of
from provenance.tlog.tests.vectors import TESTDATA, b64decode, hashes, load, shared
from provenance.tlog.tiles import (
    TILE_WIDTH,
    Tile,
    TileReader,
    complete_tiles,
    decode_bundle,
    encode_bundle,
    full_tiles,
    nodes_of,
    parse_tile_path,
    partial_tiles,
    proven_edge,
    proven_nodes,
    tile_path,
    tile_root,
)

MANY = [sha256(b"%d" % number).digest() for number in range(70_000)]


def levels(leaves):
    """The hashes of each tile level: the leaves, then the roots of the full tiles below."""
    found = [leaves]
    while len(found[-1]) >= TILE_WIDTH:
        below = found[-1]
        found.append([root_of(below[at : at + 256]) for at in range(0, len(below) // 256 * 256, 256)])
    return found


def reading(leaves):
    by_level = levels(leaves)

    def read_hashes(level, index, width):
        return b"".join(by_level[level][index * 256 : index * 256 + width])

    return read_hashes


def test_tile_paths_are_those_of_the_specification():
    published = load(shared("tlog/tiles/paths.json"))

    assert tile_path(0, 0) == published["c2sp_height8"]["0/0"]
    assert tile_path(0, 1234067) == published["c2sp_height8"]["1234067"]
    assert [tile.path for tile in partial_tiles(70_000)] == published["size70000"]["partials"]
    assert [tile.path for tile in full_tiles(70_000) if tile.level == 1] == published["size70000"]["full_level1"]
    full_leaf_tiles = [tile for tile in full_tiles(70_000) if tile.level == 0]
    assert len(full_leaf_tiles) == published["size70000"]["full_level0"]
    assert [tile.path for tile in full_tiles(256) + partial_tiles(256)] == published["size256"]
    for path in published["invalid"] + [path for path, *_ in published["go_paths_with_height"]]:
        with pytest.raises(MalformedTile):
            parse_tile_path(path)


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/x234/067", Tile(0, 1234067)),
        ("tile/63/999.p/255", Tile(63, 999, 255)),
        ("tile/entries/x001/000.p/1", Tile(None, 1000, 1)),
        ("tile/entries/273", Tile(None, 273)),
    ],
)
def test_a_path_and_its_tile_name_each_other(path, tile):
    assert parse_tile_path(path) == tile
    assert tile.path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/../000",
        "tile/data/000",
    ],
)
def test_any_other_spelling_of_a_path_is_refused(path):
    with pytest.raises(MalformedTile):
        parse_tile_path(path)


@pytest.mark.parametrize(("level", "index", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_tiles_that_cannot_be_have_no_path(level, index, width):
    with pytest.raises(MalformedTile):
        tile_path(level, index, width)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_bundle_or_are_refused(data):
    try:
        entries = decode_bundle(data)
    except MalformedTile:
        return
    assert encode_bundle(entries) == data


def test_a_bundle_gives_back_its_entries():
    entries = [b"", b"a", bytes(65_535)]

    assert decode_bundle(encode_bundle(entries)) == entries
    assert encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_a_bundle_that_is_cut_off_or_overfull_is_refused(data):
    with pytest.raises(MalformedTile):
        decode_bundle(data)


def test_an_entry_longer_than_its_length_field_is_refused():
    with pytest.raises(MalformedTile, match="65536 bytes"):
        encode_bundle([bytes(65_536)])


def test_a_growing_tree_fills_exactly_the_tiles_it_should():
    size, stored = 0, {}
    for batch in (1, 254, 1, 1, 300, 0, 255, 2_000, 62_724, 1, 4_463):
        leaves = MANY[size : size + batch]
        completed = complete_tiles(size, leaves, reading(MANY[:size]))
        assert [tile for tile, _ in completed] == full_tiles(size + batch, size)
        size += batch
        stored |= dict(completed)
    assert size == 70_000

    by_level = levels(MANY)
    for tile, data in stored.items():
        assert data == b"".join(by_level[tile.level][tile.index * 256 : tile.index * 256 + 256])
        assert tile_root(data) == by_level[tile.level + 1][tile.index]
    assert sorted(stored, key=lambda tile: (tile.level, tile.index)) == full_tiles(70_000)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_proofs_made_from_tiles_are_accepted(size):
    reader = TileReader(size, reading(MANY[:size]))
    root = Frontier().extend(MANY[:size]).root()

    assert proofs.frontier_at(size, reader.hash).root() == root
    for index in {0, size // 2, size - 1}:
        proof = proofs.inclusion_proof(index, size, reader.hash)
        proofs.check_inclusion(index, size, MANY[index], proof, root)
    for old in {1, (size + 1) // 2, size}:
        proof = proofs.consistency_proof(old, size, reader.hash)
        proofs.check_consistency(old, root_of(MANY[:old]), size, root, proof)


def test_a_reader_asks_for_each_tile_once_and_never_wider_than_the_tree():
    asked = []

    def read_hashes(level, index, width):
        asked.append((level, index, width))
        return reading(MANY[:600])(level, index, width)

    reader = TileReader(600, read_hashes)
    for index in range(600):
        proofs.inclusion_proof(index, 600, reader.hash)
    assert sorted(asked) == [(0, 0, 256), (0, 1, 256), (0, 2, 88), (1, 0, 2)]


def test_a_reader_that_knows_the_edge_and_the_upper_tiles_reads_leaf_tiles_alone():
    leaves, size, asked = MANY[:66_000], 66_000, []
    read, root = reading(leaves), root_of(leaves)

    def read_leaves(level, index, width):
        asked.append((level, index, width))
        return read(level, index, width)

    edge = proven_edge(size, root, read)
    assert sorted(edge) == [(0, 257), (1, 1), (2, 0)]
    reader = TileReader(size, read_leaves, edge, lambda level, index, above: proven_nodes(level, index, above, read))
    for index in (0, 300, 65_535, 65_800):
        proofs.check_inclusion(index, size, leaves[index], proofs.inclusion_proof(index, size, reader.hash), root)
    assert asked == [(0, 0, 256), (0, 1, 256), (0, 255, 256)]


def test_an_upper_tile_that_cannot_be_known_is_read():
    asked = []

    def read_hashes(level, index, width):
        asked.append((level, index))
        return reading(MANY[:66_000])(level, index, width)

    def unknown(level, index, above):
        raise MalformedTile("not known")

    reader = TileReader(66_000, read_hashes, full_nodes=unknown)
    assert reader.hash(8, 3) == tile_root(reading(MANY[:66_000])(0, 3, 256))
    assert asked == [(2, 0), (1, 0)]


def test_tiles_that_do_not_give_the_root_are_no_proven_edge():
    root = root_of(MANY[:600])
    for wrong in ((0, 2), (1, 0)):

        def read_hashes(level, index, width, wrong=wrong):
            data = reading(MANY[:600])(level, index, width)
            return data[::-1] if (level, index) == wrong else data

        with pytest.raises(MalformedTile, match="edge of 600 leaves"):
            proven_edge(600, root, read_hashes)
    with pytest.raises(MalformedTile, match="edge of 600 leaves"):
        proven_edge(600, bytes(32), reading(MANY[:600]))


def test_a_tile_that_does_not_give_the_hash_above_is_not_proven():
    read = reading(MANY[:512])
    above = tile_root(read(0, 1, 256))

    assert proven_nodes(0, 1, above, read) == nodes_of(read(0, 1, 256))
    with pytest.raises(MalformedTile, match="Tile 0 of level 0"):
        proven_nodes(0, 0, above, read)


@pytest.mark.parametrize(("level", "index"), [(0, 5), (1, 2), (3, 0), (-1, 0), (0, -1)])
def test_a_reader_knows_no_subtree_outside_its_tree(level, index):
    with pytest.raises(MalformedTile, match="5 leaves"):
        TileReader(5, reading(MANY[:5])).hash(level, index)


def test_a_tile_of_the_wrong_length_is_refused():
    with pytest.raises(MalformedTile, match="160 bytes long, not 128"):
        TileReader(5, lambda level, index, width: bytes(128)).hash(0, 0)


def test_the_demo_logs_tiles_hold_its_entries_and_give_its_proofs():
    folder = shared("tlog/demo-log")
    log = load(TESTDATA / "demo-log/vectors.json")

    def read_hashes(level, index, width):
        return (folder / tile_path(level, index, width)).read_bytes()

    bundles = [(folder / tile_path(None, *at)).read_bytes() for at in ((0, 256), (1, 256), (2, 88))]
    entries = [entry for bundle in bundles for entry in decode_bundle(bundle)]
    leaf_tiles = b"".join(read_hashes(0, *at) for at in ((0, 256), (1, 256), (2, 88)))
    assert b"".join(leaf_hash(entry) for entry in entries) == leaf_tiles
    assert [encode_bundle(entries[at : at + 256]) for at in (0, 256, 512)] == bundles

    reader = TileReader(log["size"], read_hashes)
    for case in log["inclusion"]:
        assert proofs.inclusion_proof(case["index"], case["size"], reader.hash) == hashes(case["proof"])
    for case in log["consistency"]:
        assert proofs.consistency_proof(case["old"], case["new"], reader.hash) == hashes(case["proof"])
        assert proofs.frontier_at(case["new"], reader.hash).root() == b64decode(case["root2"])


def test_real_tiles_of_another_log_make_a_tree():
    folder = shared("tlog/sunlight-navigli")
    full = [(folder / tile_path(0, index)).read_bytes() for index in range(4)]
    partial = (folder / tile_path(0, 3, 10)).read_bytes()
    leaves = [data[at : at + 32] for data in full for at in range(0, 8192, 32)]
    assert full[3].startswith(partial)

    reader = TileReader(778, lambda level, index, width: reading(leaves)(level, index, width))
    grown = Frontier().extend(leaves[:778])
    assert proofs.frontier_at(778, reader.hash) == grown
    completed = complete_tiles(778, leaves[778:], lambda level, index, width: (partial, b"")[level])
    assert completed == [(Tile(0, 3), full[3])]
    proof = proofs.consistency_proof(778, 1024, TileReader(1024, reading(leaves)).hash)
    proofs.check_consistency(778, grown.root(), 1024, root_of(leaves), proof)
