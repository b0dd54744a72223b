"""The log's tiles: full ones are stored, partial ones are put together from leaves and from the roots of full ones."""

from django.db import connection

from provenance.tlog.errors import MalformedTile
from provenance.tlog.tiles import TILE_WIDTH, ReadHashes, encode_bundle
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


def read_tile(log: Log, level: int, index: int, width: int) -> bytes:
    """``width`` hashes of the tile, 32 bytes each; one query. Raises ``MalformedTile`` where the log has fewer."""
    first = TILE_WIDTH * index
    with connection.cursor() as cursor:
        if width == TILE_WIDTH:
            cursor.execute(_TILE, [log.pk, level, index])
            if stored := cursor.fetchone():
                return bytes(stored[0])
        if level == 0:
            cursor.execute(_LEAVES, [log.pk, first, first + width])
        else:
            cursor.execute(_ROOTS, [log.pk, level - 1, first, first + width])
        hashes = b"".join([bytes(hash) for (hash,) in cursor.fetchall()])
    if len(hashes) != width * 32:
        raise MalformedTile(f"The log does not have {width} hashes in tile {index} of level {level}.")
    return hashes


def hash_reader(log: Log) -> ReadHashes:
    """``read_hashes`` of ``tlog.tiles`` for this log."""
    return lambda level, index, width: read_tile(log, level, index, width)


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
