from django.db import models

from provenance.bags.models.codes import Bag


class ScanCount(models.Model):
    """How often the page of a bag was opened on a day (UTC) from a country. Nothing else is known of who did it."""

    bag = models.ForeignKey(Bag, on_delete=models.CASCADE, related_name="counts")
    day = models.DateField()
    country = models.CharField(max_length=2, blank=True, help_text="Two letters; empty where it is not known.")
    n = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["bag", "day", "country"]
        constraints = [models.UniqueConstraint(fields=["bag", "day", "country"], name="scan_count_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.country or '–'}: {self.n}"
