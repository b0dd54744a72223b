"""A mirror of a real log over real connections: from our own server, from static files, from another mirror."""

import functools
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from provenance import outside
from provenance.coffee import rules
from provenance.pack.replay import Replay, ReplayRefused
from provenance.tlog.checkpoint import Checkpoint, verify_lines
from provenance.tlog.note import parse_note
from provenance.trail.models import Cosignature, Event, ForkAlarm
from provenance.trail.services import exporting, indexing, queries, witnessing
from provenance.trail.services.exporting import trust_text
from provenance.trail.services.publishing import publish
from provenance.trail.services.recovering import succeed
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, WOTE, act
from provenance.witness.mirroring import views
from provenance.witness.mirroring.errors import NotReplayed
from provenance.witness.mirroring.replaying import Replays, cosign
from provenance.witness.models import MirroredLog, MirroredTile, WitnessKey
from provenance.witness.services import keys

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = ["checkpoint", "tile/0/000.p/{size}", "tile/entries/000.p/{size}"]


@pytest.fixture
def url(log, live_server, settings, monkeypatch, nadia, tmp_path):
    """The log's address on our own server; ``trust`` lies beside, the auditor's token in the environment."""
    settings.OUTSIDE_PRIVATE_HOSTS = [live_server.url.removeprefix("http://")]
    settings.MIRROR_TOKEN = "between-mirrors"
    monkeypatch.setenv("AUDITOR", Token.objects.create(user=nadia).key)
    monkeypatch.setenv("BETWEEN", settings.MIRROR_TOKEN)
    (tmp_path / "trust").write_bytes(trust_text(log))
    return f"{live_server.url}/log/main/1"


def mirror(url, tmp_path, *more):
    call_command("mirror", url, "--once", "--trust", str(tmp_path / "trust"), *more)
    return MirroredLog.objects.get(url=url)


def get(url, token=""):
    headers = {"Authorization": f"Token {token}"} if token else {}
    return outside.fetch(url, limit=10_000_000, timeout=20, headers=headers).body


def test_log_mirror_mirror_of_the_mirror_and_static_files_give_the_same_bytes(
    log, url, live_server, tmp_path, settings
):
    import os

    story.tell()
    size = publish(log, index=True).size
    first = mirror(url, tmp_path, "--entries-token-from-env", "AUDITOR")
    second_url = f"{live_server.url}/mirror/{log.origin}"
    paths = [path.format(size=size) for path in PATHS]
    from_log = [get(f"{url}/{path}", os.environ["AUDITOR"]) for path in paths]
    from_mirror = [get(f"{second_url}/{path}", settings.MIRROR_TOKEN) for path in paths]
    assert first.size == size and from_mirror == from_log

    # The mirror of the mirror lives elsewhere; here it takes the place of the first.
    kept = {(t.level, t.index): bytes(t.data) for t in MirroredTile.objects.all()}
    with in_another_database(first):
        again = mirror(second_url, tmp_path, "--entries-token-from-env", "BETWEEN")
        assert {(t.level, t.index): bytes(t.data) for t in MirroredTile.objects.all()} == kept and again.size == size

    exporting.export_to(tmp_path / "export", log, entries=True)
    with served_by_a_plain_server(tmp_path / "export") as plain:
        settings.OUTSIDE_PRIVATE_HOSTS.append(plain.removeprefix("http://"))
        assert [get(f"{plain}/log/main/1/{path}") for path in paths] == from_log
        with in_another_database(again):
            assert mirror(f"{plain}/log/main/1", tmp_path, "--entries").entries_size == size
            assert {(t.level, t.index): bytes(t.data) for t in MirroredTile.objects.all()} == kept


@contextmanager
def in_another_database(log):
    """What a mirror that holds nothing yet would do: the copy stays readable under its address, and is not its own."""
    answers = views.reader_of(log)
    read = {path: answers(path) for path in _all_paths(log)}
    MirroredTile.objects.all().delete()
    MirroredLog.objects.all().update(size=0, entries_size=0, note="", announced="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "reader_of", lambda row: read.get)
        yield


def _all_paths(log):
    return ["checkpoint", f"tile/0/000.p/{log.size}", f"tile/entries/000.p/{log.size}"]


@contextmanager
def served_by_a_plain_server(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_entries_are_not_given_to_a_mirror_without_a_token(log, url, tmp_path):
    publish(log)
    with pytest.raises(CommandError, match="ask its operator for a token"):
        mirror(url, tmp_path, "--entries")
    assert MirroredLog.objects.get().size == 0

    assert mirror(url, tmp_path).entries_size == 0


# --- replaying ---


@pytest.fixture
def replayed(log, url, tmp_path):
    """A mirror with keys that holds a log with a story, ending in an index leaf."""
    keys.create("ngo.example/mirror", keys.Role.MIRROR)
    story.tell()
    publish(log, index=True)
    return mirror(url, tmp_path, "--entries-token-from-env", "AUDITOR")


def test_a_mirror_cosigns_what_it_has_replayed_and_serves_its_lines(log, url, replayed, client):
    assert replayed.replayed == replayed.indexed == replayed.cosigned_size == replayed.size

    note = parse_note(client.get(f"/mirror/{log.origin}/checkpoint").content)
    signed = Checkpoint.parse(note.text)
    lines = verify_lines(note, signed, keys.verifiers(WitnessKey.Role.MIRROR))
    assert {line.key.name for line in lines} == {"ngo.example/mirror"} and len(lines) == 2


def test_a_log_asks_a_replaying_mirror_like_any_witness(log, url, replayed, settings, tmp_path, live_server):
    ed25519, ml_dsa = (key.vkey for key in keys.verifiers(WitnessKey.Role.MIRROR))
    settings.WITNESS_POLICY = tmp_path / "policy"
    settings.WITNESS_POLICY.write_text(f"witness ngo {ed25519} {live_server.url}/mirror\nquorum ngo\n")

    assert witnessing.ask_due() == 1

    assert queries.witnessed_checkpoint(log).size == replayed.size
    assert Cosignature.objects.get().kid.startswith("ngo.example/mirror+") and not ForkAlarm.objects.exists()


def test_a_mirror_gives_no_lines_for_what_it_has_not_replayed(log, url, replayed, client, monkeypatch):
    monkeypatch.setattr(views, "PATIENCE", 0.3)
    act(ALMAZ, story.harvest("LATER"))
    newer = publish(log, index=True)
    body = b"old 0\n\n" + newer.note.encode()

    answer = client.post("/mirror/add-checkpoint", body, content_type="text/plain")

    assert answer.status_code == 503 and answer["Retry-After"] == "5" and b"newest index" in answer.content
    assert MirroredLog.objects.get().cosigned_size == replayed.size < newer.size
    assert client.post("/mirror/add-checkpoint", b"x", content_type="text/plain").status_code == 400
    unsigned = b"old 0\n\n" + newer.note.encode().replace(b" ", b"  ", 0)[: newer.note.encode().index(b"\n\n") + 2]
    unsigned += "— x.example/y AAAAAAAA\n".encode()
    assert client.post("/mirror/add-checkpoint", unsigned, content_type="text/plain").status_code == 403


def cosigns_a_checkpoint_with(log, url, tmp_path):
    before = MirroredLog.objects.get().cosigned_size
    publish(log, index=True)
    with pytest.raises(CommandError) as refused:
        mirror(url, tmp_path, "--entries-token-from-env", "AUDITOR")
    held = MirroredLog.objects.get()
    assert held.cosigned_size == before < held.size
    with pytest.raises(NotReplayed):
        cosign(held, Checkpoint(log.origin, held.size, b"\1" * 32))
    return str(refused.value)


def test_an_index_that_leaves_something_out_gets_no_cosignature(log, url, replayed, tmp_path, monkeypatch):
    complete = indexing.keys_in
    monkeypatch.setattr(indexing, "keys_in", lambda leaf: complete(leaf)[1:])
    act(ALMAZ, story.harvest("LEFT-OUT"))

    said = cosigns_a_checkpoint_with(log, url, tmp_path)

    assert f"Leaf {replayed.size + 1} of {log.origin} does not stand up: Its index is not" in said


def test_an_unlawful_leaf_gets_no_cosignature(log, url, replayed, tmp_path):
    with pytest.MonkeyPatch.context() as lawless:
        lawless.setattr(rules, "authorise", lambda *args: None)
        act(WOTE, story.harvest("NOT-HERS"))

    said = cosigns_a_checkpoint_with(log, url, tmp_path)

    assert f"Leaf {replayed.size} of {log.origin} does not stand up" in said


def statements(log):
    return [
        bytes(one) for one in Event.objects.filter(log=log).order_by("leaf__index").values_list("statement", flat=True)
    ]


def replay(log, entries):
    found = Replay(log.origin)
    for entry in entries:
        found.add(entry)
    return found


@pytest.mark.parametrize("left_out", ["recall", "harvest", "receive"])
def test_a_replay_with_one_leaf_left_out_or_changed_is_refused(log, left_out):
    story.tell()
    publish(log, index=True)
    entries = statements(log)
    assert replay(log, entries).indexed == len(entries)
    at = next(n for n, event in enumerate(Event.objects.order_by("leaf__index")) if event.act == left_out)

    with pytest.raises(ReplayRefused):
        replay(log, entries[:at] + entries[at + 1 :])
    changed = bytearray(entries[at])
    changed[-5] ^= 1
    with pytest.raises(ReplayRefused, match=f"Leaf {at} "):
        replay(log, [*entries[:at], bytes(changed), *entries[at + 1 :]])
    with pytest.raises(ReplayRefused, match="Leaf 0 "):
        Replay("elsewhere.example/log/main/1").add(entries[0])


def test_a_mirror_that_takes_the_operators_word_for_the_index_is_caught(log, url, replayed, tmp_path, monkeypatch):
    monkeypatch.setattr(Replay, "_check_index", lambda self, said: setattr(self, "newest_index", self.size))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_an_index_that_leaves_something_out_gets_no_cosignature(log, url, replayed, tmp_path, monkeypatch)


def test_a_series_is_replayed_through_its_succession(log, url, replayed, tmp_path, live_server):
    act(ALMAZ, story.harvest("LAST"))
    log.refresh_from_db()
    following = succeed(log)
    publish(following, index=True)
    (tmp_path / "trust").write_bytes(trust_text(following))
    second = f"{live_server.url}/log/main/2"
    with pytest.raises(CommandError, match="mirror that log first"):
        mirror(second, tmp_path, "--entries-token-from-env", "AUDITOR")

    (tmp_path / "trust").write_bytes(trust_text(log))
    mirror(url, tmp_path, "--entries-token-from-env", "AUDITOR")
    (tmp_path / "trust").write_bytes(trust_text(following))
    row = mirror(second, tmp_path, "--entries-token-from-env", "AUDITOR")

    assert row.cosigned_size == row.size == row.indexed and Replays().catch_up(row) == row.size
