"""
Two requests at once, and a commit that fails: at no moment has anybody two signatures that contradict each other.

Planted bugs, each of which these tests must notice:
* the latest checkpoint is looked at before the transaction;
* its row is not locked (PostgreSQL; on SQLite the transaction itself is the lock);
* the answer does not wait for the commit.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from provenance.tlog.checkpoint import sign_line
from provenance.witness.models import CosignedTree, WatchedLog
from provenance.witness.services import cosigning
from provenance.witness.tests.logs import GrowingLog

pytestmark = pytest.mark.django_db(transaction=True)

grown, twin = GrowingLog(), GrowingLog(forked_at=4)
# Both follow from size 3. Two histories of one size; and a smaller tree that would roll back a larger one.
PAIRS = {
    "two histories": (grown.request(3, 6), twin.request(3, 6)),
    "a roll-back": (grown.request(3, 4), grown.request(3, 6)),
}


def looks_before(pk, asked, note, signers, now):
    log = WatchedLog.objects.get(pk=pk)
    cosigning.check_follows(log, asked)
    lines = [cosigning.sign_line(asked.checkpoint, signer, int(now.timestamp())) for signer in signers]
    with transaction.atomic(durable=True):
        cosigning.write(log, asked, note.with_signatures(*lines), now)
    return "".join(line.line for line in lines)


def locks_no_row(pk, asked, note, signers, now):
    with transaction.atomic(durable=True):
        return looks_before_within(pk, asked, note, signers, now)


def looks_before_within(pk, asked, note, signers, now):
    log = WatchedLog.objects.get(pk=pk)
    cosigning.check_follows(log, asked)
    lines = [cosigning.sign_line(asked.checkpoint, signer, int(now.timestamp())) for signer in signers]
    cosigning.write(log, asked, note.with_signatures(*lines), now)
    return "".join(line.line for line in lines)


def answers_first(pk, asked, note, signers, now):
    lines = "".join(sign_line(asked.checkpoint, signer, int(now.timestamp())).line for signer in signers)
    with suppress(OperationalError), transaction.atomic(durable=True):
        cosigning.write(WatchedLog.objects.get(pk=pk), asked, note, now)
    return lines


@pytest.fixture
def meeting(monkeypatch) -> None:
    """Whoever is about to sign waits for the other, for a while: the worst moment is met in every run."""
    barrier = threading.Barrier(2)

    def waits(*arguments):
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        return sign_line(*arguments)

    monkeypatch.setattr(cosigning, "sign_line", waits)


def race(bodies: tuple[bytes, bytes]) -> list[tuple[int, bytes]]:
    """Status and body of each answer."""
    answers: list[tuple[int, bytes]] = []

    def ask(body: bytes) -> None:
        try:
            client = Client(raise_request_exception=False)
            response = client.post("/witness/add-checkpoint", body, content_type="text/plain")
            answers.append((response.status_code, response.content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def exactly_one_is_cosigned(pair: str) -> bool:
    answers = sorted(race(PAIRS[pair]))
    if [status for status, _ in answers] != [200, 409]:
        return False
    size = WatchedLog.objects.get().size
    return answers[1][1] == f"{size}\n".encode() and CosignedTree.objects.count() == 2


@pytest.fixture
def at_three(watched, ask) -> WatchedLog:
    assert ask(grown.request(0, 3)).status_code == 200
    return watched


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_requests_at_once_exactly_one_is_cosigned(pair, at_three, meeting):
    assert exactly_one_is_cosigned(pair)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_race_notices_a_look_before_the_transaction(pair, at_three, meeting, monkeypatch, caplog):
    monkeypatch.setattr(cosigning, "follow", looks_before)

    assert not exactly_one_is_cosigned(pair)


@pytest.mark.postgres
@pytest.mark.parametrize("pair", PAIRS)
def test_the_race_notices_a_row_without_its_lock(pair, at_three, meeting, monkeypatch, caplog):
    monkeypatch.setattr(cosigning, "follow", locks_no_row)

    assert not exactly_one_is_cosigned(pair)


@pytest.mark.postgres
def test_an_answer_waits_for_the_disk_whatever_the_servers_default(at_three, ask):
    with CaptureQueriesContext(connection) as statements:
        assert ask(grown.request(3, 6)).status_code == 200

    said = [each["sql"] for each in statements]
    begun = said.index("SET LOCAL synchronous_commit = on")
    assert any("FOR UPDATE" in each for each in said[begun:])
    assert said.index("COMMIT") > begun


def says_nothing_when_the_commit_fails(ask: Callable, monkeypatch) -> bool:
    def fails() -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "_commit", fails)
        response = ask(grown.request(3, 6))
    return response.status_code == 503 and "—" not in response.content.decode()


def test_nobody_sees_a_signature_whose_commit_failed(at_three, ask, monkeypatch):
    assert says_nothing_when_the_commit_fails(ask, monkeypatch)

    at_three.refresh_from_db()
    assert at_three.size == 3
    assert ask(twin.request(3, 6)).status_code == 200


def test_the_broken_commit_notices_an_answer_that_does_not_wait_for_it(at_three, ask, monkeypatch):
    monkeypatch.setattr(cosigning, "follow", answers_first)

    assert not says_nothing_when_the_commit_fails(ask, monkeypatch)
