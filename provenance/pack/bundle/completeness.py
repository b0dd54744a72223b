"""Whether a bundle leaves anything out: its statements against the log's own index (docs/trail-format.md, 5)."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from provenance.coffee.acts import REGISTRY_ACTS
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import WHOLE_LOG, Name, names_in
from provenance.coffee.statement import decode_b64url
from provenance.pack.bundle.outcome import Mismatch, Unchecked
from provenance.pack.bundle.said import Said
from provenance.pack.bundle.standing import Standing
from provenance.pack.bundle.tree import Tree
from provenance.tlog.errors import ProofRefused, TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.index import BUCKETS, NOT_NAMED, Naming, Record, key_of, number_of, read_bucket, write_bucket

REGISTERED = "registered"
VERSIONS = (1, 2)


def made_from(statements: Iterable[Said], corrected: Container[str] = ()) -> dict[str, set[str]]:
    """The lots that each lot was made from, by the statements that were not taken back."""
    parents: dict[str, set[str]] = {}
    for said in statements:
        if said.jti not in corrected:
            for lot in said.makes:
                parents.setdefault(lot, set()).update(said.uses)
    return parents


def ancestry(lot: str, parents: Mapping[str, set[str]]) -> set[str]:
    """The lot and all that it came from."""
    found, waiting = set(), [lot]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting += parents.get(each, ())
    return found


def check_lots(lot: str, lots: Container[str], statements: Iterable[Said], corrected: Container[str]) -> None:
    """Raise ``Mismatch`` unless the bundle traces the lot and everything that it came from."""
    for each in sorted(ancestry(lot, made_from(statements, corrected))):
        if each not in lots:
            raise Mismatch("lot_missing", lot=each)


def wanted(lots: Iterable[str], events: Iterable[str], registered: Iterable[str], version: int) -> list[Name]:
    """Every list that a bundle needs: of its lots, ``events`` about no lot, registrations, and for everybody."""
    more = [(REGISTERED, uri) for uri in sorted(registered)] if version > 1 else []
    return [*(("lot", lot) for lot in sorted(lots)), *(("event", event) for event in sorted(events)), *more, *WHOLE_LOG]


def is_about_no_lot(act: str, names: Iterable[Name]) -> bool:
    """Of a statement with these names in the index: a certificate of a place, its end. Its id has a list of its own."""
    return act not in REGISTRY_ACTS and all(kind != "lot" for kind, _ in names)


def registered(standing: Standing) -> set[str]:
    """Everybody and everything whose registration the statements were judged by."""
    return {*standing.parties, *standing.sites, *standing.plots, *standing.keys}


def check(
    listings: Any, index: Said, statements: Iterable[Said], standing: Standing, blame: Callable[[int], None]
) -> None:
    """
    Raise ``Mismatch`` unless every statement on every list of the log's index is there.

    ``index``: the leaf that the checkpoint ends in. ``blame``: is told which leaf is to be named before the exception.
    """
    version, root = index.subject.get("v"), _root(index)
    if version not in VERSIONS:
        raise Unchecked("index_version")
    named = [(said, names_in(said.jws)) for said in statements]
    namings = _namings(index, named)
    events = {said.jti for said, names in named if is_about_no_lot(said.act, names)}
    given = {(listing["kind"], listing["id"]) for listing in listings}
    asked = wanted(standing.lots, events, registered(standing), version)
    for kind, name in asked:
        if (kind, name) not in given:
            raise Mismatch("list_missing", kind=kind, id=name)
    # Each proof rests on those before it, so they are taken in the order in which they were written.
    tree, needed = Tree(BUCKETS, root), set(asked)
    for listing in listings:
        if (listing["kind"], listing["id"]) in needed:
            _check_list(listing, namings.get((listing["kind"], listing["id"]), []), tree, blame)


def _namings(index: Said, named: Iterable[tuple[Said, Iterable[Name]]]) -> dict[Name, list[Naming]]:
    """By name, the leaves of this log that the index covers and that the bundle holds."""
    found: dict[Name, list[Naming]] = {}
    for said, names in named:
        if said.log == index.log and said.index is not None and said.index < (index.index or 0):
            for name in names:
                found.setdefault(name, []).append(Naming(said.index, said.leaf))
    return found


def _check_list(listing: Mapping[str, Any], held: Sequence[Naming], tree: Tree, blame: Callable[[int], None]) -> None:
    told = {"kind": listing["kind"], "id": listing["id"]}
    leaves: list[int] = listing["leaves"]
    by_leaf = {naming.leaf: naming for naming in held}
    for leaf in leaves:
        if leaf not in by_leaf:
            blame(leaf)
            raise Mismatch("left_out", leaf=leaf, **told)
    try:
        key = key_of(listing["kind"], listing["id"])
        record = NOT_NAMED.after(by_leaf[leaf] for leaf in leaves)
        bucket = _bucket(key, record, b64(listing["others"]))
        tree.prove(number_of(key), leaf_hash(bucket), hashes(listing["proof"]))
    except (TlogError, Mismatch, ValueError):
        raise Mismatch("list_not_proved", **told) from None
    for naming in held:
        if naming.leaf not in leaves:
            blame(naming.leaf)
            raise Mismatch("index_wrong", leaf=naming.leaf, **told)


def _bucket(key: bytes, record: Record, others: bytes) -> bytes:
    """The key's bucket, put together from its record, as the reader finds it, and the others'. Raises ``TlogError``."""
    records = read_bucket(number_of(key), others)
    if key in records:
        raise ProofRefused("The index would say two things of one key.")
    return write_bucket({**records, key: record} if record.leaves else records)


def others_in(key: bytes, bucket: bytes) -> bytes:
    """The records of a key's bucket that a reader cannot make: the others'."""
    records = read_bucket(number_of(key), bucket)
    records.pop(key, None)
    return write_bucket(records)


def _root(index: Said) -> bytes:
    try:
        return decode_b64url(str(index.subject.get("root")).encode(errors="replace"), "root")
    except CoffeeError:
        raise Mismatch("form") from None


def b64(text: str) -> bytes:
    """Standard base64 in its one written form. Raises ``Mismatch``."""
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise Mismatch("form")
    return data


def hashes(text: str) -> tuple[bytes, ...]:
    """32-byte hashes, joined in base64. Raises ``Mismatch``."""
    data = b64(text)
    if len(data) % 32:
        raise Mismatch("proof")
    return tuple(data[at : at + 32] for at in range(0, len(data), 32))
