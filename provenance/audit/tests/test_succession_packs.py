"""A lot whose statements lie in a retired log and in its successor gives one pack, which shows the succession."""

import json
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from provenance.audit.services.packing import pack_of, trust_of
from provenance.audit.services.readers import Reader
from provenance.audit.tests.conftest import BAGS, CHERRY, KG, NOON, ROASTED
from provenance.coffee.acts import LotMass as Line
from provenance.coffee.acts import Recall, Sell
from provenance.coffee.statement import parse
from provenance.pack.format import UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import verify
from provenance.tlog.checkpoint import Checkpoint as Note
from provenance.tlog.cosignature import cosign
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.tlog.note import parse_note
from provenance.tlog.policy import parse_policy
from provenance.trail.models import Checkpoint, Cosignature, Event
from provenance.trail.services import guarding
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.fence import Fence
from provenance.trail.services.publishing import publish
from provenance.trail.services.recovering import succeed

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(trail, kofi, monkeypatch):
    """The bags are packed in log 1, sold in log 2 and recalled in log 3; a trust file from the days of log 1."""
    guarding.forget()
    trust = parse_trust(trust_of(trail.log))
    second = succeed(trail.log)
    sale = Sell(at=NOON, site=kofi.site, lines=(Line(lot=BAGS, mass_mg=KG),))
    record_acts(kofi.party, [Draft(sale)])
    publish(second, index=True)
    third = succeed(second)
    record_acts(kofi.party, [Draft(Recall(at=NOON, site=kofi.site, lots=(BAGS,), reason="quality"))])
    publish(third, index=True)
    yield trail.log, second, third, trust
    guarding.forget()


@pytest.fixture
def packed(series, nadia):
    return b"".join(pack_of([BAGS], Reader.of(nadia)).stream())


def checked(data, trust):
    with PackFile(BytesIO(data)) as pack:
        return verify(pack, trust)


def rewritten(data, change):
    """The pack with ``change`` made to its files; what it gives None for is left out."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if (content := change(name, old.read(name))) is not None:
                new.writestr(name, content)
    return target.getvalue()


def acts_in(data):
    with PackFile(BytesIO(data)) as pack:
        return [(entry.index, parse(entry.jws).act) for entry in pack.entries()]


def test_the_pack_holds_all_three_logs_and_verifies_under_a_trust_file_of_the_first(series, packed):
    first, second, third, trust = series

    report = checked(packed, trust)

    assert report.faults == [] and report.trusted
    assert report.origin == third.origin
    acts = acts_in(packed)
    assert [act for _, act in acts].count("succession") == 2
    assert (second.first_place, "succession") in acts and (third.first_place, "succession") in acts
    assert [act for place, act in acts if place > third.first_place] == ["recall", "index"]
    assert "sell" in [act for place, act in acts if second.first_place < place < third.first_place]
    assert any("RECALLED" in note for note in report.notes)
    assert report.complete is None and f"since {third.origin} began" in report.not_proved
    assert checked(packed, parse_trust(trust_of(third))).trusted
    assert checked(packed, None).faults == []


def test_what_was_lost_with_the_retired_log_is_told(trail, nadia):
    guarding.forget()
    size = Checkpoint.objects.order_by("size").last().size
    Fence.of(trail.log).replace(Note(trail.log.origin, size + 4, bytes(32)))
    succeed(trail.log, lost=4)

    report = checked(b"".join(pack_of([BAGS], Reader.of(nadia)).stream()), parse_trust(trust_of(trail.log)))

    assert report.faults == []
    assert any(f"retired at {size} leaves" in note and "4 further ones were lost" in note for note in report.notes)


def test_a_pack_without_the_succession_leaf_is_not_believed(series, packed):
    _, second, _, trust = series
    wanted = b'{"index":%d,' % second.first_place

    def without(name, content):
        lines = content.splitlines(keepends=True)
        return b"".join(line for line in lines if not line.startswith(wanted)) if name.endswith(".jsonl") else content

    faults = [str(fault) for fault in checked(rewritten(packed, without), trust).faults]

    assert any("does not hold the leaf by which localhost:8000/log/main/3" in fault for fault in faults)


def test_a_pack_that_shows_an_older_checkpoint_of_the_retired_log_is_not_believed(series, packed):
    first, _, _, trust = series
    older = Checkpoint.objects.filter(log=first).order_by("size").first()

    def swapped(name, content):
        return older.note if name == "retired/1" else content

    report = checked(rewritten(packed, swapped), trust)

    assert report.faults != []
    assert any("succession" in str(fault) or "follows the last leaf" in str(fault) for fault in report.faults)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda name, content: None if name == "retired/1" else content, "not numbered"),
        (lambda name, content: None if name.startswith("retired/") else content, "not signed with the keys"),
        (lambda name, content: content[:-10] + b"\n" if name == "retired/2" else content, "not signed with the keys"),
    ],
)
def test_a_pack_whose_retired_checkpoints_are_not_those_of_the_series_is_unusable(series, packed, change, match):
    with pytest.raises(UnusablePack, match=match):
        checked(rewritten(packed, change), series[3])


def test_a_changed_statement_of_the_retired_log_is_named_by_its_place(series, packed):
    def changed(name, content):
        if name != "statements.jsonl":
            return content
        lines = [json.loads(line) for line in content.splitlines()]
        line = next(line for line in lines if b'"act":"harvest"' in _payload(line["jws"]))
        line["jws"] = line["jws"][:-4] + ("AAAA" if line["jws"][-4:] != "AAAA" else "BBBB")
        return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)

    faults = checked(rewritten(packed, changed), series[3]).faults

    harvest = Event.objects.get(act="harvest", leaf__log=series[0], uuid=_first_harvest())
    assert any(fault.index == harvest.index for fault in faults)


def test_what_is_left_out_of_the_newest_log_is_named_by_its_place(series, packed):
    recall = next(place for place, act in acts_in(packed) if act == "recall")

    def without(name, content):
        wanted = b'{"index":%d,' % recall
        lines = content.splitlines(keepends=True)
        return b"".join(line for line in lines if not line.startswith(wanted)) if name.endswith(".jsonl") else content

    faults = [(fault.index, fault.what) for fault in checked(rewritten(packed, without), series[3]).faults]

    assert (recall, "It belongs to the list of all recalls and is not in the pack.") in faults


def test_a_retired_log_that_the_readers_witnesses_did_not_see_to_its_end_is_told(series, packed):
    first, second, _, trust = series
    port = NamedSigner("port.example/w1", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(range(32))))
    lines = f"log {first.vkeys.splitlines()[0]}\nwitness port {port.verifier.vkey}\nquorum port\n"

    def witnessed(name, content):
        if name != "checkpoint":
            return content
        return content + cosign(Note.parse(parse_note(content).text), port, 1_800_000_000).line.encode()

    report = checked(rewritten(packed, witnessed), replace(trust, policy=parse_policy(lines.encode())))

    assert report.faults == [] and report.trusted and report.witnessed_at == 1_800_000_000
    told = "was retired at a checkpoint without the cosignatures that you demand"
    assert [note.partition(" ")[0] for note in report.notes if told in note] == [first.origin, second.origin]
    assert not any(told in note for note in checked(packed, trust).notes)


def test_where_the_readers_witnesses_saw_a_retired_log_last_is_told(trail, nadia):
    """Its operator may end it at an old checkpoint: what came after is in no pack, but that is old can be seen."""
    guarding.forget()
    log, port = trail.log, NamedSigner("port.example/w1", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(range(32))))
    publish(log, index=True)
    newest = Checkpoint.objects.filter(log=log).order_by("size").last()
    line = cosign(Note.parse(parse_note(newest.note.encode()).text), port, 1_800_000_000).line
    Cosignature.objects.create(checkpoint=newest, kid="port.example/w1", day=date(2027, 1, 15), line=line)
    succeed(log)
    data = b"".join(pack_of([BAGS], Reader.of(nadia)).stream())
    size = newest.size

    def witnessed(name, content):
        if name != "checkpoint":
            return content
        return content + cosign(Note.parse(parse_note(content).text), port, 1_900_000_000).line.encode()

    lines = f"log {log.vkeys.splitlines()[0]}\nwitness port {port.verifier.vkey}\nquorum port\n"
    trust = replace(parse_trust(trust_of(log)), policy=parse_policy(lines.encode()))
    report = checked(rewritten(data, witnessed), trust)

    assert report.faults == [] and report.complete is None
    told = f"{log.origin} was retired at {size} leaves, which your witnesses cosigned at 2027-01-15 08:00:00 UTC."
    assert any(note.startswith(told) for note in report.notes)


def _payload(jws):
    from provenance.coffee.statement import decode_b64url

    return decode_b64url(jws.split(".")[1].encode(), "payload")


def _first_harvest():
    return Event.objects.filter(act="harvest").order_by("pk").first().uuid


def test_a_trust_file_of_another_series_is_not_satisfied(series, packed):
    trust = replace(series[3], genesis=bytes(32))

    report = checked(packed, trust)

    assert not report.trusted
    assert any("not the one in your trust file" in str(fault) for fault in report.faults)


def test_a_lot_of_the_new_log_only_shows_where_its_log_came_from(series, nadia):
    report = checked(b"".join(pack_of([CHERRY, ROASTED], Reader.of(nadia)).stream()), series[3])

    assert report.faults == [] and report.origin == series[2].origin


def test_the_api_goes_on_with_packs_proofs_and_trust(series, client):
    first, _, third, _ = series
    pack = client.get("/api/lots/B1/pack")
    event = Event.objects.get(act="sell")
    proof = client.get(f"/api/events/{event.uuid}/proof")

    assert pack.status_code == 200 and checked(b"".join(pack.streaming_content), series[3]).faults == []
    assert proof.status_code == 200 and b"localhost:8000/log/main/2\n" in proof.content
    assert client.get("/log/main/3/trust").content.startswith(client.get("/log/main/1/trust").content[:72])
    assert third.origin in client.get("/log/main/3/policy").content.decode()
    assert first.origin in client.get("/log/main/1/checkpoint").content.decode()
