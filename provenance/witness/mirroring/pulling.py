"""
Follows a log: its newest checkpoint, the proof that it continues what was seen before, then what is new of it.

Killed at any point, the next pull goes on: a full tile is written as soon as it is proven, the checkpoint that needs it
when all are there.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice

from django.db import transaction
from django.utils import timezone

from provenance.pack.replay import ReplayRefused, predecessor
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint, verify_lines
from provenance.tlog.errors import BadSignature, TlogError
from provenance.tlog.keys import VerifierKey
from provenance.tlog.note import Note, format_note, parse_note
from provenance.tlog.proven import ProvenLog, Read, bundles_of, tiles_of
from provenance.tlog.tiles import TILE_WIDTH, Tile, encode_bundle
from provenance.witness.mirroring.errors import Fork, NotPulled
from provenance.witness.mirroring.keeping import (
    Trusted,
    held,
    keep_tiles,
    level_of,
    read_trust,
    reader_of,
    said_in,
)
from provenance.witness.models import MirrorAlarm, MirroredLog, MirroredTile

logger = logging.getLogger(__name__)

# One transaction; with entries about 3 MB.
TILES_AT_ONCE = 16


def enrol(url: str, trust: str, read: Read, *, entries: bool, entries_public: bool) -> MirroredLog:
    """
    The log that is served at ``url``, to be mirrored from now on; nothing of it is taken in yet.

    ``trust``: the text of a trust file or policy; it must know the log. Raises ``NotPulled``, ``MalformedPolicy``.
    """
    trusted = read_trust(trust)
    data = read("checkpoint")
    try:
        origin = Checkpoint.parse(parse_note(data or b"").text).origin
    except TlogError as error:
        raise NotPulled(f"{url} does not serve a log: {error}") from None
    if not trusted.keys(origin):
        raise NotPulled(f"{url} serves the log {origin}, of which your trust file names no key.")
    log, new = MirroredLog.objects.get_or_create(origin=origin, defaults={"url": url, "trust": trust})
    log.url, log.trust = url, trust
    log.entries = entries or log.entries_size > 0
    log.entries_public = entries_public if entries else log.entries_public
    log.save(update_fields=["url", "trust", "entries", "entries_public"])
    if new:
        logger.info("mirroring %s from %s", origin, url)
    return log


def pull(log: MirroredLog, read: Read) -> int:
    """
    Bring the copy up to the log's newest checkpoint; how many leaves are new. Not inside a transaction.

    Raises ``NotPulled`` where the log cannot be read or gives what does not belong together, and ``Fork``, once both
    notes are kept, where it signed another history than was seen before.
    """
    try:
        new = _pull(log, read)
    except (NotPulled, Fork) as error:
        _note(log, str(error))
        raise
    except TlogError as error:
        _note(log, str(error))
        raise NotPulled(f"{log.origin} gives what does not belong together: {error}") from error
    _note(log, "")
    return new


def _note(log: MirroredLog, trouble: str) -> None:
    MirroredLog.objects.filter(pk=log.pk).update(checked_at=timezone.now(), trouble=trouble[:500])


def _pull(log: MirroredLog, read: Read) -> int:
    log.refresh_from_db()
    # The tiles on the way up are asked for again and again.
    read = lru_cache(maxsize=64)(read)
    checkpoint, note = _newest(log, read)
    for known in filter(None, (log.note, log.announced)):
        _check_continues(log, known, checkpoint, note, read)
    if checkpoint.size < log.size:
        logger.warning("%s shows %d leaves, this mirror holds %d", log.origin, checkpoint.size, log.size)
        return 0
    edge: list[tuple[Tile, bytes]] = []
    if checkpoint.size > log.size or (log.entries and log.entries_size < log.size):
        MirroredLog.objects.filter(pk=log.pk).update(announced=note)
        proven = ProvenLog(checkpoint, read)
        _check_genesis(log, proven)
        _fetch_full(log, proven)
        edge = list(_edge(log, proven))
    return _finish(log, checkpoint, note, edge)


def _newest(log: MirroredLog, read: Read) -> tuple[Checkpoint, str]:
    """The checkpoint that the log serves, signed with all its keys, and its note with none but verified lines."""
    data = read("checkpoint")
    if data is None:
        raise NotPulled(f"{log.url} has no checkpoint.")
    trusted = read_trust(log.trust)
    keys = trusted.keys(log.origin)
    checkpoint, _ = open_checkpoint(data, keys, origin=log.origin, every_key=True)
    note = parse_note(data)
    return checkpoint, format_note(note.only_from([*keys, *_true(note, checkpoint, trusted)])).decode()


def _true(note: Note, checkpoint: Checkpoint, trusted: Trusted) -> Iterator[VerifierKey]:
    """The witnesses whose line verifies; a bad one says nothing about the log."""
    for key in trusted.witnesses:
        try:
            yield from (line.key for line in verify_lines(note, checkpoint, [key]))
        except BadSignature as error:
            logger.warning("%s serves a line of %s that does not verify: %s", checkpoint.origin, key.name, error)


def _check_continues(log: MirroredLog, known: str, checkpoint: Checkpoint, note: str, read: Read) -> None:
    """What the log shows now and what it showed before are of one history. Raises ``Fork`` and keeps both otherwise."""
    before = said_in(known)
    small, large = sorted((before, checkpoint), key=lambda each: each.size)
    if small.size == large.size:
        same = small.root == large.root
    else:
        # Read from the log alone, if it can give them: its own tiles prove that it forked.
        own = large == before and log.note == known
        same = ProvenLog(large, reader_of(log) if own else read).root_at(small.size) == small.root
    if same:
        return
    what = f"{log.origin} signed two histories: they differ within the first {small.size} leaves."
    logger.critical("FORK ALARM: %s", what)
    if not MirrorAlarm.objects.filter(log=log, held=known, served=note).exists():
        MirrorAlarm.objects.create(log=log, raised_at=timezone.now(), what=what, held=known, served=note)
    raise Fork(f"{what} Both notes are kept as evidence; show them to everybody who relies on this log.")


def _check_genesis(log: MirroredLog, proven: ProvenLog) -> None:
    """The first leaf is the one of the trust file, or succeeds, log by log, the one whose first leaf that is."""
    genesis = read_trust(log.trust).genesis
    if genesis is None or not proven.checkpoint.size or next(proven.leaf_hashes()) == genesis:
        return
    retired = _predecessor(proven) if log.entries else None
    if retired is None:
        raise NotPulled(
            f"The first leaf of {log.origin} is not the one in your trust file. Where it succeeds another log, its "
            "entries say so: mirror them too."
        )
    before = MirroredLog.objects.filter(origin=retired.origin).first()
    if before is None or not before.note or said_in(before.note) != retired:
        raise NotPulled(f"{log.origin} goes on from {retired.origin} at {retired.size} leaves: mirror that log first.")
    before.trust = log.trust
    _check_genesis(before, held(before))


def _predecessor(proven: ProvenLog) -> Checkpoint | None:
    with suppress(ReplayRefused):
        return predecessor(proven.bundle(0)[0])
    return None


def _fetch_full(log: MirroredLog, proven: ProvenLog) -> None:
    present = set(MirroredTile.objects.filter(log=log, width=TILE_WIDTH).values_list("level", "index"))
    tiles = [tile for tile in _wanted(log, proven) if tile.width == TILE_WIDTH]
    missing = (_proven(proven, tile) for tile in tiles if (level_of(tile), tile.index) not in present)
    while some := list(islice(missing, TILES_AT_ONCE)):
        keep_tiles(log, some)


def _edge(log: MirroredLog, proven: ProvenLog) -> Iterator[tuple[Tile, bytes]]:
    return (_proven(proven, tile) for tile in _wanted(log, proven) if tile.width < TILE_WIDTH)


def _wanted(log: MirroredLog, proven: ProvenLog) -> list[Tile]:
    size = proven.checkpoint.size
    return tiles_of(size) + (bundles_of(size) if log.entries else [])


def _proven(proven: ProvenLog, tile: Tile) -> tuple[Tile, bytes]:
    if tile.level is None:
        return tile, encode_bundle(proven.bundle(tile.index))
    return tile, proven.tile(tile.level, tile.index)


def _finish(log: MirroredLog, checkpoint: Checkpoint, note: str, edge: list[tuple[Tile, bytes]]) -> int:
    """Everything is there: the checkpoint and its partial tiles become what is held, together."""
    with transaction.atomic(durable=True):
        row = MirroredLog.objects.select_for_update().get(pk=log.pk)
        if row.size > checkpoint.size:
            return 0  # another process of this mirror was faster
        keep_tiles(row, edge)
        new = checkpoint.size - row.size
        row.size, row.note, row.announced = checkpoint.size, note, ""
        row.entries_size = checkpoint.size if log.entries else row.entries_size
        row.save(update_fields=["size", "note", "announced", "entries_size"])
    log.refresh_from_db()
    return new
