import errno
import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from provenance import health
from provenance.tlog.checkpoint import Checkpoint as Signed
from provenance.tlog.checkpoint import sign_checkpoint
from provenance.tlog.damage import damaged_files
from provenance.tlog.errors import MissingTile
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.note import parse_note
from provenance.tlog.proven import ProvenLog
from provenance.tlog.tests.test_proven import ENTRIES, published
from provenance.trail import checks, triggers
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Checkpoint, Cosignature, Event, ForkAlarm, Pending, StoredTile
from provenance.trail.services import exporting, registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.cosigning import cosigned
from provenance.trail.services.exporting import Directory, ExportContradicted, ExportFailed, places, writing
from provenance.trail.services.exporting.places import StoredFiles
from provenance.trail.services.logs import signers_of
from provenance.trail.services.publishing import publish, publish_due
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.recovering.succeeding import succeed
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY

pytestmark = pytest.mark.django_db


def harvests(count, name="H"):
    return record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"{name}-{n}")) for n in range(count)])


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def served(folder):
    """The files that a web server gives: those below log/."""
    return {path: data for path, data in files_below(folder).items() if path.startswith("log/")}


@pytest.fixture
def folder(settings, tmp_path):
    """Where the log is exported to, continuously."""
    settings.EXPORT_DIR = tmp_path / "export"
    return settings.EXPORT_DIR


def check(folder, log):
    """A reader's view: the checkpoint that is there, with every tile below it proven."""
    read = Directory(folder, exporting.prefix_of(log)).read
    signed = Signed.parse(parse_note(read("checkpoint")).text)
    assert list(damaged_files(signed, read, entries=False)) == []
    return signed


def test_exported_files_are_byte_for_byte_what_the_server_serves(log, client, folder):
    publish(log)
    harvests(600)
    publish(log)

    found = served(folder)

    assert {path: client.get(f"/{path}").content for path in found} == found
    size = latest_checkpoint(log).size
    assert 512 < size < 768
    assert found.keys() == {
        f"log/main/1/{path}"
        for path in ("checkpoint", "trust", "policy", "tile/0/000", "tile/0/001")
        + (f"tile/0/002.p/{size - 512}", "tile/1/000.p/2")
    }
    assert check(folder, log).size == size


def test_a_public_logs_entries_are_exported_and_others_only_on_demand(db, client, tmp_path):
    public = registry.found_log("open", "Test operator", entries="public")
    closed = registry.found_log("main", "Test operator")
    assert exporting.export_to(tmp_path / "a", public) == 2
    assert exporting.export_to(tmp_path / "a", closed) == 1
    (path,) = [path for path in served(tmp_path / "a") if "entries" in path]
    assert path == f"log/open/1/tile/entries/000.p/{latest_checkpoint(public).size}"
    assert client.get(f"/{path}").content == served(tmp_path / "a")[path]

    # Asked for later, they come for all leaves, though the checkpoint is there already.
    assert exporting.export_to(tmp_path / "a", closed, entries=True) == 2
    before = files_below(tmp_path / "a")
    assert exporting.export_to(tmp_path / "a", closed, entries=True) == 2 and files_below(tmp_path / "a") == before

    read = Directory(tmp_path / "a", "log/main/1").read
    size = latest_checkpoint(closed).size
    statements = [bytes(e.statement) for e in Event.objects.filter(log=closed).order_by("leaf__index")]
    assert list(ProvenLog(check(tmp_path / "a", closed), read).entries()) == statements and len(statements) == size


def test_partial_tiles_go_when_the_full_one_is_there_and_readers_of_the_older_checkpoint_still_find_all(log, folder):
    publish(log)
    older = check(folder, log)
    read = Directory(folder, "log/main/1").read
    assert read(f"tile/0/000.p/{older.size}") is not None

    harvests(300)
    publish(log)

    assert check(folder, log).size > 256 and read(f"tile/0/000.p/{older.size}") is None
    hashes = [bytes(e.leaf_hash) for e in Event.objects.filter(leaf__index__lt=older.size).order_by("leaf__index")]
    assert list(ProvenLog(older, read).leaf_hashes()) == hashes


def test_a_witness_line_that_comes_later_is_exported_by_the_duty(log, folder):
    publish(log)
    checkpoint = latest_checkpoint(log)
    line = "— w.example/1 " + "AAAA" * 19 + "\n"
    Cosignature.objects.create(checkpoint=checkpoint, kid="w", day=timezone.now().date(), line=line)

    exporting.export_due()

    assert (folder / "log/main/1/checkpoint").read_text() == cosigned(checkpoint) == checkpoint.note + line


# --- the order, and what a crash leaves ---


class Disk:
    """
    What a power cut would leave: files as of their last fsync, names as of the last fsync of their folder.

    After each step that changes or flushes anything ``look`` sees the tree that a cut would leave at that moment.
    """

    def __init__(self, root, look, monkeypatch, between=lambda: None):
        self.root, self.look, self.between = root, look, between
        self.contents, self.names = {}, {}
        self.fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._fsync)
        for name in ("link", "replace", "unlink"):
            monkeypatch.setattr(os, name, self._then_look(getattr(os, name)))

    def _fsync(self, descriptor):
        self.fsync(descriptor)
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        inode = os.fstat(descriptor).st_ino
        if path.is_dir():
            self.names[inode] = {entry.name: (entry.inode(), entry.is_dir()) for entry in os.scandir(path)}
        else:
            self.contents[inode] = path.read_bytes()
        self._seen()

    def _then_look(self, do):
        def done(*args, **kwargs):
            do(*args, **kwargs)
            self._seen()

        return done

    def _seen(self):
        self.between()
        self.look(self.survivors(self.root.stat().st_ino))

    def survivors(self, inode, path=""):
        found = {}
        for name, (child, is_folder) in self.names.get(inode, {}).items():
            if is_folder:
                found |= self.survivors(child, f"{path}{name}/")
            else:
                # A name whose bytes were never flushed may hold anything.
                found[f"{path}{name}"] = self.contents.get(child, b"\0 never flushed")
        return found


# The log that the crash tests export: in memory, at these sizes one after another.
SIZES = [3, 200, 256, 300, 700]
LOGS = {size: published(size) for size in SIZES}


def lay(place, size):
    """One export as ``writing.write`` does it, of a log that no database holds."""
    files, signed = LOGS[size]
    held = place.read("checkpoint")
    old = Signed.parse(held.decode()).size if held else 0
    writing.add_tiles(place, ProvenLog(signed, files.get), since=old, entries_since=old)
    place.replace("checkpoint", signed.text.encode())
    writing._drop_partials(place, old, size)


def whole(files, prefix=""):
    """A reader who finds a checkpoint finds all of its tree, or there is no checkpoint; the size."""
    if f"{prefix}checkpoint" not in files:
        return 0
    signed = Signed.parse(files[f"{prefix}checkpoint"].decode())
    assert signed == LOGS[signed.size][1]
    wrong = list(damaged_files(signed, lambda path: files.get(prefix + path), entries=True))
    assert wrong == []
    return signed.size


def checkpoint_first(monkeypatch):
    add = writing.add_tiles

    def early(place, proven, **how):
        place.replace("checkpoint", proven.checkpoint.text.encode())
        return add(place, proven, **how)

    monkeypatch.setattr(writing, "add_tiles", early)


def no_fsync_of_files(monkeypatch):
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: fsync(fd) if os.path.isdir(f"/proc/self/fd/{fd}") else None)


def no_fsync_of_folders(monkeypatch):
    monkeypatch.setattr(places.Directory, "settle", lambda place: None)


def only_the_last_folder(monkeypatch):
    def open_folder(place, folder):
        folder.mkdir(parents=True, exist_ok=True)
        place._unsettled.add(folder)

    monkeypatch.setattr(places.Directory, "_open_folder", open_folder)


def only_new_folders(monkeypatch):
    """A folder found there is taken for one whose name is sure to stay."""

    def open_folder(place, folder):
        place._unsettled.add(folder)
        if not folder.is_dir():
            open_folder(place, folder.parent)
            folder.mkdir()

    monkeypatch.setattr(places.Directory, "_open_folder", open_folder)


def present_is_settled(monkeypatch):
    """A tile found there is taken for one that is sure to stay."""
    add = places.Directory.add

    def quick(place, path, data):
        if place.read(path) is None:
            add(place, path, data)

    monkeypatch.setattr(places.Directory, "add", quick)


def power_cuts(root, monkeypatch, between=lambda: None):
    """Export the log size by size; wherever the power is cut, a whole log is left, never less than was announced."""
    announced, looks = [0], []

    def look(files):
        looks.append(whole(files, "log/a/1/"))
        assert looks[-1] >= announced[0]

    root.mkdir()
    disk = Disk(root, look, monkeypatch, between)
    for size in SIZES:
        while True:
            place = Directory(root, "log/a/1")
            with suppress(InterruptedError), place.alone():
                lay(place, size)
                break
        announced[0] = size
        look(disk.survivors(root.stat().st_ino))
    return looks


def test_at_every_step_a_power_cut_leaves_a_checkpoint_with_all_its_tiles(tmp_path, monkeypatch):
    looks = power_cuts(tmp_path / "root", monkeypatch)

    assert set(looks) == {0, *SIZES} and len(looks) > 80


def interrupted_often():
    """At one step in twelve the exporter dies; another begins again."""
    chance = random.Random(7)

    def between():
        if chance.random() < 1 / 12:
            raise InterruptedError

    return between


def test_exporters_that_die_again_and_again_leave_nothing_that_a_power_cut_could_take(tmp_path, monkeypatch):
    looks = power_cuts(tmp_path / "root", monkeypatch, interrupted_often())

    assert set(looks) == {0, *SIZES}


@pytest.mark.parametrize(
    "mutant",
    [
        checkpoint_first,
        no_fsync_of_files,
        no_fsync_of_folders,
        only_the_last_folder,
        only_new_folders,
        present_is_settled,
    ],
)
def test_an_export_that_takes_a_short_cut_is_caught_by_the_power_cut(mutant, tmp_path, monkeypatch):
    if mutant is no_fsync_of_files:
        # Planted outside the disk's shim, which would otherwise record what never reached the disk.
        install = Disk.__init__

        def installed_then_planted(*args):
            install(*args)
            mutant(monkeypatch)

        monkeypatch.setattr(Disk, "__init__", installed_then_planted)
    else:
        mutant(monkeypatch)

    with pytest.raises((AssertionError, ValueError)):
        power_cuts(tmp_path / "root", monkeypatch, interrupted_often())


def die_at(step):
    """A shim for the child: it is killed right after its ``step``-th call that changes the disk."""
    left = [step]

    def mortal(do):
        def done(*args, **kwargs):
            result = do(*args, **kwargs)
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return done

    for name in ("fsync", "link", "replace", "unlink", "mkdir"):
        setattr(os, name, mortal(getattr(os, name)))


def in_child(do):
    """Run it in a process of its own; True where it came to its end."""
    child = os.fork()
    if not child:
        with suppress(BaseException):
            do()
            os._exit(0)
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def export_killed_at(root, size, step):
    def export():
        die_at(step)
        place = Directory(root, "log/a/1")
        with place.alone():
            lay(place, size)

    return in_child(export)


def test_killed_after_every_single_step_the_next_exporter_finishes_and_readers_never_see_a_hole(tmp_path):
    kills = 0
    for before, size in [(0, 3), (200, 256), (300, 700)]:
        for step in range(1, 200):
            root = tmp_path / f"{size}-{step}"
            if before:
                with Directory(root, "log/a/1").alone():
                    lay(Directory(root, "log/a/1"), before)
            finished = export_killed_at(root, size, step)
            assert whole(served(root), "log/a/1/") in {before, size}
            with Directory(root, "log/a/1").alone():
                lay(Directory(root, "log/a/1"), size)
            assert whole(served(root), "log/a/1/") == size
            shutil.rmtree(root)
            if finished:
                break
            kills += 1
    assert kills > 50


def test_a_reader_beside_exporters_that_are_killed_at_random_always_finds_a_whole_log(tmp_path):
    chance = random.Random(41)
    root, sizes = tmp_path / "root", []

    def export_all():
        for size in SIZES:
            place = Directory(root, "log/a/1")
            with place.alone():
                if whole(served(root), "log/a/1/") < size:
                    lay(place, size)

    for _ in range(25):
        child = os.fork()
        if not child:
            with suppress(BaseException):
                export_all()
            os._exit(0)
        until = time.monotonic() + chance.uniform(0, 0.05)
        while time.monotonic() < until:
            sizes.append(read_beside(root))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    export_all()

    assert sizes == sorted(sizes) and whole(served(root), "log/a/1/") == SIZES[-1]


def read_beside(root):
    """The checkpoint first, then its tiles, each when it is asked for: what somebody on the network does."""
    read = Directory(root, "log/a/1").read
    note = read("checkpoint")
    if note is None:
        return 0
    signed = Signed.parse(note.decode())
    assert [leaf_hash(entry) for entry in ENTRIES[: signed.size]] == list(ProvenLog(signed, read).leaf_hashes())
    assert list(ProvenLog(signed, read).entries()) == ENTRIES[: signed.size]
    return signed.size


# --- when the disk does not take it ---


def disk_full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full(log, folder, monkeypatch):
    """A published log whose export disk is full now, with three events that wait."""
    publish(log)
    harvests(3)
    monkeypatch.setattr(places.Directory, "_write", disk_full)
    return monkeypatch


def test_while_the_export_fails_nothing_further_is_published_and_nothing_is_lost(log, folder, full, caplog):
    shown = (folder / "log/main/1/checkpoint").read_bytes()
    with pytest.raises(ExportFailed, match="No space left on device. Nothing further is published until it does"):
        publish(log)
    released = latest_checkpoint(log)
    harvests(2, "I")

    for second in range(1, 4):
        assert publish_due(now=released.signed_at + second) == []

    log.refresh_from_db()
    assert log.state == "active" and latest_checkpoint(log) == released and Pending.objects.count() == 2
    assert (folder / "log/main/1/checkpoint").read_bytes() == shown
    assert "does not take checkpoint" in caplog.text

    full.undo()
    made = publish_due(now=released.signed_at + 9)

    assert made[-1].size >= released.size + 2 and not Pending.objects.exists()
    assert check_folder(log) == made[-1].size


def check_folder(log):
    from django.conf import settings

    return check(settings.EXPORT_DIR, log).size


def test_readyz_says_that_an_export_is_late_and_is_well_again_when_it_caught_up(log, folder, full, monkeypatch):
    monkeypatch.setattr(exporting, "LATE", timezone.timedelta(0))
    with pytest.raises(ExportFailed):
        publish(log)
    size = latest_checkpoint(log).size

    assert health.faults()["static export"].startswith(f"The static export of {log.origin} shows {size - 3} of {size}")

    full.undo()
    exporting.export_due()
    assert "static export" not in health.faults() and check_folder(log) == size


def test_a_failed_upload_followed_by_a_failed_reload_leaves_no_tile_out(log, folder, monkeypatch):
    """Raio, 2025: the tile was not written, the reload failed as well, and what was in memory counted as written."""
    publish(log)
    harvests(300)
    link, failures = os.link, []

    def one_fails(source, target):
        if str(target).endswith("tile/0/000") and len(failures) == 0:
            failures.append("upload")
            raise OSError(errno.EIO, "Input/output error")
        link(source, target)

    monkeypatch.setattr(os, "link", one_fails)
    with pytest.raises(ExportFailed):
        publish(log)
    read = places.Directory.read

    def unreadable(place, path):
        failures.append("reload")
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(places.Directory, "read", unreadable)
    with pytest.raises(ExportFailed):
        exporting.export_due()
    monkeypatch.setattr(places.Directory, "read", read)
    assert failures == ["upload", "reload"]

    harvests(300, "I")
    publish(log)

    assert check(folder, log).size == latest_checkpoint(log).size > 600


def test_an_export_that_remembers_what_it_wrote_is_caught_by_the_double_fault(log, folder, monkeypatch):
    """The planted bug of Raio: the size goes up in memory although the upload failed."""
    add, remembered = writing.add_tiles, {"since": 0}

    def forgetful(place, proven, *, since, entries_since):
        since, remembered["since"] = remembered["since"], proven.checkpoint.size
        return add(place, proven, since=since, entries_since=entries_since)

    monkeypatch.setattr(writing, "add_tiles", forgetful)
    with pytest.raises((AssertionError, MissingTile)):
        test_a_failed_upload_followed_by_a_failed_reload_leaves_no_tile_out(log, folder, monkeypatch)


# --- when somebody else has written there ---


def tampered(rows, **changed):
    """Change rows behind the trail's back."""
    # PostgreSQL alters no table on which deferred checks wait.
    connection.check_constraints()
    triggers.lift(connection)
    rows.update(**changed)
    connection.check_constraints()
    triggers.install(connection)


def test_a_tile_with_other_bytes_is_an_alarm_and_is_never_overwritten(log, folder, caplog):
    publish(log)
    size = latest_checkpoint(log).size
    other = folder / f"log/main/1/tile/0/000.p/{size + 3}"
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(bytes(32 * (size + 3)))
    harvests(3)

    with pytest.raises(ExportContradicted, match=f"tile/0/000.p/{size + 3} with other bytes"):
        publish(log)
    harvests(1, "I")
    with pytest.raises(ExportContradicted):
        publish(log)

    assert other.read_bytes() == bytes(32 * (size + 3)) and Pending.objects.count() == 1
    assert check(folder, log).size == size and "EXPORT ALARM" in caplog.text

    shutil.rmtree(folder)
    publish(log)
    assert check(folder, log).size == size + 4


def test_an_exporter_that_overwrites_tiles_is_caught(log, folder, caplog, monkeypatch):
    monkeypatch.setattr(places.Directory, "add", lambda place, path, data: place.replace(path, data))

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_tile_with_other_bytes_is_an_alarm_and_is_never_overwritten(log, folder, caplog)


def test_a_checkpoint_of_another_history_in_the_export_freezes_the_log(log, folder):
    publish(log)
    harvests(2)
    publish(log)
    last = Checkpoint.objects.order_by("size").last()
    # An old copy of the database is restored, and it has lost its fence as well.
    save = harvests(1)
    tampered(Checkpoint.objects.filter(pk=last.pk), size=last.size + 500)

    with pytest.raises(LogFrozen, match="this database never made"):
        exporting.catch_up(log)

    log.refresh_from_db()
    alarm = ForkAlarm.objects.get()
    assert log.state == "frozen" and alarm.source == "The static export" and last.note in alarm.evidence and save


def test_a_longer_export_of_a_retired_log_is_told_and_holds_up_only_itself(log, folder, caplog):
    publish(log)
    longer = sign_checkpoint(Signed(log.origin, 500, b"\2" * 32), signers_of(log), int(timezone.now().timestamp()))
    shown = folder / "log/main/1/checkpoint"
    shown.write_bytes(longer)
    with pytest.raises(LogFrozen):
        exporting.catch_up(log)
    following = succeed(log, lost=500 - log.checkpoints.order_by("size").last().size)
    caplog.clear()

    with pytest.raises(
        ExportFailed, match="never made. The log was succeeded there: move its folder of the export away"
    ):
        exporting.export_due()

    log.refresh_from_db()
    assert log.state == "retired" and shown.read_bytes() == longer
    assert ForkAlarm.objects.get().log == log and "FORK ALARM" not in caplog.text
    assert f"EXPORT ALARM for log {log.origin}" in caplog.text
    assert check(folder, following) == Signed(following.origin, 1, bytes(latest_checkpoint(following).root))

    shutil.move(folder / "log/main/1", folder / "evidence")
    exporting.export_due()
    assert check(folder, log).size == latest_checkpoint(log).size


@pytest.mark.parametrize("content", [b"nonsense", None])
def test_a_checkpoint_that_the_log_did_not_sign_stops_the_export_but_is_no_fork(log, folder, content):
    publish(log)
    shown = folder / "log/main/1/checkpoint"
    strange = f"{log.origin}\n9999\n{'A' * 43}=\n\n— {log.origin} {'AAAA' * 23}\n".encode()
    shown.write_bytes(content or strange)

    with pytest.raises(ExportContradicted, match="move the export away|Move the export away"):
        publish(log)

    log.refresh_from_db()
    assert log.state == "active" and not ForkAlarm.objects.exists() and shown.read_bytes() == (content or strange)


def test_a_damaged_tile_of_the_database_is_never_exported(log, folder):
    publish(log)
    harvests(600)
    publish(log)
    shutil.rmtree(folder)
    tampered(StoredTile.objects.filter(level=0, index=0), hashes=bytes(256 * 32))

    with pytest.raises(LogFrozen, match="tile/0/000 does not lead to the root"):
        publish(log)

    assert served(folder) == {}


def test_an_exporter_that_does_not_prove_what_it_writes_is_caught(log, folder, monkeypatch):
    monkeypatch.setattr(
        ProvenLog, "tile", lambda self, level, index: self._edge.get((level, index)) or self._raw(index)
    )
    monkeypatch.setattr(ProvenLog, "_raw", lambda self, index: self._read(f"tile/0/{index:03d}"), raising=False)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_damaged_tile_of_the_database_is_never_exported(log, folder)


# --- the nightly check ---


@pytest.fixture
def exported(log, tmp_path):
    harvests(600)
    publish(log)
    call_command("export_log", str(tmp_path / "e"), "main", "--entries")
    return tmp_path / "e"


def test_the_check_hashes_everything_again(exported, capsys):
    call_command("export_log", str(exported), "main", "--check")

    assert "7 files match the checkpoint at size" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["tile/0/001", "tile/1/000.p/2", "tile/entries/001", "tile/0/002.p/"])
@pytest.mark.parametrize("how", ["flipped", "lost"])
def test_the_check_names_the_very_file_that_no_longer_matches(exported, capsys, kind, how):
    path = next(path for path in sorted(files_below(exported)) if path.startswith(f"log/main/1/{kind}"))
    data = bytearray((exported / path).read_bytes())
    data[len(data) // 2] ^= 4
    (exported / path).unlink() if how == "lost" else (exported / path).write_bytes(bytes(data))

    with pytest.raises(CommandError, match="1 files do not match"):
        call_command("export_log", str(exported), "main", "--check")

    assert capsys.readouterr().err.count(f"{exported / path}: lost, or not what the log signed") == 1
    # The mend of docs/operations.md: away with it, and export once more.
    (exported / path).unlink(missing_ok=True)
    call_command("export_log", str(exported), "main", "--entries")
    call_command("export_log", str(exported), "main", "--check")


def test_the_check_reads_smaller_partial_tiles_too(exported, log):
    harvests(1, "I")
    publish(log)
    call_command("export_log", str(exported), "main", "--entries")
    older = sorted((exported / "log/main/1/tile/0/002.p").iterdir(), key=lambda file: int(file.name))[0]
    call_command("export_log", str(exported), "main", "--check")

    older.write_bytes(bytes(older.stat().st_size))

    with pytest.raises(CommandError, match="1 files do not match"):
        call_command("export_log", str(exported), "main", "--check")


def test_the_check_refuses_a_checkpoint_that_is_not_the_logs(exported):
    note = exported / "log/main/1/checkpoint"
    note.write_text(note.read_text().replace("\n—", "\n—", 1).replace("localhost", "elsewhere", 1))
    with pytest.raises(CommandError):
        call_command("export_log", str(exported), "main", "--check")
    note.unlink()
    with pytest.raises(CommandError, match="has no checkpoint"):
        call_command("export_log", str(exported), "main", "--check")


# --- other storages ---


class Overwriting(InMemoryStorage):
    def get_available_name(self, name, max_length=None):
        return name


def test_any_storage_that_overwrites_takes_the_log(log, settings):
    place = StoredFiles(Overwriting(), "log/main/1")
    harvests(300)
    publish(log)
    checkpoint = latest_checkpoint(log)

    assert writing.write(place, log, checkpoint, entries=True) == 5
    assert writing.write(place, log, checkpoint, entries=True) == 0

    signed = Signed.parse(parse_note(place.read("checkpoint")).text)
    assert signed.root == root_of(bytes(e.leaf_hash) for e in Event.objects.order_by("leaf__index"))
    assert list(damaged_files(signed, place.read, entries=True)) == []
    place.replace("tile/0/000", b"other")
    with pytest.raises(ExportContradicted):
        place.add("tile/0/000", b"mine")


def test_a_storage_that_does_not_overwrite_is_refused_with_the_mend(log, settings):
    settings.STORAGES = {**settings.STORAGES, "kept": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    settings.EXPORT_STORAGE = "kept"
    exporting.catch_up(log)
    harvests(1)

    with pytest.raises(ExportFailed, match="does not overwrite checkpoint: set its option"):
        publish(log)


def test_two_places_or_an_unknown_storage_are_told_at_the_start(settings):
    assert checks.export_is_configured_once() == []
    settings.EXPORT_DIR, settings.EXPORT_STORAGE = "/srv/log", "nowhere"

    assert [found.id for found in checks.export_is_configured_once()] == ["trail.E002", "trail.E003"]
