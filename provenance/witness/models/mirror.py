"""Copies of other people's logs. Only what was proven up to a signed checkpoint is written here."""

from django.db import models

from provenance.witness.models.witness import InsertOnly


class MirroredLog(models.Model):
    """
    A log that is copied, and the newest checkpoint of which everything is here.

    ``announced``: the checkpoint whose tiles are being fetched; the log is held to it as well. ``replayed``: so many
    leaves were judged by the rules of the trade; ``indexed``: the newest size of them that ends in an index leaf.
    """

    origin = models.CharField(max_length=255, unique=True)
    url = models.CharField(max_length=500, help_text="Where its file checkpoint lies, without that name.")
    trust = models.TextField(help_text="The trust file or tlog-policy that its checkpoints are held against.")
    entries = models.BooleanField(default=False, help_text="The statements are copied too.")
    entries_public = models.BooleanField(default=False, help_text="The log gives its statements to everybody.")
    size = models.PositiveBigIntegerField(default=0)
    entries_size = models.PositiveBigIntegerField(default=0)
    note = models.TextField(blank=True)
    announced = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=500, blank=True)
    replayed = models.PositiveBigIntegerField(default=0)
    indexed = models.PositiveBigIntegerField(default=0)
    cosigned_size = models.PositiveBigIntegerField(default=0)
    cosigned = models.TextField(blank=True, help_text="The mirror's own lines under the checkpoint of that size.")

    def __str__(self) -> str:
        return self.origin


class MirroredTile(models.Model):
    """A tile, or an entry bundle (level -1), of the first ``width`` hashes or entries. Full ones never change."""

    ENTRIES = -1

    log = models.ForeignKey(MirroredLog, models.PROTECT, related_name="tiles", db_index=False)
    level = models.SmallIntegerField()
    index = models.PositiveBigIntegerField()
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "level", "index"], name="mirrored_tile_unique")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class MirrorAlarm(InsertOnly):
    """Two notes that the log signed and that cannot both be true of one history. Never taken back."""

    log = models.ForeignKey(MirroredLog, models.PROTECT, related_name="alarms")
    raised_at = models.DateTimeField()
    what = models.CharField(max_length=300)
    held = models.TextField(help_text="The note that was accepted first.")
    served = models.TextField(help_text="The note that contradicts it.")

    def __str__(self) -> str:
        return self.what
