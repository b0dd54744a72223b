"""Looks at the database itself, the tree and the checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import Frontier
from provenance.tlog.keys import KeyType
from provenance.tlog.tiles import TILE_WIDTH, full_tiles, tile_root
from provenance.trail.models import Checkpoint, CheckpointRelease, Event, Log, LogHead, StoredTile
from provenance.trail.services.fence import Fence, FenceBroken
from provenance.trail.services.logs import vkeys_of
from provenance.trail.services.verifying.findings import Findings
from provenance.trail.triggers import triggers_differ


def check_database(findings: Findings) -> None:
    """What the database can say about its own pages, and whether the insert-only law stands."""
    if difference := triggers_differ(connection):
        findings.fault(difference)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA integrity_check")
            lines = [row[0] for row in cursor.fetchall()]
            cursor.execute("PRAGMA foreign_key_check")
            lines += [f"a row of {row[0]} points at nothing in {row[2]}" for row in cursor.fetchall()]
        else:
            lines = [*_amcheck(cursor), *_pointing_at_nothing()]
    for line in lines:
        if line != "ok":
            findings.fault(f"The database is damaged: {line}")


def _amcheck(cursor) -> list[str]:
    """PostgreSQL's own check of heap and indexes, where its extension amcheck is installed."""
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
    if not cursor.fetchone():
        return []
    cursor.execute(
        "SELECT c.relname, v.msg FROM pg_class c, verify_heapam(c.oid) v "
        "WHERE c.relkind = 'r' AND c.relname LIKE 'trail\\_%' AND pg_table_is_visible(c.oid)"
    )
    return [f"{table}: {message}" for table, message in cursor.fetchall()]


def _pointing_at_nothing() -> Iterator[str]:
    """PostgreSQL never looks again at rows that were written past its constraints; SQLite does when it is asked."""
    for model in apps.get_app_config("trail").get_models():
        for key in model._meta.concrete_fields:
            if key.related_model is None:
                continue
            there = key.related_model._default_manager.filter(pk=OuterRef(key.attname))
            if model._default_manager.filter(~Exists(there), **{f"{key.attname}__isnull": False}).exists():
                yield f"a row of {model._meta.db_table} points at nothing in {key.related_model._meta.db_table}"


def check_fence(log: Log, findings: Findings) -> None:
    """The database holds at least what was released."""
    fence = Fence.of(log)
    head = LogHead.objects.filter(log=log).first()
    if head is None:
        findings.fault("The log has lost its head.")
        return
    try:
        released = fence.read()
        ever = CheckpointRelease.objects.filter(checkpoint__log=log).exists()
        fence.check(log, head, released, ever=ever)
    except FenceBroken as error:
        findings.fault(str(error))


def check_retired_fence(log: Log, lost: int, findings: Findings) -> None:
    """A retired log released no more than its leaves and those that its successor says were lost."""
    try:
        released = Fence.of(log).read()
    except FenceBroken:
        # It may be why the log was retired; nothing rests on it any more.
        return
    if released and released.size > LogHead.objects.get(log=log).size + lost:
        findings.fault(f"{released.size} leaves of {log.origin} were released, more than its successor accounts for.")


@dataclass
class Tree:
    """Grows the tree leaf by leaf and holds tiles, checkpoints and head against it."""

    log: Log
    findings: Findings
    frontier: Frontier = field(default_factory=Frontier)
    open_tiles: list[list[bytes]] = field(default_factory=lambda: [[]])
    expected: dict[tuple[int, int], bytes] = field(default_factory=dict)
    signed_at: int = 0

    def __post_init__(self) -> None:
        self.checkpoints = list(Checkpoint.objects.filter(log=self.log).order_by("size").select_related("release"))
        self.unsigned: list[Event] = []

    def add(self, event: Event, leaf: bytes, index: int) -> None:
        """The next leaf. Everything at or below its size is checked as soon as it is reached."""
        self.findings.counts["leaves"] += 1
        if event.log_id != self.log.pk and not Log.objects.filter(pk=event.log_id, name=self.log.name).exists():
            self.findings.fault("Its leaf is said to belong to another log.", event.event_id, index)
        if index != self.frontier.size:
            self.findings.fault(f"Leaf {self.frontier.size} is missing.", event.event_id, index)
        self.frontier = self.frontier.append(leaf)
        self.unsigned.append(event)
        self._fill(0, leaf)
        if self.checkpoints and self.checkpoints[0].size <= self.frontier.size:
            self._check_checkpoint(self.checkpoints.pop(0))

    def finish(self) -> None:
        """What remains when all leaves were seen."""
        for checkpoint in self.checkpoints:
            self.findings.fault(f"The log signed size {checkpoint.size} but holds {self.frontier.size} leaves.")
        for event in self.unsigned:
            self.findings.fault("Its leaf stands in no checkpoint.", event.event_id, event.index)
        head = LogHead.objects.filter(log=self.log).first()
        if head and (head.size, bytes(head.root), bytes(head.frontier)) != (
            self.frontier.size,
            self.frontier.root(),
            self.frontier.to_bytes(),
        ):
            self.findings.fault(f"The head does not state the {self.frontier.size} leaves that there are.")
        stored = set(StoredTile.objects.filter(log=self.log).values_list("level", "index"))
        wanted = {(tile.level, tile.index) for tile in full_tiles(self.frontier.size)}
        for level, index in sorted(stored ^ wanted):
            self.findings.fault(f"Tile {index} of level {level} is missing or should not be there.")

    def _fill(self, level: int, value: bytes) -> None:
        while len(self.open_tiles) <= level:
            self.open_tiles.append([])
        hashes = self.open_tiles[level]
        hashes.append(value)
        if len(hashes) < TILE_WIDTH:
            return
        data = b"".join(hashes)
        hashes.clear()
        self._check_tile(level, data)
        self._fill(level + 1, tile_root(data))

    def _check_tile(self, level: int, data: bytes) -> None:
        index = (self.frontier.size >> 8 * (level + 1)) - 1
        self.findings.counts["tiles"] += 1
        tile = StoredTile.objects.filter(log=self.log, level=level, index=index).first()
        if tile and (bytes(tile.hashes) != data or bytes(tile.root) != tile_root(data)):
            self.findings.fault(f"Tile {index} of level {level} does not hold the hashes of its leaves.")

    def _check_checkpoint(self, row: Checkpoint) -> None:
        """Each root is made from the same leaves as the one before, so consistency needs no proof of its own."""
        self.findings.counts["checkpoints"] += 1
        try:
            keys = vkeys_of(self.log)
            signed, lines = open_checkpoint(row.note.encode(), keys, origin=self.log.origin, every_key=True)
        except TlogError as error:
            self.findings.fault(f"The checkpoint at size {row.size} is not the log's: {error}")
            return
        if (signed.size, signed.root) != (self.frontier.size, self.frontier.root()):
            self.findings.fault(f"The checkpoint at size {row.size} does not state the leaves' root.")
        times = [line.timestamp for line in lines if line.key.type == KeyType.COSIGNATURE_MLDSA44]
        if (row.size, bytes(row.root), [row.signed_at]) != (signed.size, signed.root, times):
            self.findings.fault(f"The checkpoint's columns at size {row.size} are not what its note says.")
        if row.signed_at < self.signed_at:
            self.findings.fault(f"The checkpoint at size {row.size} is older than the one before it.")
        self.signed_at = max(self.signed_at, row.signed_at)
        self._check_times(row)
        self.unsigned.clear()

    def _check_times(self, row: Checkpoint) -> None:
        for event in self.unsigned:
            if int(event.recorded_at.timestamp()) > row.signed_at:
                self.findings.fault("It was recorded after its checkpoint was signed.", event.event_id, event.index)
        release = getattr(row, "release", None)
        if release and not row.signed_at <= release.released_at.timestamp() <= timezone.now().timestamp() + 1:
            self.findings.fault(f"The checkpoint at size {row.size} was released at an impossible time.")
        if release is None and any(getattr(later, "release", None) for later in self.checkpoints):
            self.findings.fault(f"The checkpoint at size {row.size} was never released, a later one was.")
