"""What a stranger learns from the log's index, with nothing but the log's keys."""

import json
from base64 import b64decode
from urllib.parse import quote

import pytest
from django.db import connection
from django.urls import reverse

from provenance.audit.tests.conftest import BAGS, CHERRY, NOON
from provenance.coffee.acts import Correct, Grade, Index, Recall
from provenance.coffee.indexing import KINDS
from provenance.coffee.statement import decode_b64url, parse, verify
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.index import Naming, Proof, check_list, check_proof, key_of
from provenance.tlog.keys import parse_vkey
from provenance.tlog.proofs import check_inclusion
from provenance.trail.models import Event, IndexBucket, Key, Party, Site
from provenance.trail.services import listing
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def indexed(trail, almaz, wote):
    """The trail with a recall, and a grade that was taken back, under an index; then one leaf more."""
    grade = Grade(at=NOON, site=wote.site, lot=CHERRY, protocol="SCA 2004", results=(("score_centi", 8_650),))
    recall = Recall(at=NOON, site=wote.site, lots=(CHERRY,), reason="quality")
    graded, _ = record_acts(wote.party, [Draft(grade), Draft(recall)])
    event = parse(bytes(graded.statement)).event
    taken_back = Correct(original=event, original_act="grade", declared_at=NOON, reason="did_not_occur")
    record_acts(wote.party, [Draft(taken_back)])
    publish(trail.log, index=True)
    record_acts(wote.party, [Draft(Recall(at=NOON, site=wote.site, lots=(CHERRY,), reason="labelling"))])
    publish(trail.log)
    return trail


def ask(client, kind: str, name: str):
    return client.get(f"/log/main/1/index/{kind}/{quote(name, safe='')}")


def told(client, log, kind: str, name: str) -> list[int]:
    """The leaves that the answer lists, after everything in it was checked."""
    response = ask(client, kind, name)
    assert response.status_code == 200 and response["Access-Control-Allow-Origin"] == "*"
    answer = json.loads(response.content)
    keys = [parse_vkey(line) for line in log.vkeys.splitlines()]
    checkpoint, _ = open_checkpoint(answer["checkpoint"].encode(), keys, origin=log.origin, every_key=True)
    assert answer["checkpoint"] == client.get("/log/main/1/checkpoint").content.decode()
    leaf = answer["index_leaf"]
    statement = parse(leaf["statement"].encode())
    proof = [b64decode(each) for each in leaf["proof"]]
    check_inclusion(leaf["index"], checkpoint.size, leaf_hash(statement.jws), proof, checkpoint.root)
    verify(statement, decode_b64url(Key.objects.get(kid=statement.kid).x.encode(), "x"))
    assert isinstance(statement.body, Index) and statement.body.upto == leaf["index"] == checkpoint.size - 2
    path = tuple(b64decode(each) for each in answer["path"])
    root = decode_b64url(statement.body.root.encode(), "root")
    record = check_proof(key_of(kind, name), Proof(b64decode(answer["bucket"]["records"]), path), root)
    assert answer["count"] == record.leaves
    hashes = dict(Event.objects.filter(leaf__log=log).values_list("leaf__index", "leaf_hash"))
    check_list(record, [Naming(index, bytes(hashes[index])) for index in answer["leaves"]])
    return answer["leaves"]


def leaves(log, **where) -> list[int]:
    return sorted(Event.objects.filter(leaf__log=log, **where).values_list("leaf__index", flat=True))


def test_everybody_gets_a_lots_leaves_with_the_proof_that_there_are_no_others(client, indexed, wote):
    log = indexed.log

    assert len(told(client, log, "lot", CHERRY)) == 7
    assert told(client, log, "lot", BAGS) == leaves(log, act="pack")
    assert told(client, log, "act", "recall") == leaves(log, act="recall")[:1]
    assert told(client, log, "act", "lift_recall") == told(client, log, "lot", "https://nobody.example") == []
    assert set(leaves(log, kid=Key.objects.get(party=wote.party).kid)[:-1]) < set(
        told(client, log, "party", wote.party)
    )


def test_an_events_leaves_are_its_own_and_those_about_it_and_a_keys_all_that_it_signed(client, indexed, wote):
    log, graded = indexed.log, Event.objects.get(act="grade")
    kid = Key.objects.get(party=wote.party).kid
    dispatched = Event.objects.filter(act="dispatch").order_by("pk").first()

    assert told(client, log, "event", graded.event_id) == leaves(log, act__in=["grade", "correct"])
    assert told(client, log, "event", dispatched.event_id) == [
        dispatched.leaf.index,
        Event.objects.filter(act="receive").order_by("pk").first().leaf.index,
    ]
    assert told(client, log, "event", "no id") == []
    registered = Key.objects.get(kid=kid).event.leaf.index
    assert told(client, log, "kid", kid) == [registered, *leaves(log, kid=kid)[:-1]]


def test_whatever_is_registered_lists_every_leaf_that_registers_it(client, indexed, wote):
    log = indexed.log
    key = Key.objects.get(party=wote.party)
    operator = Key.objects.get(party=log.operator)

    assert told(client, log, "registered", wote.party) == [Party.objects.get(uri=wote.party).event.leaf.index]
    assert told(client, log, "registered", wote.site) == [Site.objects.get(uri=wote.site).event.leaf.index]
    assert told(client, log, "registered", key.kid) == [key.event.leaf.index]
    assert told(client, log, "registered", operator.kid) == [0]
    # Genesis names it, and then it said what kind of party it is.
    assert told(client, log, "registered", log.operator) == [0, Party.objects.get(uri=log.operator).event.leaf.index]
    assert told(client, log, "registered", CHERRY) == []


def test_too_many_leaves_are_counted_and_not_listed(client, indexed, monkeypatch):
    monkeypatch.setattr(listing, "MOST_LISTED", 3)

    answer = json.loads(ask(client, "lot", CHERRY).content)

    assert (answer["count"], answer["leaves"]) == (7, None)


def test_acts_that_concern_all_lots_are_listed_and_others_only_counted(client, indexed):
    answer = json.loads(ask(client, "act", "harvest").content)

    assert (answer["count"], answer["leaves"]) == (Event.objects.filter(act="harvest").count(), None)
    assert json.loads(ask(client, "act", "sell").content)["leaves"] == []


def test_they_are_found_without_looking_through_the_log(log):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    assert "event_of_all_lots" in listing.of_all_lots(log).explain()
    assert "event_of_all_lots" not in Event.objects.filter(log=log, act="harvest").explain()


def refused(response, status: int) -> str:
    assert response.status_code == status and response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    return body.get("detail") or str(body["errors"])


def test_what_cannot_be_answered_is_said_plainly(client, trail):
    assert refused(ask(client, "lot", BAGS), 409) == "The log has no index yet. Try again in a minute."
    publish(trail.log, index=True)
    assert "It is one of lot, event, kid, party, act, registered." in refused(ask(client, "bag", BAGS), 400)
    assert refused(client.get("/log/other/1/index/lot/x"), 404) == "This server keeps no such log."
    assert json.loads(ask(client, "lot", "a\x00b").content)["leaves"] == []
    IndexBucket.objects.update(records=b"")
    assert refused(ask(client, "lot", BAGS), 409) == "The log's index is being made anew. Try again in a minute."


def test_the_documentation_names_it(client):
    operation = json.loads(client.get(reverse("audit:schema")).content)["paths"][
        "/log/{name}/{number}/index/{kind}/{id}"
    ]
    kind = next(each for each in operation["get"]["parameters"] if each["name"] == "kind")

    assert sorted(kind["schema"]["enum"]) == sorted(KINDS)
    assert "/index/{kind}/{id}" in client.get(reverse("audit:documentation")).content.decode()
