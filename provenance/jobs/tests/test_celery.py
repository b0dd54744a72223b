"""The same promises with a real Redis and a real worker that is really killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
import redis
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from provenance.jobs import services
from provenance.jobs.models import Job
from provenance.jobs.tests import crew  # noqa: F401  registers the kind "tally"

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]


def test_database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return (
        f"postgres://{quote(values['USER'])}:{quote(values['PASSWORD'] or '')}"
        f"@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )


test_database_url.__test__ = False


def forget_messages() -> None:
    """Lose all that Celery keeps in Redis, and nothing that somebody else may keep there."""
    with redis.Redis.from_url(project.REDIS_URL) as broker:
        broker.delete("celery", "unacked", "unacked_index", "unacked_mutex")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def worker(tmp_path):
    """Start a worker process; whatever still runs at the end of the test is killed with its children."""
    started = []
    forget_messages()

    def start() -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "provenance.celery", "worker", "-c", "1", "-l", "WARNING"]
            + ["--without-gossip", "--without-mingle", "-I", "provenance.jobs.tests.crew"],
            env={
                **os.environ,
                "DATABASE_URL": test_database_url(),
                "MEDIA_DIR": str(tmp_path / "media"),
            },
            cwd=project.BASE_DIR,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)
    forget_messages()


def kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def steps_in(folder) -> list[int]:
    return sorted(int(path.name) for path in folder.glob("[0-9]*"))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "steps"
    path.mkdir()
    return path


def test_a_woken_worker_does_the_job(kofi, worker, folder):
    worker()

    job = services.submit(kind="tally", key="one", owner=kofi, payload={"folder": str(folder)}, total=5)

    wait_for(lambda: Job.objects.get(pk=job.pk).is_over)
    job.refresh_from_db()
    assert (job.state, job.done, job.message, job.attempts) == ("done", 5, "5 steps", 1)
    assert steps_in(folder) == [1, 2, 3, 4, 5]


def test_a_killed_worker_and_an_emptied_redis_lose_nothing(kofi, worker, folder):
    first = worker()
    payload = {"folder": str(folder), "pause": 0.2}
    jobs = [services.submit(kind="tally", key=f"{n}", owner=kofi, payload=payload, total=10) for n in range(3)]
    wait_for(lambda: Job.objects.filter(done__gte=3).exists())

    kill(first)
    forget_messages()
    Job.objects.filter(state="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.run_due() == 3

    assert [Job.objects.get(pk=job.pk).state for job in jobs] == ["done"] * 3
    assert sorted(Job.objects.values_list("attempts", flat=True)) == [1, 1, 2]
    assert steps_in(folder) == list(range(1, 11))
