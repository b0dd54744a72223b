"""Whether a log only grew since an earlier checkpoint, from the tiles of C2SP tlog-tiles that anybody can fetch."""

from collections.abc import Callable

from provenance.pack.bundle.outcome import Unchecked
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.hashing import node_hash
from provenance.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, tile_path

ReadTile = Callable[[str], bytes | None]
"""By its path below the host, ``beans.example/log/main/1/tile/0/000.p/7``; None where it cannot be had."""


def no_tiles(path: str) -> bytes | None:
    """Where there is no network."""
    return None


def roots(newer: Checkpoint, size: int, read_tile: ReadTile) -> bytes:
    """
    The root over the first ``size`` leaves of the newer checkpoint's own tree.

    Raises ``Unchecked`` unless the tiles can be had and are that tree's: then they hash to its root, and whoever saw
    another root over as many leaves was shown another history.
    """
    tiles = _Tiles(newer, read_tile)
    before, after = _roots(tiles, size, 0, newer.size)
    if after != newer.root:
        raise Unchecked("growth_not_proved")
    return before


def _roots(tiles: "_Tiles", size: int, low: int, high: int) -> tuple[bytes, bytes]:
    """Of the tree over [low, high): the root over the leaves below ``size``, and over all (RFC 9162, 2.1.4.1)."""
    if size == high:
        whole = tiles.root(low, high)
        return whole, whole
    middle = low + _split(high - low)
    if size <= middle:
        before, left = _roots(tiles, size, low, middle)
        return before, node_hash(left, tiles.root(middle, high))
    left = tiles.root(low, middle)
    before, after = _roots(tiles, size, middle, high)
    return node_hash(left, before), node_hash(left, after)


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << (width - 1).bit_length() - 1


class _Tiles:
    def __init__(self, checkpoint: Checkpoint, read_tile: ReadTile) -> None:
        self.origin, self.size = checkpoint.origin, checkpoint.size
        self.read_tile = read_tile
        self.read: dict[tuple[int, int], bytes] = {}

    def root(self, low: int, high: int) -> bytes:
        """The root of the tree over the leaves [low, high); a complete subtree at least as wide begins at ``low``."""
        width = high - low
        if width & (width - 1):
            middle = low + _split(width)
            return node_hash(self.root(low, middle), self.root(middle, high))
        level = width.bit_length() - 1
        row, depth = divmod(level, TILE_HEIGHT)
        first = (low >> TILE_HEIGHT * row) % TILE_WIDTH
        tile = self._tile(row, low >> TILE_HEIGHT * (row + 1))
        return root_of_nodes([tile[32 * at : 32 * at + 32] for at in range(first, first + (1 << depth))])

    def _tile(self, row: int, number: int) -> bytes:
        if (row, number) not in self.read:
            width = min(TILE_WIDTH, (self.size >> TILE_HEIGHT * row) - number * TILE_WIDTH)
            self.read[row, number] = self._fetch(row, number, width)
        return self.read[row, number]

    def _fetch(self, row: int, number: int, width: int) -> bytes:
        # A log that has grown since may keep the full tile only.
        for asked in dict.fromkeys((width, TILE_WIDTH)):
            data = self.read_tile(f"{self.origin}/{tile_path(row, number, asked)}")
            if data is not None and len(data) == 32 * asked:
                return data
        raise Unchecked("growth_not_proved")


def root_of_nodes(nodes: list[bytes]) -> bytes:
    """The node over a power of two of nodes."""
    while len(nodes) > 1:
        nodes = [node_hash(*pair) for pair in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]
