"""An import that meets a full disk stops between two batches, says so, and goes on when there is room."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from provenance.jobs import services as jobs
from provenance.jobs.models import Job
from provenance.trail.models import Event
from shipments.imports import recording
from shipments.imports.models import ImportFile
from shipments.imports.tasks import IMPORT
from shipments.imports.tests.test_import_recording import ROWS

FULL = 10**9


@pytest.fixture
def file(take):
    return take(*ROWS)


def test_the_page_answers_503_and_the_same_click_goes_on_later(client, greta, file, disk_floor):
    client.force_login(greta)
    address = reverse("admin:shipments_importfile_import", args=[file.pk])
    before = Event.objects.count()
    disk_floor(FULL)

    page = client.post(address)

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "The disk is nearly full" in page.content.decode() and file.name in page.content.decode()
    assert Event.objects.count() == before
    assert file.rows.filter(recorded=True).count() == 0

    disk_floor(0)
    assert client.post(address).status_code == 302
    assert file.rows.filter(recorded=True).count() == 2
    assert ImportFile.objects.get(pk=file.pk).state == ImportFile.State.DONE


def test_a_job_waits_and_goes_on_when_there_is_room(greta, file, disk_floor, monkeypatch):
    monkeypatch.setattr(recording, "ROWS_AT_ONCE", 1)
    job = jobs.submit(kind=IMPORT, key="import", owner=greta, payload={"file": file.pk}, total=3)
    record_acts, calls = recording.record_acts, []

    def fills_the_disk(*said):
        if calls:
            disk_floor(FULL)
        calls.append(said)
        return record_acts(*said)

    monkeypatch.setattr(recording, "record_acts", fills_the_disk)
    assert jobs.run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.WAITING, 0)
    assert job.message.startswith("The disk is nearly full")
    assert file.rows.filter(recorded=True).count() == 1
    assert jobs.run_due() == 0

    monkeypatch.setattr(recording, "record_acts", record_acts)
    disk_floor(0)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run_due() == 1
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert file.rows.filter(recorded=True).count() == 2
