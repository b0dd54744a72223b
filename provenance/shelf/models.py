"""Pages as they were told: a projection of the trail that may be emptied at any time, and never evidence."""

import uuid

from django.db import models


class KeptPage(models.Model):
    """
    The page of a lot, kept so that a scan need not replay the trail.

    It holds words that people may withdraw, in the clear: whoever destroys a person's key empties this table, and no
    row outlives ``until`` by more than an hour. ``said``, ``ended``, ``certified`` and ``pictures`` count what the
    trail held about ``subjects``, ``keys`` and ``places`` when it was told; where the counts are others now, it is told
    anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lot_uri = models.CharField(max_length=200)
    form = models.CharField(max_length=40, help_text="Its language, and whether it is of a bag.")
    edition = models.CharField(max_length=64, help_text="SHA-256 of the code and templates that told it.")
    until = models.PositiveBigIntegerField(db_index=True, help_text="POSIX seconds: from then on it is told anew.")
    html = models.BinaryField(help_text="Compressed by zlib.")
    blank = models.CharField(max_length=40, help_text="What stands in it for the bag's own token, number and product.")
    packed = models.PositiveIntegerField(null=True)
    pack_root = models.CharField(max_length=64, blank=True)
    subjects = models.JSONField()
    keys = models.JSONField()
    places = models.JSONField()
    said = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    certified = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot_uri", "form"], name="kept_page_once")]

    def __str__(self) -> str:
        return f"{self.lot_uri} ({self.form})"
