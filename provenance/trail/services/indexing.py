"""
The index of the log (docs/trail-format.md, 5) as it is stored: grown batch by batch, proven from, made anew.

A bucket or tile that changes gets a new row, which says how many leaves it covers. It is written over one that no index
leaf still asked about needs: writing a row over touches no database index, where a new one for an old one touches two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Model

from provenance.coffee.acts import Index
from provenance.coffee.indexing import VERSION, keys_in
from provenance.coffee.statement import decode_b64url, parse
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.index import (
    EMPTY_INDEX_ROOT,
    HEIGHTS,
    Growth,
    Proof,
    check_proof,
    grow,
    number_of,
    path_of,
)
from provenance.trail.errors import Corrupt
from provenance.trail.models import Event, IndexBucket, IndexHead, IndexTile, Log, LogHead
from provenance.trail.services.bulk import insert
from provenance.trail.services.cosigning import PolicyUnusable
from provenance.trail.services.queries import witnessed_checkpoint

# One growth stays in memory; a longer backlog is taken in by several.
LEAVES_AT_ONCE = 10_000
ROWS_AT_ONCE = 1_000

# A row each for the newest witnessed index leaf, the newest of all, and what is written now.
SLOTS = (0, 1, 2)


class NotKept(Exception):
    """The index as it stood at that index leaf is not stored any more."""


def state_of(log: Log) -> IndexHead:
    """
    How far the index has grown by the present version of the map.

    Of a log that has none yet, or one of an earlier version, that of no leaves, which is not saved.
    """
    state = IndexHead.objects.filter(log=log).first() or IndexHead(log=log)
    if state.version != VERSION:
        state.upto, state.root, state.leaf, state.version = 0, EMPTY_INDEX_ROOT, None, VERSION
    return state


def absorb(log: Log, state: IndexHead, upto: int, fresh: Sequence[bytes] = ()) -> None:
    """
    Take the leaves up to ``upto`` in, and write what becomes new; ``state`` then says so and is saved.

    ``fresh``: statements of the last of them, which have no place yet. The caller holds the head's lock. Raises
    ``IndexFull``, and ``Corrupt`` where stored bytes are not what they were.
    """
    if not state.upto:
        # Rows of an earlier version of the map. From now on, packs wait for the next index leaf.
        for model in (IndexBucket, IndexTile):
            model._default_manager.filter(log=log).delete()
    stored = upto - len(fresh)
    while state.upto < upto:
        end = min(state.upto + LEAVES_AT_ONCE, upto)
        growth = Growth()
        for index, statement, digest in _leaves(log, state.upto, min(end, stored)):
            growth.add(keys_in(statement), index, digest)
        for index in range(max(stored, state.upto), end):
            statement = fresh[index - stored]
            growth.add(keys_in(statement), index, leaf_hash(statement))
        _grow(log, state, growth, end)


def absorb_backlog(log: Log, *, chunks: int | None = None) -> bool:
    """
    Take in what was published without an index, in short transactions, until one batch is left; whether that is so.

    ``chunks``: no more than so many of these transactions. Proofs at the newest index leaf stay possible meanwhile.
    """
    while chunks is None or chunks > 0:
        with transaction.atomic(durable=True):
            size, state = LogHead.objects.select_for_update().get(log=log).size, state_of(log)
            if size - state.upto <= LEAVES_AT_ONCE:
                return True
            absorb(log, state, state.upto + LEAVES_AT_ONCE)
        chunks = chunks and chunks - 1
    return False


def rebuild(log: Log) -> None:
    """
    Make the stored index anew from the leaves, as it stands at the index leaves still asked about.

    The caller holds the head's lock, and a transaction.
    """
    leaf = newest_leaf(log)
    for model in (IndexBucket, IndexTile, IndexHead):
        model._default_manager.filter(log=log).delete()
    if leaf is None:
        return
    state = state_of(log)
    for stop in sorted({leaf, *_witnessed(log)}):
        absorb(log, state, stop)
        state.leaf = stop
        state.save()


def newest_leaf(log: Log) -> int | None:
    """The place of the log's last index leaf, of whatever version; None where it has none yet."""
    leaves = Event.objects.filter(leaf__log=log, act=Index.name).order_by("-leaf__index")
    return leaves.values_list("leaf__index", flat=True).first()


def prove(log: Log, index: Event, keys: Iterable[bytes]) -> dict[bytes, Proof]:
    """
    Each key's proof from the index as it stood at this index leaf, checked.

    Raises ``NotKept``, and ``CoffeeError`` where the leaf cannot be read.
    """
    said = parse(bytes(index.statement)).body
    assert isinstance(said, Index), "the event is an index leaf"
    shelf, root = Shelf(log, said.upto), decode_b64url(said.root.encode(), "root")
    numbers = {key: number_of(key) for key in keys}
    buckets, tiles = shelf.under(set(numbers.values()))
    proofs = {}
    for key, number in numbers.items():
        proofs[key] = Proof(buckets.get(number, b""), path_of(number, lambda level, _: tiles[level]))
        try:
            check_proof(key, proofs[key], root)
        except ProofRefused:
            raise NotKept(f"The index of {log.origin} at leaf {said.upto} is not kept any more.") from None
    return proofs


Place = tuple[int, ...]
"""A bucket's number, or a tile's level and number."""


@dataclass
class Shelf:
    """The stored rows as they were for the first ``upto`` leaves; it remembers which rows it has seen."""

    log: Log
    upto: int
    seen: dict[tuple[type[Model], Place], list[tuple[int, int]]] = field(default_factory=dict)

    def buckets(self, numbers: Sequence[int]) -> dict[int, bytes]:
        return self._read(IndexBucket, "records", (), numbers)

    def tiles(self, level: int, numbers: Sequence[int]) -> dict[int, bytes]:
        return self._read(IndexTile, "hashes", (level,), numbers)

    def under(self, numbers: Iterable[int]) -> tuple[dict[int, bytes], list[dict[int, bytes]]]:
        """These buckets, and by level the tiles on their paths to the root: a query for each kind."""
        above = sorted(numbers)
        buckets, tiles = self.buckets(above), []
        for level, height in enumerate(HEIGHTS):
            above = sorted({number >> height for number in above})
            tiles.append(self.tiles(level, above))
        return buckets, tiles

    def free_slot(self, model: type[Model], place: Place, stops: set[int]) -> int:
        """Where no row stands that the index leaves ``stops`` still need."""
        # By index leaf the newest row that covers no more than it; rows come oldest first.
        needed = {stop: slot for slot, upto in self.seen.get((model, place), ()) for stop in stops if upto <= stop}
        return next(slot for slot in SLOTS if slot not in needed.values())

    def _read(self, model: type[Model], column: str, level: Place, numbers: Sequence[int]) -> dict[int, bytes]:
        """Oldest first, so that of one place the newest counts. Plain SQL: Django takes longer to ask than to read."""
        found = {}
        where = "log_id = %s AND upto <= %s" + " AND level = %s" * len(level)
        with connection.cursor() as cursor:
            for some in _some(numbers):
                cursor.execute(
                    f"SELECT number, slot, upto, {column} FROM {model._meta.db_table} "
                    f"WHERE {where} AND number IN ({', '.join(['%s'] * len(some))}) ORDER BY upto",
                    [self.log.pk, self.upto, *level, *some],
                )
                for number, slot, upto, content in cursor.fetchall():
                    self.seen.setdefault((model, (*level, number)), []).append((slot, upto))
                    found[number] = content
        return {number: bytes(content) for number, content in found.items()}


def _leaves(log: Log, begin: int, end: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Index, statement and hash of stored leaves; a bit that flipped since must not be signed."""
    rows = Event.objects.filter(leaf__log=log, leaf__index__gte=begin, leaf__index__lt=end).order_by("leaf__index")
    for expected, (index, statement, kept) in enumerate(
        rows.values_list("leaf__index", "statement", "leaf_hash").iterator(ROWS_AT_ONCE), start=begin
    ):
        found = leaf_hash(bytes(statement))
        if found != bytes(kept) or index != expected:
            raise Corrupt(f"The bytes of leaf {expected} are not those that were published.")
        yield index, bytes(statement), found


def _grow(log: Log, state: IndexHead, growth: Growth, upto: int) -> None:
    shelf = Shelf(log, state.upto)
    try:
        grown = grow(growth, bytes(state.root), shelf.buckets, shelf.tiles)
    except ProofRefused as error:
        raise Corrupt(str(error)) from error
    stops = {stop for stop in (state.leaf, *_witnessed(log)) if stop is not None}
    _write(
        IndexBucket,
        ("number", "records"),
        [
            (log.pk, number, shelf.free_slot(IndexBucket, (number,), stops), upto, records)
            for number, records in grown.buckets.items()
        ],
    )
    _write(
        IndexTile,
        ("level", "number", "hashes"),
        [
            (log.pk, *place, shelf.free_slot(IndexTile, place, stops), upto, hashes)
            for place, hashes in grown.tiles.items()
        ],
    )
    state.upto, state.root = upto, grown.root
    state.save()


def _write(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    *place, content = columns
    unique = ("log_id", *place, "slot")
    insert(model, (*unique, "upto", content), rows, unique=unique, update=("upto", content))


def _some(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(keys), ROWS_AT_ONCE):
        yield keys[first : first + ROWS_AT_ONCE]


def _witnessed(log: Log) -> list[int]:
    """The index leaf of the newest witnessed checkpoint: packs are made there."""
    try:
        checkpoint = witnessed_checkpoint(log)
    except PolicyUnusable:
        return []
    return [checkpoint.size - 1] if checkpoint else []
