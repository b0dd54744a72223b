"""``verify_trail`` on what witnesses have signed."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from provenance.trail import triggers
from provenance.trail.models import Cosignature, Log
from provenance.trail.services import queries, witnessing
from provenance.trail.services.publishing import publish
from provenance.trail.services.verifying import findings_of, witnesses
from provenance.trail.services.witnessing.asking import Round
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, act
from provenance.trail.tests.witnesses import Witness, write_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_by(log, settings, tmp_path):
    """The policy wants both; a callable makes the named ones cosign the newest checkpoint."""
    pair = [Witness(name, lambda: timezone.now().timestamp()).knows(log) for name in ("Port", "ACME")]
    write_policy(settings, tmp_path, pair)

    def cosign(*names):
        checkpoint = queries.latest_checkpoint(log)
        for witness in pair:
            if witness.name in names:
                witness.size = 0
                answer = witness.answer(f"old 0\n\n{checkpoint.note}".encode())
                desk = next(d for d in witnessing.desks_of(witnessing.policy_of(log)) if d.name == witness.name)
                for kid, (day, line) in Round(log, checkpoint, timezone.now())._verified(desk, answer.body):
                    Cosignature.objects.create(checkpoint=checkpoint, kid=kid, day=day, line=line)
        return checkpoint

    return cosign


def grow(log, code):
    act(ALMAZ, story.harvest(code))
    return publish(log)


def faults(log):
    return [fault.what for fault in findings_of(log).faults]


def test_the_quorum_is_reported(log, signed_by):
    checkpoint = grow(log, "V-1")
    assert findings_of(log).notes == [
        f"No checkpoint meets the quorum; {checkpoint.size} leaves are not witnessed yet."
    ]

    signed_by("Port", "ACME")
    grow(log, "V-2")

    found = findings_of(log)
    assert found.notes == [
        f"The newest checkpoint that meets the quorum is at size {checkpoint.size}; 1 leaf is not witnessed yet."
    ]
    assert found.faults == [] and found.counts["cosignatures"] == 2


def test_without_witnesses_that_is_said_and_is_no_fault(log):
    grow(log, "V-1")

    found = findings_of(log)
    assert found.faults == []
    assert found.notes == ["The policy asks for no witness: nobody outside vouches for this log."]


def test_what_waits_too_long_for_the_quorum_is_a_fault(log, signed_by, monkeypatch, capsys):
    checkpoint = grow(log, "V-1")
    signed_by("Port", "ACME")
    grow(log, "V-2")
    signed_by("Port")
    assert faults(log) == []

    moment = timezone.now() + timedelta(hours=24, seconds=2)
    monkeypatch.setattr(witnesses.timezone, "now", lambda: moment)

    [fault] = faults(log)
    assert fault.startswith(f"Leaves from {checkpoint.size} on wait for the quorum since ")
    with pytest.raises(CommandError, match=r"^1 fault\.$"):
        call_command("verify_trail")
    assert "1 leaf is not witnessed yet." in capsys.readouterr().out
    Log.objects.update(state=Log.State.RETIRED)
    assert faults(Log.objects.get()) == []


def tampered(row, **changes):
    # PostgreSQL alters no table that has checks of this transaction open.
    connection.check_constraints()
    triggers.lift(connection)
    Cosignature.objects.filter(pk=row.pk).update(**changes)
    connection.check_constraints()
    triggers.install(connection)


def test_every_change_to_a_cosignature_is_found(log, signed_by):
    earlier = grow(log, "V-1")
    signed_by("Port", "ACME")
    later = grow(log, "V-2")
    signed_by("Port", "ACME")
    port, acme = Cosignature.objects.filter(checkpoint=later).order_by("pk")
    old = Cosignature.objects.get(checkpoint=earlier, kid=port.kid)
    what = f"The cosignature of Port at size {later.size} is "
    line = port.line
    cases = {
        "not its: The Ed25519 signature does not verify.": {"line": old.line},
        "not one line of its key.": {"line": acme.line},
        "not its: The last signature line does not end in a newline.": {"line": line[:-1]},
        "kept under another day than it bears.": {"line": line, "day": port.day - timedelta(days=1)},
    }
    for words, change in cases.items():
        tampered(port, **change)
        found = findings_of(log)
        assert [fault.what for fault in found.faults] == [what + words]
        assert f"at size {earlier.size}; " in found.notes[0]
    tampered(port, line=line, day=port.day)
    assert faults(log) == []


def test_a_line_that_cannot_be_read_does_not_spoil_the_note_that_is_served(log, signed_by):
    checkpoint = grow(log, "V-1")
    signed_by("Port", "ACME")
    tampered(Cosignature.objects.first(), line="junk")

    assert set(witnessing.witnesses_of(checkpoint)) == {"ACME"}
    assert witnessing.cosigned(checkpoint).count("\n— ") == 3
    assert queries.witnessed_checkpoint(log) is None


def test_cosignatures_of_somebody_whom_the_policy_no_longer_names_are_told(log, signed_by, settings, tmp_path):
    grow(log, "V-1")
    signed_by("Port", "ACME")
    fresh = Witness("Port", lambda: 0)
    write_policy(settings, tmp_path, [fresh])

    notes = findings_of(log).notes
    assert notes[0].startswith("Not looked at: cosignatures of ACME.example/w+")
    assert notes[1].startswith("No checkpoint meets the quorum")


@pytest.mark.parametrize(
    ("bug", "finder"),
    [
        (("_what_is_wrong", lambda log, row, key: None), test_every_change_to_a_cosignature_is_found),
        (("_report_quorum", lambda log, witnessed, findings: None), test_the_quorum_is_reported),
    ],
    ids=["cosignatures not verified", "quorum not reported"],
)
def test_a_planted_bug_is_found(log, signed_by, monkeypatch, bug, finder):
    with monkeypatch.context() as patch:
        patch.setattr(witnesses, *bug)
        with pytest.raises((AssertionError, IndexError)):
            finder(log, signed_by)
