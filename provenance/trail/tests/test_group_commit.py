"""What several threads record at once shares a durable transaction; to each it is as if nobody else had been there."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from provenance.coffee.errors import NotAuthorised
from provenance.trail.errors import LogFrozen, RecordRefused
from provenance.trail.models import Event, Lot, Pending
from provenance.trail.services import recording, registry
from provenance.trail.services.acting import Draft, sign_drafts
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import record
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests.story import ALMAZ, PARTY, SITE, WOTE, harvest

FARMERS = 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def farm():
    log = registry.found_log("main", "Test operator")
    for name in (ALMAZ, WOTE):
        registry.register_party(kind="person", roles=["farmer"], name=name, party=PARTY + name)
        registry.register_site(party=PARTY + name, kind="farm", name="Farm", site=SITE + name)
    return log


@pytest.fixture
def commits(monkeypatch):
    """How many statements each transaction tried to write."""
    sizes, write_batch = [], recording.write_batch

    def counted(log, batch):
        sizes.append(batch.total)
        return write_batch(log, batch)

    monkeypatch.setattr(recording, "write_batch", counted)
    return sizes


def signed(log, *codes):
    return sign_drafts(log, PARTY + ALMAZ, [Draft(harvest(code)) for code in codes])


def at_once(calls):
    """
    Each call in a thread of its own, all of them waiting for the pen before the first may write; results or errors.

    The first holds the pen over nothing, so that what follows is one group, in the order of the calls.
    """
    go_on = threading.Event()
    holder = threading.Thread(target=hold_pen, args=[go_on])
    with ThreadPoolExecutor(len(calls)) as pool:
        holder.start()
        while not recording.PEN._is_taken:
            pass
        waiting = []
        for call in calls:
            before = recording.PEN.waiting()[0]
            waiting.append(pool.submit(and_close, call))
            while recording.PEN.waiting()[0] == before and not waiting[-1].done():
                pass
        go_on.set()
        holder.join()
        return [each.exception(timeout=30) or each.result() for each in waiting]


def hold_pen(until):
    with recording.PEN._changed:
        recording.PEN._is_taken = True
    until.wait(30)
    with recording.PEN._changed:
        recording.PEN._is_taken = False
        recording.PEN._changed.notify_all()


def and_close(call):
    try:
        return call()
    finally:
        connections.close_all()


def test_those_who_come_at_once_share_one_transaction_and_each_gets_its_own_events(farm, commits):
    batches = [signed(farm, f"L{n}", f"M{n}") for n in range(FARMERS)]

    answers = at_once([lambda batch=batch: record(batch) for batch in batches])

    assert commits == [2 * FARMERS]
    assert [[bytes(event.statement) for event in answer] for answer in answers] == [
        [each.jws for each in batch] for batch in batches
    ]
    publish(farm)
    assert verify_trail(farm) == []


def test_whoever_is_refused_hears_its_own_refusal_and_its_neighbours_are_recorded(farm, commits):
    def theft(code):
        # Picked on somebody else's farm.
        said = replace(harvest(code), site=SITE + WOTE)
        return sign_drafts(farm, PARTY + ALMAZ, [Draft(harvest(f"{code}-ok")), Draft(said)])

    batches = [signed(farm, "A"), theft("T1"), signed(farm, "B"), theft("T2"), signed(farm, "C")]
    before = Event.objects.count()

    answers = at_once([lambda batch=batch: record(batch) for batch in batches])

    assert [type(answer) for answer in answers] == [list, RecordRefused, list, RecordRefused, list]
    for refused in (answers[1], answers[3]):
        assert [problem.position for problem in refused.problems] == [1]
        assert isinstance(refused.problems[0].error, NotAuthorised)
        assert str(refused).startswith("Statement 2 of 2: ")
    assert Event.objects.count() == before + 3
    assert set(Lot.objects.values_list("code", flat=True)) == {"A", "B", "C"}
    # All together, then without the refused, then each of these alone.
    assert commits == [7, 3, 2, 2]


def test_the_same_statement_from_two_clicks_is_recorded_once(farm, commits):
    once = signed(farm, "A")

    answers = at_once([lambda: record(once)] * 3)

    assert len({answer[0].pk for answer in answers}) == 1
    assert Pending.objects.filter(event=answers[0][0]).count() == 1
    assert commits == [3]


def test_what_fails_in_the_commit_reaches_everybody_and_nothing_is_written(farm, monkeypatch):
    batches = [signed(farm, f"L{n}") for n in range(3)]
    before = Event.objects.count()
    commit = BaseDatabaseWrapper.commit
    failed = []

    def breaks(self):
        failed.append(threading.get_ident())
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", breaks)
    answers = at_once([lambda batch=batch: record(batch) for batch in batches])
    monkeypatch.setattr(BaseDatabaseWrapper, "commit", commit)

    assert [str(answer) for answer in answers] == ["disk I/O error"] * 3
    assert len(failed) == 1
    assert Event.objects.count() == before
    assert [event.event_id for event in record(batches[0])] == [Event.objects.latest("pk").event_id]


def test_nobody_is_answered_before_the_commit(farm, monkeypatch):
    answered, seen = [], []
    commit = BaseDatabaseWrapper.commit

    def slow(self):
        seen.append(list(answered))
        return commit(self)

    def call(batch):
        events = record(batch)
        answered.append(events[0].pk)
        return events

    batches = [signed(farm, f"L{n}") for n in range(4)]
    monkeypatch.setattr(BaseDatabaseWrapper, "commit", slow)
    at_once([lambda batch=batch: call(batch) for batch in batches])

    assert seen == [[]]
    assert len(answered) == 4


def test_a_frozen_log_is_told_to_everybody(farm, commits):
    batches = [signed(farm, f"L{n}") for n in range(3)]
    farm.state, farm.why_frozen = "frozen", "A test."
    farm.save()

    answers = at_once([lambda batch=batch: record(batch) for batch in batches])

    assert [type(answer) for answer in answers] == [LogFrozen] * 3
    assert commits == [3]


def test_inside_a_transaction_nobody_waits_for_the_pen(farm, commits):
    """Only tests do this: whoever holds the pen would wait for the transaction."""
    go_on = threading.Event()
    holder = threading.Thread(target=hold_pen, args=[go_on])
    holder.start()
    try:
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            record(signed(farm, "A"))
    finally:
        go_on.set()
        holder.join()
    assert commits == []
