"""
The index of the log by itself: which leaves name a lot, an event, a key, a party or are of an act.

The index leaf commits to it (docs/trail-format.md, 5), so nobody can leave a recall out of an answer. A bucket or tile
has up to three rows, for the index leaves that proofs are still asked of: each names the leaves it covers, and the one
that counts for an index leaf is the newest that covers no more than it. They are made anew from the leaves whenever
they are doubted.
"""

from django.db import models

from provenance.trail.models.log import Log


class IndexHead(models.Model):
    """
    How far the index has grown: the first ``upto`` leaves are in it, and ``root`` stands over its buckets.

    ``leaf``: the newest index leaf. The index stands at it, or beyond it while a long backlog is taken in. ``version``:
    of the map from leaves to what they name, by which the rows were made; none of its index leaves may be of it yet,
    and ``leaf`` is then null.
    """

    log = models.OneToOneField(Log, models.PROTECT, primary_key=True, related_name="index_head")
    upto = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    leaf = models.PositiveBigIntegerField(null=True, blank=True)
    version = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.log_id}: {self.upto}"


class IndexBucket(models.Model):
    """All keys with the same first 16 bits, sorted: records of 72 bytes (key, count as u64, head)."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    slot = models.PositiveSmallIntegerField()
    upto = models.PositiveBigIntegerField()
    records = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "number", "slot"], name="index_bucket_unique")]

    def __str__(self) -> str:
        return f"bucket {self.number} at {self.upto}"


class IndexTile(models.Model):
    """A part of the tree over the buckets, without its root: 32 buckets at level 0, all of those tiles at level 1."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    slot = models.PositiveSmallIntegerField()
    upto = models.PositiveBigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "level", "number", "slot"], name="index_tile_unique")]

    def __str__(self) -> str:
        return f"index tile {self.level}/{self.number} at {self.upto}"
