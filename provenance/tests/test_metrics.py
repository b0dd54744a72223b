"""What Prometheus and a supervisor are told, and who may ask."""

from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from provenance.jobs import services as jobs
from provenance.trail import checks
from provenance.trail.models import Log, LogHead, Pending
from provenance.trail.services import publishing, room
from provenance.trail.tests import story

ORIGIN = "localhost:8000/log/main/1"


def asked(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_trail(client, log, kofi):
    waiting = Pending.objects.count()
    before = asked(client)
    assert before["beantrail_waiting_statements",] == waiting > 0
    assert 0 < before["beantrail_oldest_waiting_seconds",] < 60
    assert before["beantrail_log_size", ORIGIN] == LogHead.objects.get().size == 2

    newest = publishing.publish(log)
    jobs.submit(kind="labels", key="k", owner=kofi, payload={})
    after = asked(client)

    assert after["beantrail_waiting_statements",] == after["beantrail_oldest_waiting_seconds",] == 0
    assert after["beantrail_log_size", ORIGIN] == newest.size
    assert 0 <= after["beantrail_checkpoint_age_seconds", ORIGIN] < 60
    assert after["beantrail_log_frozen", ORIGIN] == 0
    assert after["beantrail_unfinished_jobs",] == 1
    assert after["beantrail_disk_free_bytes", "FENCE_DIR"] == pytest.approx(room.free_bytes()["FENCE_DIR"], rel=0.2)
    assert ("beantrail_witnessed_size", ORIGIN) not in after


def test_a_frozen_log_shows(client, log):
    Log.objects.update(state="frozen", why_frozen="A test.")

    assert asked(client)["beantrail_log_frozen", ORIGIN] == 1


def test_a_site_without_a_log_has_no_figures_of_one(client, db):
    assert asked(client)["beantrail_waiting_statements",] == 0


@pytest.mark.parametrize(
    ("settled", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "192.0.2.7", {}, 404),
        ({}, "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ({}, "127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 404),
        ({}, "192.0.2.7", {"Authorization": "Bearer "}, 404),
        ({"BEHIND_PROXY": True}, "127.0.0.1", {}, 404),
        ({"BEHIND_PROXY": True, "METRICS_TOKEN": "cherry"}, "127.0.0.1", {"Authorization": "Bearer cherry"}, 200),
        ({"METRICS_TOKEN": "cherry"}, "192.0.2.7", {"Authorization": "Bearer cherry"}, 200),
        ({"METRICS_TOKEN": "cherry"}, "192.0.2.7", {"Authorization": "Bearer chérry"}, 404),
        ({"METRICS_TOKEN": "cherry"}, "192.0.2.7", {}, 404),
    ],
)
def test_only_the_token_or_this_machine_may_ask(client, db, settings, settled, address, headers, status):
    for name, value in settled.items():
        setattr(settings, name, value)

    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_it_only_reads(client, db):
    assert client.post("/metrics").status_code == 405


def test_a_statement_that_waits_a_minute_makes_the_site_unready(client, log, monkeypatch):
    story.act(story.ALMAZ, story.harvest())
    assert client.get("/readyz").status_code == 200
    now = timezone.now()
    monkeypatch.setattr(room.timezone, "now", lambda: now + timedelta(seconds=checks.LONGEST_WAIT + 1))

    answer = client.get("/readyz")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["faults"]["publishing"].endswith("see that manage.py keep runs.")
    monkeypatch.undo()
    publishing.publish(log)
    assert client.get("/readyz").status_code == 200


def test_a_frozen_log_makes_the_site_unready(client, log):
    publishing.publish(log)
    Log.objects.update(state="frozen", why_frozen="A test.")

    assert "A test." in " ".join(client.get("/readyz").json()["faults"].values())
