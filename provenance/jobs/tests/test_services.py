import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from provenance.jobs import handlers, services
from provenance.jobs.handlers import JobFailed, LeaseLost, Outcome
from provenance.jobs.models import Job
from provenance.jobs.tests import crew  # noqa: F401  registers the kind "tally"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = ""


@pytest.fixture
def kind(monkeypatch):
    """Register what a job of kind "work" does, for one test."""

    def register(do):
        monkeypatch.setitem(handlers._handlers, "work", do)

    return register


def order(owner, *, key="first", kind="tally", total=3, **payload):
    return services.submit(kind=kind, key=key, owner=owner, payload=payload, total=total)


def test_a_job_is_ordered_done_and_leaves_its_file(kofi, tmp_path, no_redis):
    job = order(kofi, folder=str(tmp_path))

    assert services.run_due() == 1

    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.message) == ("done", 3, 3, "3 steps")
    assert job.file.read() == b"one, two, three"
    assert job.finished_at is not None and job.lease_until is None
    assert services.run_due() == 0


def test_the_same_key_is_the_same_job(kofi, tmp_path, no_redis):
    first = order(kofi, folder=str(tmp_path))

    assert order(kofi, folder="elsewhere") == first

    assert Job.objects.get().payload == {"folder": str(tmp_path)}


def test_a_key_of_somebody_else_is_refused(kofi, almaz, no_redis):
    order(kofi)

    with pytest.raises(ValueError, match="another job"):
        order(almaz)

    assert Job.objects.get().owner == kofi


def test_a_kind_that_nobody_does_is_refused_at_once(kofi):
    with pytest.raises(ValueError, match="no handler"):
        order(kofi, kind="laundry")

    assert not Job.objects.exists()


def test_a_failure_says_why_and_can_be_tried_again(kofi, tmp_path, no_redis):
    job = order(kofi, folder=str(tmp_path / "gone"))
    services.run_due()
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "The folder is gone. Make it again and try once more.")

    (tmp_path / "gone").mkdir()
    assert services.retry(job) is True
    services.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.message) == ("done", 1, "3 steps")
    assert services.retry(job) is False


def test_a_fault_of_ours_ends_the_job_but_not_the_worker(kofi, kind, tmp_path, no_redis):
    kind(lambda job, report: 1 / 0)
    broken = order(kofi, key="broken", kind="work")
    order(kofi, key="sound", folder=str(tmp_path))

    assert services.run_due() == 2

    broken.refresh_from_db()
    assert broken.state == "failed" and str(broken.pk) in broken.message and "ZeroDivision" not in broken.message
    assert Job.objects.get(key="sound").state == "done"


def test_a_dead_workers_job_is_found_again_when_its_lease_runs_out(kofi, tmp_path, no_redis):
    job = order(kofi, folder=str(tmp_path))
    assert services.claim(job.pk).attempts == 1  # and this worker dies here

    assert services.run_due() == 0
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.run_due() == 1

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


def test_a_job_that_kills_its_worker_each_time_is_given_up(kofi, tmp_path, no_redis):
    job = order(kofi, folder=str(tmp_path))
    Job.objects.update(attempts=services.MOST_ATTEMPTS)

    services.run_due()

    job.refresh_from_db()
    assert job.state == "failed" and job.message.startswith("Given up after 5 attempts.")
    assert list(tmp_path.glob("[0-9]")) == []


def test_a_worker_that_lost_its_lease_writes_nothing_more(kofi, kind, no_redis):
    def slow(job, report):
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert services.claim(job.pk).attempts == 2  # another worker takes over
        with pytest.raises(LeaseLost):
            report(1)
        return Outcome("the slow one's answer")

    kind(slow)
    job = order(kofi, kind="work")

    services.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.done, job.message) == ("running", 2, 0, "")


def test_a_stopped_worker_gives_the_job_back(kofi, tmp_path, no_redis):
    job = order(kofi, folder=str(tmp_path))
    answers = iter([False, False, True, True])

    services.run_due(interrupted=lambda: next(answers))

    job.refresh_from_db()
    assert (job.state, job.attempts, job.done, job.lease_until) == ("waiting", 0, 1, None)


def test_with_celery_the_sweeper_leaves_a_job_to_the_workers_first(kofi, tmp_path, no_redis):
    order(kofi, folder=str(tmp_path))

    assert services.run_due(waiting_for=timedelta(seconds=30)) == 0
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    assert services.run_due(waiting_for=timedelta(seconds=30)) == 1


def test_a_broker_that_is_away_does_not_lose_the_job(
    kofi, tmp_path, settings, monkeypatch, django_capture_on_commit_callbacks
):
    def away(name, args):
        raise OperationalError("connection refused")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(services.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = order(kofi, folder=str(tmp_path))

    assert services.run_due() == 1
    job.refresh_from_db()
    assert job.state == "done"


# Two laws, each with the planted bug that its test must catch.


def claim_without_condition(job_id):
    Job.objects.filter(pk=job_id).update(state="running", lease_until=timezone.now() + services.LEASE)
    return Job.objects.get(pk=job_id)


@pytest.mark.parametrize(("claim", "times"), [(services.claim, 1), (claim_without_condition, 2)])
def test_two_workers_that_see_one_job_do_it_once(kofi, kind, monkeypatch, no_redis, claim, times):
    done = []

    def work(job, report):
        done.append(job.pk)
        if len(done) == 1:
            services.run_job(job.pk)  # a second worker saw the same job, and comes while the first is at it

    kind(work)
    monkeypatch.setattr(services, "claim", claim)
    order(kofi, kind="work")

    services.run_due()

    assert len(done) == times


def wake_before_commit(callback, robust):
    callback()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("on_commit", "found"), [(transaction.on_commit, True), (wake_before_commit, False)])
def test_a_woken_worker_finds_the_job(kofi, settings, monkeypatch, on_commit, found):
    seen = []

    def worker(name, args):
        def look():
            seen.append(Job.objects.filter(pk=args[0]).exists())
            connections.close_all()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    settings.REDIS_URL = "redis://never-reached/0"
    monkeypatch.setattr(services.current_app, "send_task", worker)
    monkeypatch.setattr(services.transaction, "on_commit", on_commit)
    with transaction.atomic():
        order(kofi)

    assert seen == [found]


def test_an_order_that_is_rolled_back_wakes_nobody(kofi, settings, monkeypatch, django_capture_on_commit_callbacks):
    settings.REDIS_URL = "redis://never-reached/0"
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(JobFailed), transaction.atomic():
        order(kofi)
        raise JobFailed("the rest of the page failed")

    assert callbacks == []
    assert not Job.objects.exists()


def test_the_database_itself_refuses_a_running_job_without_a_lease(kofi, no_redis):
    job = order(kofi)

    with pytest.raises(Exception, match="job_running_leased"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state="running")

    assert Job.objects.get().state == "waiting"
    assert connection.is_usable()
