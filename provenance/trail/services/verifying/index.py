"""Grows the index once more out of the leaves, and holds index leaves and stored rows against it."""

from contextlib import suppress
from dataclasses import dataclass

from provenance.coffee.acts import Index as IndexAct
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import VERSION, LeafIndex
from provenance.coffee.statement import Statement, b64url, parse
from provenance.tlog.errors import TlogError
from provenance.trail.models import Event, IndexBucket, IndexHead, IndexTile, Log
from provenance.trail.services.indexing import LEAVES_AT_ONCE
from provenance.trail.services.verifying.findings import Findings


@dataclass
class IndexCheck:
    """
    Follows the leaves in order. In memory is about 72 bytes a key.

    ``stored``: the index as the rows hold it; ``signed``: as the index leaves state it, which is another one while
    these are of an earlier version of the map.
    """

    log: Log
    findings: Findings
    size: int = 0
    newest: int | None = None
    newest_version: int | None = None

    def __post_init__(self) -> None:
        self.head = IndexHead.objects.filter(log=self.log).first()
        stored = {upto for model in (IndexBucket, IndexTile) for upto in _uptos(model, self.log)}
        self.stops = stored | ({self.head.upto} if self.head else set())
        self.stored = LeafIndex(self.head.version if self.head else VERSION)
        first = _first_version(self.log)
        self.signed = self.stored if first == self.stored.version else LeafIndex(first)

    def add(self, event: Event, statement: Statement | None, digest: bytes, index: int) -> None:
        """The next leaf. What covers the leaves before it is checked first."""
        self._reach(index)
        if statement is not None and isinstance(statement.body, IndexAct):
            self._check_leaf(event, statement.body, index)
        for each in self._indexes():
            each.add(bytes(event.statement), index, digest)
        self.size = index + 1

    def finish(self) -> None:
        """What remains when all leaves were seen."""
        self._reach(self.size)
        for upto in sorted(self.stops):
            self.findings.fault(f"The stored index covers {upto} leaves of {self.size}.")
        stands_at = self.head.leaf if self.head else None
        # While all leaves are taken in anew, by a later version of the map, there is no index leaf of that version.
        if stands_at != self.newest and not (self.head and stands_at is None and self.signed is not self.stored):
            self.findings.fault(f"The stored index does not stand at the newest index leaf ({self.newest}).")
        if self.head and not self._is_right_version(self.head):
            self.findings.fault(f"The stored index says that it is of version {self.head.version} of the map.")

    def _is_right_version(self, head: IndexHead) -> bool:
        """That of the index leaf at which it stands; before there is one, a version that is known."""
        return 1 <= head.version <= VERSION if head.leaf is None else head.version == self.newest_version

    def _reach(self, size: int) -> None:
        if size % LEAVES_AT_ONCE == 0:
            self._grow()
        if size in self.stops:
            self.stops.discard(size)
            self._compare_rows(size)
            if self.head and self.head.upto == size:
                self._compare_newest(size, bytes(self.head.root))

    def _indexes(self) -> list[LeafIndex]:
        return [self.stored] if self.signed is self.stored else [self.stored, self.signed]

    def _grow(self) -> None:
        try:
            for each in self._indexes():
                each.grow()
        except TlogError as error:
            self.findings.fault(f"The index cannot be made from the leaves. {error}")

    def _check_leaf(self, event: Event, said: IndexAct, index: int) -> None:
        self._go_on_as(said.v, event, index)
        self.findings.counts["index leaves"] += 1
        if said.upto != index:
            self.findings.fault("Its index does not cover all leaves before it.", event.event_id, index)
        if said.root != b64url(self.signed.root):
            self.findings.fault("Its index is not what the leaves before it name.", event.event_id, index)
        if said.prev != self.newest:
            self.findings.fault("It does not name the index leaf before it.", event.event_id, index)
        self.newest, self.newest_version = index, said.v

    def _go_on_as(self, version: int, event: Event, index: int) -> None:
        if version < self.signed.version:
            self.findings.fault("Its index is of an earlier version than the one before it.", event.event_id, index)
        elif version == self.stored.version:
            self.signed = self.stored
        self._grow()

    def _compare_rows(self, upto: int) -> None:
        """The rows that were written when the index covered so many leaves."""
        self._grow()
        for number, records in IndexBucket.objects.filter(log=self.log, upto=upto).values_list("number", "records"):
            self.findings.counts["index rows"] += 1
            if self.stored.index.buckets.get(number) != bytes(records):
                self.findings.fault(f"Bucket {number} of the stored index at {upto} leaves is not what they name.")
        rows = IndexTile.objects.filter(log=self.log, upto=upto).values_list("level", "number", "hashes")
        for level, number, hashes in rows:
            self.findings.counts["index rows"] += 1
            if self.stored.index.tiles.get((level, number)) != bytes(hashes):
                self.findings.fault(
                    f"Tile {level}/{number} of the stored index at {upto} leaves is not what they name."
                )

    def _compare_newest(self, upto: int, root: bytes) -> None:
        """Nothing is missing: the newest row of each bucket and tile is the present one."""
        if root != self.stored.root:
            self.findings.fault("The root of the stored index is not what the leaves name.")
        reached = {"log": self.log, "upto__lte": upto}
        buckets = IndexBucket.objects.filter(**reached).order_by("upto").values_list("number", "records")
        right = {
            number: self.stored.index.buckets.get(number) == bytes(records) for number, records in buckets.iterator()
        }
        for number in self.stored.index.buckets:
            if not right.get(number):
                self.findings.fault(f"Bucket {number} of the stored index is missing or old.")
        tiles = IndexTile.objects.filter(**reached).order_by("upto").values_list("level", "number", "hashes")
        true = {
            (level, number): self.stored.index.tiles.get((level, number)) == bytes(hashes)
            for level, number, hashes in tiles
        }
        for level, number in self.stored.index.tiles:
            if not true.get((level, number)):
                self.findings.fault(f"Tile {level}/{number} of the stored index is missing or old.")


def _first_version(log: Log) -> int:
    """Of the map, as the log's first index leaf states it."""
    first = Event.objects.filter(leaf__log=log, act=IndexAct.name).order_by("leaf__index").first()
    with suppress(CoffeeError):
        body = parse(bytes(first.statement)).body if first else None
        return body.v if isinstance(body, IndexAct) else VERSION
    return VERSION


def _uptos(model: type[IndexBucket] | type[IndexTile], log: Log) -> set[int]:
    return set(model._default_manager.filter(log=log).values_list("upto", flat=True).distinct())
