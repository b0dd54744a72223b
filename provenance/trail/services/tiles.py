"""The log's tiles: full ones are stored, partial ones are put together from leaves and from the roots of full ones."""

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial

from django.db import connection

from provenance.tlog.errors import MalformedTile
from provenance.tlog.tiles import (
    TILE_WIDTH,
    Nodes,
    ReadHashes,
    TileReader,
    encode_bundle,
    proven_edge,
    proven_nodes,
)
from provenance.trail.models import Event, Log

# A proof reads a tile for every 256-fold that the log has grown. With these queries built anew each time, building them
# would take ten times as long as answering them.
_TILE = 'SELECT hashes FROM trail_storedtile WHERE log_id = %s AND level = %s AND "index" = %s'
_LEAVES = """
SELECT e.leaf_hash FROM trail_leaf l JOIN trail_event e ON e.id = l.event_id
WHERE l.log_id = %s AND l."index" >= %s AND l."index" < %s ORDER BY l."index"
"""
_ROOTS = """
SELECT root FROM trail_storedtile
WHERE log_id = %s AND level = %s AND "index" >= %s AND "index" < %s ORDER BY "index"
"""

# A full tile and its nodes take 16 kB; one of level 1 stands over 65,536 events. An edge has a tile at each level.
TILES_KNOWN = 256
EDGES_KNOWN = 16


def read_tile(log: Log, level: int, index: int, width: int) -> bytes:
    """``width`` hashes of the tile, 32 bytes each; one query. Raises ``MalformedTile`` where the log has fewer."""
    return _read(log.pk, level, index, width)


def _read(log: int, level: int, index: int, width: int) -> bytes:
    first = TILE_WIDTH * index
    with connection.cursor() as cursor:
        if width == TILE_WIDTH:
            cursor.execute(_TILE, [log, level, index])
            if stored := cursor.fetchone():
                return bytes(stored[0])
        if level == 0:
            cursor.execute(_LEAVES, [log, first, first + width])
        else:
            cursor.execute(_ROOTS, [log, level - 1, first, first + width])
        hashes = b"".join([bytes(hash) for (hash,) in cursor.fetchall()])
    if len(hashes) != width * 32:
        raise MalformedTile(f"The log does not have {width} hashes in tile {index} of level {level}.")
    return hashes


def hash_reader(log: Log) -> ReadHashes:
    """``read_hashes`` of ``tlog.tiles`` for this log."""
    return partial(_read, log.pk)


def known_reader(log: int, size: int, root: bytes) -> TileReader:
    """
    Reads the tree of this root in the log of this key, and knows from earlier reading what most proofs share: the edge
    and the upper tiles.

    They are kept by the hash that proves them, so they are never out of date. Whoever looks for damage reads the
    database itself.
    """
    edge: Mapping[tuple[int, int], Nodes] = {}
    with suppress(MalformedTile):
        edge = _edge(log, size, root)
    return TileReader(size, partial(_read, log), edge, partial(_full_nodes, log))


@lru_cache(maxsize=EDGES_KNOWN)
def _edge(log: int, size: int, root: bytes) -> Mapping[tuple[int, int], Nodes]:
    return proven_edge(size, root, partial(_read, log))


@lru_cache(maxsize=TILES_KNOWN)
def _full_nodes(log: int, level: int, index: int, root: bytes) -> Nodes:
    return proven_nodes(level, index, root, partial(_read, log))


def entries(log: Log, index: int, width: int) -> bytes:
    """The entry bundle of a level-0 tile: the statements themselves."""
    first = TILE_WIDTH * index
    rows = Event.objects.filter(leaf__log=log, leaf__index__gte=first, leaf__index__lt=first + width).order_by(
        "leaf__index"
    )
    statements = [bytes(statement) for statement in rows.values_list("statement", flat=True)]
    if len(statements) != width:
        raise MalformedTile(f"The log does not have {width} entries in bundle {index}.")
    return encode_bundle(statements)
