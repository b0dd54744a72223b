"""The bundle that the server makes of a lot: judged by the verifier in Python, which judges as a phone does."""

import gzip
import json
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import brotli
import pytest
from django.db import connection

from provenance.coffee import acts
from provenance.coffee.statement import parse
from provenance.pack.bundle import judge
from provenance.pack.bundle.completeness import hashes
from provenance.pack.bundle.form import jws_of
from provenance.pack.tests.bundles.world import taken_out
from provenance.shelf.keeping.grounds import Grounds
from provenance.shelf.keeping.memory import Memory, Told
from provenance.shelf.proving import bundle as making
from provenance.shelf.proving import standing
from provenance.shelf.proving.bundle import bundle_of
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, BUNDLE, GREEN, PACKED, STATION
from provenance.shelf.views import bundles
from provenance.trail import triggers
from provenance.trail.models import Event, IndexBucket, pk_of
from provenance.trail.services import guarding, publishing, queries, registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.erasing import erase
from provenance.trail.services.recovering import succeed
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import connect


@pytest.fixture
def bag(log):
    return world.build(log)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(bundles, "kept", Memory(bundles.MOST_BYTES))


@pytest.fixture
def tellings(monkeypatch) -> list[str]:
    """The lots whose bundles were made from the trail, and not given again."""
    told: list[str] = []
    make = bundles.bundle_to_keep

    def counted(uri: str):
        told.append(uri)
        return make(uri)

    monkeypatch.setattr(bundles, "bundle_to_keep", counted)
    return told


def fetched(client) -> dict:
    return json.loads(client.get(BUNDLE).content)


def acts_in(bundle) -> list[str]:
    from provenance.pack.bundle.said import read

    return [read(jws_of(one["statement"])).act for one in bundle["statements"]]


def recall() -> None:
    body = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(body)])


def test_the_bundle_is_fresh_for_seconds_and_open_to_other_sites(client, bag):
    answer = client.get(BUNDLE)

    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, max-age=5"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["lot"] == PACKED


@pytest.mark.parametrize(
    ("accepted", "encoding", "read"),
    [("gzip, deflate, br, zstd", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("", None, bytes)],
)
def test_the_bundle_travels_as_the_phone_takes_it(client, bag, accepted, encoding, read):
    whole = client.get(BUNDLE)

    answer = client.get(BUNDLE, HTTP_ACCEPT_ENCODING=accepted)

    assert answer.get("Content-Encoding") == encoding
    assert answer["Vary"] == whole["Vary"] == "Accept-Encoding"
    assert read(answer.content) == whole.content


def test_a_bundle_says_nothing_twice(client, log):
    """Of twenty farmers: no hash of the log stands twice, and no JSON inside of base64."""
    world.build(log, others=19)

    bundle = fetched(client)

    told = [each for one in bundle["statements"] for each in hashes(one["proof"])]
    assert judge(bundle).outcome == "checked"
    assert len(bundle["statements"]) == 136
    assert len(told) == len(set(told)) < 150, "whole proofs have a thousand"
    assert all('.{"v":1,"jti":' in one["statement"] for one in bundle["statements"])
    assert len(gzip.compress(json.dumps(bundle).encode())) < 400 * len(bundle["statements"])


@pytest.mark.parametrize("name", [UUID(int=0), pk_of(PACKED + "0")])
def test_a_lot_that_nobody_recorded_has_no_bundle(client, bag, name):
    answer = client.get(f"/bundle/{name}.json")

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Nobody has recorded this lot."}
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["x.json", f"{pk_of(PACKED)}", f"{pk_of(PACKED)}.json/", "../bundle.json"])
def test_a_malformed_address_of_a_bundle_is_nothing(client, bag, name):
    assert client.get(f"/bundle/{name}").status_code == 404


def test_the_bundle_holds_all_that_a_phone_asks_for(client, bag):
    verdict = judge(fetched(client))

    assert (verdict.outcome, verdict.code, verdict.params) == ("checked", "checked", verdict.params)
    assert verdict.params["vouched"] == "none"
    assert verdict.memory is not None and verdict.memory["size"] == verdict.params["entries"]


def test_a_crowd_of_farmers_is_judged_whole(client, log):
    world.build(log, others=6)

    assert judge(fetched(client)).outcome == "checked"


def test_a_recall_is_in_the_bundle_as_soon_as_it_is_recorded(client, bag):
    recall()

    verdict = judge(fetched(client))

    assert (verdict.outcome, verdict.code, verdict.params["waiting"]) == ("unchecked", "waiting", 1)
    bag.publish()
    assert judge(fetched(client)).outcome == "checked"
    assert acts_in(fetched(client)).count("recall") == 1


def test_a_recall_taken_out_of_the_bundle_is_missed(client, bag):
    recall()
    bag.publish()
    bundle = fetched(client)
    place = acts_in(bundle).index("recall")
    leaf = bundle["statements"][place]["index"]

    verdict = judge(taken_out(bundle, place))

    assert (verdict.outcome, verdict.code, verdict.at) == ("mismatch", "left_out", (0, leaf))


@pytest.mark.parametrize("way", ["withdrawn", "taken back"])
def test_the_end_of_a_places_certificate_taken_out_of_the_bundle_is_missed(client, bag, way):
    auditor = registry.register_party(kind="organisation", roles=["auditor"], name="Fabula Audits", country="CH")
    term = {"scheme": "Organic", "chain": "segregated", "valid_from": date(2026, 1, 1), "valid_to": date(2099, 1, 1)}
    [said] = record_acts(auditor, [Draft(acts.Certify(at=world.at(2, 1), site=STATION, **term))])
    ended = {"at": world.at(4, 1), "certificate": said.event_id, "since": date(2026, 4, 1), "reason": "breach"}
    original = {"original": parse(bytes(said.statement)).event, "original_act": "certify"}
    ends = {
        "withdrawn": acts.Withdraw(site=STATION, **ended),
        "taken back": acts.Correct(declared_at=world.at(4, 1), reason="did_not_occur", **original),
    }
    [end] = record_acts(auditor, [Draft(ends[way])])
    bag.publish()
    bundle = fetched(client)
    assert judge(bundle).outcome == "checked"

    verdict = judge(taken_out(bundle, acts_in(bundle).index(ends[way].name)))

    assert (verdict.outcome, verdict.code) == ("mismatch", "left_out")
    assert verdict.at == (0, Event.objects.get(pk=end.pk).index)
    assert verdict.params["id"] == said.event_id


def test_recalls_of_other_lots_and_ended_keys_are_in_every_bundle(client, bag):
    other = world.farmers(1)[0]
    taken_in = world.deliver(*other, world.lot_uri(world.HOST, acts.Form.CHERRY, "Z-9"), 60 * world.KG, 16)
    lot = next(iter(taken_in[0].subjects.filter(kind="lot").values_list("uri", flat=True)))
    body = acts.Recall(at=world.at(11, 5), site=other[1], lots=(lot,), reason="quality")
    record_acts(other[0], [Draft(body)])
    bag.publish()

    bundle = fetched(client)

    assert "recall" in acts_in(bundle)
    assert judge(bundle).outcome == "checked"


def test_what_waits_for_the_index_is_not_called_complete(client, bag):
    recall()
    publishing.publish(bag.log)

    verdict = judge(fetched(client))

    assert (verdict.outcome, verdict.code, verdict.memory) == ("unchecked", "not_indexed", None)


@contextmanager
def as_an_intruder():
    """With the database's password, the triggers are no hindrance."""
    # PostgreSQL alters no table whose deferred checks still wait.
    connection.check_constraints()
    triggers.lift(connection)
    yield
    connection.check_constraints()
    triggers.install(connection)


def test_an_index_that_is_not_kept_any_more_is_no_fraud(client, bag):
    with as_an_intruder():
        IndexBucket.objects.all().delete()

    verdict = judge(fetched(client))

    assert (verdict.outcome, verdict.code) == ("unchecked", "not_indexed")


def test_a_changed_statement_is_named_by_its_leaf(client, bag):
    event = bag.events["roasted"]
    with as_an_intruder():
        Event.objects.filter(pk=event.pk).update(statement=bytes(event.statement)[:-3] + b"AAA")

    verdict = judge(fetched(client))

    leaf = Event.objects.select_related("leaf").get(pk=event.pk).index
    assert (verdict.outcome, verdict.step, verdict.at) == ("mismatch", "statement", (0, leaf))


def tile_of(client):
    def read(path: str) -> bytes | None:
        answer = client.get("/" + path.partition("/")[2])
        return answer.content if answer.status_code == 200 else None

    return read


def test_the_tiles_prove_that_the_log_only_grew(client, bag):
    memory = judge(fetched(client)).memory
    world.farmers(2)
    bag.publish()

    verdict = judge(fetched(client), memory=memory, read_tile=tile_of(client))

    # Only that page's own news makes it take a newer checkpoint than the newest that is indexed: this one is.
    assert verdict.outcome == "checked"
    assert verdict.memory["size"] > memory["size"]


def test_another_history_is_told_with_both_checkpoints(client, bag):
    memory = judge(fetched(client)).memory
    bag.publish()
    world.farmers(1)
    bag.publish()

    verdict = judge(fetched(client), memory={**memory, "root": "A" * 43 + "="}, read_tile=tile_of(client))

    assert (verdict.outcome, verdict.code) == ("mismatch", "another_history")
    assert verdict.contradiction == (memory["note"], fetched(client)["checkpoint"])


def test_a_succeeded_log_is_followed(client, bag):
    memory = judge(fetched(client)).memory
    guarding.forget()
    second = succeed(bag.log)
    recall()
    publishing.publish(second, index=True)

    verdict = judge(fetched(client), memory=memory, read_tile=tile_of(client))

    assert (verdict.outcome, verdict.code, verdict.memory["log"]) == ("checked", "checked_anew", 1)
    assert verdict.params["first"] == memory["size"]


def test_witnesses_are_in_the_bundle(client, bag, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative", "ACME_Importers")
    assert judge(fetched(client)).params["vouched"] == "not_yet"
    publishing.publish(log, index=True)
    assert ask_due() == 2

    told = judge(fetched(client)).params

    assert (told["vouched"], told["names"]) == ("witnessed", ["Port Cooperative", "ACME Importers"])


def test_the_newest_witnessed_checkpoint_is_shown_where_it_holds_all_of_the_lot(
    client, bag, log, settings, tmp_path, monkeypatch
):
    connect(log, settings, tmp_path, monkeypatch, "Port")
    publishing.publish(log, index=True)
    ask_due()
    witnessed = queries.witnessed_checkpoint(log)
    world.farmers(1)
    publishing.publish(log)

    assert fetched(client)["checkpoint"].split("\n")[1] == str(witnessed.size)


def test_a_bundle_asks_the_database_a_bounded_number_of_times(bag, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        assert bundle_of(PACKED) is not None


# --- given again, and never older than what is recorded --------------------------------------------------------------


def test_a_bundle_is_made_once_whatever_its_address_ends_in(client, bag, tellings, django_assert_num_queries):
    first = client.get(BUNDLE, HTTP_ACCEPT_ENCODING="br").content
    with django_assert_num_queries(4):
        again = client.get(f"{BUNDLE}?anew=1", HTTP_ACCEPT_ENCODING="br", HTTP_ACCEPT_LANGUAGE="de").content
    plain = client.get(f"{BUNDLE}?anew=2").content

    assert tellings == [PACKED]
    assert again == first and brotli.decompress(first) == plain
    assert json.loads(plain) == bundle_of(PACKED)


def test_a_bundle_is_compressed_once_for_those_who_only_take_gzip(client, bag, monkeypatch):
    first = client.get(BUNDLE, HTTP_ACCEPT_ENCODING="gzip").content
    monkeypatch.setattr(bundles, "gzip", None)

    assert client.get(BUNDLE, HTTP_ACCEPT_ENCODING="gzip").content == first
    assert gzip.decompress(first) == client.get(BUNDLE).content


def test_each_lot_is_given_its_own_bundle(client, bag, tellings):
    other = f"/bundle/{pk_of(GREEN)}.json"
    for _ in range(2):
        assert (client.get(BUNDLE).json()["lot"], client.get(other).json()["lot"]) == (PACKED, GREEN)

    assert tellings == [PACKED, GREEN]


def test_what_is_recorded_elsewhere_and_not_published_leaves_a_bundle_as_it_is(client, bag, tellings):
    before = fetched(client)
    world.farmers(1)

    assert fetched(client) == before
    assert tellings == [PACKED]


def recalled(bag, log):
    recall()


def recalled_and_published(bag, log):
    recall()
    bag.publish()


def published(bag, log):
    world.farmers(1)
    bag.publish()


def key_ended(bag, log):
    kid = bag.events["graded"].kid
    act = acts.RevokeKey(kid=kid, since=world.at(2, 1), from_index=1, reason="stolen")
    registry.revoke_key(act, by=log.operator)


def erased(bag, log):
    erase(ALMAZ, by=log.operator)


def erased_and_published(bag, log):
    erase(ALMAZ, by=log.operator)
    bag.publish()


@pytest.mark.parametrize(
    "happens", [recalled, recalled_and_published, published, key_ended, erased, erased_and_published]
)
def test_a_bundle_that_would_be_another_is_made_anew(client, bag, log, tellings, happens):
    before = fetched(client)
    assert fetched(client) == before
    happens(bag, log)

    now = fetched(client)

    assert now == bundle_of(PACKED) != before
    assert tellings == [PACKED, PACKED]


def test_a_new_cosignature_is_in_the_very_next_bundle(client, bag, log, settings, tmp_path, monkeypatch, tellings):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative")
    publishing.publish(log, index=True)
    before = [fetched(client) for _ in range(2)][-1]
    assert ask_due() == 1

    now = fetched(client)

    assert tellings == [PACKED, PACKED]
    assert now["checkpoint"].startswith(before["checkpoint"]) and "Port_Cooperative" in now["checkpoint"]
    assert "Port_Cooperative" not in before["checkpoint"]


def test_other_witnesses_in_the_policy_are_in_the_very_next_bundle(client, bag, monkeypatch):
    fetched(client)
    for module in (making, standing):
        monkeypatch.setattr(module, "witness_lines", lambda: "witness another\nquorum another\n")

    assert fetched(client)["policy"] == "witness another\nquorum another\n"


def test_what_waits_is_made_each_time(client, bag, tellings):
    recall()
    first, second = fetched(client), fetched(client)

    assert first == second and tellings == [PACKED, PACKED]
    assert len(bundles.kept) == 0


def test_what_was_recorded_while_a_bundle_was_made_is_in_the_next(client, bag, monkeypatch):
    """Between the statements and their proofs: the bundle itself may lack it, and is not given again."""
    read, overtook = making.grounds_of, []

    def overtaken(found):
        if not overtook:
            overtook.append(recall())
        return read(found)

    monkeypatch.setattr(making, "grounds_of", overtaken)
    assert "recall" not in acts_in(fetched(client))

    assert acts_in(fetched(client)).count("recall") == 1


def test_what_was_published_while_a_bundle_was_made_is_in_the_next(client, bag, monkeypatch):
    read, overtook = making._shown, []

    def overtaken(events):
        if not overtook:
            overtook.append(world.farmers(1))
            bag.publish()
        return read(events)

    monkeypatch.setattr(making, "_shown", overtaken)
    before = fetched(client)

    assert fetched(client) == bundle_of(PACKED) != before


def no_grounds(monkeypatch):
    monkeypatch.setattr(Grounds, "stand", True)


def no_checkpoints(monkeypatch):
    monkeypatch.setattr(standing.Standing, "holds", lambda self: self.grounds.stand)


def no_lines_of_witnesses(monkeypatch):
    def holds(self):
        carried = standing.checkpoints_of(standing.series_of(self.newest), self.newest)
        return all(note.startswith(one.note) for note, one in zip(self.notes, carried, strict=True))

    monkeypatch.setattr(standing.Standing, "holds", holds)


def no_lot(monkeypatch):
    take = Memory.take
    monkeypatch.setattr(Memory, "take", lambda self, key, tell: take(self, "", tell))


def no_values(monkeypatch):
    monkeypatch.setattr(Grounds, "with_values", lambda self, digests: self)


def stale_after_a_recall(client, bag, log, connect_witness):
    fetched(client)
    recall()
    return fetched(client) != bundle_of(PACKED)


def stale_after_an_index(client, bag, log, connect_witness):
    fetched(client)
    published(bag, log)
    return fetched(client) != bundle_of(PACKED)


def stale_after_a_cosignature(client, bag, log, connect_witness):
    connect_witness()
    fetched(client)
    ask_due()
    return "Port" not in fetched(client)["checkpoint"].split("\n\n")[1]


def of_another_lot(client, bag, log, connect_witness):
    fetched(client)
    return client.get(f"/bundle/{pk_of(GREEN)}.json").json()["lot"] == PACKED


def stale_after_an_erasure(client, bag, log, connect_witness):
    fetched(client)
    erased(bag, log)
    return fetched(client) != bundle_of(PACKED)


PLANTED = [
    (no_grounds, stale_after_a_recall),
    (no_checkpoints, stale_after_an_index),
    (no_lines_of_witnesses, stale_after_a_cosignature),
    (no_lot, of_another_lot),
    (no_values, stale_after_an_erasure),
]


@pytest.fixture
def connect_witness(log, settings, tmp_path, monkeypatch):
    def connected():
        connect(log, settings, tmp_path, monkeypatch, "Port")
        publishing.publish(log, index=True)

    return connected


@pytest.mark.parametrize(("planted", "wrong"), PLANTED)
def test_without_a_part_of_the_proof_bundles_go_wrong(client, bag, log, connect_witness, monkeypatch, planted, wrong):
    """Planted bugs: each is seen, and what sees it finds nothing wrong where there is none."""
    planted(monkeypatch)

    assert wrong(client, bag, log, connect_witness)


@pytest.mark.parametrize("wrong", [wrong for _, wrong in PLANTED])
def test_with_the_whole_proof_nothing_goes_wrong(client, bag, log, connect_witness, wrong):
    assert not wrong(client, bag, log, connect_witness)


def test_a_memory_holds_no_more_than_it_has_room_for_and_nothing_for_longer_than_a_minute(monkeypatch):
    memory: Memory[str] = Memory(100)
    for number in range(5):
        memory.take(number, lambda: Told("told", 40, lambda: True))
    assert (len(memory), memory.size) == (2, 80)
    assert memory.take(4, lambda: Told("anew", 40, lambda: True)) == "told"
    memory.take("as large as that", lambda: Told("told", 101, lambda: True))
    assert len(memory) == 0

    memory.take("old", lambda: Told("told", 40, lambda: True, since=-1000.0))
    assert memory.take("old", lambda: Told("anew", 40, lambda: True)) == "anew"
    assert memory.take("unproved", lambda: Told("told", 40, lambda: False)) == "told"
    assert memory.take("unproved", lambda: Told("anew", 40)) == "anew"
