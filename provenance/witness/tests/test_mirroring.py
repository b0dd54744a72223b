import os
import random
import signal
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command

from provenance.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint, sign_line
from provenance.tlog.damage import damaged_files
from provenance.tlog.errors import MalformedPolicy
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.tlog.note import parse_note
from provenance.tlog.proven import ProvenLog, bundles_of, tiles_of
from provenance.tlog.tiles import encode_bundle
from provenance.witness.mirroring import keeping, pulling
from provenance.witness.mirroring.errors import Fork, NotPulled, NotReplayed
from provenance.witness.mirroring.keeping import read_trust, reader_of, said_in, trust_in
from provenance.witness.mirroring.pulling import enrol, pull
from provenance.witness.mirroring.replaying import cosign
from provenance.witness.models import MirrorAlarm, MirroredLog, MirroredTile, WitnessKey
from provenance.witness.services import keys
from provenance.witness.tests.logs import GrowingLog

pytestmark = pytest.mark.django_db

URL = "https://coffee.example/log/main/1"


class Served(GrowingLog):
    """A log with all its files at a size, as its server gives them."""

    def __init__(self, size, *, forked_at=None, entries=True):
        super().__init__()
        self.entries = [
            f"{'other' if forked_at is not None and n >= forked_at else 'entry'} {n}".encode() for n in range(1_000)
        ]
        self.leaves = [leaf_hash(entry) for entry in self.entries]
        self.with_entries = entries
        self.asked = []
        self.serve(size)

    def serve(self, size):
        levels = [self.leaves[:size]]
        levels.append([root_of(self.leaves[at : at + 256]) for at in range(0, size // 256 * 256, 256)])
        self.files = {"checkpoint": self.note(size)}
        for tile in tiles_of(size):
            self.files[tile.path] = b"".join(levels[tile.level][256 * tile.index :][: tile.width])
        for tile in bundles_of(size) if self.with_entries else []:
            self.files[tile.path] = encode_bundle(self.entries[256 * tile.index :][: tile.width])
        return self

    def read(self, path):
        self.asked.append(path)
        return self.files.get(path)

    @property
    def vkeys(self):
        return [key.vkey for key in self.keys]


def mirrored(log, *, entries=True, trust=None):
    row = enrol(URL, trust or trust_in(log.vkeys), log.read, entries=entries, entries_public=entries)
    pull(row, log.read)
    return row


def state():
    """Everything that is held, so that a refusal can be shown to have written nothing."""
    tiles = {(t.level, t.index): (t.width, bytes(t.data)) for t in MirroredTile.objects.all()}
    return tiles, list(MirroredLog.objects.values_list("size", "entries_size", "note"))


@pytest.mark.parametrize("size", [1, 255, 256, 300, 513])
def test_a_mirror_serves_byte_for_byte_what_the_log_served(size, client):
    log = Served(size)
    row = mirrored(log)

    assert row.size == row.entries_size == size
    assert {path: client.get(f"/mirror/{log.origin}/{path}").content for path in log.files} == log.files


def test_a_log_is_followed_as_it_grows_and_only_what_is_new_is_fetched():
    log = Served(300)
    row = mirrored(log)
    assert pull(row, log.read) == 0

    for size in (301, 512, 513, 700):
        log.serve(size).asked.clear()
        before = row.size
        assert pull(row, log.read) == size - before
        assert "tile/entries/000" not in log.asked
        assert list(damaged_files(said_in(row.note), reader_of(row), entries=True)) == []
    assert list(keeping.held(row).entries()) == log.entries[:700]
    assert not MirroredTile.objects.filter(log=row, index__gt=0, level=1).exists()


def test_a_served_mirror_is_itself_mirrored(client):
    log = Served(600)
    first = mirrored(log)

    second = enrol("https://mirror.example/x", trust_in(log.vkeys), reader_of(first), entries=True, entries_public=True)
    # The same origin in one database is the same row: what it held is forgotten first.
    MirroredLog.objects.filter(pk=first.pk).update(size=0, entries_size=0, note="", announced="")
    held, served = state()[0], {path: client.get(f"/mirror/{log.origin}/{path}").status_code for path in log.files}
    assert set(served.values()) == {404}
    MirroredTile.objects.all().delete()
    copy = {(level, index): row for (level, index), row in held.items()}

    def read(path):
        if path == "checkpoint":
            return log.files[path]
        tile = keeping.parse_tile_path(path)
        width, data = copy[keeping.level_of(tile), tile.index]
        return data if width == tile.width else None

    pull(second, read)
    assert state()[0] == held


def test_entries_can_be_asked_for_later():
    log = Served(300)
    row = mirrored(log, entries=False)
    assert row.size == 300 and row.entries_size == 0 and "tile/entries/000" not in log.asked

    row = mirrored(log)

    assert row.entries_size == 300 and list(keeping.held(row).entries()) == log.entries[:300]


@pytest.mark.parametrize("path", sorted(Served(300).files))
def test_whatever_file_is_changed_nothing_of_it_is_taken_in(path):
    log = Served(300)
    data = bytearray(log.files[path])
    data[len(data) // 2] ^= 1
    log.files[path] = bytes(data)

    with pytest.raises((NotPulled, MalformedPolicy)):
        mirrored(log)

    tiles, rows = state()
    assert rows in ([(0, 0, "")], [])
    true = Served(300)
    for (level, index), (width, held) in tiles.items():
        kind = "entries" if level == -1 else level
        assert width == 256 and true.files[f"tile/{kind}/{index:03d}"] == held


def test_a_missing_file_is_named_and_the_next_pull_goes_on(monkeypatch):
    monkeypatch.setattr(pulling, "TILES_AT_ONCE", 1)
    log = Served(600)
    taken = log.files.pop("tile/entries/001")
    with pytest.raises(NotPulled, match="tile/entries/001 is not there"):
        mirrored(log)
    row = MirroredLog.objects.get()
    assert row.size == 0 and "tile/entries/001" in row.trouble

    log.files["tile/entries/001"] = taken
    log.asked.clear()
    pull(row, log.read)

    assert row.size == 600 and "tile/entries/000" not in log.asked
    assert MirroredLog.objects.get().trouble == ""


def test_a_checkpoint_of_other_keys_or_of_one_key_only_is_refused():
    log = Served(10)
    with pytest.raises(NotPulled, match="names no key"):
        mirrored(log, trust=trust_in([GrowingLog("other.example/log").keys[0].vkey]))
    row = mirrored(log)
    log.serve(20)
    log.files["checkpoint"] = log.note(20, log.signers[:1])
    before = state()

    with pytest.raises(NotPulled, match="is not signed with the key"):
        pull(row, log.read)
    log.files["checkpoint"] = sign_checkpoint(log.checkpoint(20), GrowingLog(seed=9).signers, 1_700_000_000)
    with pytest.raises(NotPulled, match="No known key has signed"):
        pull(row, log.read)

    assert state() == before


def test_the_first_leaf_must_be_the_one_of_the_trust_file():
    log = Served(10)
    right, wrong = (f"genesis {leaf_hash(x).hex()}\n{trust_in(log.vkeys)}" for x in (b"entry 0", b"entry 1"))
    with pytest.raises(NotPulled, match="first leaf"):
        mirrored(log, trust=wrong)
    assert not MirroredTile.objects.exists()

    assert mirrored(log, trust=right).size == 10


def test_lines_of_witnesses_are_kept_if_they_are_known_and_true():
    log = Served(10)
    good, bad, unknown = (
        NamedSigner(f"{n}.example/w", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes([n]) * 32)) for n in (7, 8, 9)
    )
    lines = [sign_line(log.checkpoint(10), good, 5), sign_line(log.checkpoint(9), bad, 5)]
    lines.append(sign_line(log.checkpoint(10), unknown, 5))
    log.files["checkpoint"] += "".join(line.line for line in lines).encode()
    trust = trust_in(log.vkeys).replace("quorum none\n", "")
    trust += f"witness a {good.verifier.vkey}\nwitness b {bad.verifier.vkey}\nquorum none\n"

    row = mirrored(log, trust=trust)

    assert [line.name for line in parse_note(row.note.encode()).signatures] == [log.origin] * 2 + ["7.example/w"]


# --- two histories ---


FORKS = [
    (300, 700, 299),
    (300, 700, 0),
    (300, 300, 299),
    (256, 512, 255),
    (600, 601, 256),
]


def show_fork(before, after, forked_at):
    row = mirrored(Served(before))
    held = state()
    other = Served(after, forked_at=forked_at)
    with pytest.raises(Fork, match="signed two histories"):
        pull(row, other.read)
    assert state() == held
    return row, other


@pytest.mark.parametrize(("before", "after", "forked_at"), FORKS)
def test_a_fork_is_refused_loudly_and_both_notes_are_kept(before, after, forked_at, caplog):
    row, other = show_fork(before, after, forked_at)

    alarm = MirrorAlarm.objects.get()
    for note, log in ((alarm.held, Served(before)), (alarm.served, other)):
        size = len(log.files) and said_in(note).size
        signed, lines = open_checkpoint(note.encode(), log.keys, origin=log.origin, every_key=True)
        assert signed == log.checkpoint(size) and len(lines) == 2
    assert "FORK ALARM" in caplog.text and "two histories" in MirroredLog.objects.get().trouble
    with pytest.raises(Fork):
        pull(row, other.read)
    assert MirrorAlarm.objects.count() == 1


def test_an_older_checkpoint_of_the_same_history_is_no_fork_and_of_another_it_is():
    row = mirrored(Served(600))
    held = state()

    assert pull(row, Served(500).read) == 0
    assert state() == held and not MirrorAlarm.objects.exists()

    with pytest.raises(Fork):
        pull(row, Served(500, forked_at=499).read)
    assert state() == held


def test_a_checkpoint_once_announced_binds_the_log_even_if_its_tiles_never_came():
    row = mirrored(Served(300))
    announcing = Served(600, forked_at=400)
    del announcing.files["tile/entries/001"]
    with pytest.raises(NotPulled):
        pull(row, announcing.read)

    with pytest.raises(Fork):
        pull(row, Served(700).read)

    alarm = MirrorAlarm.objects.get()
    assert said_in(alarm.held).size == 600 and said_in(alarm.served).size == 700


def test_a_mirror_that_does_not_check_consistency_is_caught(monkeypatch):
    monkeypatch.setattr(pulling, "_check_continues", lambda *args: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        show_fork(300, 700, 299)


def test_a_mirror_that_forgets_what_was_announced_is_caught(monkeypatch):
    check = pulling._check_continues
    monkeypatch.setattr(
        pulling, "_check_continues", lambda log, known, *more: known == log.note and check(log, known, *more)
    )
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_checkpoint_once_announced_binds_the_log_even_if_its_tiles_never_came()


def test_a_mirror_that_does_not_prove_its_tiles_is_caught(monkeypatch):
    monkeypatch.setattr(pulling, "_proven", lambda proven, tile: (tile, proven._read(tile.path)))
    for path in ("tile/0/000", "tile/entries/000"):
        with pytest.raises((pytest.fail.Exception, AssertionError)):
            test_whatever_file_is_changed_nothing_of_it_is_taken_in(path)


# --- kill -9 ---


def dying_after_a_write(*args):
    """What it had not committed is gone."""
    keeping.keep_tiles(*args)
    raise KeyboardInterrupt


def deaths_until_it_is_done():
    log = Served(300)
    row = mirrored(log)
    log.serve(1_000)
    deaths = 0
    while row.size < 1_000 and deaths < 30:
        with pytest.MonkeyPatch.context() as death:
            death.setattr(pulling, "keep_tiles", dying_after_a_write)
            death.setattr(pulling, "TILES_AT_ONCE", 1)
            with suppress(KeyboardInterrupt):
                pull(row, log.read)
        row.refresh_from_db()
        assert list(damaged_files(said_in(row.note), reader_of(row), entries=True)) == []
        deaths += 1
        if MirroredTile.objects.filter(width=256).count() == 6:
            pull(row, log.read)
    assert row.size == 1_000 and list(keeping.held(row).entries()) == log.entries
    return deaths


def test_killed_after_each_write_the_next_pull_goes_on_where_it_was():
    assert deaths_until_it_is_done() == 4


def test_a_mirror_that_holds_its_checkpoint_before_its_tiles_is_caught(monkeypatch):
    finish, fetch = pulling._finish, pulling._fetch_full

    def early(log, proven):
        MirroredLog.objects.filter(pk=log.pk).update(size=proven.checkpoint.size, note=log.note or "")
        finish(log, proven.checkpoint, Served(proven.checkpoint.size).files["checkpoint"].decode(), [])
        fetch(log, proven)

    monkeypatch.setattr(pulling, "_fetch_full", early)
    with pytest.raises((AssertionError, KeyboardInterrupt)):
        deaths_until_it_is_done()


@pytest.mark.django_db(transaction=True)
def test_a_mirror_killed_at_random_holds_a_whole_log_after_every_kill():
    from django.db import connections

    chance = random.Random(5)
    log = Served(300)
    row = mirrored(log)
    size = 300
    for kill in range(12):
        size += chance.randrange(1, 60)
        log.serve(size)
        connections.close_all()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            pulling.TILES_AT_ONCE = 1
            os.write(writing, b"x")
            try:
                pull(row, log.read)
            finally:
                os._exit(0)
        os.read(reading, 1)
        os.close(reading), os.close(writing)
        signal.sigtimedwait([signal.SIGCHLD], chance.uniform(0, 0.08)) if kill % 3 else None
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        row = MirroredLog.objects.get()
        assert list(damaged_files(said_in(row.note), reader_of(row), entries=True)) == []

    pull(row, log.read)
    assert row.size == size and list(keeping.held(row).entries()) == log.entries[:size]


# --- serving ---


def test_nothing_is_served_beyond_the_checkpoint_that_is_held(client):
    log = Served(300)
    mirrored(log)
    for path in ("tile/0/001.p/45", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/1", "tile/00/000", "trust", "tile/x"):
        assert client.get(f"/mirror/{log.origin}/{path}").status_code == 404
    assert client.get(f"/mirror/{log.origin}/tile/0/001.p/43").content == log.files["tile/0/001.p/44"][: 43 * 32]
    assert client.get("/mirror/other.example/log/checkpoint").status_code == 404
    assert client.post(f"/mirror/{log.origin}/checkpoint").status_code == 405


def test_entries_that_were_got_with_a_token_are_given_for_the_mirrors_token_only(client, settings):
    log = Served(10)
    row = enrol(URL, trust_in(log.vkeys), log.read, entries=True, entries_public=False)
    pull(row, log.read)
    address = f"/mirror/{log.origin}/tile/entries/000.p/10"
    assert client.get(address).status_code == 403
    assert client.get(address, headers={"Authorization": "Token "}).status_code == 403
    assert client.get(f"/mirror/{log.origin}/tile/0/000.p/10").status_code == 200

    settings.MIRROR_TOKEN = "4f1c"
    assert client.get(address, headers={"Authorization": "Token 4f1d"}).status_code == 403
    answer = client.get(address, headers={"Authorization": "Token 4f1c"})
    assert answer.content == log.files["tile/entries/000.p/10"] and answer["Cache-Control"].startswith("private")


def test_the_check_names_a_tile_that_the_disk_has_changed(capsys):
    log = Served(600)
    row = mirrored(log)
    call_command("mirror", URL, "--check")
    assert "all that is held matches the checkpoint at size 600" in capsys.readouterr().out

    MirroredTile.objects.filter(log=row, level=0, index=1).update(data=bytes(256 * 32))

    with pytest.raises(CommandError, match="1 files do not match"):
        call_command("mirror", URL, "--check")
    assert f"{log.origin}/tile/0/001: lost" in capsys.readouterr().err


# --- the command ---


@pytest.fixture
def web(monkeypatch):
    """The log at URL, as the command reads it."""
    log = Served(300)
    monkeypatch.setattr("provenance.witness.management.commands.mirror.reader_of_server", lambda url, token: log.read)
    return log


def test_the_command_needs_keys_once_and_remembers_them(web, capsys):
    with pytest.raises(CommandError, match="name its keys with --trust FILE or --vkey"):
        call_command("mirror", URL, "--once")
    with pytest.raises(CommandError, match="variable NOT_THERE is not set"):
        call_command("mirror", URL, "--once", "--entries-token-from-env", "NOT_THERE")
    assert not MirroredLog.objects.exists()

    call_command("mirror", URL, "--once", *(f"--vkey={vkey}" for vkey in web.vkeys))
    web.serve(301)
    call_command("mirror", URL, "--once", "--entries")

    call_command("mirror", URL, "--once")

    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "300 leaves, 300 of them new",
        "300 leaves are held, without the statements",
        "301 leaves, 1 of them new",
        "301 leaves are held, with all statements",
        "301 leaves are held, with all statements",
    ]
    row = MirroredLog.objects.get()
    assert row.size == row.entries_size == 301 and row.entries_public


def test_the_command_takes_a_trust_file_and_refuses_one_that_is_none(web, tmp_path):
    trust = tmp_path / "trust"
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("mirror", URL, "--once", "--trust", str(trust))
    trust.write_text("nonsense\n")
    with pytest.raises(CommandError, match="does not begin a log"):
        call_command("mirror", URL, "--once", "--trust", str(trust))
    trust.write_text(f"genesis {leaf_hash(b'entry 0').hex()}\n{trust_in(web.vkeys)}")
    call_command("mirror", URL, "--once", "--trust", str(trust))

    assert MirroredLog.objects.get().size == 300
    assert read_trust(MirroredLog.objects.get().trust).genesis == leaf_hash(b"entry 0")


def test_the_command_exits_with_1_at_a_fork(web):
    call_command("mirror", URL, "--once", *(f"--vkey={vkey}" for vkey in web.vkeys))
    other = Served(700, forked_at=10)
    web.files = other.files

    with pytest.raises(CommandError, match="signed two histories") as caught:
        call_command("mirror", URL, "--once")

    assert caught.value.returncode == 1 and MirrorAlarm.objects.count() == 1


def test_a_mirror_vouches_for_no_log_whose_successor_it_holds():
    keys.create("ngo.example/mirror", WitnessKey.Role.MIRROR)
    row = mirrored(Served(5))
    MirroredLog.objects.update(indexed=5)
    checkpoint = said_in(row.note)
    assert cosign(row, checkpoint)
    following = MirroredLog.objects.create(origin="coffee.example/log/main/2", url=URL, trust="")
    assert cosign(row, checkpoint)
    MirroredLog.objects.filter(pk=following.pk).update(size=1)
    before = MirroredLog.objects.get(pk=row.pk).cosigned

    with pytest.raises(NotReplayed, match="has ended: this mirror holds coffee.example/log/main/2"):
        cosign(row, checkpoint)

    assert MirroredLog.objects.get(pk=row.pk).cosigned == before


def test_what_is_proven_can_be_read_by_whoever_refills_a_log():
    log = Served(600)
    row = mirrored(log)
    checkpoint = said_in(row.note)

    assert checkpoint == Checkpoint(log.origin, 600, root_of(log.leaves[:600]))
    assert list(ProvenLog(checkpoint, reader_of(row)).entries(400)) == log.entries[400:600]
