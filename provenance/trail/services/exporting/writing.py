"""Brings a place up to a checkpoint: tiles, then what to trust the log by, and the checkpoint last."""

import logging

from provenance.coffee.acts import Genesis
from provenance.coffee.statement import parse
from provenance.pack.trust import format_trust
from provenance.tlog.checkpoint import Checkpoint as Signed
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.note import parse_note
from provenance.tlog.proven import ProvenLog, Read, bundles_of, tiles_of
from provenance.tlog.tiles import TILE_WIDTH, Tile, encode_bundle, parse_tile_path, partial_tiles
from provenance.trail.models import Checkpoint, Log
from provenance.trail.services.alarms import raise_alarm
from provenance.trail.services.cosigning import PolicyUnusable, cosigned, policy_text
from provenance.trail.services.exporting.places import ExportContradicted, Place
from provenance.trail.services.logs import vkeys_of
from provenance.trail.services.queries import genesis_of
from provenance.trail.services.tiles import entries as read_entries
from provenance.trail.services.tiles import read_tile

logger = logging.getLogger(__name__)

EMPTY = 0


def write(place: Place, log: Log, checkpoint: Checkpoint, *, entries: bool, whole: bool = False) -> int:
    """
    Write all files of the log up to this released checkpoint; returns how many tiles and bundles were looked after.

    ``whole``: also those below the checkpoint that the place has, in case one was lost. What the place holds is read
    from the place, never remembered: after any failure the next call finishes the work.

    Raises ``ExportFailed``, ``LogFrozen`` where the place holds another history, and ``TlogError`` where what the
    database holds does not give the checkpoint's root.
    """
    with place.alone():
        while (written := _written(place, log, checkpoint, entries, whole)) is None:
            logger.info("log %s: another process exported meanwhile", log.origin)
    return written


def _written(place: Place, log: Log, checkpoint: Checkpoint, entries: bool, whole: bool) -> int | None:
    """None where another exporter was faster and all has to be looked at again."""
    held = place.read("checkpoint")
    # Made under the place's lock: made before, a line that a witness has added since could be lost again.
    note = cosigned(checkpoint).encode()
    old = EMPTY if held is None else _held(log, held).size
    # Whoever begins late to export entries gets those of the older leaves too.
    first_entry = old if old == EMPTY or place.read(_last_bundle(old)) is not None else EMPTY
    lacking = entries and first_entry < old
    if old > checkpoint.size or (held == note and not lacking and not whole):
        return 0
    proven = ProvenLog(Signed(log.origin, checkpoint.size, bytes(checkpoint.root)), database_reader(log))
    since, first_entry = (EMPTY, EMPTY) if whole else (old, first_entry)
    written = add_tiles(place, proven, since=since, entries_since=first_entry if entries else None)
    _explain(place, log)
    # Asked for again, so that a place without a lock replaces exactly the checkpoint that was built upon.
    if place.read("checkpoint") != held or not place.replace("checkpoint", note):
        return None
    _drop_partials(place, old, checkpoint.size)
    return written


def add_tiles(place: Place, proven: ProvenLog, *, since: int, entries_since: int | None) -> int:
    """Write what the tree has and one of ``since`` leaves has not; how many files. On return they are sure to stay."""
    tiles = tiles_of(proven.checkpoint.size, since)
    bundles = [] if entries_since is None else bundles_of(proven.checkpoint.size, entries_since)
    for tile in tiles:
        place.add(tile.path, proven.tile(tile.level or 0, tile.index))
    for tile in bundles:
        place.add(tile.path, encode_bundle(proven.bundle(tile.index)))
    place.settle()
    return len(tiles) + len(bundles)


def _explain(place: Place, log: Log) -> None:
    """What to trust the log by. It may change, and no checkpoint waits for it."""
    try:
        texts = {"trust": trust_text(log), "policy": policy_text(log)}
    except PolicyUnusable as error:
        logger.error("log %s: the export keeps its old policy: %s", log.origin, error)
        return
    for path, text in texts.items():
        if place.read(path) != text and not place.replace(path, text):
            logger.info("log %s: another process has exported %s meanwhile", log.origin, path)


def held_checkpoint(place: Place) -> Signed | None:
    """What the place's checkpoint says, its signature not checked, or None where it has none."""
    data = place.read("checkpoint")
    return None if data is None else _read(data)


def _read(note: bytes) -> Signed:
    try:
        return Signed.parse(parse_note(note).text)
    except TlogError as error:
        raise ExportContradicted(
            f"The exported checkpoint cannot be read: {error} Move the export away and have it written anew."
        ) from None


def _held(log: Log, held: bytes) -> Signed:
    """The place's checkpoint, once it is known to be one that this log released."""
    signed = _read(held)
    ours = Checkpoint.objects.filter(log=log, size=signed.size).first()
    if signed.origin == log.origin and ours is not None and bytes(ours.root) == signed.root:
        return signed
    what = f"The export holds a checkpoint at size {signed.size} that this database never made."
    try:
        open_checkpoint(held, vkeys_of(log), origin=log.origin)
    except TlogError:
        raise ExportContradicted(f"{what} It is not signed with this log's key: move the export away.") from None
    if log.state == Log.State.RETIRED:
        # There is nothing left to freeze, and its successor's first leaf says how many leaves were lost.
        raise ExportContradicted(
            f"{what} The log was succeeded there: move its folder of the export away and keep it; it is written anew."
        )
    raise raise_alarm(log, source="The static export", what=what, evidence=held.decode(errors="replace"))


def _last_bundle(size: int) -> str:
    index = (size - 1) // TILE_WIDTH
    return Tile(None, index, size - TILE_WIDTH * index).path


def _drop_partials(place: Place, old: int, new: int) -> None:
    """A partial tile may go once the full one is there (C2SP tlog-tiles); readers take the full one then."""
    still_partial = {(tile.level, tile.index) for tile in partial_tiles(new)}
    for tile in partial_tiles(old):
        if (tile.level, tile.index) not in still_partial:
            place.remove_partials(Tile(tile.level, tile.index).path)
            if tile.level == 0:
                place.remove_partials(Tile(None, tile.index).path)


def database_reader(log: Log) -> Read:
    """``read`` of ``tlog.proven`` for the log as the database holds it."""

    def read(path: str) -> bytes | None:
        tile = parse_tile_path(path)
        if tile.level is None:
            return read_entries(log, tile.index, tile.width)
        return read_tile(log, tile.level, tile.index, tile.width)

    return read


def trust_text(log: Log) -> bytes:
    """The log's trust file as this server gives it."""
    return format_trust(leaf_hash(bytes(genesis_of(log).statement)), policy_text(log))


def entries_are_public(log: Log) -> bool:
    """Whether genesis gives the statements themselves to everybody."""
    genesis = parse(bytes(genesis_of(log).statement)).body
    return isinstance(genesis, Genesis) and genesis.entries == "public"
