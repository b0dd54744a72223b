"""What was imported, row by row. The trail says what is signed; this says which row of which file it was read from."""

from django.conf import settings
from django.db import models


class ImportFile(models.Model):
    """A spreadsheet that one party imports, once. Its text lies sealed under that party's key until its rows do."""

    class State(models.TextChoices):
        WAITING = "waiting", "waits for you"
        RUNNING = "running", "being imported"
        DONE = "done", "imported"

    party = models.CharField(max_length=200)
    site = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    encoding = models.CharField(max_length=20, blank=True, help_text="As the person chose it; else it is guessed.")
    how = models.CharField(max_length=120, blank=True, help_text="How it was read.")
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict, help_text="Kind of column to its place.")
    country = models.CharField(max_length=2, blank=True, help_text="Of all rows, where no column says it.")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")
    sealed = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "sha256"], name="import_once_a_party")]
        verbose_name = "import"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """
    One record of a file and what came of it.

    ``findings`` are ``{code, sentence, column}`` under ``warnings`` and ``reasons``; none repeats the row's text, which
    lies sealed. ``digest`` and ``key`` are keyed hashes of the text: without the party's key they say nothing.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "accepted"
        WARNED = "warned", "accepted with warnings"
        REJECTED = "rejected", "rejected"
        ALREADY = "already", "imported already"

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField("record")
    line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    findings = models.JSONField(default=dict)
    lot = models.CharField(max_length=200, blank=True)
    receipt = models.UUIDField(null=True, blank=True, help_text="The event in which the lot begins.")
    grading = models.UUIDField(null=True, blank=True)
    recorded = models.BooleanField(default=False)
    earlier = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="later", help_text="The row it corrects or repeats."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["accepted", "warned", "rejected", "already"]),
                name="import_outcome_known",
            ),
        ]
        indexes = [
            # Whether a row was imported before, whatever its file is called.
            models.Index(fields=["digest"], condition=models.Q(recorded=True), name="import_row_digest"),
            # What is left to do after a stop.
            models.Index(
                fields=["file", "number"],
                condition=models.Q(recorded=False, outcome__in=["accepted", "warned"]),
                name="import_row_left",
            ),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"record {self.number} of {self.file_id}"
