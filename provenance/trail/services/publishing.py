"""
Gives recorded events their place in the log and signs the new root.

Everything that a checkpoint rests on is read again from the database under the lock of the head row. No state is kept
between two calls: whatever a crash or a lost COMMIT left behind, the next call reads what is there and goes on.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from provenance.coffee.acts import Succession
from provenance.coffee.indexing import VERSION
from provenance.keyring import Unsealable
from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import Frontier, leaf_hash, node_hash, perfect_subtrees, root_of
from provenance.tlog.proofs import check_consistency, consistency_proof
from provenance.tlog.tiles import complete_tiles, tile_root
from provenance.trail.errors import ClockBehind, Corrupt, LogFrozen
from provenance.trail.models import (
    Checkpoint,
    CheckpointRelease,
    Event,
    IndexHead,
    Key,
    Leaf,
    Log,
    LogHead,
    Pending,
    StoredTile,
    WitnessDemand,
)
from provenance.trail.services.bulk import insert
from provenance.trail.services.exporting import ExportFailed, catch_up
from provenance.trail.services.fence import Fence, FenceBroken
from provenance.trail.services.guarding import stand_guard
from provenance.trail.services.index_leaf import NoIndex, end_with_index
from provenance.trail.services.indexing import absorb_backlog
from provenance.trail.services.logs import freeze, frozen, signers_of
from provenance.trail.services.tiles import hash_reader

logger = logging.getLogger(__name__)

# One transaction stays short and its memory bounded; the rest comes with the next checkpoint.
LEAVES_AT_ONCE = 10_000

# An index is due at the latest after so many leaves: taking them in must not hold up the next second's.
LEAVES_WITHOUT_INDEX = 2_000


def publish(log: Log, *, now: float | None = None, index: bool = False) -> Checkpoint | None:
    """
    One checkpoint over everything pending, or None where nothing is. ``now``: POSIX seconds, else the clock's.

    With ``index``, and where a leaf follows the last index leaf, it ends in a new one.

    Raises ``LogFrozen`` (and freezes the log) when fence or database contradict what was released, ``ClockBehind``
    when signing has to wait, ``ExportFailed`` while the static export lacks what was released.
    """
    return _publish(log, now, index)


def _publish(log: Log, now: float | None, index: bool, *, chunks: int | None = None) -> Checkpoint | None:
    """``chunks`` bounds how much of a backlog goes into the index now; until none is left there is no index leaf."""
    if log.state != Log.State.ACTIVE:
        raise frozen(log)
    stand_guard(log)
    try:
        # A crash between COMMIT and release leaves a checkpoint that nobody has seen: it is released first.
        release(log)
        index = index and absorb_backlog(log, chunks=chunks)
        with transaction.atomic(durable=True):
            made = _sequence(log, now, index)
        # At this point the checkpoint is durable. Killed here, the next call releases it.
        release(log)
    except (Corrupt, FenceBroken, TlogError) as error:
        raise freeze(log, str(error)) from error
    return made


def publish_due(*, now: float | None = None) -> list[Checkpoint]:
    """
    Publish every active log that has something pending, unreleased or not indexed: at most one checkpoint a log and
    second.

    What ``manage.py keep`` calls. One log's trouble is logged and does not hold up the others.
    """
    seconds = int(timezone.now().timestamp() if now is None else now)
    unreleased = Checkpoint.objects.filter(log=OuterRef("pk"), release=None)
    not_indexed = Q(head__size__gt=Coalesce(F("index_head__leaf"), -1) + 1) | Q(index_head__version__lt=VERSION)
    due = Log.objects.filter(
        Exists(Pending.objects.filter(log=OuterRef("pk"))) | Exists(unreleased) | not_indexed,
        state=Log.State.ACTIVE,
    )
    made = []
    for log in due:
        if Checkpoint.objects.filter(log=log, signed_at=seconds).exists():
            continue
        try:
            # A log that was kept without an index takes its leaves in bit by bit, and goes on publishing meanwhile.
            checkpoint = _publish(log, now, _index_is_due(log, seconds), chunks=1)
        except (LogFrozen, ClockBehind, Unsealable, ExportFailed) as error:
            logger.error("log %s: %s", log.origin, error)
        else:
            made += [checkpoint] if checkpoint else []
    return made


def release(log: Log) -> None:
    """Write the fence, the release rows, the static export of what has none. Running it twice does no harm."""
    fence = Fence.of(log)
    # The fence is read before the head: read after it, a publisher in between would look like a fork.
    released = fence.read()
    head = LogHead.objects.get(log=log)
    fence.check(log, head, released, ever=CheckpointRelease.objects.filter(checkpoint__log=log).exists())
    unreleased = list(Checkpoint.objects.filter(log=log, release=None).order_by("size"))
    for newest in unreleased[-1:]:
        fence.advance(tlog_checkpoint.Checkpoint(log.origin, newest.size, bytes(newest.root)))
    for checkpoint in unreleased:
        try:
            with transaction.atomic():
                CheckpointRelease.objects.create(checkpoint=checkpoint, released_at=timezone.now())
        except IntegrityError:
            logger.info("checkpoint %s was released by another publisher", checkpoint)
    catch_up(log)


def _index_is_due(log: Log, now: int) -> bool:
    """Once a minute, after many leaves, and at once for whoever waits for witnesses or says the first thing in long."""
    if WitnessDemand.objects.filter(log=log).exists():
        return True
    leaf = IndexHead.objects.filter(log=log).values_list("leaf", flat=True).first()
    made = Checkpoint.objects.filter(log=log, size=leaf + 1).first() if leaf is not None else None
    if leaf is None or made is None:
        return True
    return now - made.signed_at >= settings.INDEX_EVERY or log.head.size - leaf > LEAVES_WITHOUT_INDEX


def _sequence(log: Log, now: float | None, index: bool) -> Checkpoint | None:
    head = LogHead.objects.select_for_update().get(log=log)
    # A further log begins with its succession, however long others have waited.
    events = waiting(log, Succession.name) if log.number > 1 and not head.size else waiting(log)
    if index:
        events += _index_leaf(log, head, events, now)
    if not events:
        return None
    frontier = Frontier.from_bytes(head.size, bytes(head.frontier))
    if frontier.root() != bytes(head.root):
        raise Corrupt(f"The stored frontier does not give the root at size {head.size}.")
    hashes = [_leaf_hash(event) for event in events]
    _check_keys(log, events)

    grown = frontier.extend(hashes)
    root = grown.root()
    _check_growth(frontier, grown, [bytes(event.leaf_hash) for event in events])
    checkpoint = _sign(log, tlog_checkpoint.Checkpoint(log.origin, grown.size, root), now)

    places = enumerate(events, start=head.size)
    insert(Leaf, ("event_id", "log_id", "index"), [(event.pk, log.pk, index) for index, event in places])
    StoredTile.objects.bulk_create(
        [
            StoredTile(log=log, level=tile.level, index=tile.index, hashes=data, root=tile_root(data))
            for tile, data in complete_tiles(head.size, hashes, hash_reader(log))
        ]
    )
    # Those that have a place now and no others: more may be waiting than were read.
    Pending.objects.filter(event__in=Leaf.objects.filter(log=log, index__gte=head.size).values("event")).delete()
    swapped = LogHead.objects.filter(log=log, size=head.size, root=bytes(head.root)).update(
        size=grown.size, root=root, frontier=grown.to_bytes()
    )
    if swapped != 1:
        raise Corrupt("The head changed under its lock.")
    checkpoint.save()
    return checkpoint


class Waiting(NamedTuple):
    """What publishing reads of an event. A model instance each would cost more than all the rest."""

    pk: int
    kid: str
    leaf_hash: bytes
    statement: bytes


def waiting(log: Log, act: str | None = None) -> list[Waiting]:
    """
    What is to get a place now (with ``act``: only such), in the order of the events' ids.

    All that is pending, never what lies beyond the last id published: a commit may overtake another, and the one that
    was overtaken would be left out for ever.
    """
    # Joined the other way, SQLite would put every statement into a temporary tree, only to sort it.
    pending = Pending.objects.filter(log=log).values("event")
    rows = Event.objects.filter(pk__in=pending).order_by("pk")
    rows = rows.filter(act=act) if act else rows
    return list(map(Waiting._make, rows.values_list(*Waiting._fields)[:LEAVES_AT_ONCE]))


def _index_leaf(log: Log, head: LogHead, events: Sequence[Waiting], now: float | None) -> list[Waiting]:
    """An index leaf over all leaves and these, unless it would say no more than the last one."""
    if not events and IndexHead.objects.filter(log=log, leaf=head.size - 1, version=VERSION).exists():
        return []
    try:
        pk, statement = end_with_index(log, head.size, [bytes(event.statement) for event in events], now)
    except NoIndex as error:
        # Said with every checkpoint that lacks one, not every second of an idle log.
        logger.log(logging.ERROR if events else logging.DEBUG, "log %s has no index: %s", log.origin, error)
        return []
    return [Waiting(pk, statement.kid, leaf_hash(statement.jws), statement.jws)]


def _leaf_hash(event: Waiting) -> bytes:
    """The leaf hash of the bytes as they lie there now; a bit that flipped since recording must not be signed."""
    found = leaf_hash(bytes(event.statement))
    if found != bytes(event.leaf_hash):
        raise Corrupt(f"The bytes of event {event.pk} are not those that were recorded.")
    return found


def _check_keys(log: Log, events: Sequence[Waiting]) -> None:
    """A key's standing is judged by place: no leaf may follow the one that ended its key."""
    keys = {
        key.kid: key
        for key in Key.objects.filter(log=log, kid__in={event.kid for event in events}).select_related("event")
    }
    for event in events:
        key = keys.get(event.kid)
        if key is None:
            raise Corrupt(f"Event {event.pk} is signed with a key that nobody registered.")
        # Recording locks the key's row, so the order of event ids is the order of the leaves.
        if event.pk < key.event_id or (key.revoked_by_id is not None and event.pk > key.revoked_by_id):
            raise Corrupt(f"Event {event.pk} would stand outside its key's time.")


def _check_growth(old: Frontier, new: Frontier, kept: Sequence[bytes]) -> None:
    """
    Our own consistency proof, through the verifier's eyes.

    It is made of the hashes kept at recording, so a bit that flipped on its way into the tree does not fit it.
    """
    if old.size:
        proof = consistency_proof(old.size, new.size, Grown(old, kept).hash)
        check_consistency(old.size, old.root(), new.size, new.root(), proof)
    elif root_of(kept) != new.root():
        raise Corrupt("The tree does not hold the hashes that were kept at recording.")


def _sign(log: Log, checkpoint: tlog_checkpoint.Checkpoint, at: float | None) -> Checkpoint:
    # The clock is read under the head's lock: read before, another publisher may have signed in between.
    now = int(timezone.now().timestamp() if at is None else at)
    last = Checkpoint.objects.filter(log=log).order_by("-size").values_list("signed_at", flat=True).first()
    if last is not None and now < last:
        raise ClockBehind(f"The clock is {last - now} s behind the last checkpoint of {log.origin}.")
    signers = signers_of(log)
    note = tlog_checkpoint.sign_checkpoint(checkpoint, signers, now)
    tlog_checkpoint.open_checkpoint(note, [s.verifier for s in signers], origin=log.origin, every_key=True)
    return Checkpoint(log=log, size=checkpoint.size, root=checkpoint.root, note=note.decode(), signed_at=now)


@dataclass
class Grown:
    """Hashes of a tree after it grew, as far as its old frontier and the new leaves give them."""

    frontier: Frontier
    leaves: Sequence[bytes]

    def __post_init__(self) -> None:
        places = perfect_subtrees(0, self.frontier.size)
        self._nodes: dict[tuple[int, int], bytes] = dict(zip(places, self.frontier.hashes, strict=True))

    def hash(self, level: int, index: int) -> bytes:
        """The ``get_hash`` of ``tlog.proofs``. A consistency proof asks for nothing older than the frontier."""
        if level == 0 and index >= self.frontier.size:
            return self.leaves[index - self.frontier.size]
        if (level, index) not in self._nodes:
            left, right = self.hash(level - 1, 2 * index), self.hash(level - 1, 2 * index + 1)
            self._nodes[level, index] = node_hash(left, right)
        return self._nodes[level, index]
