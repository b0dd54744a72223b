"""The log's tiles: full ones are stored, partial ones are put together from leaves and from the roots of full ones."""

from provenance.tlog.errors import MalformedTile
from provenance.tlog.tiles import TILE_WIDTH, ReadHashes, encode_bundle
from provenance.trail.models import Event, Leaf, Log, StoredTile


def read_tile(log: Log, level: int, index: int, width: int) -> bytes:
    """``width`` hashes of the tile, 32 bytes each; one query. Raises ``MalformedTile`` where the log has fewer."""
    if width == TILE_WIDTH:
        stored = StoredTile.objects.filter(log=log, level=level, index=index).values_list("hashes", flat=True).first()
        if stored is not None:
            return bytes(stored)
    first = TILE_WIDTH * index
    if level == 0:
        rows = Leaf.objects.filter(log=log, index__gte=first, index__lt=first + width).values_list("event__leaf_hash")
    else:
        rows = StoredTile.objects.filter(
            log=log, level=level - 1, index__gte=first, index__lt=first + width
        ).values_list("root")
    hashes = b"".join(bytes(row[0]) for row in rows.order_by("index"))
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
