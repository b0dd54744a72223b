"""The index leaf in the log: when it is made, what it proves, and how it survives crashes, backlogs and tampering."""

from base64 import urlsafe_b64decode
from importlib import import_module

import pytest
from django.db import connection

from provenance.coffee.acts import Index
from provenance.coffee.indexing import WHOLE_LOG, names_in
from provenance.coffee.statement import parse
from provenance.keyring import seal_secret
from provenance.tlog import index as tlog_index
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.index import NOT_NAMED, Naming, Record, check_list, check_proof, key_of
from provenance.tlog.tests import slow_index
from provenance.trail import triggers
from provenance.trail.models import (
    Checkpoint,
    Event,
    IndexBucket,
    IndexHead,
    IndexTile,
    Leaf,
    Log,
    LogHead,
    Pending,
    ServerKey,
    WitnessDemand,
)
from provenance.trail.services import index_leaf, indexing, publishing, registry
from provenance.trail.services.acting import Draft, bound_to, record_acts
from provenance.trail.services.projecting import rebuild_projections
from provenance.trail.services.publishing import publish, publish_due
from provenance.trail.services.queries import checkpoint_for, indexed_checkpoint
from provenance.trail.services.verifying import findings_of, verify_trail
from provenance.trail.services.verifying import index as verifying_index
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, CHERRY, PARTY, WET, act

pytestmark = pytest.mark.django_db


def harvests(first, last):
    return record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"H-{n}")) for n in range(first, last)])


def said_by(leaf: Event) -> Index:
    body = parse(bytes(leaf.statement)).body
    assert isinstance(body, Index)
    return body


def index_leaves(log: Log) -> list[Event]:
    return list(Event.objects.filter(log=log, act="index").select_related("leaf").order_by("leaf__index"))


def proven(log: Log, leaf: Event, *name: str) -> Record:
    """What the index at the leaf says of a name, checked up to the root that it signed."""
    root = urlsafe_b64decode(said_by(leaf).root + "=")
    key = key_of(*name)
    return check_proof(key, indexing.prove(log, leaf, [key])[key], root)


def namings(log: Log, upto: int, *name: str) -> list[Naming]:
    leaves = Event.objects.filter(log=log, leaf__index__lt=upto).select_related("leaf").order_by("leaf__index")
    return [
        Naming(event.index, leaf_hash(bytes(event.statement)))
        for event in leaves
        if name in names_in(bytes(event.statement))
    ]


def rows(log: Log) -> dict[str, object]:
    return {
        "head": list(IndexHead.objects.filter(log=log).values_list("upto", "root", "leaf")),
        "buckets": sorted(IndexBucket.objects.filter(log=log).values_list("number", "upto", "records")),
        "tiles": sorted(IndexTile.objects.filter(log=log).values_list("level", "number", "upto", "hashes")),
    }


def test_a_batch_ends_in_an_index_leaf_that_covers_all_before_it(log):
    told = story.tell()
    checkpoint = publish(log, index=True)

    (leaf,) = index_leaves(log)
    said = said_by(leaf)
    assert leaf.index == checkpoint.size - 1 == said.upto and (said.v, said.prev) == (2, None)
    assert indexed_checkpoint(log) == checkpoint == checkpoint_for(log, told.revoked.leaf.index)
    for name in [
        ("lot", CHERRY),
        ("lot", WET),
        ("party", PARTY + ALMAZ),
        *WHOLE_LOG,
        ("event", told.harvested.event_id),
    ]:
        named = namings(log, leaf.index, *name)
        check_list(proven(log, leaf, *name), named)
        assert (len(named) > 0) is (name != ("act", "lift_recall"))
    assert [naming.leaf for naming in namings(log, leaf.index, "lot", WET)] == [
        event.leaf.index
        for event in Event.objects.filter(act__in=["process", "grade", "correct", "sample", "recall"]).order_by("pk")
    ]
    assert proven(log, leaf, "lot", "https://nobody.example") == NOT_NAMED
    assert verify_trail(log) == []


def test_an_index_leaf_names_the_one_before_it_and_is_itself_in_the_next(log):
    publish(log, index=True)
    harvests(0, 3)
    publish(log, index=True)

    first, second = index_leaves(log)
    assert (said_by(second).prev, said_by(first).prev) == (first.index, None)
    assert proven(log, second, "act", "index").leaves == 1 and proven(log, first, "act", "index").leaves == 0
    assert proven(log, second, "act", "harvest").leaves == 3
    # The first may still be served: packs are made at a witnessed checkpoint.
    assert proven(log, first, "act", "harvest") == NOT_NAMED
    assert findings_of(log).faults == [] and findings_of(log).counts["index leaves"] == 2


def test_without_new_leaves_there_is_no_new_index(log):
    publish(log, index=True)

    assert publish(log, index=True) is None and publish_due() == []
    assert len(index_leaves(log)) == 1


def test_leaves_that_were_published_without_an_index_get_one_though_nothing_waits(log):
    harvests(0, 2)
    before = publish(log)
    assert index_leaves(log) == [] and indexed_checkpoint(log) is None and checkpoint_for(log, 0) == before

    assert publish(log, index=True).size == before.size + 1
    assert indexed_checkpoint(log).size == before.size + 1
    assert verify_trail(log) == []


def test_an_idle_logs_first_event_is_indexed_at_once_and_later_ones_once_a_minute(log):
    first, *_ = publish_due(now=2_000_000_000)
    assert indexed_checkpoint(log) == first
    harvests(0, 1)
    assert [c.size for c in publish_due(now=2_000_000_001)] == [first.size + 1] and indexed_checkpoint(log) == first
    assert publish_due(now=2_000_000_059) == []
    (minute,) = publish_due(now=2_000_000_060)
    assert indexed_checkpoint(log) == minute and minute.size == first.size + 2
    assert publish_due(now=2_000_000_120) == []
    harvests(1, 2)
    (late,) = publish_due(now=2_000_000_600)
    assert indexed_checkpoint(log) == late


def test_whoever_waits_for_witnesses_gets_an_index_at_once(log):
    publish_due(now=2_000_000_000)
    harvests(0, 1)
    WitnessDemand.objects.create(log=log, asked_at="2026-11-03T12:00:00Z")

    (made,) = publish_due(now=2_000_000_001)

    assert indexed_checkpoint(log) == made
    assert publish_due(now=2_000_000_002) == []


def test_many_leaves_are_indexed_before_the_minute_is_over(log, monkeypatch):
    monkeypatch.setattr(publishing, "LEAVES_WITHOUT_INDEX", 5)
    publish_due(now=2_000_000_000)
    harvests(0, 4)
    publish_due(now=2_000_000_001)
    assert len(index_leaves(log)) == 1
    harvests(4, 6)
    publish_due(now=2_000_000_002)
    publish_due(now=2_000_000_003)
    assert len(index_leaves(log)) == 2


def test_a_log_that_had_none_takes_its_leaves_in_bit_by_bit_and_goes_on_publishing(log, monkeypatch):
    monkeypatch.setattr(indexing, "LEAVES_AT_ONCE", 10)
    harvests(0, 35)
    size = publish(log).size
    harvests(35, 36)
    grown = []
    for second in range(2_000_000_000, 2_000_000_010):
        publish_due(now=second)
        grown.append(indexing.state_of(log).upto)
        if indexed_checkpoint(log):
            break

    assert grown == [10, 20, 30, 40, size + 1]
    assert Event.objects.get(act="index").leaf.index == size + 1
    assert not Pending.objects.exists()
    assert proven(log, index_leaves(log)[0], "act", "harvest").leaves == 36
    assert {number: bytes(records) for number, _, records in rows(log)["buckets"]} == slow(log, size + 1)


def slow(log: Log, upto: int) -> dict[int, bytes]:
    leaves = Event.objects.filter(log=log, leaf__index__lt=upto).order_by("leaf__index")
    return slow_index.buckets([(set(names_in(bytes(e.statement))), bytes(e.leaf_hash)) for e in leaves])


def test_an_old_logs_index_is_made_whole_when_it_is_asked_for(log, monkeypatch):
    monkeypatch.setattr(indexing, "LEAVES_AT_ONCE", 10)
    harvests(0, 35)
    publish(log)

    publish(log, index=True)

    assert proven(log, index_leaves(log)[0], "act", "harvest").leaves == 35
    assert verify_trail(log) == []


def test_a_backlog_beyond_the_newest_index_leaf_leaves_its_proofs_possible(log, monkeypatch):
    harvests(0, 5)
    publish(log, index=True)
    monkeypatch.setattr(indexing, "LEAVES_AT_ONCE", 10)
    harvests(5, 40)
    publish(log)

    assert not indexing.absorb_backlog(log, chunks=2)
    (leaf,) = index_leaves(log)
    assert indexing.state_of(log).upto > leaf.index
    assert proven(log, leaf, "act", "harvest").leaves == 5
    assert verify_trail(log) == []


def test_rows_that_no_index_leaf_needs_any_more_are_cleared_away(log):
    for number in range(6):
        harvests(number, number + 1)
        publish(log, index=True)

    *old, before, newest = index_leaves(log)
    harvest = tlog_index.number_of(key_of("act", "harvest"))
    assert list(IndexBucket.objects.filter(number=harvest).order_by("upto").values_list("upto", flat=True)) == [
        before.index,
        newest.index,
    ]
    assert proven(log, before, "act", "harvest").leaves == 5 and proven(log, newest, "act", "harvest").leaves == 6
    with pytest.raises(indexing.NotKept):
        proven(log, old[0], "act", "harvest")


def test_what_a_witnessed_checkpoint_needs_is_kept(log, monkeypatch):
    harvests(0, 1)
    witnessed = publish(log, index=True)
    monkeypatch.setattr(indexing, "witnessed_checkpoint", lambda log: witnessed)
    for number in range(1, 6):
        harvests(number, number + 1)
        publish(log, index=True)

    first, *_, newest = index_leaves(log)
    assert proven(log, first, "act", "harvest").leaves == 1 and proven(log, newest, "act", "harvest").leaves == 6
    assert IndexBucket.objects.filter(number=tlog_index.number_of(key_of("act", "harvest"))).count() == 3
    before = rows(log)
    rebuild_projections(log)
    assert proven(log, first, "act", "harvest").leaves == 1 and proven(log, newest, "act", "harvest").leaves == 6
    assert rows(log)["head"] == before["head"] and verify_trail(log) == []


def test_a_crash_before_the_commit_leaves_the_index_as_it_was(log, monkeypatch):
    publish(log, index=True)
    harvests(0, 2)
    before = rows(log), Leaf.objects.count(), Event.objects.count()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "_sign", killed)
    with pytest.raises(KeyboardInterrupt):
        publish(log, index=True)
    monkeypatch.undo()

    assert (rows(log), Leaf.objects.count(), Event.objects.count()) == before
    publish(log, index=True)
    assert len(index_leaves(log)) == 2 and verify_trail(log) == []


def test_rebuilding_makes_the_index_anew(log):
    harvests(0, 3)
    publish(log, index=True)
    before = rows(log)
    IndexBucket.objects.all().delete()
    IndexTile.objects.filter(level=1).delete()
    IndexHead.objects.update(root=bytes(32))
    assert verify_trail(log) != []

    rebuild_projections(log)

    assert rows(log) == before and verify_trail(log) == []
    harvests(3, 4)
    publish(log, index=True)
    assert verify_trail(log) == []


def test_a_log_without_an_index_is_rebuilt_without_one(log):
    publish(log)
    rebuild_projections(log)
    assert rows(log) == {"head": [], "buckets": [], "tiles": []}


def test_a_stored_index_that_was_changed_is_not_signed(log):
    harvests(0, 1)
    publish(log, index=True)
    number = tlog_index.number_of(key_of("act", "harvest"))
    row = IndexBucket.objects.get(number=number)
    records = bytes(row.records)
    IndexBucket.objects.filter(pk=row.pk).update(records=records[:-1] + bytes([records[-1] ^ 1]))
    harvests(1, 2)
    before = Leaf.objects.count()

    with pytest.raises(publishing.LogFrozen, match="stored index is damaged"):
        publish(log, index=True)

    assert Leaf.objects.count() == before and Log.objects.get().state == "frozen"


def test_a_leaf_that_was_changed_since_is_not_indexed(log):
    (event,) = harvests(0, 1)
    publish(log)
    connection.check_constraints()
    triggers.lift(connection)
    Event.objects.filter(pk=event.pk).update(statement=bytes(event.statement)[:-1] + b"?")

    with pytest.raises(publishing.LogFrozen, match="not those that were published"):
        publish(log, index=True)

    assert index_leaves(log) == [] and not IndexHead.objects.exists()
    connection.check_constraints()
    triggers.install(connection)


def add_bucket(**row: object) -> None:
    IndexBucket.objects.create(log=Log.objects.get(), number=1, slot=0, **row)


TAMPERED = {
    "a bucket": lambda: IndexBucket.objects.filter(number=HARVESTS).update(records=bytes(72)),
    "a bucket that is gone": lambda: IndexBucket.objects.filter(number=HARVESTS).delete(),
    "a bucket too many": lambda: add_bucket(upto=3, records=bytes(72)),
    "a bucket from beyond": lambda: add_bucket(upto=99, records=b""),
    "a tile": lambda: IndexTile.objects.filter(level=1).update(hashes=bytes(4094 * 32)),
    "a tile that is gone": lambda: IndexTile.objects.filter(level=1).delete(),
    "the root": lambda: IndexHead.objects.update(root=bytes(32)),
    "how far it goes": lambda: IndexHead.objects.update(upto=2),
    "where it stands": lambda: IndexHead.objects.update(leaf=2),
    "the head is gone": lambda: IndexHead.objects.all().delete(),
}
HARVESTS = tlog_index.number_of(key_of("act", "harvest"))


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_every_change_of_the_stored_index_is_named(log, tamper):
    harvests(0, 2)
    publish(log, index=True)
    assert verify_trail(log) == []

    tamper()

    faults = verify_trail(log)
    assert faults and all("index" in fault.what for fault in faults)


def lies(log: Log, monkeypatch: pytest.MonkeyPatch, **said: object) -> None:
    """Have the log sign another index than its leaves give, as an operator could who changes the software."""
    monkeypatch.setattr(index_leaf, "Index", lambda **truth: Index(**(truth | said)))
    publish(log, index=True)
    monkeypatch.undo()


def test_an_index_leaf_that_leaves_out_a_recall_is_named(log, monkeypatch):
    told = story.tell()
    truth = indexing.keys_in
    recall = bytes(told.recalled.statement)
    monkeypatch.setattr(indexing, "keys_in", lambda leaf: [] if leaf == recall else truth(leaf))
    publish(log, index=True)
    monkeypatch.undo()

    (leaf,) = index_leaves(log)
    faults = verify_trail(log)
    assert (leaf.index, "Its index is not what the leaves before it name.") in [(f.index, f.what) for f in faults]
    assert proven(log, leaf, "act", "recall") == NOT_NAMED


@pytest.mark.parametrize(
    ("said", "match"),
    [({"root": "A" * 43}, "not what the leaves before it name"), ({"prev": 3}, "name the index leaf before it")],
)
def test_an_index_leaf_that_says_something_else_is_named(log, monkeypatch, said, match):
    harvests(0, 1)
    lies(log, monkeypatch, **said)

    assert [fault.index for fault in verify_trail(log) if match in fault.what] == [index_leaves(log)[0].index]


def test_an_index_that_covers_another_number_of_leaves_has_no_effect(log, monkeypatch):
    harvests(0, 1)
    lies(log, monkeypatch, upto=3)

    whats = [fault.what for fault in verify_trail(log) if fault.index == index_leaves(log)[0].index]
    assert "Its index does not cover all leaves before it." in whats
    assert any("An index covers all leaves before it, and no others." in what for what in whats)


@pytest.mark.parametrize("why", ["revoked", "not held", "full"])
def test_a_log_that_can_make_no_index_goes_on_publishing_and_says_why(log, monkeypatch, caplog, why):
    kid = Event.objects.get(act="genesis").kid
    harvests(0, 1)
    match why:
        case "revoked":
            other = registry.register_party(kind="organisation", roles=["operator"], name="Second")
            assert other
            registry.revoke_key(
                story.RevokeKey(kid=kid, since=story.NOON, from_index=3, reason="lost"), by=log.operator
            )
        case "not held":
            ServerKey.objects.filter(kid=kid).delete()
        case "full":
            monkeypatch.setattr(tlog_index, "MAX_BUCKET_BYTES", 0)

    checkpoint = publish(log, index=True)

    assert checkpoint.size == LogHead.objects.get(log=log).size and not Pending.objects.exists()
    assert index_leaves(log) == [] and "has no index" in caplog.text
    assert Checkpoint.objects.latest("size") == checkpoint and Log.objects.get().state == "active"


def test_the_index_is_signed_with_the_key_of_leaf_0_whatever_keys_the_operator_has(log):
    founding = Event.objects.get(act="genesis").kid
    key = registry._new_key()
    ServerKey.objects.create(party=log.operator, kid=key.kid, sealed=seal_secret(key.signer.seed, bound_to(key.kid)))
    draft = registry._key_act(log, log.operator, key, founding)
    record_acts(log.operator, [Draft(*draft)])
    act(ALMAZ, story.harvest())

    publish(log, index=True)

    assert index_leaves(log)[0].kid == founding and verify_trail(log) == []


def of_version_1(patch: pytest.MonkeyPatch) -> None:
    """As the software was before: its index said nothing of registrations."""
    for module in (indexing, index_leaf, publishing):
        patch.setattr(module, "VERSION", 1)

    def keys_in(leaf: bytes) -> list[bytes]:
        return [key_of(*name) for name in names_in(leaf) if name[0] != "registered"]

    patch.setattr(indexing, "keys_in", keys_in)


@pytest.fixture
def of_before(log, monkeypatch) -> Log:
    """A log with two index leaves of version 1, and a leaf that none covers."""
    with monkeypatch.context() as patch:
        of_version_1(patch)
        story.tell()
        publish(log, index=True)
        harvests(0, 3)
        publish(log, index=True)
        assert verify_trail(log) == []
    return log


def check_that_it_goes_on(log: Log) -> None:
    assert verify_trail(log) == []
    (made,) = publish_due(now=2_000_000_600)

    *_, before, newest = index_leaves(log)
    assert (said_by(before).v, said_by(newest).v) == (1, 2)
    assert (said_by(newest).prev, newest.index) == (before.index, made.size - 1)
    first = Event.objects.get(leaf__log=log, leaf__index=0)
    for name in [("registered", PARTY + ALMAZ), ("registered", first.kid), ("lot", CHERRY), ("act", "index")]:
        check_list(proven(log, newest, *name), namings(log, newest.index, *name))
    assert proven(log, newest, "registered", PARTY + ALMAZ).leaves == 1
    # That second has not come yet.
    assert [fault for fault in verify_trail(log) if "was released at an impossible time" not in fault.what] == []
    assert publish_due(now=2_000_000_700) == []


def test_a_log_with_an_index_of_version_1_goes_on_with_one_of_version_2(of_before):
    before = index_leaves(of_before)[-1]
    assert proven(of_before, before, "lot", CHERRY).leaves > 0
    assert proven(of_before, before, "registered", PARTY + ALMAZ) == NOT_NAMED

    check_that_it_goes_on(of_before)

    with pytest.raises(indexing.NotKept):
        proven(of_before, before, "lot", CHERRY)
    made = rows(of_before)
    rebuild_projections(of_before)
    assert rows(of_before)["head"] == made["head"]


@pytest.mark.parametrize("left", [0, 25], ids=["to the last leaf", "by fives"])
def test_a_long_log_takes_its_leaves_in_anew_by_short_transactions(of_before, monkeypatch, left):
    at_once = LogHead.objects.get(log=of_before).size - 1 - left
    for module in (indexing, verifying_index):
        monkeypatch.setattr(module, "LEAVES_AT_ONCE", at_once)

    assert indexing.absorb_backlog(of_before, chunks=1) is False

    assert IndexHead.objects.values_list("upto", "leaf", "version").get(log=of_before) == (at_once, None, 2)
    assert verify_trail(of_before) == []
    assert indexing.absorb_backlog(of_before)
    check_that_it_goes_on(of_before)


def test_rows_of_version_1_are_never_grown_on(of_before, monkeypatch):
    """Planted: whoever takes the stored index as it is signs a root that lacks what was registered before."""
    monkeypatch.setattr(indexing, "state_of", lambda log: IndexHead.objects.get(log=log))
    monkeypatch.setattr(index_leaf, "state_of", lambda log: IndexHead.objects.get(log=log))

    with pytest.raises(ProofRefused):
        check_that_it_goes_on(of_before)


def test_an_index_of_an_earlier_version_than_the_one_before_is_named(log, monkeypatch):
    publish(log, index=True)
    harvests(0, 1)
    lies(log, monkeypatch, v=1)

    assert "Its index is of an earlier version than the one before it." in str(verify_trail(log))


@pytest.mark.parametrize("version", [0, 1, 3, 34])
def test_a_stored_index_that_calls_itself_of_another_version_is_named(log, version):
    harvests(0, 1)
    publish(log, index=True)
    IndexHead.objects.update(version=version)

    assert f"The stored index says that it is of version {version} of the map." in str(verify_trail(log))


def test_a_site_that_is_updated_gets_the_tiles_that_its_index_would_have_grown():
    growth, index = tlog_index.Growth(), tlog_index.Index()
    growth.add([key_of("lot", str(number)) for number in range(1000)], 0, bytes(32))
    index.grow(growth)
    hashes = b"".join([leaf_hash(index.buckets.get(number, b"")) for number in range(tlog_index.BUCKETS)])

    migration = import_module("provenance.trail.migrations.0022_write_index_rows_over")

    assert dict(migration.grouped(hashes)) == index.tiles
