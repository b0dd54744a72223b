"""
A witness whose database is an old copy cosigns nothing, until somebody has decided from where it goes on.

Planted bugs, each of which these tests must notice:
* the fence is not looked at before signing;
* the answer does not wait for the fence;
* whichever of two requests comes last writes the fence.
"""

import logging
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from provenance.tlog.checkpoint import sign_line
from provenance.tlog.note import parse_note
from provenance.witness.errors import WitnessError
from provenance.witness.models import CosignedTree, WatchedLog
from provenance.witness.services import fencing, keys, watching
from provenance.witness.tests.logs import GrowingLog
from provenance.witness.tests.test_add_checkpoint import everything, refused, refused_size

grown, twin = GrowingLog(), GrowingLog(forked_at=4)


def put_back(log: WatchedLog, size: int | None) -> None:
    """What a restored backup does: everything after that size was never there."""
    log.trees.filter(size__gt=-1 if size is None else size).delete()
    tree = log.trees.filter(size=size).first()
    root, note, at = (tree.root, tree.note, tree.cosigned_at) if tree else (None, "", None)
    WatchedLog.objects.filter(pk=log.pk).update(size=size, root=root, note=note, cosigned_at=at)


@pytest.fixture
def cosigned(watched, ask) -> WatchedLog:
    """A log that was cosigned at three leaves, then at six."""
    assert ask(grown.request(0, 3)).status_code == 200
    assert ask(grown.request(3, 6)).status_code == 200
    watched.refresh_from_db()
    return watched


def holds_its_tongue(log: WatchedLog, ask: Callable) -> bool:
    """After an old copy was put in place, it is asked for another history of what lies between."""
    put_back(log, 3)
    before = everything()
    logging.disable(logging.CRITICAL)
    answer = ask(twin.request(3, 6))
    logging.disable(logging.NOTSET)
    return answer.status_code == 503 and "—" not in answer.content.decode() and everything() == before


def test_an_old_copy_of_the_database_cosigns_no_second_history(cosigned, ask):
    assert holds_its_tongue(cosigned, ask)

    refused(ask(grown.request(3, 6)), 503, "cosigned here at size 6, and the database of this witness knows it up to 3")


def test_a_fence_that_is_not_looked_at_is_noticed(cosigned, ask, monkeypatch):
    monkeypatch.setattr(fencing, "check", lambda log: None)

    assert not holds_its_tongue(cosigned, ask)


def test_an_empty_database_does_not_begin_anew(cosigned, ask, caplog):
    put_back(cosigned, None)

    refused(ask(twin.request(0, 3)), 503, "knows it up to 0: it is an old copy")

    assert not CosignedTree.objects.exists()
    (record,) = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert record.getMessage().startswith("coffee.example/log/main/1 is not cosigned any more: This log was cosigned")
    assert record.getMessage().endswith("See operations.md, When a witness has forgotten.")


def test_another_root_than_was_cosigned_is_noticed(cosigned, ask):
    WatchedLog.objects.update(root=twin.checkpoint(6).root)
    before = everything()

    refused(ask(twin.request(6, 6)), 503, "has another root than was cosigned")

    assert everything() == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "is gone"),
        (lambda path: path.write_text("coffee.example/log/main/1\n"), "cannot be read"),
        (lambda path: path.write_bytes(b"\xff"), "cannot be read"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    ],
)
def test_without_its_fence_a_log_is_not_cosigned(cosigned, ask, damage, words):
    damage(fencing.path_of(cosigned))
    before = everything()

    refused(ask(grown.request(6, 8)), 503, words)

    assert everything() == before


def test_the_fence_holds_the_whole_note_and_follows(cosigned, ask):
    assert fencing.path_of(cosigned).read_text() == cosigned.note

    ask(grown.request(6, 7))

    cosigned.refresh_from_db()
    note, checkpoint = fencing.read(cosigned)
    assert (note, checkpoint) == (cosigned.note, grown.checkpoint(7))
    assert len(parse_note(note.encode()).signatures) == 4


def waits_for_the_fence(log: WatchedLog, ask: Callable) -> bool:
    path = fencing.path_of(log)
    path.with_suffix(".new").mkdir()
    logging.disable(logging.CRITICAL)
    answer = ask(grown.request(6, 8))
    logging.disable(logging.NOTSET)
    path.with_suffix(".new").rmdir()
    return answer.status_code == 503 and "—" not in answer.content.decode()


def test_nobody_sees_a_signature_whose_fence_was_not_written(cosigned, ask):
    assert waits_for_the_fence(cosigned, ask)

    # It is committed, so the log learns the size and asks again; then the fence is written too.
    refused_size(ask(twin.request(6, 8)), 8)
    assert ask(grown.request(8, 8)).status_code == 200
    assert fencing.read(cosigned)[1] == grown.checkpoint(8)


def test_an_answer_that_does_not_wait_for_the_fence_is_noticed(cosigned, ask, monkeypatch):
    monkeypatch.setattr(fencing, "advance", lambda log: None)

    assert not waits_for_the_fence(cosigned, ask)


def never_goes_back(log: WatchedLog) -> bool:
    """Two requests that were committed one after the other come to the fence the other way round."""
    earlier = WatchedLog.objects.get()
    earlier.size, earlier.note = 3, log.trees.get(size=3).note
    fencing.advance(earlier)
    return fencing.read(log)[1] == grown.checkpoint(6)


def test_the_fence_never_goes_back(cosigned):
    assert never_goes_back(cosigned)


def test_a_fence_written_by_whoever_comes_last_is_noticed(cosigned, monkeypatch):
    monkeypatch.setattr(fencing, "advance", fencing.replace)

    assert not never_goes_back(cosigned)


def test_watching_a_log_again_makes_no_lost_fence_anew(cosigned, ask):
    fencing.path_of(cosigned).unlink()

    watching.stop(cosigned.origin)
    watching.watch(cosigned.origin, [])

    refused(ask(grown.request(6, 8)), 503, "is gone")


def test_watching_a_log_with_an_empty_database_does_not_forget_what_the_fence_knows(cosigned, ask):
    fence = fencing.path_of(cosigned).read_text()
    put_back(cosigned, None)

    watching.watch(grown.origin, grown.keys)

    assert fencing.path_of(cosigned).read_text() == fence
    refused(ask(twin.request(0, 6)), 503, "an old copy")


@pytest.mark.parametrize("size", [None, 3])
def test_a_restored_witness_goes_on_from_its_fence(cosigned, ask, capsys, size):
    put_back(cosigned, size)

    call_command("watch_log", "--resume", cosigned.origin)

    assert capsys.readouterr().out == "coffee.example/log/main/1: going on from size 6.\n"
    restored = WatchedLog.objects.get()
    assert (restored.size, bytes(restored.root), restored.note) == (6, grown.checkpoint(6).root, cosigned.note)
    assert restored.cosigned_at == cosigned.cosigned_at
    assert restored.trees.get(size=6).note == cosigned.note
    refused(ask(twin.request(6, 6)), 409, "The log has two histories.")
    refused_size(ask(twin.request(3, 6)), 6)
    assert ask(grown.request(6, 8)).status_code == 200


def test_a_lost_fence_is_made_again_from_the_newest_database(cosigned, ask):
    fencing.path_of(cosigned).unlink()

    watching.resume(cosigned.origin)

    assert fencing.path_of(cosigned).read_text() == cosigned.note
    assert ask(grown.request(6, 8)).status_code == 200


def test_resuming_where_nothing_was_lost_changes_nothing(cosigned, ask):
    before = everything(), fencing.read(cosigned)

    watching.resume(cosigned.origin)

    assert (everything(), fencing.read(cosigned)) == before


def test_two_roots_of_one_size_cannot_be_resumed(cosigned):
    WatchedLog.objects.update(root=twin.checkpoint(6).root)
    before = everything(), fencing.read(cosigned)

    with pytest.raises(CommandError, match="two histories were cosigned, and this witness is over for this log"):
        call_command("watch_log", "--resume", cosigned.origin)

    assert (everything(), fencing.read(cosigned)) == before


def cosigned_elsewhere(origin: str) -> str:
    """A larger note that this witness has cosigned, of the log of this origin."""
    log = GrowingLog(origin)
    lines = [sign_line(log.checkpoint(9), signer, 1_700_000_000) for signer in keys.signers()]
    return log.note(9).decode() + "".join(line.line for line in lines)


@pytest.mark.parametrize(
    "note",
    [
        lambda: grown.note(9).decode(),
        lambda: cosigned_elsewhere("other.example/log"),
        lambda: cosigned_elsewhere(grown.origin).replace(f"\n{9}\n", "\n10\n"),
    ],
    ids=["not cosigned", "of another log", "changed"],
)
def test_a_fence_that_this_witness_did_not_write_is_not_gone_on_from(cosigned, note):
    fencing.path_of(cosigned).write_text(note())
    before = everything()

    with pytest.raises(WitnessError, match="does not hold a note of this log that this witness has cosigned"):
        watching.resume(cosigned.origin)

    assert everything() == before
