"""
Work that is too long for a page.

The database says what is to be done. Celery, where there is one, only wakes a worker sooner; whatever it loses is
found again by ``run_due`` in ``manage.py keep``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from provenance.jobs.handlers import Interrupted, JobFailed, LeaseLost, Outcome, Postponed, handler_of, is_known
from provenance.jobs.models import Job
from provenance.members.models import User
from provenance.members.services import parties_of

log = logging.getLogger(__name__)

WAKE = "provenance.jobs.wake"
# A worker that says nothing for this long is taken for dead, so what it left is done within a minute.
LEASE = timedelta(seconds=40)
# How long a job waits that could not be done at the moment.
PAUSE = timedelta(seconds=30)
# A job that takes its worker with it this often is itself the fault.
MOST_ATTEMPTS = 5


def never() -> bool:
    return False


def submit(*, kind: str, key: str, owner: User, payload: dict[str, Any], total: int = 0, party: str = "") -> Job:
    """
    Order a piece of work. The same key again is the same job.

    ``total`` is the number of steps, 0 where unknown; ``party`` whose business it is: only while the owner belongs to
    it may he see the job. Raises ValueError for a kind without a handler and for a key that
    names somebody else's job.
    """
    if not is_known(kind):
        raise ValueError(f"Jobs of kind {kind!r} have no handler.")
    job, is_new = Job.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "owner": owner,
            "party_uri": party,
            "payload": payload,
            "total": total,
            "created_at": timezone.now(),
        },
    )
    if job.owner_id != owner.pk or job.kind != kind:
        raise ValueError("This key names another job.")
    if is_new:
        _wake_after_commit(job)
    return job


def jobs_of(user: User | AnonymousUser) -> QuerySet[Job]:
    """What the person ordered, for nobody's business or for one that he belongs to now; the newest first."""
    return Job.objects.filter(owner_id=user.pk, party_uri__in=["", *parties_of(user)])


def retry(job: Job) -> bool:
    """Put a failed job back into the queue; False if it had not failed."""
    again = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.WAITING, attempts=0, done=0, message="", lease_until=None, finished_at=None
    )
    if again:
        _wake_after_commit(job)
    return bool(again)


def _wake_after_commit(job: Job) -> None:
    # Before the commit a worker would find no row. A broker that is away fails only the wake-up, never the order.
    if settings.REDIS_URL:
        transaction.on_commit(lambda: current_app.send_task(WAKE, [str(job.pk)]), robust=True)


def due(now: datetime, *, waiting_for: timedelta = timedelta(0)) -> QuerySet[Job]:
    """Jobs that nobody works at: waiting at least that long, or running on a lease that has run out."""
    waiting = Q(state=Job.State.WAITING, created_at__lte=now - waiting_for) & ~Q(lease_until__gte=now)
    abandoned = Q(state=Job.State.RUNNING, lease_until__lt=now)
    return Job.objects.filter(waiting | abandoned).order_by("created_at")


def claim(job_id: UUID | str) -> Job | None:
    """
    Take the job, if it is due; None if somebody else has it.

    The condition and the change are one statement: of two workers that see the same job, one changes a row.
    """
    now = timezone.now()
    taken = (
        due(now)
        .filter(pk=job_id)
        .order_by()
        .update(state=Job.State.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1)
    )
    return Job.objects.get(pk=job_id) if taken else None


def claim_next(*, waiting_for: timedelta = timedelta(0)) -> Job | None:
    """Take the oldest job that is due, or None."""
    for job_id in due(timezone.now(), waiting_for=waiting_for).values_list("pk", flat=True)[:20]:
        if job := claim(job_id):
            return job
    return None


def run_job(job_id: UUID | str, *, interrupted: Callable[[], bool] = never) -> bool:
    """Do the job, unless it is done or somebody is at it. True if it was taken."""
    job = claim(job_id)
    if job:
        _work(job, interrupted)
    return job is not None


def run_due(*, waiting_for: timedelta = timedelta(0), interrupted: Callable[[], bool] = never) -> int:
    """Do all jobs that are due, oldest first. Returns how many were taken."""
    taken = 0
    while not interrupted() and (job := claim_next(waiting_for=waiting_for)):
        _work(job, interrupted)
        taken += 1
    return taken


@dataclass(frozen=True)
class _Lease:
    """A worker's hold on a job. Every write goes through it and fails once another worker has taken over."""

    job_id: UUID
    attempt: int
    interrupted: Callable[[], bool]

    def write(self, **values: Any) -> None:
        held = Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING, attempts=self.attempt)
        if not held.update(**values):
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")

    def report(self, done: int, *, total: int | None = None, message: str | None = None) -> None:
        if self.interrupted():
            raise Interrupted
        values: dict[str, Any] = {"done": done, "lease_until": timezone.now() + LEASE}
        if total is not None:
            values["total"] = total
        if message is not None:
            values["message"] = message[:500]
        self.write(**values)

    def finish(self, outcome: Outcome) -> None:
        values: dict[str, Any] = {"state": Job.State.DONE, "message": outcome.message[:500], "lease_until": None}
        if outcome.file_name:
            job = Job(pk=self.job_id)
            job.file.save(outcome.file_name, ContentFile(outcome.content), save=False)
            values["file"] = job.file.name
        self.write(**values, finished_at=timezone.now())
        Job.objects.filter(pk=self.job_id, total__gt=0).update(done=F("total"))

    def fail(self, sentence: str) -> None:
        self.write(state=Job.State.FAILED, message=sentence[:500], lease_until=None, finished_at=timezone.now())

    def give_back(self, *, until: datetime | None = None, why: str = "") -> None:
        """Back into the queue, where nobody takes it before ``until``."""
        told = {"message": why[:500]} if why else {}
        self.write(state=Job.State.WAITING, attempts=self.attempt - 1, lease_until=until, **told)


def _work(job: Job, interrupted: Callable[[], bool]) -> None:
    lease = _Lease(job.pk, job.attempts, interrupted)
    try:
        if job.attempts > MOST_ATTEMPTS:
            raise JobFailed(f"Given up after {MOST_ATTEMPTS} attempts. Please tell the operator: job {job.pk}.")
        lease.finish(handler_of(job.kind)(job, lease.report) or Outcome())
    except JobFailed as failed:
        lease.fail(str(failed))
    except Postponed as postponed:
        lease.give_back(until=timezone.now() + PAUSE, why=str(postponed))
    except Interrupted:
        lease.give_back()
    except LeaseLost as lost:
        log.warning("Another worker has taken over: %s", lost)
    except Exception:
        # The door of the worker: a handler's fault must not end the process that does everybody else's jobs.
        log.exception("Job %s of kind %s failed", job.pk, job.kind)
        lease.fail(f"Something went wrong on our side. Try again, or tell the operator: job {job.pk}.")
