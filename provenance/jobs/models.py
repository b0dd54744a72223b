import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q


def result_path(job: "Job", name: str) -> str:
    return f"jobs/{job.pk}/{name}"


class Job(models.Model):
    """
    One row for each piece of work that is too long for a page: a big label sheet, a big import.

    The row is the work order. A worker takes it by a lease and writes its progress here, so the bar survives a reload,
    a dead worker's job is found again when its lease runs out, and no broker has to remember anything.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    # Whose business it is: what came of it is for its members, not for who once was one.
    party_uri = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    file = models.FileField(upload_to=result_path, blank=True, max_length=300)
    # How often a worker took it. Also the fence: a worker whose lease was taken over no longer finds its own number.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Of a running job: when it counts as abandoned. Of a waiting one: before when nobody takes it.
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="job_state_known"
            ),
            models.CheckConstraint(condition=Q(total=0) | Q(done__lte=F("total")), name="job_done_within_total"),
            # A running job without an end to its lease would never be found again.
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="job_running_leased"
            ),
        ]
        indexes = [
            # What a worker asks for: the oldest unfinished work.
            models.Index(fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="job_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int | None:
        """Whole percent done, or None while the size of the work is unknown."""
        return self.done * 100 // self.total if self.total else None
