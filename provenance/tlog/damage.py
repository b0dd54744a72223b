"""Which files of a copied log were lost or changed, named one by one."""

from collections.abc import Iterator
from itertools import product

from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import HASH_SIZE, leaf_hash
from provenance.tlog.proven import Read, entries_at, hashes_at, leads_to_root, tiles_of
from provenance.tlog.tiles import TILE_WIDTH, Tile, partial_tiles, tile_root


def damaged_files(checkpoint: Checkpoint, read: Read, *, entries: bool) -> Iterator[str]:
    """
    The paths of the files that are missing or do not lead to the checkpoint's root; with ``entries`` bundles too.

    A tile that fails is made anew from the files below it. Where that leads to the root, the tile is named alone; where
    it does not, what lies below cannot be judged and the tile is named for all of it.
    """
    damage = _Damage(read, entries)
    proven = damage.edge(checkpoint)
    if proven is None:
        yield from (tile.path for tile in partial_tiles(checkpoint.size))
        return
    # From the top down: a tile is proven by the one above it.
    for tile in sorted(tiles_of(checkpoint.size), key=lambda tile: (-(tile.level or 0), tile.index)):
        level = tile.level or 0
        above = proven.get((level + 1, tile.index // TILE_WIDTH))
        data = proven.get((level, tile.index))
        if data is None:
            if above is None:
                continue
            at = tile.index % TILE_WIDTH * HASH_SIZE
            wanted = above[at : at + HASH_SIZE]
            data = next((one for one in damage.candidates(tile) if tile_root(one) == wanted), None)
        if data is None or data != damage.stored(tile):
            yield tile.path
        if data is None:
            continue
        if level:
            proven[level, tile.index] = data
        elif entries and damage.leaf_hashes(tile) != data:
            yield Tile(None, tile.index, tile.width).path


class _Damage:
    def __init__(self, read: Read, entries: bool) -> None:
        self.read = read
        self.entries = entries

    def edge(self, checkpoint: Checkpoint) -> dict[tuple[int, int], bytes] | None:
        """The partial tiles that give the root, each as it is stored or made from what lies below it."""
        tiles = partial_tiles(checkpoint.size)
        for choice in product(*(self.candidates(tile) for tile in tiles)):
            found = {(tile.level or 0, tile.index): data for tile, data in zip(tiles, choice, strict=True)}
            if leads_to_root(checkpoint, found):
                return found
        return None

    def candidates(self, tile: Tile) -> list[bytes]:
        """What the tile may be: its stored bytes, and those that the files below it give."""
        return list(dict.fromkeys(data for data in (self.stored(tile), self._from_below(tile)) if data is not None))

    def stored(self, tile: Tile) -> bytes | None:
        try:
            return hashes_at(self.read, tile)
        except TlogError:
            return None

    def _from_below(self, tile: Tile) -> bytes | None:
        if not tile.level:
            return self.leaf_hashes(tile) if self.entries else None
        first = TILE_WIDTH * tile.index
        lower = [self.stored(Tile(tile.level - 1, index)) for index in range(first, first + tile.width)]
        return b"".join(tile_root(data) for data in lower if data is not None) if None not in lower else None

    def leaf_hashes(self, tile: Tile) -> bytes | None:
        """The tile of level 0 as its entries give it."""
        try:
            entries = entries_at(self.read, Tile(None, tile.index, tile.width))
        except TlogError:
            return None
        data = b"".join(map(leaf_hash, entries))
        return data if len(data) == tile.width * HASH_SIZE else None
