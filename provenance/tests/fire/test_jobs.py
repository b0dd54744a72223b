"""
Redis is emptied and killed, workers and ``keep`` are killed, at random: no job is lost, each effect comes once.

JOBS (60; 1,000 in ``make nightly``) within 60 s of the last blow. Planted bugs, each of which must be caught: the work
stands in the message only; an effect without an id of its own.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from provenance.tests.fire.engines import Redis, children_of, kill_nine
from provenance.tests.fire.installation import ROOT, Installation

JOBS = int(os.environ.get("JOBS", "60"))
WORKERS = ("worker-1", "worker-2")
MODULE = "provenance.tests.fire.effects"


@pytest.fixture
def broker(tmp_path):
    made = Redis(tmp_path / "redis")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def crew(installation, broker):
    # The fewer they are the longer each takes, so that the crew is at work when it is struck.
    moment = max(24 / JOBS, 0.05)
    installation.settings = {**installation.settings, "REDIS_URL": broker.url, "MOMENT": str(moment)}
    for name in (*WORKERS, "keep"):
        start(installation, name)
    return installation


def start(crew: Installation, name: str) -> None:
    if name == "keep":
        crew.start(name, "-m", MODULE, "keep")
    else:
        options = ["-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle", "-I", MODULE]
        crew.start(name, "-m", "celery", "-A", "provenance.celery", "worker", "-n", f"{name}@%h", *options)


def order(crew: Installation, jobs: int, mutant: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", MODULE, "order", str(jobs), mutant], cwd=ROOT, env=crew.environment)


def watch(crew: Installation, jobs: int, seconds: float) -> dict:
    return json.loads(crew.python("-m", MODULE, "watch", str(jobs), str(seconds)).stdout.splitlines()[-1])


def kill_group(crew: Installation, name: str) -> None:
    """The process and all it started, as the machine's end would."""
    os.killpg(crew.running[name].pid, signal.SIGKILL)
    crew.running.pop(name).wait()


def strike(crew: Installation, broker: Redis, chance: random.Random) -> str:
    blow = chance.choice(["flush", "redis", "worker", "worker", "pool", "pool", "keep"])
    match blow:
        case "flush":
            broker.flush()
        case "redis":
            broker.kill()
            time.sleep(0.2)
            broker.start()
        case "worker":
            name = chance.choice(WORKERS)
            kill_group(crew, name)
            start(crew, name)
        case "pool":
            # Not the semaphore tracker or the like: those that do the work are forks of the worker itself.
            pool = list(children_of(crew.running[chance.choice(WORKERS)].pid))
            kill_nine([chance.choice(pool)] if pool else [])
        case "keep":
            kill_group(crew, "keep")
            start(crew, "keep")
    return blow


def test_no_job_is_lost_and_each_effect_comes_once(crew, broker, capsys):
    # Until a worker has done the first, there is nobody to strike.
    assert order(crew, 1, "first").wait() == 0 and watch(crew, 1, 60)["lost"] == 0
    chance = random.Random(307)
    ordering = order(crew, JOBS, "none")
    blows = []
    while ordering.poll() is None or len(blows) < 6:
        time.sleep(chance.uniform(0.3, 1.2))
        blows.append(strike(crew, broker, chance))
    assert ordering.wait() == 0

    after = watch(crew, JOBS + 1, 90)

    with capsys.disabled():
        print(f"\n{len(blows)} blows: {after}")
    assert (after["states"], after["lost"], after["doubled"]) == ({"done": JOBS + 1}, 0, [])
    assert after["seconds"] <= 60
    assert sum(times for attempts, times in after["attempts"].items() if int(attempts) > 1), "nobody was struck at work"


def test_work_that_stands_in_the_message_only_is_lost(crew, broker):
    # While nobody takes the messages they lie in Redis.
    for name in WORKERS:
        kill_group(crew, name)
    assert order(crew, 10, "message only").wait() == 0
    broker.flush()
    for name in WORKERS:
        start(crew, name)

    assert watch(crew, 10, 5)["lost"] == 10


def test_an_effect_without_an_id_of_its_own_comes_twice(crew):
    crew.kill()
    crew.settings = {**crew.settings, "MOMENT": "30"}
    start(crew, WORKERS[0])
    assert order(crew, 2, "new id").wait() == 0
    while watch(crew, 2, 0)["lost"]:
        time.sleep(0.5)
    kill_group(crew, WORKERS[0])
    crew.python("-c", FORGET_LEASES)
    crew.settings = {**crew.settings, "MOMENT": "0"}
    start(crew, "keep")

    assert len(watch(crew, 2, 60)["doubled"]) == 2


# As if the leases of the dead had run out.
FORGET_LEASES = """
import django; django.setup()
from django.utils import timezone
from provenance.jobs.models import Job
assert Job.objects.filter(state="running").update(lease_until=timezone.now()) == 2
"""
