"""
Refills a database that is an old copy, from a mirror or a static export of the log.

Nothing of the copy is believed: its checkpoint carries the log's own signatures, and every entry is proven up to the
root under them before it is taken in, with the very bytes that were recorded. What the log never held comes back from
nowhere: the withheld values of the statements that were lost, and server keys made since the backup.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from django.db import connection, transaction

from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import Statement, parse
from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.checkpoint import VerifiedLine, open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import Frontier, leaf_hash
from provenance.tlog.keys import KeyType
from provenance.tlog.note import format_note, parse_note
from provenance.tlog.proven import ProvenLog
from provenance.tlog.tiles import complete_tiles, tile_root
from provenance.trail.models import Checkpoint, Event, Key, Leaf, Log, LogHead, Pending, ServerKey, StoredTile
from provenance.trail.services import guarding
from provenance.trail.services.bulk import insert, insert_numbered
from provenance.trail.services.fence import Fence, FenceBroken
from provenance.trail.services.logs import freeze, vkeys_of
from provenance.trail.services.projecting import rebuild_projections
from provenance.trail.services.publishing import release
from provenance.trail.services.recovering.thawing import NotMended, resume, what_contradicts
from provenance.trail.services.tiles import hash_reader

ENTRIES_AT_ONCE = 1_000


@dataclass
class Refilled:
    """
    What came back, and what did not. ``lost_values``: withheld fields whose values only the lost database had;
    ``lost_keys``: parties whose server-held key it had; ``still_frozen``: why the log does not go on yet.
    """

    leaves: int
    size: int
    lost_values: int = 0
    lost_keys: list[str] = field(default_factory=list)
    still_frozen: list[str] = field(default_factory=list)


def refill(log: Log, read: Callable[[str], bytes | None]) -> Refilled:
    """
    Take in everything that the copy holds beyond the database, and let the log go on if it is then the newest known.

    ``read(path)``: the copy's bytes at a path below the log's prefix. Raises ``NotMended`` where the copy is not this
    log's, does not go on where the database ends, or is shorter than what somebody has seen; nothing is then changed
    but that the log is frozen. Killed at any point, it can be run again.
    """
    if log.state != Log.State.FROZEN:
        freeze(log, "Its operator refills it from a copy (manage.py recover).")
    try:
        signed, lines, note = _checkpoint(log, read)
        proven = ProvenLog(signed, read)
        _check_copy(log, proven)
        with transaction.atomic(durable=True):
            refilled = _take_in(log, proven, lines, note)
    except TlogError as error:
        raise NotMended([f"The copy cannot be used: {error}"]) from error
    rebuild_projections(log)
    refilled.lost_keys = _lost_keys(log)
    _release(log)
    refilled.still_frozen = what_contradicts(log)
    if not refilled.still_frozen:
        resume(log)
    return refilled


def _checkpoint(
    log: Log, read: Callable[[str], bytes | None]
) -> tuple[tlog_checkpoint.Checkpoint, list[VerifiedLine], str]:
    """The copy's checkpoint, and its note without the lines of anybody else."""
    found = read("checkpoint")
    if found is None:
        raise NotMended([f"There is no checkpoint of {log.origin} in the copy."])
    keys = vkeys_of(log)
    signed, lines = open_checkpoint(found, keys, origin=log.origin, every_key=True)
    return signed, lines, format_note(parse_note(found).only_from(keys)).decode()


def _check_copy(log: Log, proven: ProvenLog) -> None:
    """The copy holds what this database holds, and all that anybody else has seen."""
    head, copy = LogHead.objects.get(log=log), proven.checkpoint
    if copy.size < head.size:
        raise NotMended([f"The copy ends at {copy.size} leaves, the database holds {head.size} already."])
    if proven.root_at(head.size) != bytes(head.root):
        raise NotMended(
            [
                f"The database's {head.size} leaves are not the first {head.size} of the copy: somebody signed another "
                "history with it. Restore an older backup, from before that, and refill that one."
            ]
        )
    for seen in guarding.look_around(log).seen:
        if seen.checkpoint.size > copy.size:
            raise NotMended(
                [
                    f"The copy ends at {copy.size} leaves, but {seen.source} says {seen.checkpoint.size}: find a copy "
                    "that is as long, or retire the log (manage.py succeed)."
                ]
            )
        if proven.root_at(seen.checkpoint.size) != seen.checkpoint.root:
            raise NotMended([f"{seen.source} contradicts the copy at {seen.checkpoint.size} leaves: it is a fork."])


def _take_in(log: Log, proven: ProvenLog, lines: list[VerifiedLine], note: str) -> Refilled:
    head = LogHead.objects.select_for_update().get(log=log)
    copy = proven.checkpoint
    signed_at = next(line.timestamp or 0 for line in lines if line.key.type == KeyType.COSIGNATURE_MLDSA44)
    refilled = Refilled(copy.size - head.size, copy.size)
    frontier = Frontier.from_bytes(head.size, bytes(head.frontier))
    entries = proven.entries(since=head.size)
    while jwss := list(islice(entries, ENTRIES_AT_ONCE)):
        statements = list(_parsed(jwss, frontier.size))
        hashes = [leaf_hash(statement.jws) for statement in statements]
        keys = _events(log, statements, hashes, signed_at)
        places = enumerate(keys, start=frontier.size)
        insert(Leaf, ("event_id", "log_id", "index"), [(key, log.pk, index) for index, key in places])
        Pending.objects.filter(event__in=keys).delete()
        StoredTile.objects.bulk_create(
            [
                StoredTile(log=log, level=tile.level, index=tile.index, hashes=data, root=tile_root(data))
                for tile, data in complete_tiles(frontier.size, hashes, hash_reader(log))
            ]
        )
        frontier = frontier.extend(hashes)
        refilled.lost_values += _withheld(statements)
    if frontier.root() != copy.root:
        raise NotMended(["What was taken in does not give the copy's root. Nothing was changed."])
    LogHead.objects.filter(log=log).update(size=copy.size, root=copy.root, frontier=frontier.to_bytes())
    if not Checkpoint.objects.filter(log=log, size=copy.size).exists():
        Checkpoint.objects.create(log=log, size=copy.size, root=copy.root, note=note, signed_at=signed_at)
    return refilled


def _parsed(jwss: list[bytes], first: int) -> Iterator[Statement]:
    for index, jws in enumerate(jwss, start=first):
        try:
            yield parse(jws)
        except CoffeeError as error:
            raise NotMended([f"Leaf {index} of the copy is no statement: {error}"]) from None


def _events(log: Log, statements: list[Statement], hashes: list[bytes], signed_at: int) -> list[int]:
    """The primary keys of the statements' events; those that the database does not have yet are recorded."""
    uuids = [Event.uuid_of(statement.jti) for statement in statements]
    stored = dict(Event.objects.filter(uuid__in=uuids).values_list("uuid", "pk"))
    bytes_of = dict(Event.objects.filter(pk__in=stored.values()).values_list("uuid", "leaf_hash"))
    for statement, uuid, digest in zip(statements, uuids, hashes, strict=True):
        if uuid in bytes_of and bytes(bytes_of[uuid]) != digest:
            raise NotMended(
                [
                    f"The event {statement.jti} was recorded here again with another signature after the backup had "
                    "been restored. Restore the backup once more, and refill it before anybody records."
                ]
            )
    # When it was recorded is lost; it was before its checkpoint was signed.
    at = connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(signed_at, UTC))
    fresh = [
        (uuid, log.pk, statement.kid, statement.act, digest, statement.jws, at)
        for statement, uuid, digest in zip(statements, uuids, hashes, strict=True)
        if uuid not in stored
    ]
    columns = ("uuid", "log_id", "kid", "act", "leaf_hash", "statement", "recorded_at")
    made = insert_numbered(Event, columns, fresh) if fresh else []
    stored |= {row[0]: key for row, key in zip(fresh, made, strict=True)}
    return [stored[uuid] for uuid in uuids]


def _withheld(statements: list[Statement]) -> int:
    """How many withheld fields of these statements have no value here."""
    fields = {(Event.uuid_of(one.jti), name) for one in statements for name in one.withheld}
    events = Event.objects.filter(uuid__in={uuid for uuid, _ in fields})
    return len(fields - set(events.values_list("uuid", "disclosures__name")))


def _lost_keys(log: Log) -> list[str]:
    held = ServerKey.objects.values("kid")
    keys = Key.objects.filter(log=log, custody="server", revoked_by=None).exclude(kid__in=held)
    return sorted(keys.values_list("party", flat=True))


def _release(log: Log) -> None:
    """As after any COMMIT. Where the fence is lost its operator has to look first: ``what_contradicts`` says so."""
    try:
        if Fence.of(log).read() is not None:
            release(log)
    except FenceBroken:
        return
