"""What witnesses answered, when they were last asked, and the alarms that their answers raised."""

from django.db import models

from provenance.trail.models.log import InsertOnly, Log


class WitnessContact(models.Model):
    """
    How it stands between a log and one witness of its policy. Only a note of this server: evidence is the cosignature.

    ``size``: of the last checkpoint that the witness cosigned, the ``old`` of the next request.
    """

    log = models.ForeignKey(Log, models.PROTECT, related_name="witness_contacts", db_index=False)
    witness = models.CharField(max_length=120, help_text="Its name in the policy file.")
    size = models.PositiveBigIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Requests in a row that brought none.")
    trouble = models.CharField(max_length=300, blank=True, help_text="Why the last request brought no cosignature.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "witness"], name="witness_contact_once")]

    def __str__(self) -> str:
        return self.witness


class WitnessDemand(models.Model):
    """Somebody waits for a witnessed checkpoint: ``keep`` asks now, not at the next full minute."""

    log = models.OneToOneField(Log, models.PROTECT, primary_key=True, related_name="witness_demand")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.log_id}"


class ForkAlarm(InsertOnly):
    """
    Somebody's word contradicts this log's history. The log is frozen with it, and it is never taken back.

    ``evidence``: the notes, answers or sizes that contradict each other, as they came.
    """

    log = models.ForeignKey(Log, models.PROTECT, related_name="fork_alarms")
    raised_at = models.DateTimeField()
    source = models.CharField(max_length=200, help_text="The fence, a witness, or the served checkpoint.")
    what = models.CharField(max_length=300)
    evidence = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.what
