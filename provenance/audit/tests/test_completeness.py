"""A pack as this server makes it, and as somebody would hand it on who has something to hide."""

import json
import zipfile
from datetime import date
from io import BytesIO

import pytest

from provenance.audit.services.packing import pack_of, trust_of
from provenance.audit.services.readers import Reader
from provenance.audit.tests.conftest import CHERRY, HOST, KG, NOON, ROASTED
from provenance.coffee.acts import (
    Certify,
    Confirm,
    Correct,
    Form,
    Harvest,
    LotMass,
    NewLot,
    Process,
    Recall,
    RevokeKey,
    Withdraw,
)
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import parse
from provenance.pack.format import EPCIS, INCLUSION, INDEX, MANIFEST, STATEMENTS
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import Report, verify
from provenance.trail.models import Event, IndexBucket, Key
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.erasing import erase
from provenance.trail.services.publishing import publish

pytestmark = pytest.mark.django_db

GREEN = lot_uri(HOST, Form.GREEN, "G1")
OTHER = lot_uri(HOST, Form.CHERRY, "ELSEWHERE")


@pytest.fixture
def hidden(trail, almaz, wote, kofi) -> dict[str, Event]:
    """What somebody would rather not show, published under an index leaf; among it what concerns other coffee only."""
    recall = Recall(at=NOON, site=wote.site, lots=(GREEN,), reason="quality")
    used = Process(
        at=NOON,
        site=wote.site,
        step="sort_green",
        inputs=(LotMass(lot=GREEN, mass_mg=KG),),
        outputs=(NewLot(lot=lot_uri(HOST, Form.GREEN, "BEST"), mass_mg=KG, form=Form.GREEN),),
    )
    recalled, consumed = record_acts(wote.party, [Draft(recall), Draft(used)])
    taken_back = Correct(
        original=parse(bytes(consumed.statement)).event,
        original_act="process",
        declared_at=NOON,
        reason="did_not_occur",
    )
    (corrected,) = record_acts(wote.party, [Draft(taken_back)])
    harvested = Harvest(at=NOON, site=almaz.site, output=NewLot(lot=OTHER, mass_mg=KG, form=Form.CHERRY))
    elsewhere = Recall(at=NOON, site=almaz.site, lots=(OTHER,), reason="allergen")
    _, other = record_acts(almaz.party, [Draft(harvested), Draft(elsewhere)])
    ended = RevokeKey(kid=Key.objects.get(party=almaz.party).kid, since=NOON, from_index=99, reason="replaced")
    revoked = registry.revoke_key(ended, by=trail.log.operator)
    withdrawn, confirmed = certified(wote)
    stranger = registry.register_party(kind="person", roles=["farmer"], name="A stranger", country="ET")
    [erased], [erased_elsewhere] = (erase(party, by=trail.log.operator) for party in (almaz.party, stranger))
    publish(trail.log, index=True)
    events = {
        "recall": recalled,
        "consumption": consumed,
        "correction": corrected,
        "recall of other coffee": other,
        "end of a key": revoked,
        "end of a certificate": withdrawn,
        "word on a certificate": confirmed,
        "erasure": erased,
        "erasure of other values": erased_elsewhere,
    }
    return {name: Event.objects.select_related("leaf").get(pk=event.pk) for name, event in events.items()}


def certified(wote) -> tuple[Event, Event]:
    """Wote's station was certified, which is withdrawn; and Wote, which it confirms: the end of that, and this word."""
    auditor = registry.register_party(kind="organisation", roles=["auditor"], name="Audits", country="CH")
    term = {"scheme": "Organic", "chain": "segregated", "valid_from": date(2026, 1, 1), "valid_to": date(2099, 1, 1)}
    of_site, of_party = record_acts(
        auditor,
        [
            Draft(Certify(at=NOON, site=wote.site, **term)),
            Draft(Certify(at=NOON, party=wote.party, **term)),
        ],
    )
    ended = {"at": NOON, "certificate": of_site.event_id, "since": date(2026, 6, 1), "reason": "breach"}
    [withdrawn] = record_acts(auditor, [Draft(Withdraw(site=wote.site, **ended))])
    [confirmed] = record_acts(wote.party, [Draft(Confirm(at=NOON, event=of_party.event_id, lots=()))])
    return withdrawn, confirmed


def packed(lot: str, reader) -> BytesIO:
    return BytesIO(b"".join(pack_of([lot], Reader.of(reader)).stream()))


def report_on(trail, pack: BytesIO) -> Report:
    with PackFile(pack) as opened:
        return verify(opened, parse_trust(trust_of(trail.log)))


def taken_out(pack: BytesIO, leaf: int) -> BytesIO:
    """Without that statement: its line, its proof, its EPCIS event and its count are gone."""
    made = BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(made, "w") as new:
        files = {name: old.read(name) for name in old.namelist()}
        lines = files[STATEMENTS].splitlines(keepends=True)
        (place,) = [at for at, line in enumerate(lines) if json.loads(line)["index"] == leaf]
        gone = parse(json.loads(lines[place])["jws"].encode()).event
        del lines[place]
        files[STATEMENTS] = b"".join(lines)
        proofs = files[INCLUSION].splitlines(keepends=True)
        files[INCLUSION] = b"".join(line for line in proofs if json.loads(line)["index"] != leaf)
        document = json.loads(files[EPCIS])
        document["epcisBody"]["eventList"] = [
            event for event in document["epcisBody"]["eventList"] if not same(event, gone)
        ]
        files[EPCIS] = json.dumps(document).encode()
        manifest = json.loads(files[MANIFEST])
        files[MANIFEST] = json.dumps(manifest | {"statements": manifest["statements"] - 1}).encode()
        for name, data in files.items():
            new.writestr(name, data)
    return made


def same(event: dict, other: dict | None) -> bool:
    """A correction has its original's id; its declaration tells them apart."""
    if other is None:
        return False
    return event["eventID"] == other["eventID"] and ("errorDeclaration" in event) == ("errorDeclaration" in other)


def test_a_pack_says_that_it_is_complete(trail, hidden, nadia):
    report = report_on(trail, packed(ROASTED, nadia))

    assert report.faults == []
    assert report.complete == report.size - 1 > max(event.index for event in hidden.values())
    with PackFile(packed(ROASTED, nadia)) as pack:
        held = {entry.index for entry in pack.entries()}
        bare = [entry for entry in pack.entries() if entry.index == hidden["recall of other coffee"].index]
    assert {event.index for event in hidden.values()} <= held
    assert bare[0].disclosures == ()
    # What is gone of the farmer's; what the stranger was called is not in here.
    assert report.erased == len(parse(bytes(hidden["erasure"].statement)).body.digests)


@pytest.mark.parametrize(
    ("what", "whose"),
    [
        ("recall", f"the lot {GREEN}"),
        ("recall", "all recalls"),
        ("consumption", f"the lot {GREEN}"),
        ("correction", f"the lot {GREEN}"),
        ("recall of other coffee", "all recalls"),
        ("end of a key", "all ended keys"),
        ("end of a certificate", "what is said of {about}"),
        ("word on a certificate", "what is said of {about}"),
        ("erasure", "all erasures"),
        ("erasure of other values", "all erasures"),
    ],
)
def test_a_pack_without_one_of_them_fails_and_names_the_leaf(trail, hidden, nadia, what, whose):
    leaf = hidden[what].index
    body = parse(bytes(hidden[what].statement)).body
    whose = whose.format(about=getattr(body, "certificate", None) or getattr(body, "event", None))

    report = report_on(trail, taken_out(packed(ROASTED, nadia), leaf))

    said = [fault.what for fault in report.faults if fault.index == leaf]
    assert f"It belongs to the list of {whose} and is not in the pack." in said
    assert report.complete is None


def test_what_was_published_since_the_index_makes_a_pack_without_proof_of_completeness(trail, hidden, nadia, wote):
    again = Recall(at=NOON, site=wote.site, lots=(GREEN,), reason="labelling")
    record_acts(wote.party, [Draft(again)])
    publish(trail.log)

    report = report_on(trail, packed(ROASTED, nadia))

    assert report.faults == [] and report.complete is None and report.not_proved
    publish(trail.log, index=True)
    report = report_on(trail, packed(ROASTED, nadia))
    assert report.faults == [] and report.complete == report.size - 1


def test_what_concerns_other_coffee_needs_no_new_index(trail, hidden, nadia, wote):
    size = report_on(trail, packed(ROASTED, nadia)).size
    record_acts(wote.party, [Draft(Recall(at=NOON, site=wote.site, lots=(CHERRY,), reason="quality"))])
    publish(trail.log)

    report = report_on(trail, packed(OTHER, nadia))

    assert (report.size, report.complete, report.faults) == (size, size - 1, [])


def test_a_pack_comes_without_proof_where_the_stored_index_is_damaged(trail, hidden, nadia):
    IndexBucket.objects.update(records=b"")

    with PackFile(packed(ROASTED, nadia)) as pack:
        assert INDEX not in pack._archive.namelist()
    assert report_on(trail, packed(ROASTED, nadia)).not_proved
