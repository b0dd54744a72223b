import uuid

import pytest
from django.urls import reverse

from provenance.jobs import services
from provenance.jobs.models import Job
from provenance.jobs.tests import crew  # noqa: F401  registers the kind "tally"


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REDIS_URL = ""


@pytest.fixture
def job(kofi, tmp_path):
    return services.submit(kind="tally", key="k", owner=kofi, payload={"folder": str(tmp_path)}, total=4)


PAGES = ["jobs:job", "jobs:progress", "jobs:file"]


def test_the_page_shows_the_bar_and_refreshes_without_javascript(client, kofi, job):
    Job.objects.update(done=1)
    client.force_login(kofi)

    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()

    assert '<progress value="1" max="4"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert "1 of 4" in page


def test_progress_is_told_as_json(client, kofi, job):
    client.force_login(kofi)
    before = client.get(reverse("jobs:progress", args=[job.pk])).json()

    services.run_due()

    assert before == {"state": "waiting", "done": 0, "total": 4, "message": "", "over": False}
    after = client.get(reverse("jobs:progress", args=[job.pk])).json()
    assert after == {"state": "done", "done": 4, "total": 4, "message": "4 steps", "over": True}


def test_the_result_is_downloaded(client, kofi, job):
    services.run_due()
    client.force_login(kofi)

    assert "Download the result" in client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    answer = client.get(reverse("jobs:file", args=[job.pk]))

    assert b"".join(answer.streaming_content) == b"one, two, three"
    assert answer["Content-Disposition"] == 'attachment; filename="tally.txt"'


def test_there_is_no_file_before_the_end(client, kofi, job):
    client.force_login(kofi)

    assert client.get(reverse("jobs:file", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_nobody_sees_it_without_logging_in(client, job, name):
    answer = client.get(reverse(name, args=[job.pk]))

    assert answer.status_code == 302 and answer["Location"].startswith("/login/")


@pytest.mark.parametrize("name", PAGES)
def test_somebody_elses_job_looks_like_no_job(client, otto, job, name):
    client.force_login(otto)

    assert client.get(reverse(name, args=[job.pk])).status_code == 404
    assert client.get(reverse(name, args=[uuid.uuid4()])).status_code == 404
    assert client.get("/jobs/not-a-uuid/").status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_looking_is_all_one_can_do(client, kofi, job, name):
    client.force_login(kofi)

    assert client.post(reverse(name, args=[job.pk])).status_code == 405


def test_a_failed_job_is_tried_again_by_its_owner_only(client, kofi, otto, job):
    Job.objects.update(state="failed", message="no folder")
    url = reverse("jobs:retry", args=[job.pk])

    client.force_login(otto)
    assert client.post(url).status_code == 404
    client.force_login(kofi)
    assert client.get(url).status_code == 405
    assert Job.objects.get().state == "failed"

    assert client.post(url).status_code == 302
    assert Job.objects.get().state == "waiting"


def test_the_list_holds_ones_own_jobs(client, kofi, otto, job):
    client.force_login(kofi)
    assert reverse("jobs:job", args=[job.pk]) in client.get(reverse("jobs:list")).content.decode()

    client.force_login(otto)
    assert "You have not ordered anything" in client.get(reverse("jobs:list")).content.decode()


@pytest.mark.parametrize("name", [*PAGES, "jobs:retry"])
def test_who_has_left_a_business_sees_nothing_of_its_jobs(client, kofi, tmp_path, name):
    job = services.submit(kind="tally", key="k", owner=kofi, payload={"folder": str(tmp_path)}, party=kofi.party)
    services.run_due()
    Job.objects.filter(pk=job.pk).update(state="failed")
    client.force_login(kofi)
    url = reverse(name, args=[job.pk])
    call = client.post if name == "jobs:retry" else client.get
    assert client.get(reverse("jobs:job", args=[job.pk])).status_code == 200

    kofi.memberships.all().delete()

    assert call(url).status_code == 404
    assert Job.objects.get().state == "failed"
    assert str(job.pk) not in client.get(reverse("jobs:list")).content.decode()


def test_a_member_of_another_business_is_no_member(client, kofi, wote, tmp_path):
    job = services.submit(kind="tally", key="k", owner=kofi, payload={"folder": str(tmp_path)}, party=wote.party)
    services.run_due()
    client.force_login(kofi)

    assert client.get(reverse("jobs:file", args=[job.pk])).status_code == 404
