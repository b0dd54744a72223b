"""Our log before a witness that others have written, over a real connection."""

import subprocess
import sys

import pytest
from django.utils import timezone

from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.policy import parse_policy
from provenance.trail.models import ForkAlarm, Log, WitnessContact
from provenance.trail.services import queries, witnessing
from provenance.trail.services.logs import signers_of
from provenance.trail.services.publishing import publish
from provenance.trail.services.witnessing import asking
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, act

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreign(log, settings, tmp_path):
    """It runs, it knows our log, and our policy names it alone. Gives its address."""
    command = [
        sys.executable,
        "-m",
        "provenance.trail.tests.foreign_witness",
        tmp_path / "state.json",
        "abroad.example/w",
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR)
    # It knows keys of type 0x01 only and passes over our second line.
    process.stdin.write(log.vkeys.splitlines()[0])
    process.stdin.close()
    port, vkey = process.stdout.readline().split()
    where = f"127.0.0.1:{port}"
    settings.OUTSIDE_PRIVATE_HOSTS = [where]
    settings.WITNESS_POLICY = tmp_path / "witnesses.policy"
    settings.WITNESS_POLICY.write_text(f"witness Abroad {vkey} http://{where}\nquorum Abroad\n")
    yield f"http://{where}"
    process.kill()
    process.wait()
    process.stdout.close()


def grow(log, code):
    act(ALMAZ, story.harvest(code))
    return publish(log, index=True)


def test_a_foreign_witness_cosigns_our_log_as_it_grows(log, foreign):
    first = grow(log, "F-1")
    assert witnessing.ask_due() == 1

    WitnessContact.objects.update(asked_at=None)
    second = grow(log, "F-2")
    assert witnessing.ask_due() == 1

    assert second.size > first.size and queries.witnessed_checkpoint(log) == second
    policy = parse_policy(witnessing.policy_text(log))
    trusted = policy.check(witnessing.cosigned(second).encode())
    assert abs(trusted.witnesses["Abroad"] - timezone.now().timestamp()) < 60


def test_a_foreign_witness_that_is_ahead_of_our_memory_refills_us(log, foreign):
    grow(log, "F-1")
    witnessing.ask_due()
    WitnessContact.objects.all().delete()
    second = grow(log, "F-2")

    assert witnessing.ask_due() == 1
    assert queries.witnessed_checkpoint(log) == second


def test_a_foreign_witness_that_was_shown_another_history_freezes_the_log(log, foreign):
    """The log key is in the wrong hands: somebody else's checkpoint of the same log went to the witness first."""
    checkpoint = grow(log, "F-1")
    forged = sign_checkpoint(Checkpoint(log.origin, checkpoint.size, b"\2" * 32), signers_of(log), checkpoint.signed_at)
    answer = asking.outside.post(f"{foreign}/add-checkpoint", b"old 0\n\n" + forged, limit=65_536, timeout=5)
    assert answer.status == 200

    assert witnessing.ask_due() == 0

    log.refresh_from_db()
    assert log.state == Log.State.FROZEN and ForkAlarm.objects.get().source == "witness Abroad"
