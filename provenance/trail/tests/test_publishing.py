import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.errors import ProofRefused
from provenance.tlog.keys import parse_vkey
from provenance.tlog.policy import parse_policy
from provenance.tlog.proof_file import check_proof, parse_proof
from provenance.tlog.proofs import check_consistency, check_inclusion
from provenance.tlog.tiles import TILE_WIDTH, decode_bundle, tile_root
from provenance.trail import triggers
from provenance.trail.errors import ClockBehind, LogFrozen, RecordingStopped
from provenance.trail.models import (
    Checkpoint,
    CheckpointRelease,
    Event,
    Key,
    Leaf,
    Log,
    LogHead,
    LogKey,
    Pending,
    StoredTile,
)
from provenance.trail.services import proofs, publishing, recording, registry
from provenance.trail.services.acting import Draft, record_acts, sign_drafts
from provenance.trail.services.fence import Fence
from provenance.trail.services.publishing import publish, publish_due, release
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.tiles import entries, read_tile
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY, act

pytestmark = pytest.mark.django_db


def harvests(first, last):
    return record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"H-{n}")) for n in range(first, last)])


def test_a_published_event_has_a_place_and_a_proof_that_the_verifier_accepts(log):
    event = act(ALMAZ, story.harvest())
    assert event.state == "recorded"
    with pytest.raises(proofs.NotPublished):
        proofs.inclusion(event)

    checkpoint = publish(log)

    event = Event.objects.get(pk=event.pk)
    assert event.state == "published" and not Pending.objects.exists()
    keys = [parse_vkey(line) for line in log.vkeys.splitlines()]
    signed, lines = open_checkpoint(checkpoint.note.encode(), keys, origin=log.origin, every_key=True)
    assert signed.size == checkpoint.size == Event.objects.count() and len(lines) == 2
    for each in Event.objects.select_related("leaf"):
        check_inclusion(each.index, signed.size, bytes(each.leaf_hash), proofs.inclusion(each), signed.root)


def test_a_proof_file_is_checked_offline_under_a_policy(log):
    event = act(ALMAZ, story.harvest())
    publish(log)
    policy = parse_policy(f"log {log.vkeys.splitlines()[0]}\nquorum none\n".encode())

    proof = parse_proof(proofs.tlog_proof(Event.objects.get(pk=event.pk)))

    assert check_proof(proof, bytes(event.leaf_hash), policy).checkpoint.size == Event.objects.count()
    with pytest.raises(ProofRefused):
        check_proof(proof, bytes(32), policy)


def test_every_checkpoint_is_consistent_with_every_earlier_one_across_full_tiles(log):
    publish(log)
    for first, last in ((0, 1), (1, 200), (200, 300), (300, 560)):
        harvests(first, last)
        publish(log)

    known = list(Checkpoint.objects.order_by("size"))
    for old in known:
        for new in known[known.index(old) :]:
            proof = proofs.consistency(log, old.size, new.size)
            check_consistency(old.size, bytes(old.root), new.size, bytes(new.root), proof)
    assert StoredTile.objects.filter(level=0).count() == Event.objects.count() // TILE_WIDTH == 2
    tile = read_tile(log, 0, 0, TILE_WIDTH)
    assert read_tile(log, 1, 0, 1) == tile_root(tile)
    assert decode_bundle(entries(log, 1, 3)) == [
        bytes(event.statement) for event in Event.objects.filter(leaf__index__range=(256, 258)).order_by("leaf__index")
    ]


def test_a_proof_takes_as_many_queries_as_there_are_tile_levels(log):
    harvests(0, 600)
    checkpoint = publish(log)
    event = Event.objects.select_related("leaf", "log").get(leaf__index=300)

    with CaptureQueriesContext(connection) as captured:
        proofs.inclusion(event, checkpoint)

    # Its own tile, the last partial one, and the tile above.
    assert len(captured) == 3


def test_nothing_is_signed_when_nothing_waits(log):
    publish(log, index=True)

    assert publish(log) is publish(log, index=True) is None
    assert publish_due() == []


def test_at_most_one_checkpoint_a_log_and_second(log):
    publish(log, now=2_000_000_000)
    harvests(0, 1)

    assert publish_due(now=2_000_000_000) == []
    assert [checkpoint.signed_at for checkpoint in publish_due(now=2_000_000_001)] == [2_000_000_001]


def test_a_clock_behind_the_last_checkpoint_signs_nothing(log):
    publish(log, now=2_000_000_000)
    harvests(0, 1)

    with pytest.raises(ClockBehind, match="1 s behind"):
        publish(log, now=1_999_999_999)

    assert Pending.objects.count() == 1 and Log.objects.get().state == "active"
    assert publish_due(now=1_999_999_000) == []


def frozen(log, match):
    before = Checkpoint.objects.count(), Leaf.objects.count()
    log.refresh_from_db()
    with pytest.raises(LogFrozen, match=match):
        publish(log)
    log.refresh_from_db()
    assert log.state == "frozen" and (Checkpoint.objects.count(), Leaf.objects.count()) == before
    with pytest.raises(LogFrozen):
        publish(log)


@pytest.fixture
def waiting(log):
    """A published log with three events that wait."""
    publish(log)
    harvests(0, 3)
    connection.check_constraints()
    return log


def tampered(model, **changed):
    triggers.lift(connection)
    model.update(**changed)
    connection.check_constraints()
    triggers.install(connection)


def test_a_bit_flipped_after_recording_is_never_signed(waiting):
    event = Event.objects.filter(pending__isnull=False).first()
    flipped = bytearray(event.statement)
    flipped[-1] ^= 1
    tampered(Event.objects.filter(pk=event.pk), statement=bytes(flipped))

    frozen(waiting, "are not those that were recorded")


def test_a_leaf_hash_flipped_between_hashing_and_tree_is_never_signed(waiting):
    tampered(Event.objects.filter(pending__isnull=False), leaf_hash=bytes(32))

    frozen(waiting, "are not those that were recorded")


def test_a_frontier_that_does_not_give_the_root_is_never_built_upon(waiting):
    LogHead.objects.update(frontier=bytes(32) * LogHead.objects.get().size.bit_count())

    frozen(waiting, "frontier")


def test_an_event_beyond_its_keys_end_is_never_published(waiting):
    first = Event.objects.order_by("pk").first()
    Key.objects.filter(party=PARTY + ALMAZ).update(revoked_by=first)

    frozen(waiting, "outside its key's time")


def test_a_head_without_its_key_freezes(waiting):
    LogKey.objects.filter(kind="ml-dsa-44").delete()

    frozen(waiting, "lost a signing key")


def test_a_log_key_signs_for_its_own_origin_only(waiting):
    LogKey.objects.filter(origin=waiting.origin).delete()
    LogKey.objects.filter(origin=waiting.origin[:-1] + "2").update(origin=waiting.origin)

    with pytest.raises(Exception, match="does not open"):
        publish(waiting)
    assert publish_due() == []


def test_a_restored_backup_freezes_before_it_signs(waiting):
    fence = Fence.of(waiting)
    older = fence.path.read_text()
    publish(waiting)
    newer = fence.path.read_text()
    assert older != newer

    # The database goes back to before the last checkpoint; the fence does not.
    save = transaction.savepoint()
    triggers.lift(connection)
    last = Checkpoint.objects.order_by("size").last()
    CheckpointRelease.objects.filter(checkpoint=last).delete()
    Checkpoint.objects.filter(pk=last.pk).delete()
    LogHead.objects.update(size=last.size - 3)

    frozen(waiting, "an old copy")
    transaction.savepoint_rollback(save)


def test_the_same_size_with_another_root_freezes(waiting):
    fence = Fence.of(waiting).path
    lines = fence.read_text().splitlines()
    fence.write_text("\n".join([*lines[:2], "A" * 43 + "=", ""]))

    frozen(waiting, "another root was released")


@pytest.mark.parametrize(("content", "match"), [(None, "is gone"), ("nonsense", "cannot be read")])
def test_a_lost_or_damaged_fence_freezes(waiting, content, match):
    fence = Fence.of(waiting).path
    fence.unlink()
    if content:
        fence.write_text(content)

    frozen(waiting, match)


def test_a_crash_between_commit_and_fence_is_made_up_for(waiting, monkeypatch):
    monkeypatch.setattr(publishing, "release", lambda log: None)
    checkpoint = publish(waiting, index=True)
    monkeypatch.undo()
    assert latest_checkpoint(waiting).size < checkpoint.size
    assert Fence.of(waiting).read().size < checkpoint.size

    assert publish_due(now=checkpoint.signed_at + 1) == []

    assert latest_checkpoint(waiting) == checkpoint
    assert Fence.of(waiting).read().size == checkpoint.size


def test_the_fence_never_goes_back(waiting):
    fence = Fence.of(waiting)
    smaller = fence.read()
    publish(waiting)
    larger = fence.read()

    fence.advance(smaller)

    assert fence.read() == larger
    release(waiting)
    assert fence.read() == larger


def test_a_second_log_of_the_same_name_would_be_a_fork(log):
    with pytest.raises(RecordingStopped, match="already"):
        registry.found_log("main", "Somebody else")
    with pytest.raises(CommandError, match="already"):
        call_command("create_log", "main", operator="Somebody else")


def test_an_empty_database_beside_a_full_fence_founds_no_log(db, settings):
    fence = settings.FENCE_DIR / "main-1"
    fence.parent.mkdir()
    fence.write_text("localhost:8000/log/main/1\n5\n" + "A" * 43 + "=\n")

    with pytest.raises(RecordingStopped, match="would be a fork"):
        registry.found_log("main", "Test operator")

    assert not Log.objects.exists()


def test_several_logs_live_in_one_installation(log, settings):
    call_command("create_log", "second", operator="Second operator", country="CO")
    second = Log.objects.get(name="second")
    harvests(0, 2)
    settings.TRAIL_LOG = "second"
    other = registry.register_party(kind="person", roles=["farmer"], name="Nela")

    publish(log)
    publish(second)

    assert Leaf.objects.filter(log=second).count() == 4
    assert set(Leaf.objects.filter(log=second).values_list("event__log", flat=True)) == {second.pk}
    assert other.startswith("https://localhost:8000/epcis/party/")
    assert log.aud != second.aud


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_once_make_one_history():
    registry.found_log("main", "Test operator")
    log = registry.active_log()
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
    registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=story.SITE + ALMAZ)
    stop, failed = threading.Event(), []

    def keep():
        try:
            while not stop.is_set():
                publish(log)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    keepers = [threading.Thread(target=keep) for _ in range(2)]
    for keeper in keepers:
        keeper.start()
    for first in range(0, 30, 3):
        harvests(first, first + 3)
    stop.set()
    for keeper in keepers:
        keeper.join()
    publish(log)

    assert not failed
    assert [leaf.index for leaf in Leaf.objects.order_by("event")] == list(range(Event.objects.count()))
    assert Checkpoint.objects.filter(release=None).count() == 0
    from provenance.trail.services.verifying import verify_trail

    assert verify_trail(log) == []


def overtaken():
    """An event whose transaction commits after a later one was published; returns whether it got its place."""
    log = registry.found_log("main", "Test operator")
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
    registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=story.SITE + ALMAZ)
    written, go_on, slow = threading.Event(), threading.Event(), []

    def record_slowly():
        batch = recording.read(sign_drafts(log, PARTY + ALMAZ, [Draft(story.harvest("SLOW"))]))
        with transaction.atomic():
            slow.extend(recording.write_batch(log, batch))
            written.set()
            go_on.wait(10)
        connections.close_all()

    thread = threading.Thread(target=record_slowly)
    thread.start()
    assert written.wait(10)
    harvests(0, 1)
    publish(log)
    go_on.set()
    thread.join()
    publish(log)
    return Leaf.objects.filter(event=slow[0]).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_overtaken_gets_its_place():
    assert overtaken()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_high_water_mark_would_lose_it(monkeypatch):
    def beyond_the_last(log):
        last = Leaf.objects.filter(log=log).order_by("-event").values_list("event", flat=True).first() or 0
        return list(Event.objects.filter(log=log, pending__isnull=False, pk__gt=last).order_by("pk"))

    monkeypatch.setattr(publishing, "waiting", beyond_the_last)

    assert not overtaken()
