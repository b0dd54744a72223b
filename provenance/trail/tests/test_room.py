"""What is not taken in because too much waits or the disk is nearly full, and that it is taken in afterwards."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from provenance.trail.errors import NoRoom
from provenance.trail.models import Event, Pending
from provenance.trail.services import recording, room
from provenance.trail.services.acting import Draft, sign_drafts
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import record
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests.story import ALMAZ, PARTY, harvest


@pytest.fixture
def measured_always(monkeypatch):
    monkeypatch.setattr(room, "MEASURED_EVERY", 0.0)
    monkeypatch.setattr(room, "_measured", room._measured)


def signed(log, *codes):
    return sign_drafts(log, PARTY + ALMAZ, [Draft(harvest(code)) for code in codes])


def refused(incoming):
    before = Event.objects.count(), Pending.objects.count()
    with pytest.raises(NoRoom) as caught:
        record(incoming)
    assert (Event.objects.count(), Pending.objects.count()) == before
    return str(caught.value)


def test_too_long_a_queue_stops_recording_until_it_is_published(log, settings, measured_always):
    settings.WAITING_LIMIT = Pending.objects.count() + 1
    record(signed(log, "A"))
    record(signed(log, "B"))

    assert refused(signed(log, "C")).startswith("More has been recorded than could be published")

    publish(log)
    record(signed(log, "C"))
    publish(log)
    assert verify_trail(log) == []


def test_too_old_a_queue_stops_recording(log, settings, measured_always, monkeypatch):
    record(signed(log, "A"))
    settings.WAITING_AGE_LIMIT = 60
    now = timezone.now()
    monkeypatch.setattr(room.timezone, "now", lambda: now + timedelta(seconds=59))
    record(signed(log, "B"))
    monkeypatch.setattr(room.timezone, "now", lambda: now + timedelta(seconds=70))

    assert refused(signed(log, "C")).startswith("More has been recorded")
    monkeypatch.undo()
    assert publish(log).size == Event.objects.count()


def test_a_disk_below_its_floor_stops_recording_cleanly_and_recovers(log, settings, disk_floor):
    """A full disk corrupted Mammoth's trail in 2024: here nothing is begun that could be left half written."""
    disk_floor(10**9)
    sentence = refused(signed(log, "A"))
    assert sentence.startswith("The disk is nearly full") and "DISK_FLOOR_MB" in sentence

    # What was recorded before is still published: that needs little room, and the queue must not stand.
    assert publish(log) is not None
    disk_floor(0)
    record(signed(log, "A"))
    publish(log)
    assert verify_trail(log) == []


def test_every_volume_that_is_written_counts(log, settings, tmp_path, monkeypatch, disk_floor):
    settings.EXPORT_DIR = tmp_path / "export" / "not made yet"
    settings.MEDIA_ROOT.mkdir()
    disk_floor(100)
    full = {settings.EXPORT_DIR.parent.parent}
    statvfs = os.statvfs

    class Full:
        f_bavail, f_frsize = 99 * 1024, 1024

    monkeypatch.setattr(room.os, "statvfs", lambda folder: Full if folder in full else statvfs(folder))
    assert "where EXPORT_DIR lies" in refused(signed(log, "A"))
    full = {settings.FENCE_DIR if settings.FENCE_DIR.exists() else settings.FENCE_DIR.parent}
    monkeypatch.setattr(room.os, "statvfs", lambda folder: Full if folder in full else statvfs(folder))
    assert "where FENCE_DIR lies" in refused(signed(log, "A"))
    full = {settings.MEDIA_ROOT}
    assert "where MEDIA_DIR lies" in refused(signed(log, "A"))


@pytest.mark.parametrize("waiting", [(1_000, 0.1), (3, 10.0)])
def test_a_long_wait_for_the_pen_sends_newcomers_away(log, monkeypatch, waiting):
    monkeypatch.setattr(recording.PEN, "waiting", lambda: waiting)

    assert refused(signed(log, "A")).startswith("Too many statements are coming in")


def test_the_queue_is_measured_once_a_second(log, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(room, "_measured", (float("-inf"), None))
    room.check()
    with django_assert_num_queries(0):
        room.check()


def test_an_empty_queue_is_no_queue(log):
    publish(log)

    assert room.queue() == room.Queue(0, 0.0)
