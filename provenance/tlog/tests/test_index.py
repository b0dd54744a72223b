"""The index against its slow double, its vectors, and whoever would make it say two things."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.tlog import index as indexing
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.index import (
    BUCKETS,
    EMPTY_INDEX_ROOT,
    MAX_BUCKET_BYTES,
    NOT_NAMED,
    RECORD_BYTES,
    Growth,
    Index,
    IndexFull,
    Naming,
    Proof,
    Record,
    check_list,
    check_proof,
    key_of,
    number_of,
    read_bucket,
    write_bucket,
)
from provenance.tlog.tests import slow_index
from provenance.tlog.tests.slow_index import Names

VECTORS = json.loads((Path(__file__).parents[1] / "testdata/index/vectors.json").read_text())

kinds = st.sampled_from(["lot", "event", "kid", "party", "act"])
names = st.sets(st.tuples(kinds, st.sampled_from("abcdefgh")), max_size=5)
logs = st.lists(names, min_size=1, max_size=12)


def leaves_of(log: list[Names]) -> list[tuple[Names, bytes]]:
    return [(names, leaf_hash(b"%d" % number)) for number, names in enumerate(log)]


def grown(leaves: list[tuple[Names, bytes]], *batches: int) -> Index:
    """The index over the leaves, grown in batches that end at these places."""
    index, begin = Index(), 0
    for end in (*batches, len(leaves)):
        growth = Growth()
        for number in range(begin, end):
            said, digest = leaves[number]
            growth.add([key_of(*name) for name in said], number, digest)
        index.grow(growth)
        begin = end
    return index


def namings(leaves: list[tuple[Names, bytes]], kind: str, name: str) -> list[Naming]:
    return [Naming(number, digest) for number, (said, digest) in enumerate(leaves) if (kind, name) in said]


@settings(max_examples=60, deadline=None)
@given(log=logs, cut=st.integers(0, 12))
def test_it_is_what_its_description_says_however_it_was_grown(log, cut):
    leaves = leaves_of(log)
    index = grown(leaves, min(cut, len(leaves)))

    assert index.root == slow_index.root(leaves)
    assert index.buckets == slow_index.buckets(leaves)


@settings(max_examples=60, deadline=None)
@given(log=logs, kind=kinds, name=st.sampled_from("abcdefghi"))
def test_a_proof_gives_exactly_the_leaves_that_name_the_key(log, kind, name):
    leaves = leaves_of(log)
    index, key, named = grown(leaves), key_of(kind, name), namings(leaves, kind, name)

    record = check_proof(key, index.prove(key), index.root)

    check_list(record, named)
    assert record.leaves == len(named) and (record == NOT_NAMED) is not named
    if named:
        with pytest.raises(ProofRefused, match=f"counts {len(named)} leaves, not {len(named) - 1}"):
            check_list(record, named[1:])
        with pytest.raises(ProofRefused, match="not those"):
            check_list(record, [*named[1:], named[0]._replace(leaf=named[0].leaf + 20)])


@settings(max_examples=60, deadline=None)
@given(log=logs, data=st.data())
def test_no_other_bucket_and_no_other_path_is_a_proof(log, data):
    index = grown(leaves_of([{("lot", "a")}, *log]))
    key = key_of("lot", "a")
    proof = index.prove(key)
    place = data.draw(st.integers(0, len(proof.bucket) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    flipped = proof.bucket[:place] + bytes([proof.bucket[place] ^ bit]) + proof.bucket[place + 1 :]
    step = data.draw(st.integers(0, 15))
    path = (*proof.path[:step], bytes(32), *proof.path[step + 1 :])

    for wrong in (Proof(flipped, proof.path), Proof(b"", proof.path), Proof(proof.bucket, path)):
        with pytest.raises(ProofRefused):
            check_proof(key, wrong, index.root)
    with pytest.raises(ProofRefused, match="has 16 hashes"):
        check_proof(key, Proof(proof.bucket, proof.path[:-1]), index.root)
    with pytest.raises(ProofRefused):
        check_proof(key_of("lot", "another"), proof, index.root)


def test_the_vectors_hold():
    leaves = [({tuple(name) for name in leaf["names"]}, bytes.fromhex(leaf["hash"])) for leaf in VECTORS["leaves"]]
    index = grown(leaves)

    assert EMPTY_INDEX_ROOT.hex() == VECTORS["empty root"] == root_of([leaf_hash(b"")] * BUCKETS).hex()
    assert index.root.hex() == VECTORS["root"] == slow_index.root(leaves).hex()
    for proof in VECTORS["proofs"]:
        key = key_of(proof["kind"], proof["name"])
        path = tuple(bytes.fromhex(each) for each in proof["path"])
        assert (key.hex(), number_of(key)) == (proof["key"], proof["number"])
        assert index.prove(key) == Proof(bytes.fromhex(proof["bucket"]), path)
        record = check_proof(key, index.prove(key), index.root)
        assert record == Record(len(proof["leaves"]), bytes.fromhex(proof["head"]))
        check_list(record, [Naming(number, leaves[number][1]) for number in proof["leaves"]])
    assert [proof["leaves"] for proof in VECTORS["proofs"]] == [[0, 1, 3], [2], []]


def keys_in_one_bucket(count: int) -> list[bytes]:
    return sorted(b"\x01\x02" + sha256(b"%d" % number).digest()[2:] for number in range(count))


def bucket_of(keys: list[bytes]) -> bytes:
    return b"".join(key + (1).to_bytes(8, "big") + bytes(32) for key in keys)


ONE, TWO = keys_in_one_bucket(2)
MALFORMED = {
    "a key stands twice": bucket_of([ONE, ONE]),
    "keys out of order": bucket_of([TWO, ONE]),
    "a key of another bucket": bucket_of([b"\x01\x03" + ONE[2:]]),
    "a key that no leaf names": ONE + bytes(40),
    "cut off": bucket_of([ONE, TWO])[:-1],
    "one byte too many": bucket_of([ONE]) + b"\0",
    "larger than any": bucket_of(keys_in_one_bucket(MAX_BUCKET_BYTES // RECORD_BYTES + 1)),
}


@pytest.mark.parametrize("bucket", MALFORMED.values(), ids=MALFORMED)
def test_a_bucket_has_one_written_form(bucket):
    with pytest.raises(ProofRefused):
        read_bucket(0x0102, bucket)


def test_a_bucket_that_was_read_is_written_alike():
    bucket = bucket_of(keys_in_one_bucket(50))
    assert write_bucket(read_bucket(0x0102, bucket)) == bucket


def test_a_bucket_is_full_at_one_mebibyte_and_the_index_stays_as_it_was():
    keys = keys_in_one_bucket(MAX_BUCKET_BYTES // RECORD_BYTES)
    index, growth, more = Index(), Growth(), Growth()
    growth.add(keys, 0, bytes(32))
    index.grow(growth)
    before = (index.root, dict(index.buckets), dict(index.tiles))
    more.add([b"\x01\x02" + b"\xff" * 30, key_of("lot", "a")], 1, bytes(32))

    assert len(index.buckets[0x0102]) == 1_048_536
    with pytest.raises(IndexFull):
        index.grow(more)
    assert (index.root, index.buckets, index.tiles) == before


@pytest.mark.parametrize("where", ["bucket", "tile", "root", "lost bucket", "lost tile"])
def test_a_damaged_index_is_not_grown(where):
    index = grown(leaves_of([{("lot", "a")}]))
    number = number_of(key_of("lot", "a"))
    match where:
        case "bucket":
            index.buckets[number] = index.buckets[number][:-1] + b"?"
        case "tile":
            index.tiles[1, 0] = index.tiles[1, 0][:64] + b"?" + index.tiles[1, 0][65:]
        case "root":
            index.root = bytes(32)
        case "lost bucket":
            del index.buckets[number]
        case "lost tile":
            del index.tiles[0, number >> 5]
    growth = Growth()
    growth.add([key_of("lot", "a")], 1, bytes(32))

    with pytest.raises(ProofRefused):
        index.grow(growth)


# --- planted bugs: each of them must make one of the tests above fail ------------------------------------------------


def no_place_in_the_chain(patch: pytest.MonkeyPatch) -> None:
    def after(self: Record, more: list[Naming]) -> Record:
        count, head = self
        for _, digest in more:
            count, head = count + 1, sha256(head + digest).digest()
        return Record(count, head)

    patch.setattr(Record, "after", after)


def forgets_what_was_there(patch: pytest.MonkeyPatch) -> None:
    real = indexing._with
    patch.setattr(indexing, "_with", lambda number, bucket, added: real(number, b"", added))


def takes_any_bucket(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(indexing, "check_inclusion", lambda *_: None)


def takes_any_order(patch: pytest.MonkeyPatch) -> None:
    def read(number: int, bucket: bytes) -> dict[bytes, Record]:
        return {key: Record(count, head) for key, count, head in indexing._RECORD.iter_unpack(bucket)}

    patch.setattr(indexing, "read_bucket", read)


def only_counts(patch: pytest.MonkeyPatch) -> None:
    def check(record: Record, listed: list[Naming]) -> None:
        if record.leaves != len(listed):
            raise ProofRefused(f"The log's index counts {record.leaves} leaves, not {len(listed)}.")

    patch.setattr(indexing, "check_list", check)


def mixes_kind_and_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(indexing, "key_of", lambda kind, name: sha256((kind + name).encode()).digest())


def siblings_from_the_wrong_side(patch: pytest.MonkeyPatch) -> None:
    real = indexing.path_of
    patch.setattr(indexing, "path_of", lambda number, read_tiles: real(number ^ 1, read_tiles))


def no_cap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(indexing, "MAX_BUCKET_BYTES", 1 << 30)


def trusts_its_store(patch: pytest.MonkeyPatch) -> None:
    real = indexing.grow

    def grow(growth: Growth, root: bytes, *readers: Callable) -> indexing.Grown:
        try:
            return real(growth, root, *readers)
        except IndexFull:
            raise
        except ProofRefused:
            return indexing.Grown({}, {}, root)

    patch.setattr(indexing, "grow", grow)


PLANTED = [
    no_place_in_the_chain,
    forgets_what_was_there,
    takes_any_bucket,
    takes_any_order,
    only_counts,
    mixes_kind_and_name,
    siblings_from_the_wrong_side,
    no_cap,
    trusts_its_store,
]


def every_test(patch: pytest.MonkeyPatch) -> None:
    for name in ("check_list", "check_proof", "key_of", "read_bucket", "write_bucket"):
        patch.setitem(globals(), name, getattr(indexing, name))
    test_the_vectors_hold()
    for bucket in MALFORMED.values():
        test_a_bucket_has_one_written_form(bucket)
    test_a_bucket_is_full_at_one_mebibyte_and_the_index_stays_as_it_was()
    for where in ("bucket", "tile", "root", "lost bucket", "lost tile"):
        test_a_damaged_index_is_not_grown(where)
    test_it_is_what_its_description_says_however_it_was_grown()
    test_a_proof_gives_exactly_the_leaves_that_name_the_key()
    test_no_other_bucket_and_no_other_path_is_a_proof()


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception, ProofRefused, IndexFull)):
        every_test(monkeypatch)


def test_without_a_planted_bug_every_test_passes(monkeypatch):
    every_test(monkeypatch)
