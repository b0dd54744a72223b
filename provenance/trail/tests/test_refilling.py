"""A database that is an old copy is refilled from a mirror or export; nothing of that is believed unproven."""

import http.server
import threading
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from provenance.coffee.statement.envelope import b64url
from provenance.tlog.proven import bundles_of, tiles_of
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Checkpoint, Disclosure, Event, Leaf, Log, LogHead, Pending, ServerKey
from provenance.trail.services import guarding, recording, registry
from provenance.trail.services.acting import Draft, Withheld, held_key, record_acts, sign_drafts
from provenance.trail.services.fence import Fence
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.recovering import NotMended, refill
from provenance.trail.services.tiles import entries, read_tile
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY, WOTE
from provenance.trail.tests.test_recording import randomised

pytestmark = pytest.mark.django_db


def copy_of(log):
    """Every file of the log below its prefix."""
    newest = latest_checkpoint(log)
    files = {"checkpoint": newest.note.encode()}
    files |= {tile.path: read_tile(log, tile.level, tile.index, tile.width) for tile in tiles_of(newest.size)}
    return files | {tile.path: entries(log, tile.index, tile.width) for tile in bundles_of(newest.size)}


def written(files, folder):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


class Restored:
    """A log whose database went back; ``files``: its copy from before, ``sent``: what came in since."""

    def __init__(self, log):
        publish(log)
        connection.check_constraints()
        self.waiting = sign_drafts(log, PARTY + ALMAZ, [Draft(story.harvest("W-1"))])
        recording.record(self.waiting)
        backup = transaction.savepoint()
        self.sent = sign_drafts(log, PARTY + ALMAZ, [Draft(story.harvest(f"S-{n}")) for n in range(260)])
        recording.record(self.sent)
        note = {"price": Withheld("38 ETB/kg", "partners"), "note": Withheld("ripe", PARTY + WOTE)}
        dispatched = record_acts(PARTY + ALMAZ, [Draft(story.harvest("D-1"), note), Draft(story.dispatch("D-1"))])[1]
        record_acts(PARTY + WOTE, [Draft(story.receive(dispatched, "D-1"))])
        publish(log, index=True)
        self.size = LogHead.objects.get(log=log).size
        self.balances = balances()
        self.files = copy_of(log)
        transaction.savepoint_rollback(backup)
        guarding.forget()
        log.refresh_from_db()
        self.log = log


def balances():
    from provenance.trail.models import Balance

    return sorted(Balance.objects.values_list("lot__uri", "site", "owner", "mg"))


@pytest.fixture
def restored(log):
    yield Restored(log)
    guarding.forget()


def signed_again(jws, log):
    """The same payload under another valid signature, as Safari makes them."""
    payload = jws.rpartition(b".")[0]
    return payload + b"." + b64url(randomised(held_key(log, PARTY + ALMAZ).signer, payload)).encode()


def frozen(restored):
    with pytest.raises(LogFrozen, match="an old copy"):
        publish(restored.log)


def test_an_old_copy_is_refilled_and_goes_on(restored, tmp_path, capsys):
    log = restored.log
    frozen(restored)
    written(restored.files, tmp_path / "log" / "main" / "1")

    call_command("recover", "main", source=str(tmp_path))

    told = capsys.readouterr().out
    assert "265 statements are back" in told and f"has {restored.size} leaves again" in told
    assert "2 withheld values of these are lost" in told
    log.refresh_from_db()
    assert (log.state, LogHead.objects.get(log=log).size) == ("active", restored.size)
    assert Fence.of(log).read().size == latest_checkpoint(log).size == restored.size
    assert balances() == restored.balances
    assert not Pending.objects.exists() and not Disclosure.objects.filter(event__act="harvest").exists()
    assert verify_trail(log) == []
    record_acts(PARTY + ALMAZ, [Draft(story.harvest("NEXT"))])
    assert publish(log, index=True).size == restored.size + 2
    assert verify_trail(log) == []


def test_phones_that_send_again_get_the_stored_events(restored):
    refill(restored.log, restored.files.get)
    before = Event.objects.count()

    events = recording.record([*restored.waiting, *restored.sent])

    assert Event.objects.count() == before and not Pending.objects.exists()
    assert [bytes(event.statement) for event in events] == [one.jws for one in (*restored.waiting, *restored.sent)]
    assert all(event.state != "recorded" for event in events)


def test_what_waited_in_the_backup_and_was_never_published_waits_still(log):
    publish(log)
    backup = transaction.savepoint()
    record_acts(PARTY + ALMAZ, [Draft(story.harvest("S-1"))])
    publish(log)
    files = copy_of(log)
    transaction.savepoint_rollback(backup)
    (own,) = record_acts(PARTY + ALMAZ, [Draft(story.harvest("OWN"))])

    refilled = refill(log, files.get)

    assert Pending.objects.get().event == own
    publish(log)
    assert verify_trail(log) == []
    assert Event.objects.get(leaf__index=refilled.size) == own


def test_running_it_again_changes_nothing(restored):
    refill(restored.log, restored.files.get)
    before = Event.objects.count(), Leaf.objects.count(), Checkpoint.objects.count()

    assert refill(restored.log, restored.files.get).leaves == 0

    assert (Event.objects.count(), Leaf.objects.count(), Checkpoint.objects.count()) == before
    assert Log.objects.get().state == "active"


def refused(restored, files, match):
    before = Event.objects.count(), Leaf.objects.count(), Checkpoint.objects.count(), LogHead.objects.get().size
    with pytest.raises(NotMended, match=match):
        refill(restored.log, files.get)
    after = Event.objects.count(), Leaf.objects.count(), Checkpoint.objects.count(), LogHead.objects.get().size
    assert after == before and Log.objects.get().state == "frozen"


def test_a_copy_with_one_changed_byte_is_refused(restored):
    for path in ("tile/entries/000", "tile/0/000"):
        data = bytearray(restored.files[path])
        data[-1] ^= 1
        refused(restored, restored.files | {path: bytes(data)}, path)


def test_a_copy_without_entries_is_refused(restored):
    files = {path: data for path, data in restored.files.items() if "entries" not in path}

    refused(restored, files, "tile/entries/000 is not there")


def test_a_copy_that_this_log_did_not_sign_is_refused(restored):
    note = restored.files["checkpoint"].replace(f"\n{restored.size}\n".encode(), f"\n{restored.size + 1}\n".encode())

    refused(restored, restored.files | {"checkpoint": note}, "cannot be used")
    refused(restored, {}, "no checkpoint")


def test_a_copy_that_ends_before_the_fence_is_refused(restored):
    fence = Fence.of(restored.log)
    larger = fence.read()
    fence.replace(type(larger)(larger.origin, larger.size + 1, larger.root))

    refused(restored, restored.files, "find a copy that is as long, or retire")


def test_a_copy_that_ends_before_the_database_is_refused(log):
    publish(log)
    older = copy_of(log)
    record_acts(PARTY + ALMAZ, [Draft(story.harvest())])
    publish(log)

    with pytest.raises(NotMended, match="the database holds"):
        refill(log, older.get)


def test_a_database_that_signed_another_history_is_not_refilled(restored, monkeypatch):
    fence = Fence.of(restored.log)
    newest = fence.read()
    fence.path.unlink()
    # The planted bug: nobody stands guard, and the fence is written from the database.
    monkeypatch.setattr("provenance.trail.services.publishing.stand_guard", lambda log: None)
    monkeypatch.setattr("provenance.trail.services.fence.Fence.check", lambda *args, **kwargs: None)
    record_acts(PARTY + ALMAZ, [Draft(story.harvest("OTHER"))])
    publish(restored.log)
    monkeypatch.undo()
    fence.replace(newest)

    refused(restored, restored.files, "signed another history")


def test_a_statement_signed_anew_after_the_restore_stops_the_refill(restored):
    recording.record([recording.Incoming(signed_again(restored.sent[0].jws, restored.log))])

    refused(restored, restored.files, "with another signature")


def test_a_mirrors_files_are_read_over_http(restored, tmp_path, settings):
    written(restored.files, tmp_path)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"127.0.0.1:{server.server_port}"
        with pytest.raises(CommandError, match="stays frozen"):
            call_command("recover", "main", source=f"http://{where}")
        settings.OUTSIDE_PRIVATE_HOSTS = [where]
        call_command("recover", "main", source=f"http://{where}/")
        server.shutdown()

    assert LogHead.objects.get().size == restored.size and Log.objects.get().state == "active"


def test_a_lost_fence_is_the_operators_to_accept_after_the_refill(restored, capsys):
    Fence.of(restored.log).path.unlink()

    refilled = refill(restored.log, restored.files.get)

    assert refilled.leaves == 265 and "is gone" in refilled.still_frozen[0]
    assert Log.objects.get().state == "frozen" and Fence.of(restored.log).read() is None


def test_a_server_key_that_was_made_since_the_backup_is_said_to_be_lost(log):
    publish(log)
    backup = transaction.savepoint()
    party = registry.register_party(kind="person", roles=["farmer"], name="Nela", country="CO")
    publish(log)
    files = copy_of(log)
    transaction.savepoint_rollback(backup)
    assert not ServerKey.objects.filter(party=party).exists()

    assert refill(log, files.get).lost_keys == [party]
