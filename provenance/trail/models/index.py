"""
The index of the log by itself: which leaves name a lot, an event, a key, a party or are of an act.

The index leaf commits to it (docs/trail-format.md, 5), so nobody can leave a recall out of an answer. These rows hold
the state at the newest index leaf; they are made anew from the leaves whenever they are doubted.
"""

from django.db import models

from provenance.trail.models.log import Log


class IndexHead(models.Model):
    """What the newest index leaf says: it covers the first ``upto`` leaves; ``root`` stands over the buckets."""

    log = models.OneToOneField(Log, models.PROTECT, primary_key=True, related_name="index_head")
    upto = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.log_id}: {self.upto}"


class IndexBucket(models.Model):
    """All keys with the same first 16 bits, sorted: records of 72 bytes (key, count as u64, head)."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    records = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "number"], name="index_bucket_unique")]

    def __str__(self) -> str:
        return f"bucket {self.number}"


class IndexTile(models.Model):
    """256 hashes of the tree over the buckets: level 0 of bucket hashes (256 tiles), level 1 of their roots (one)."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    hashes = models.BinaryField(max_length=256 * 32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "level", "number"], name="index_tile_unique")]

    def __str__(self) -> str:
        return f"index tile {self.level}/{self.number}"
