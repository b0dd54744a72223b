"""Our log before witnesses over real connections: our own server's, a foreign one's, and one that hangs."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connections

from provenance.management.commands.keep import Duty
from provenance.outside import Answer
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.keys import KeyType, parse_vkey
from provenance.trail.models import Cosignature, Event, ForkAlarm, Log, WitnessContact
from provenance.trail.services import queries, witnessing
from provenance.trail.services.logs import signers_of
from provenance.trail.services.publishing import publish, publish_due
from provenance.trail.services.verifying import findings_of
from provenance.trail.services.witnessing import asking
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, act
from provenance.trail.tests.test_foreign_witness import foreign  # noqa: F401
from provenance.trail.tests.witnesses import TEXT, Witness, served
from provenance.witness.services import keys, watching

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ours(log, live_server, settings, tmp_path):
    """This installation is a witness too, and watches the log. It knows the log by its keys, like any other."""
    where = live_server.url.removeprefix("http://")
    settings.OUTSIDE_PRIVATE_HOSTS = [where]
    settings.PUBLIC_URL = live_server.url
    keys.create("port.example/witness")
    watching.watch(log.origin, [parse_vkey(line) for line in log.vkeys.splitlines()])
    lines = asking.outside.fetch(f"{live_server.url}/witness/policy", limit=65_536, timeout=5).body.decode()
    settings.WITNESS_POLICY = tmp_path / "witnesses.policy"
    settings.WITNESS_POLICY.write_text(f"{lines}quorum port.example/witness\n")
    return f"{live_server.url}/witness/add-checkpoint"


def grow(log, code):
    act(ALMAZ, story.harvest(code))
    return publish(log, index=True)


def test_our_own_witness_cosigns_with_both_keys_as_its_policy_page_says(log, ours):
    first = grow(log, "R-1")
    assert witnessing.ask_due() == 2

    WitnessContact.objects.update(asked_at=None)
    second = grow(log, "R-2")
    assert witnessing.ask_due() == 2

    assert second.size > first.size and queries.witnessed_checkpoint(log) == second
    assert witnessing.vouched(second).names == "port.example/witness"
    types = {parse_vkey(witness.key.vkey).type for witness in witnessing.policy_of(log).witnesses.values()}
    assert types == {KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44}
    assert findings_of(log).counts["cosignatures"] == 4 and findings_of(log).faults == []


def test_our_own_witness_exposes_a_second_history(log, ours):
    """Whoever has the log's key signs another history and shows it to the witness first."""
    checkpoint = grow(log, "R-1")
    forged = sign_checkpoint(Checkpoint(log.origin, checkpoint.size, b"\2" * 32), signers_of(log), checkpoint.signed_at)
    assert asking.outside.post(ours, b"old 0\n\n" + forged, limit=65_536, timeout=5).status == 200

    assert witnessing.ask_due() == 0

    log.refresh_from_db()
    assert log.state == Log.State.FROZEN and "not witnessed" in findings_of(log).notes[0]
    assert ForkAlarm.objects.count() == 1 and not Cosignature.objects.exists()


@contextmanager
def at_work(*duties):
    """``keep`` without a process of its own: each duty in its thread, once a second."""
    stopping = threading.Event()
    threads = [threading.Thread(target=Duty(str(n), do).until, args=[stopping]) for n, do in enumerate(duties)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        connections.close_all()


def until(seconds, true) -> float | None:
    """After how many seconds it was so; None where it was not in time."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if true():
            return passed
        time.sleep(0.05)
    return None


def is_published(event) -> bool:
    return Event.objects.get(pk=event.pk).index is not None


def is_witnessed(event) -> bool:
    index = Event.objects.get(pk=event.pk).index
    newest = queries.witnessed_checkpoint(event.log)
    return index is not None and newest is not None and index < newest.size


@pytest.fixture
def hanging(log, settings, tmp_path):
    """A witness that takes the request and never answers. Gives the requests that it holds."""
    held, let_go = [], threading.Event()

    def answer(path, body):
        held.append(body)
        let_go.wait(60)
        return Answer(503, TEXT, b"")

    with served(answer) as where:
        settings.OUTSIDE_PRIVATE_HOSTS = [where]
        settings.WITNESS_TIMEOUT = 8
        vkey = Witness("Slow", time.time).signers[0].verifier.vkey
        settings.WITNESS_POLICY = tmp_path / "witnesses.policy"
        settings.WITNESS_POLICY.write_text(f"witness Slow {vkey} http://{where}\nquorum Slow\n")
        yield held
        let_go.set()


def recorded_and_published_while_it_hangs(log, held, *duties) -> bool:
    grow(log, "H-0")
    with at_work(*duties):
        assert until(5, lambda: held), "the witness was not asked"
        began = time.monotonic()
        event = act(ALMAZ, story.harvest("H-1"))
        acknowledged = time.monotonic() - began
        return acknowledged < 2 and until(5, lambda: is_published(event)) is not None


def test_a_witness_that_hangs_holds_up_neither_recording_nor_publishing(log, hanging):
    assert recorded_and_published_while_it_hangs(log, hanging, publish_due, witnessing.ask_due)

    log.refresh_from_db()
    assert log.state == Log.State.ACTIVE and not ForkAlarm.objects.exists()
    assert "did not answer within 8 seconds" in WitnessContact.objects.get().trouble


def test_asking_in_the_thread_of_publishing_would_be_noticed(log, hanging):
    """The planted bug of the test above."""

    def both():
        witnessing.ask_due()
        publish_due()

    assert not recorded_and_published_while_it_hangs(log, hanging, both)


def test_from_acknowledged_to_witnessed_on_demand_in_ten_seconds(log, foreign, capsys):  # noqa: F811
    """Also right after the witness was asked, when it would not be asked again for a minute."""
    first = act(ALMAZ, story.harvest("D-1"))
    with at_work(publish_due, witnessing.ask_due):
        assert until(15, lambda: is_witnessed(first)) is not None
        took = []
        for number in range(2, 5):
            event = act(ALMAZ, story.harvest(f"D-{number}"))
            assert witnessing.demand(log)
            took.append(until(20, lambda event=event: is_witnessed(event)))

    with capsys.disabled():
        print(f"\nacknowledged -> witnessed on demand: {', '.join(f'{each:.1f} s' for each in took if each)}")
    assert all(each is not None and each <= 10 for each in took)


def test_without_a_demand_it_is_witnessed_at_the_next_round(log, foreign, settings, capsys):  # noqa: F811
    """The minute made 6 s here: one round, and the same few seconds on top as at the full minute."""
    settings.WITNESS_EVERY = settings.INDEX_EVERY = 6
    first = act(ALMAZ, story.harvest("M-1"))
    with at_work(publish_due, witnessing.ask_due):
        assert until(15, lambda: is_witnessed(first)) is not None
        event = act(ALMAZ, story.harvest("M-2"))
        took = until(30, lambda: is_witnessed(event))

    with capsys.disabled():
        print(f"\nacknowledged -> witnessed at an interval of 6 s: {took:.1f} s")
    assert took <= 6 + 5
