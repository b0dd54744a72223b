import os
import signal
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.core.management import call_command

from provenance.jobs import services
from provenance.jobs.models import Job
from provenance.jobs.tests import crew  # noqa: F401  registers the kind "tally"
from provenance.management.commands import keep


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REDIS_URL = ""
    # A test's transaction must not be left by the usual tidying of connections between rounds.
    monkeypatch.setattr(keep, "close_old_connections", lambda: None)


@pytest.fixture
def job(kofi, tmp_path):
    return services.submit(kind="tally", key="k", owner=kofi, payload={"folder": str(tmp_path)}, total=2)


def test_one_round_publishes_and_does_the_waiting_jobs(job, monkeypatch):
    published = []
    monkeypatch.setattr(keep, "publish_due", lambda: published.append(1))

    call_command("keep", once=True)

    assert published == [1]
    assert Job.objects.get().state == "done"


def test_a_fault_in_publishing_does_not_stop_the_jobs_but_is_told(job, monkeypatch, caplog):
    monkeypatch.setattr(keep, "publish_due", lambda: 1 / 0)

    with pytest.raises(SystemExit):
        call_command("keep", once=True)

    assert Job.objects.get().state == "done"
    assert "keep: publishing failed, trying again" in caplog.text


def test_a_failing_duty_waits_longer_each_time_and_recovers():
    faults = iter([True] * 8 + [False])

    def work():
        if next(faults):
            raise OSError("the disk is full")

    duty = keep.Duty("work", work)

    pauses = [(duty.round(), duty.pause) for _ in range(9)]

    assert [pause for _, pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60, 1]
    assert [well for well, _ in pauses] == [False] * 8 + [True]


def test_a_duty_stops_after_the_round_it_is_in(monkeypatch):
    stopping = threading.Event()
    rounds = []

    def work():
        stopping.set()
        rounds.append(1)

    monkeypatch.setattr(keep.connections, "close_all", lambda: None)
    keep.Duty("work", work).until(stopping)

    assert rounds == [1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_stops_cleanly_when_asked(tmp_path, number):
    url = f"sqlite:///{tmp_path}/keep.sqlite3"
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v", "0"], env=env, cwd=settings.BASE_DIR, check=True)
    process = subprocess.Popen([*manage, "keep"], env=env, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)

    assert process.stdout.readline() == "keep: at work\n"
    process.send_signal(number)

    assert process.communicate(timeout=20)[0] == "keep: stopped\n"
    assert process.returncode == 0
