"""
Tiles and entry bundles of C2SP tlog-tiles.

A tile of level L and index N holds up to 256 hashes: those of the perfect subtrees of 256**L leaves with numbers
256*N .. 256*N + 255. An entry bundle is cut like a tile of level 0 and holds the entries themselves. Full tiles never
change; partial ones grow with the tree.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from provenance.tlog.errors import MalformedTile
from provenance.tlog.hashing import HASH_SIZE, root_of
from provenance.tlog.proofs import frontier_at

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 0xFFFF

# (tile level, tile index, width) -> width * 32 bytes
ReadHashes = Callable[[int, int, int], bytes]

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)"
    r"/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level (``None`` for an entry bundle), its index in that level, and how many hashes it holds."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int | None, index: int, width: int = TILE_WIDTH) -> str:
    """``tile/0/x001/x234/067`` for index 1234067, with ``.p/WIDTH`` when partial; level ``None`` is ``entries``."""
    if not 1 <= width <= TILE_WIDTH or index < 0 or (level is not None and not 0 <= level <= MAX_LEVEL):
        raise MalformedTile(f"There is no tile of level {level}, index {index} and width {width}.")
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{'entries' if level is None else level}/{'/'.join(reversed(groups))}{partial}"


def parse_tile_path(path: str) -> Tile:
    """Read a path in the one form ``tile_path`` writes; anything else is a ``MalformedTile``."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedTile("This is not the path of a tile.")
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match["width"] or TILE_WIDTH))
    if tile.path != path:
        raise MalformedTile("The path of the tile is not in its one written form.")
    return tile


def full_tiles(size: int, since: int = 0) -> list[Tile]:
    """The full hash tiles that a tree of ``size`` leaves has and one of ``since`` leaves has not, level by level."""
    tiles: list[Tile] = []
    level = 0
    while (end := size >> TILE_HEIGHT * (level + 1)) > 0:
        begin = since >> TILE_HEIGHT * (level + 1)
        tiles += (Tile(level, index) for index in range(begin, end))
        level += 1
    return tiles


def partial_tiles(size: int) -> list[Tile]:
    """The partial hash tiles at the right edge of a tree of ``size`` leaves, level by level; none is empty."""
    tiles = []
    level = 0
    while (hashes := size >> TILE_HEIGHT * level) > 0:
        if width := hashes % TILE_WIDTH:
            tiles.append(Tile(level, hashes // TILE_WIDTH, width))
        level += 1
    return tiles


def complete_tiles(size: int, leaf_hashes: Sequence[bytes], read_hashes: ReadHashes) -> list[tuple[Tile, bytes]]:
    """
    The tiles that become full when ``leaf_hashes`` are appended to a tree of ``size`` leaves, with their bytes.

    ``read_hashes`` is asked for partial tiles of the old tree only, and only where one of them becomes full.
    """
    completed: list[tuple[Tile, bytes]] = []
    level, hashes = 0, b"".join(leaf_hashes)
    while hashes:
        index, width = divmod(size, TILE_WIDTH)
        if width + len(hashes) // HASH_SIZE < TILE_WIDTH:
            break
        if width:
            hashes = _checked(read_hashes(level, index, width), width) + hashes
        roots = []
        tile_bytes = TILE_WIDTH * HASH_SIZE
        for at in range(0, len(hashes) - tile_bytes + 1, tile_bytes):
            data = hashes[at : at + tile_bytes]
            completed.append((Tile(level, index + at // tile_bytes), data))
            roots.append(tile_root(data))
        level, size, hashes = level + 1, index, b"".join(roots)
    return completed


def tile_root(data: bytes) -> bytes:
    """The Merkle tree hash over a tile's hashes; of a full tile it is one hash in the tile above."""
    return root_of(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))


# A tile's hashes, then those of its subtrees of two, of four … as far as they are full; each height joined.
Nodes = tuple[bytes, ...]

# (tile level, tile index, the hash of the full tile one tile level up) -> its nodes
FullNodes = Callable[[int, int, bytes], Nodes]


class TileReader:
    """
    The hashes of a tree of ``size`` leaves, read from its tiles: ``reader.hash`` is the ``get_hash`` of ``proofs``.

    ``read_hashes(level, index, width)`` gives a tile's bytes, as wide as it is in the tree of this size. Each tile is
    asked for once. Nothing is verified here: a proof made from wrong tiles is refused when it is checked.

    Two things may be known from earlier reading: ``edge``, what ``proven_edge`` gave for this tree, and ``full_nodes``,
    which is asked for the full tiles above the leaf tiles, each by the hash that the tree has for it. Where it raises
    ``MalformedTile``, the tile is read.
    """

    def __init__(
        self,
        size: int,
        read_hashes: ReadHashes,
        edge: Mapping[tuple[int, int], Nodes] | None = None,
        full_nodes: FullNodes | None = None,
    ) -> None:
        self.size = size
        self._read_hashes = read_hashes
        self._tiles = dict(edge or {})
        self._full_nodes = full_nodes

    def hash(self, level: int, index: int) -> bytes:
        """The hash of the perfect subtree of 2**level leaves with this index."""
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise MalformedTile(f"A tree of {self.size} leaves has no perfect subtree {index} at level {level}.")
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, position = divmod(index, TILE_WIDTH >> height)
        hashes = self.nodes(tile_level, tile_index)[height]
        return hashes[position * HASH_SIZE : (position + 1) * HASH_SIZE]

    def nodes(self, level: int, index: int) -> Nodes:
        """All hashes of a tile and within it."""
        nodes = self._tiles.get((level, index))
        if nodes is None:
            nodes = self._tiles[level, index] = self._find(level, index)
        return nodes

    def _find(self, level: int, index: int) -> Nodes:
        width = min(TILE_WIDTH, (self.size >> TILE_HEIGHT * level) - TILE_WIDTH * index)
        if self._full_nodes and level > 0 and width == TILE_WIDTH:
            with suppress(MalformedTile):
                return self._full_nodes(level, index, self.hash(TILE_HEIGHT * (level + 1), index))
        return nodes_of(_checked(self._read_hashes(level, index, width), width))


def proven_edge(size: int, root: bytes, read_hashes: ReadHashes) -> dict[tuple[int, int], Nodes]:
    """
    The partial tiles at the right edge of a tree, by level and index. ``MalformedTile`` where they give another root.
    """
    reader = TileReader(size, read_hashes)
    # The perfect subtrees that a tree falls into are hashes of its partial tiles, all of them and no others.
    if frontier_at(size, reader.hash).root() != root:
        raise MalformedTile(f"The tiles at the edge of {size} leaves do not give the root.")
    return {(tile.level or 0, tile.index): reader.nodes(tile.level or 0, tile.index) for tile in partial_tiles(size)}


def proven_nodes(level: int, index: int, root: bytes, read_hashes: ReadHashes) -> Nodes:
    """The nodes of a full tile. ``MalformedTile`` where they do not give its hash one tile level up."""
    nodes = nodes_of(_checked(read_hashes(level, index, TILE_WIDTH), TILE_WIDTH))
    if nodes[TILE_HEIGHT] != root:
        raise MalformedTile(f"Tile {index} of level {level} does not give the hash that the tile above has for it.")
    return nodes


def nodes_of(data: bytes) -> Nodes:
    """A tile's own hashes and all within it; eight heights above the leaves of a full tile."""
    nodes = [data]
    while len(nodes[-1]) > HASH_SIZE:
        nodes.append(_parents(nodes[-1]))
    return tuple(nodes)


def _parents(hashes: bytes) -> bytes:
    """The node hashes of each two neighbours, which lie joined already; one that has no neighbour yet has no parent."""
    pair = 2 * HASH_SIZE
    nodes = [sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes) - pair + 1, pair)]
    return b"".join(nodes)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after another, each behind its length as a big-endian uint16."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise MalformedTile(
                f"An entry of {len(entry)} bytes is longer than the {MAX_ENTRY_BYTES} a bundle can hold."
            )
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; ``MalformedTile`` when it is cut off or holds more than 256."""
    entries = []
    at = 0
    while at < len(data):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise MalformedTile("The entry bundle is cut off within an entry.")
        entries.append(data[begin:at])
    if len(entries) > TILE_WIDTH:
        raise MalformedTile("The entry bundle holds more than 256 entries.")
    return entries


def _checked(data: bytes, width: int) -> bytes:
    if len(data) != width * HASH_SIZE:
        raise MalformedTile(f"A tile of {width} hashes is {width * HASH_SIZE} bytes long, not {len(data)}.")
    return data
