"""What auditors get of a log that others witness, and of one that waits for them."""

import json
import subprocess
import sys
from io import BytesIO

import pytest
from django.conf import settings as django_settings

from provenance.audit.tests.conftest import BAGS
from provenance.outside import Unreachable
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import verify
from provenance.tlog.errors import UntrustedCheckpoint
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.policy import parse_policy
from provenance.tlog.proof_file import check_proof, parse_proof
from provenance.trail.models import Cosignature, Event, Pending, WitnessContact, WitnessDemand, pk_of
from provenance.trail.services import witnessing
from provenance.trail.services.publishing import publish
from provenance.trail.services.registry import register_party
from provenance.trail.tests.witnesses import connect

pytestmark = pytest.mark.django_db


@pytest.fixture
def wire(trail, settings, tmp_path, monkeypatch):
    """The policy wants Port and ACME; nobody has asked them yet."""
    return connect(trail.log, settings, tmp_path, monkeypatch, "Port", "ACME")


def witness(log):
    publish(log, index=True)
    WitnessContact.objects.update(asked_at=None)
    return witnessing.ask_due()


def standing(client, event):
    return client.get(f"/api/events/{event.uuid}/standing").json()


def test_the_standing_of_an_event_is_told_to_everybody(client, trail, wire):
    assert standing(client, trail.kept_from_the_log) == {
        "state": "recorded",
        "index": None,
        "witnessed_by": [],
        "witnessed_at": None,
    }
    index = Event.objects.get(pk=trail.harvest.pk).index
    assert standing(client, trail.harvest)["state"] == "published"

    witness(trail.log)

    told = standing(client, trail.harvest)
    assert (told["state"], told["index"], told["witnessed_by"]) == ("witnessed", index, ["Port", "ACME"])
    assert told["witnessed_at"].endswith("Z")
    assert client.get("/api/events/00000000-0000-4000-8000-000000000000/standing").status_code == 404


def test_checkpoint_policy_and_proof_satisfy_the_policy_once_both_have_signed(client, trail, wire):
    policy = parse_policy(client.get("/log/main/1/policy").content)
    assert list(policy.witnesses) == ["Port", "ACME"] and policy.quorum == "needed"
    with pytest.raises(UntrustedCheckpoint):
        policy.check(client.get("/log/main/1/checkpoint").content)

    witness(trail.log)

    assert policy.check(client.get("/log/main/1/checkpoint").content).witnesses.keys() == {"Port", "ACME"}
    proof = parse_proof(client.get(f"/api/events/{trail.harvest.uuid}/proof").content)
    check_proof(proof, leaf_hash(bytes(trail.harvest.statement)), policy)


def test_a_proof_is_made_against_the_newest_witnessed_checkpoint_while_a_newer_one_waits(client, trail, wire):
    witness(trail.log)
    witnessed = client.get("/log/main/1/checkpoint").content
    wire.broken["ACME"] = Unreachable("away")
    register_party(kind="person", roles=["farmer"], name="Late", country="ET")
    publish(trail.log)

    assert client.get("/log/main/1/checkpoint").content != witnessed
    assert parse_proof(client.get(f"/api/events/{trail.harvest.uuid}/proof").content).note == witnessed


def pack_of(client) -> bytes:
    return b"".join(client.get("/api/lots/B1/pack").streaming_content)


def verified(client, data: bytes):
    with PackFile(BytesIO(data)) as pack:
        return verify(pack, parse_trust(client.get("/log/main/1/trust").content))


def test_a_pack_satisfies_the_quorum_of_the_trust_file_only_once_it_is_witnessed(client, trail, wire):
    early = verified(client, pack_of(client))
    assert not early.trusted and any("not witnessed by the quorum needed" in str(fault) for fault in early.faults)
    assert WitnessDemand.objects.filter(log=trail.log).exists()

    assert witness(trail.log) == 2

    late = verified(client, pack_of(client))
    assert late.faults == [] and late.trusted and late.witnesses.keys() == {"Port", "ACME"}
    assert not WitnessDemand.objects.exists()


@pytest.mark.parametrize(("away", "code"), [(None, 0), ("ACME", 1)])
def test_the_verifiers_command_enforces_the_quorum(client, trail, wire, tmp_path, away, code):
    if away:
        wire.broken[away] = Unreachable("away")
    witness(trail.log)
    (tmp_path / "b1.zip").write_bytes(pack_of(client))
    (tmp_path / "trust").write_bytes(client.get("/log/main/1/trust").content)
    command = [sys.executable, "-m", "provenance.pack", "verify", tmp_path / "b1.zip", "--trust", tmp_path / "trust"]

    run = subprocess.run(command, capture_output=True, text=True, cwd=django_settings.BASE_DIR, check=False)

    assert run.returncode == code, run.stdout + run.stderr
    assert ("not witnessed by the quorum" in run.stdout + run.stderr) == bool(away)


def test_fetching_a_pack_that_is_witnessed_demands_nothing(client, trail, wire):
    witness(trail.log)
    while Pending.objects.exists():
        witness(trail.log)

    pack_of(client)

    assert not WitnessDemand.objects.exists() and Cosignature.objects.exists()


def test_the_bundle_of_a_phone_carries_lines_and_policy(client, trail, wire):
    witness(trail.log)

    bundle = json.loads(client.get(f"/bundle/{pk_of(BAGS)}.json").content)

    assert parse_policy(bundle["policy"].encode()).quorum == "needed"
    assert bundle["checkpoint"].count("\n— ") == 4
