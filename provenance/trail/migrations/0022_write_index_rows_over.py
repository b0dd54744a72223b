from collections.abc import Iterator
from hashlib import sha256

from django.db import migrations, models

EMPTY = sha256(b"\x00").digest()


def regroup(apps, schema_editor):
    """From four levels of tiles, 16 hashes each, to two that hold their inner hashes, too."""
    tiles = apps.get_model("trail", "IndexTile").objects
    for log in list(tiles.values_list("log", flat=True).distinct()):
        rows = list(tiles.filter(log=log).order_by("upto").values_list("level", "number", "upto", "hashes"))
        tiles.filter(log=log).delete()
        stored = {}
        # The tile at the top has a row for each index leaf that is still asked about.
        for stop in [upto for level, _, upto, _ in rows if level == 3]:
            hashes = {number: bytes(tile) for level, number, upto, tile in rows if level == 0 and upto <= stop}
            for place, tile in grouped(b"".join([hashes.get(number, EMPTY * 16) for number in range(4096)])):
                versions = stored.setdefault(place, [])
                if not versions or versions[-1][1] != tile:
                    versions.append((stop, tile))
        tiles.bulk_create(
            [
                tiles.model(log_id=log, level=level, number=number, slot=slot, upto=upto, hashes=tile)
                for (level, number), versions in stored.items()
                for slot, (upto, tile) in enumerate(versions)
            ],
            batch_size=500,
        )


def grouped(hashes: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Level, number and content of the tiles over 65,536 bucket hashes that stand for any record."""
    tree = [hashes]
    while len(tree[-1]) > 32:
        below = tree[-1]
        tree.append(b"".join([sha256(b"\x01" + below[at : at + 64]).digest() for at in range(0, len(below), 64)]))
    for number in range(2048):
        if hashes[1024 * number : 1024 * (number + 1)] != EMPTY * 32:
            yield (0, number), part(tree[:5], number)
    yield (1, 0), part(tree[5:16], 0)


def part(tree: list[bytes], number: int) -> bytes:
    """The hashes of one tile, from the two under its root downwards."""
    widths = [64 << depth for depth in range(len(tree))]
    return b"".join(
        [level[width * number : width * (number + 1)] for width, level in zip(widths, reversed(tree), strict=True)]
    )


# Of one place there are three rows at most.
NUMBER_BUCKETS = """
    UPDATE trail_indexbucket SET slot = (
        SELECT count(*) FROM trail_indexbucket older
        WHERE older.log_id = trail_indexbucket.log_id AND older.number = trail_indexbucket.number
        AND older.upto < trail_indexbucket.upto
    )
"""
NUMBER_TILES = """
    UPDATE trail_indextile SET slot = (
        SELECT count(*) FROM trail_indextile older
        WHERE older.log_id = trail_indextile.log_id AND older.level = trail_indextile.level
        AND older.number = trail_indextile.number AND older.upto < trail_indextile.upto
    )
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0021_find_what_concerns_all_lots")]

    operations = [
        migrations.AddField("indexbucket", "slot", models.PositiveSmallIntegerField(default=0), preserve_default=False),
        migrations.AddField("indextile", "slot", models.PositiveSmallIntegerField(default=0), preserve_default=False),
        migrations.RunSQL(NUMBER_BUCKETS),
        migrations.RunSQL(NUMBER_TILES),
        migrations.RemoveConstraint("indexbucket", "index_bucket_unique"),
        migrations.RemoveConstraint("indextile", "index_tile_unique"),
        migrations.AddConstraint(
            "indexbucket", models.UniqueConstraint(fields=("log", "number", "slot"), name="index_bucket_unique")
        ),
        migrations.AddConstraint(
            "indextile", models.UniqueConstraint(fields=("log", "level", "number", "slot"), name="index_tile_unique")
        ),
        migrations.AlterField("indextile", "hashes", models.BinaryField()),
        migrations.RunPython(regroup),
    ]
