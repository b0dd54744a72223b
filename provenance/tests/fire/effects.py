"""
Jobs whose effect can be counted: each records one harvest. Orders them, and says what became of them.

    python -m provenance.tests.fire.effects order JOBS MUTANT
    python -m provenance.tests.fire.effects watch JOBS SECONDS
    python -m provenance.tests.fire.effects keep

MUTANT plants a bug: "new id" makes an effect that a second attempt repeats, "message only" has no row in the database.
"none" is the real thing. A worker imports this module too.
"""

import json
import os
import sys
import time
from collections import Counter

import django

if __name__ == "__main__":
    django.setup()

from celery import current_app, shared_task
from django.db import transaction

from provenance.jobs import services
from provenance.jobs.handlers import Outcome, Report, handler
from provenance.jobs.models import Job
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.queries import event_of
from provenance.trail.tests import story

# Between the effect and its being noted: time to be killed in.
MOMENT = float(os.environ.get("MOMENT", "0.05"))
# The orders come over so many seconds at least, so that there is somebody to strike.
SEASON = 20.0


@handler("harvest")
def harvest(job: Job, report: Report) -> Outcome:
    effect(job.key, None if job.payload["mutant"] == "new id" else f"urn:uuid:{job.pk}")
    return Outcome("recorded")


@shared_task(name="provenance.tests.fire.harvest")
def harvest_without_a_row(key: str) -> None:
    effect(key, None)


def effect(key: str, jti: str | None) -> None:
    """Recorded by an earlier attempt, it is found by its id."""
    if jti and event_of(jti):
        return
    record_acts(story.PARTY + story.ALMAZ, [Draft(story.harvest(key, 1), jti=jti)])
    time.sleep(MOMENT)


def order(jobs: int, mutant: str) -> None:
    from provenance.members.models import User

    owner, _ = User.objects.get_or_create(username="owner")
    for number in range(jobs):
        key = f"{mutant}-{number}".replace(" ", "-")
        if mutant == "message only":
            with transaction.atomic():
                transaction.on_commit(lambda: current_app.send_task(harvest_without_a_row.name, [key]), robust=True)  # noqa: B023
        else:
            services.submit(kind="harvest", key=key, owner=owner, payload={"mutant": mutant})
        time.sleep(max(SEASON / jobs, 0.03))


def watch(jobs: int, seconds: float) -> dict[str, object]:
    """Wait until everything is done, or the time is over."""
    began = time.monotonic()
    while time.monotonic() - began < seconds and Job.objects.filter(state=Job.State.DONE).count() < jobs:
        time.sleep(0.2)
    taken = time.monotonic() - began
    lots = Counter(story.parse(bytes(each.statement)).body.output.lot for each in Event.objects.filter(act="harvest"))
    states = Counter(Job.objects.values_list("state", flat=True))
    attempts = Counter(Job.objects.values_list("attempts", flat=True))
    doubled = sorted(lot for lot, times in lots.items() if times > 1)
    return {
        "seconds": round(taken, 1),
        "states": states,
        "attempts": attempts,
        "lost": jobs - len(lots),
        "doubled": doubled,
    }


def keep() -> None:
    from django.core.management import call_command

    call_command("keep")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["order", jobs, mutant]:
            order(int(jobs), mutant)
        case ["watch", jobs, seconds]:
            print(json.dumps(watch(int(jobs), float(seconds))))
        case ["keep"]:
            keep()
