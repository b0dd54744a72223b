"""
Somebody inside has the database, the fence, the log's key and every key that the server holds, and rewrites history.

He records his version anew with the real code and signs it; nothing in it contradicts itself. One table says what
exposes each rewriting: ``verify_trail`` alone, a witness, the log's index, or a phone that kept an old checkpoint.
Planted bugs, each of which must be caught: a witness that checks no proof; a pack that nobody holds against the index.
"""

from dataclasses import dataclass
from io import BytesIO

import pytest
from django.apps import apps
from django.db import connection, transaction

from provenance.audit.services import packing
from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Index
from provenance.coffee.statement import parse
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import Report, verify
from provenance.tlog.canonical import format_base64
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import EMPTY_ROOT
from provenance.tlog.keys import parse_vkey
from provenance.tlog.proofs import check_consistency
from provenance.trail import triggers
from provenance.trail.models import Checkpoint, Event, Log, LogHead
from provenance.trail.services import acting, guarding, proofs, queries, recording
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.fence import Fence
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import Incoming
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.witness.services import cosigning, keys, watching

pytestmark = pytest.mark.django_db

# What the insider keeps; all else is made anew.
KEPT = {"Log", "LogHead", "LogKey", "ServerKey", "SubjectKey"}
ALMAZ = story.PARTY + story.ALMAZ
EXPOSED = {
    # verify_trail, witness, index, phone
    "edits a value without its author's key": ("detects", "refuses", "–", "detects"),
    "edits an event of a key that the server holds": ("–", "refuses", "–", "detects"),
    "drops the last events and goes on": ("–", "refuses", "–", "detects"),
    "goes on from a restored backup": ("–", "refuses", "–", "detects"),
    "reorders": ("–", "refuses", "–", "detects"),
    "inserts into the past": ("–", "refuses", "–", "detects"),
    "shows two views of one size": ("–", "refuses", "–", "detects"),
    "leaves a recall out of a pack": ("–", "–", "detects", "–"),
}


def harvest(code, kg=1, jti=None):
    """Signed with the key that the server holds for Almaz."""
    (incoming,) = acting.sign_drafts(queries.active_log(), ALMAZ, [Draft(story.harvest(code, kg), jti=jti)])
    return incoming.jws


@dataclass
class Scene:
    """An honest log, the witness that cosigned it, and a phone that was shown the same checkpoint."""

    log: Log
    client: object
    phone: Checkpoint
    statements: list[bytes]

    def shown_to_witness(self) -> int:
        """The status of the witness's answer to the newest checkpoint, asked as well as the insider can."""
        newest, old = queries.latest_checkpoint(self.log), self.phone.size
        proof = proofs.consistency(self.log, old, newest.size) if old < newest.size else []
        body = "\n".join([f"old {old}", *map(format_base64, proof), "", newest.note])
        answer = self.client.post("/witness/add-checkpoint", body.encode(), content_type="text/plain")
        return answer.status_code

    def shown_to_phone(self) -> str:
        newest, old = queries.latest_checkpoint(self.log), self.phone
        assert newest.size >= old.size, "the phone would say that proof is withheld"
        try:
            proof = proofs.consistency(self.log, old.size, newest.size)
            check_consistency(old.size, bytes(old.root), newest.size, bytes(newest.root), proof)
        except ProofRefused:
            return "detects"
        return "–"

    def forge(self, statements, *, size=None) -> None:
        """Make these the whole history, with further harvests up to ``size`` (one more than the phone knows)."""
        wipe()
        LogHead.objects.update(size=0, root=EMPTY_ROOT, frontier=b"")
        Fence.of(self.log).path.unlink()
        guarding.forget()
        batch = recording.read([Incoming(statements[0])])
        # Before its genesis a log has neither.
        aud, operator = self.log.aud, self.log.operator
        self.log.aud = self.log.operator = ""
        with transaction.atomic():
            self.log.save()
            recording.verify_signatures(self.log, batch)
            recording.write_batch(self.log, batch)
            self.log.aud, self.log.operator = aud, operator
            self.log.save()
        publish(self.log)
        recording.record([Incoming(jws) for jws in statements[1:]])
        # The last leaf is the index.
        lacking = (size or self.phone.size + 1) - 1 - len(statements)
        record_acts(ALMAZ, [Draft(story.harvest(f"PAD-{n}", 1)) for n in range(lacking)])
        publish(self.log, index=True)


def wipe():
    connection.check_constraints()
    triggers.lift(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for model in apps.get_app_config("trail").get_models():
            if model.__name__ not in KEPT:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
    connection.check_constraints()
    triggers.install(connection)


@pytest.fixture
def scene(log, client):
    """Told, published with its index, and cosigned."""
    story.tell()
    record_acts(ALMAZ, [Draft(story.harvest(f"T-{n}", 1)) for n in range(8)])
    publish(log, index=True)
    keys.create("ngo.example/witness")
    watching.watch(log.origin, map(parse_vkey, log.vkeys.splitlines()))
    return observed(log, client, old=0)


def observed(log, client, old):
    """The newest checkpoint is cosigned, and remembered by the phone."""
    newest = queries.latest_checkpoint(log)
    body = "\n".join([f"old {old}", *map(format_base64, proofs.consistency(log, old, newest.size) if old else []), ""])
    answer = client.post("/witness/add-checkpoint", f"{body}\n{newest.note}".encode(), content_type="text/plain")
    assert answer.status_code == 200, answer.content
    told = Event.objects.filter(log=log).exclude(act=Index.name).order_by("leaf__index")
    return Scene(log, client, newest, [bytes(event.statement) for event in told])


def place_of(scene, code):
    """Where the harvest of this lot stands among the statements."""
    lots = {story.lot(story.Form.CHERRY, code)}
    read = ((at, parse(jws)) for at, jws in enumerate(scene.statements))
    return next(at for at, each in read if each.act == "harvest" and {each.body.output.lot} == lots)


def edit(scene, monkeypatch):
    at = place_of(scene, "T-2")
    head, payload, signature = harvest("T-2", 9, parse(scene.statements[at]).jti).split(b".")
    original = scene.statements[at].split(b".")[2]
    assert original != signature
    # His own software does not look at signatures.
    monkeypatch.setattr(recording, "verify_signatures", lambda *_: None)
    scene.forge(replaced(scene.statements, at, b".".join([head, payload, original])))
    monkeypatch.undo()


def edit_with_key(scene, monkeypatch):
    at = place_of(scene, "T-2")
    scene.forge(replaced(scene.statements, at, harvest("T-2", 9, parse(scene.statements[at]).jti)))


def drop_and_go_on(scene, monkeypatch):
    scene.forge(scene.statements[:-4])


def restore(scene, monkeypatch):
    scene.forge([*scene.statements[: place_of(scene, "T-0")], harvest("AFTER-RESTORE")])


def reorder(scene, monkeypatch):
    first, second = place_of(scene, "T-1"), place_of(scene, "T-4")
    swapped = replaced(scene.statements, first, scene.statements[second])
    scene.forge(replaced(swapped, second, scene.statements[first]))


def insert(scene, monkeypatch):
    at = place_of(scene, "T-1")
    scene.forge([*scene.statements[:at], harvest("LONG-AGO"), *scene.statements[at:]])


def show_two_views(scene, monkeypatch):
    """The first view is what witness and phone know."""
    scene.forge([*scene.statements[:-1], harvest("SECOND-VIEW")], size=scene.phone.size)
    assert queries.latest_checkpoint(scene.log).size == scene.phone.size


def leave_out(scene, monkeypatch):
    """In the database all is as it was; the server's software does not tell everything. The log grows meanwhile."""
    order = packing._in_log_order
    monkeypatch.setattr(packing, "_in_log_order", lambda events: [e for e in order(events) if e.act != "recall"])
    record_acts(ALMAZ, [Draft(story.harvest("LATER", 1))])
    publish(scene.log, index=True)


def replaced(statements, at, jws):
    return [*statements[:at], jws, *statements[at + 1 :]]


REWRITES = dict(
    zip(
        EXPOSED,
        [edit, edit_with_key, drop_and_go_on, restore, reorder, insert, show_two_views, leave_out],
        strict=True,
    )
)


def check_pack(log) -> Report:
    """What the verifier says of the pack of a lot that was recalled, to an auditor whose trust came another way."""
    trust = parse_trust(packing.trust_of(log))
    pack = packing.pack_of([story.WET], Reader((), everything=True))
    with PackFile(BytesIO(b"".join(pack.stream()))) as opened:
        return verify(opened, trust)


def judged(scene, monkeypatch, rewrite):
    """One row of the table."""
    rewrite(scene, monkeypatch)
    trail = "detects" if verify_trail(scene.log) else "–"
    phone = scene.shown_to_phone()
    witness = {200: "–", 409: "refuses", 422: "refuses"}[scene.shown_to_witness()]
    # What is wrong with the statements themselves is not the index's merit.
    lists = [fault.what for fault in check_pack(scene.log).faults if fault.what.startswith("The list of")]
    return trail, witness, "detects" if lists else "–", phone


def test_every_rewriting_is_exposed(log, client, scene, monkeypatch, capsys):
    table = {}
    for name, rewrite in REWRITES.items():
        save = transaction.savepoint()
        fence = Fence.of(log).path.read_bytes()
        with monkeypatch.context() as patched:
            table[name] = judged(scene, patched, rewrite)
        # The triggers come back with the rows.
        transaction.savepoint_rollback(save)
        Fence.of(log).path.write_bytes(fence)
        guarding.forget()

    with capsys.disabled():
        print(f"\n{'insider with database and keys':46} verify_trail  witness  index    phone")
        for name, (trail, witness, index, phone) in table.items():
            print(f"{name:46} {trail:13} {witness:8} {index:8} {phone}")
    assert table == EXPOSED
    assert verify_trail(log) == []


def test_a_recall_that_is_left_out_is_named_by_its_list(scene, monkeypatch):
    assert check_pack(scene.log).faults == []
    leave_out(scene, monkeypatch)

    faults = {fault.what for fault in check_pack(scene.log).faults}

    assert any(what.startswith("The list of all recalls in the pack is not the log's.") for what in faults)
    assert any(what.startswith(f"The list of the lot {story.WET} in the pack is not the log's.") for what in faults)


def test_a_witness_that_checks_no_proof_is_caught(scene, monkeypatch):
    monkeypatch.setattr(cosigning, "check_follows", lambda *_: None)

    reorder(scene, monkeypatch)

    assert scene.shown_to_witness() == 200


def test_a_pack_that_nobody_holds_against_the_index_is_caught(scene, monkeypatch):
    leave_out(scene, monkeypatch)
    monkeypatch.setattr(packing.Pack, "_listings", lambda *_: [])

    report = check_pack(scene.log)

    assert report.faults == [] and report.complete is None and report.not_proved
