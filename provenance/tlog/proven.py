"""
A log read from its files (C2SP tlog-tiles), where every byte is proven up to a checkpoint before it is handed on.

The files may lie anywhere: on another server, in a directory, in a bucket. ``read(path)`` gives the bytes at a path
below the log's prefix (``checkpoint``, ``tile/0/000.p/5``, ``tile/entries/000`` ...), or None where there is nothing.
"""

from collections.abc import Callable, Iterator, Mapping

from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import MalformedTile, MissingTile, ProofRefused
from provenance.tlog.hashing import HASH_SIZE, leaf_hash
from provenance.tlog.proofs import frontier_at
from provenance.tlog.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileReader,
    decode_bundle,
    encode_bundle,
    full_tiles,
    partial_tiles,
    tile_root,
)

Read = Callable[[str], bytes | None]


class ProvenLog:
    """
    The tree, and where they can be read the entries, under a checkpoint that was opened already.

    Raises ``ProofRefused`` where a file does not lead to the checkpoint's root, ``MissingTile`` where one is not there,
    and ``MalformedTile``; each names the file.
    """

    def __init__(self, checkpoint: Checkpoint, read: Read) -> None:
        self.checkpoint = checkpoint
        self._read = read
        self._edge = {(tile.level or 0, tile.index): hashes_at(read, tile) for tile in partial_tiles(checkpoint.size)}
        # One tile a level: leaves are read in their order, so the tiles above are at hand when they are needed again.
        self._last: dict[int, tuple[int, bytes]] = {}
        if not leads_to_root(checkpoint, self._edge):
            raise ProofRefused(f"The partial tiles do not give the root of {checkpoint.origin} at {checkpoint.size}.")

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of the tile, as wide as it is in this tree."""
        if (level, index) in self._edge:
            return self._edge[level, index]
        if level in self._last and self._last[level][0] == index:
            return self._last[level][1]
        if (index + 1) << TILE_HEIGHT * (level + 1) > self.checkpoint.size:
            raise MalformedTile(f"A tree of {self.checkpoint.size} leaves has no tile {index} of level {level}.")
        data = hashes_at(self._read, Tile(level, index))
        above, position = divmod(index, TILE_WIDTH)
        if tile_root(data) != _hash_at(self.tile(level + 1, above), position):
            raise ProofRefused(f"{Tile(level, index).path} does not lead to the root of the checkpoint.")
        self._last[level] = (index, data)
        return data

    def bundle(self, index: int) -> list[bytes]:
        """The entries of bundle ``index``; their hashes are those of the tile."""
        hashes = self.tile(0, index)
        tile = Tile(None, index, len(hashes) // HASH_SIZE)
        entries = entries_at(self._read, tile)
        if b"".join(map(leaf_hash, entries)) != hashes:
            raise ProofRefused(f"{tile.path} does not hold the entries that the log signed.")
        return entries

    def leaf_hashes(self, since: int = 0) -> Iterator[bytes]:
        """The hashes of leaves ``since`` and later."""
        for index in self._tiles_from(since):
            data = self.tile(0, index)
            for position in range(max(since - TILE_WIDTH * index, 0), len(data) // HASH_SIZE):
                yield _hash_at(data, position)

    def entries(self, since: int = 0) -> Iterator[bytes]:
        """The entries of leaves ``since`` and later."""
        for index in self._tiles_from(since):
            yield from self.bundle(index)[max(since - TILE_WIDTH * index, 0) :]

    def root_at(self, size: int) -> bytes:
        """The root of the first ``size`` leaves: what an older checkpoint must say to be of this log."""
        return frontier_at(size, self.reader().hash).root()

    def reader(self) -> TileReader:
        """``reader().hash`` is the ``get_hash`` of ``tlog.proofs``."""
        return TileReader(self.checkpoint.size, lambda level, index, width: self.tile(level, index))

    def _tiles_from(self, since: int) -> range:
        return range(since // TILE_WIDTH, -(-self.checkpoint.size // TILE_WIDTH))


def tiles_of(size: int, since: int = 0) -> list[Tile]:
    """The hash tiles that a tree of ``size`` leaves has and one of ``since`` leaves has not, partial ones last."""
    old = set(partial_tiles(since))
    return full_tiles(size, since) + [tile for tile in partial_tiles(size) if tile not in old]


def bundles_of(size: int, since: int = 0) -> list[Tile]:
    """The entry bundles that belong to the tiles of level 0 among ``tiles_of``."""
    return [Tile(None, tile.index, tile.width) for tile in tiles_of(size, since) if tile.level == 0]


def hashes_at(read: Read, tile: Tile) -> bytes:
    """The bytes of a hash tile, not proven. A log may drop a partial tile once the full one is there."""
    data = read(tile.path)
    if data is None and tile.width < TILE_WIDTH:
        data = read(Tile(tile.level, tile.index).path)
        data = data[: tile.width * HASH_SIZE] if data and len(data) == TILE_WIDTH * HASH_SIZE else data
    if data is None:
        raise MissingTile(f"{tile.path} is not there.")
    if len(data) != tile.width * HASH_SIZE:
        raise MalformedTile(f"{tile.path} has {len(data)} bytes, not {tile.width * HASH_SIZE}.")
    return data


def entries_at(read: Read, tile: Tile) -> list[bytes]:
    """The entries of a bundle, not proven; as ``hashes_at``."""
    data = read(tile.path)
    if data is None and tile.width < TILE_WIDTH:
        data = read(Tile(None, tile.index).path)
    if data is None:
        raise MissingTile(f"{tile.path} is not there.")
    try:
        return decode_bundle(data)[: tile.width]
    except MalformedTile as error:
        raise MalformedTile(f"{tile.path}: {error}") from None


def leads_to_root(checkpoint: Checkpoint, edge: Mapping[tuple[int, int], bytes]) -> bool:
    """Whether these bytes of the partial tiles, by level and index, give the checkpoint's root."""
    # The perfect subtrees that a tree falls into are hashes of its partial tiles, all of them and no others.
    reader = TileReader(checkpoint.size, lambda level, index, width: edge[level, index])
    return frontier_at(checkpoint.size, reader.hash).root() == checkpoint.root


def _hash_at(data: bytes, position: int) -> bytes:
    return data[position * HASH_SIZE : (position + 1) * HASH_SIZE]


def encode_prefix(bundle: bytes, width: int) -> bytes:
    """The first ``width`` entries of a bundle as a bundle."""
    return encode_bundle(decode_bundle(bundle)[:width])
