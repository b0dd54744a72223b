"""
What must not be signed is refused, said in words, and signed by the normal path once it is mended.

| fault                                                     | refusal                 | mend            |
|-----------------------------------------------------------|-------------------------|-----------------|
| a bit of an entry flips after it was hashed (Nessie 2024) | frozen, names the event | the bytes, thaw |
| a bit of the hash kept at recording flips (Yeti 2022)     | frozen, names the event | the hash, thaw  |
| a bit flips between hashing and tree (Yeti 2022)          | frozen, proof refused   | thaw            |
| the same in the log's first leaf                          | frozen                  | thaw            |
| the stored frontier is another one                        | frozen                  | the row, thaw   |
| the clock is behind the last checkpoint                   | waits                   | the clock       |
| the database is full (Mammoth 2024)                       | nothing half done       | room            |
| the fence's disk is full                                  | nothing released        | room            |
| the export fails, and fails again (Raio 2025)             | nothing further signed  | room            |
| a stored tile is no longer what was signed                | named, not exported     | the tile        |

Planted bugs, each of which must be caught: entries that are not hashed again; a tree that nobody holds against the
hashes; a release without the fence.
"""

import errno

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from provenance.trail import triggers
from provenance.trail.errors import ClockBehind, LogFrozen
from provenance.trail.models import Checkpoint, CheckpointRelease, Event, Leaf, Log, LogHead, Pending, StoredTile
from provenance.trail.services import fence, publishing, registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.exporting import ExportFailed, places
from provenance.trail.services.fence import Fence
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story

pytestmark = pytest.mark.django_db


def harvests(first, last):
    return record_acts(story.PARTY + story.ALMAZ, [Draft(story.harvest(f"F-{n}", 1)) for n in range(first, last)])


@pytest.fixture
def waiting(log):
    """Published, and three events wait."""
    publish(log)
    harvests(0, 3)
    connection.check_constraints()
    return log


def state():
    return Checkpoint.objects.count(), Leaf.objects.count(), CheckpointRelease.objects.count(), Pending.objects.count()


def refuses(log, says):
    """Nothing is signed or given a place, the sentence says why, and the log stays frozen until it is thawed."""
    before = state()
    log.refresh_from_db()
    with pytest.raises(LogFrozen, match=says):
        publish(log)
    assert state() == before and Log.objects.get(pk=log.pk).state == "frozen"
    assert publishing.publish_due() == []


def goes_on(log):
    """The normal path: thaw where frozen, publish, verify."""
    if Log.objects.get(pk=log.pk).state == "frozen":
        call_command("thaw")
    log.refresh_from_db()
    publish(log)
    assert not Pending.objects.exists() and verify_trail(log) == []
    assert latest_checkpoint(log).size == Event.objects.filter(log=log).count()


def tamper(rows, **changed):
    triggers.lift(connection)
    assert rows.update(**changed) == 1
    connection.check_constraints()
    triggers.install(connection)


def flipped(data, at=-1):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def one_waiting():
    return Event.objects.filter(pending__isnull=False).order_by("pk")[:1].get()


@pytest.mark.parametrize("column", ["statement", "leaf_hash"])
def test_an_entry_or_its_hash_that_flipped_since_recording(waiting, column):
    event = one_waiting()
    row, was = Event.objects.filter(pk=event.pk), bytes(getattr(event, column))
    tamper(row, **{column: flipped(was)})

    refuses(waiting, f"bytes of event {event.pk} are not those that were recorded")

    with pytest.raises(CommandError):
        call_command("thaw")
    assert Log.objects.get().state == "frozen"
    tamper(row, **{column: was})
    goes_on(waiting)


def one_bit_off(event):
    return flipped(bytes(event.leaf_hash))


def test_a_hash_that_flips_on_its_way_into_the_tree(waiting, monkeypatch):
    monkeypatch.setattr(publishing, "_leaf_hash", one_bit_off)

    refuses(waiting, "consistency")

    monkeypatch.undo()
    goes_on(waiting)


def test_a_hash_of_the_first_leaf_that_flips(db, monkeypatch):
    monkeypatch.setattr(publishing, "_leaf_hash", one_bit_off)

    with pytest.raises(LogFrozen, match="does not hold the hashes that were kept"):
        registry.found_log("main", "Test operator")

    assert not Checkpoint.objects.exists() and not Leaf.objects.exists()
    monkeypatch.undo()
    goes_on(Log.objects.get())


def test_a_frontier_that_is_another_one(waiting):
    head = LogHead.objects.get()
    was = bytes(head.frontier)
    LogHead.objects.update(frontier=flipped(was))

    refuses(waiting, "frontier does not give the root")

    LogHead.objects.update(frontier=was)
    goes_on(waiting)


def test_a_clock_that_is_behind(waiting):
    last = Checkpoint.objects.latest("size").signed_at
    before = state()

    with pytest.raises(ClockBehind, match="60 s behind the last checkpoint"):
        publish(waiting, now=last - 60)

    assert state() == before and Log.objects.get().state == "active"
    goes_on(waiting)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_full():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite can be told how large its file may become")
    log = registry.found_log("main", "Test operator")
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=story.PARTY + story.ALMAZ)
    registry.register_site(party=story.PARTY + story.ALMAZ, kind="farm", name="Farm", site=story.SITE + story.ALMAZ)
    # A page holds two checkpoints, and the next one needs a page of its own.
    publish(log)
    assert Checkpoint.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + 2}")
    try:
        recorded = 0
        with pytest.raises(OperationalError, match="full"):
            for number in range(1_000):
                harvests(number, number + 1)
                recorded = number + 1
        assert (
            Event.objects.filter(act="harvest").count()
            == recorded
            == Pending.objects.filter(event__act="harvest").count()
        )
        before = state()
        for _ in range(2):
            with pytest.raises(OperationalError, match="full"):
                publish(log)
        assert state() == before and Log.objects.get().state == "active"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1000000000")
    goes_on(log)


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_under_the_fence(waiting, monkeypatch):
    """The checkpoint is durable, and nobody is shown it."""
    shown = latest_checkpoint(waiting)
    monkeypatch.setattr(fence.os, "fsync", full_disk)

    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            publish(waiting)

    assert latest_checkpoint(waiting) == shown
    assert Fence.of(waiting).read().size == shown.size
    monkeypatch.undo()
    goes_on(waiting)


def test_an_export_that_fails_twice(waiting, settings, tmp_path, monkeypatch):
    settings.EXPORT_DIR = tmp_path / "export"
    monkeypatch.setattr(places.Directory, "_write", full_disk)
    with pytest.raises(ExportFailed, match="No space left"):
        publish(waiting)
    harvests(3, 5)
    before = state()

    with pytest.raises(ExportFailed, match="Nothing further is published"):
        publish(waiting)

    assert state() == before
    monkeypatch.undo()
    goes_on(waiting)


def test_a_stored_tile_that_is_no_longer_what_was_signed(waiting, settings, tmp_path):
    harvests(3, 260)
    publish(waiting)
    tile = StoredTile.objects.get(level=0, index=0)
    was = bytes(tile.hashes)
    tamper(StoredTile.objects.filter(pk=tile.pk), hashes=flipped(was, 100))
    settings.EXPORT_DIR = tmp_path / "export"
    harvests(260, 261)

    said = [str(fault) for fault in verify_trail(waiting)]
    assert said == ["Tile 0 of level 0 does not hold the hashes of its leaves."]
    refuses_to_export(waiting, tmp_path / "export")

    tamper(StoredTile.objects.filter(pk=tile.pk), hashes=was)
    goes_on(waiting)


def refuses_to_export(log, folder):
    with pytest.raises((ExportFailed, LogFrozen), match="root"):
        publish(log)
    assert not list(folder.rglob("checkpoint"))


def no_check(*_):
    return None


def test_entries_that_are_not_hashed_again_are_caught(waiting, monkeypatch):
    row = Event.objects.filter(pk=one_waiting().pk)
    tamper(row, statement=flipped(bytes(row.get().statement)))
    monkeypatch.setattr(publishing, "_leaf_hash", lambda event: bytes(event.leaf_hash))

    publish(waiting)

    assert any("do not give the leaf hash" in fault.what for fault in verify_trail(waiting))


def test_a_tree_that_nobody_holds_against_the_hashes_is_caught(waiting, monkeypatch):
    monkeypatch.setattr(publishing, "_leaf_hash", one_bit_off)
    monkeypatch.setattr(publishing, "_check_growth", no_check)

    publish(waiting)

    assert any("does not state the leaves' root" in fault.what for fault in verify_trail(waiting))


def test_a_release_before_the_fence_is_caught(waiting, monkeypatch):
    """Without the fence a checkpoint is shown that a restored database would not know of."""
    shown = latest_checkpoint(waiting)
    monkeypatch.setattr(Fence, "advance", no_check)

    publish(waiting)

    assert latest_checkpoint(waiting).size > shown.size == Fence.of(waiting).read().size
