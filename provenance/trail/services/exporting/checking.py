"""Hashes an export again from what lies there now: a disk or a hand may have changed what was right when written."""

from dataclasses import dataclass
from pathlib import Path

from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.damage import damaged_files
from provenance.tlog.errors import TlogError
from provenance.tlog.proven import ProvenLog, bundles_of, tiles_of
from provenance.tlog.tiles import TILE_WIDTH, encode_bundle, parse_tile_path
from provenance.trail.models import Log
from provenance.trail.services.exporting.places import Directory, ExportFailed
from provenance.trail.services.logs import vkeys_of


@dataclass(frozen=True)
class Checked:
    """``wrong``: paths of files that are lost, or are not what the log signed at ``size``."""

    size: int
    files: int
    wrong: list[str]


def check_export(folder: Path, log: Log) -> Checked:
    """
    Check every file of the log below the folder, from the signature of its checkpoint down.

    Raises ``ExportFailed`` where there is no checkpoint, ``TlogError`` where it is not the log's.
    """
    place = Directory(folder, f"log/{log.name}/{log.number}")
    note = place.read("checkpoint")
    if note is None:
        raise ExportFailed(f"{place.home} has no checkpoint.")
    checkpoint, _ = open_checkpoint(note, vkeys_of(log), origin=log.origin, every_key=True)
    entries = any(path.startswith("tile/entries/") for path in place.paths())
    wrong = list(damaged_files(checkpoint, place.read, entries=entries))
    needed = {tile.path for tile in tiles_of(checkpoint.size)}
    needed |= {tile.path for tile in bundles_of(checkpoint.size)} if entries else set()
    if wrong:
        return Checked(checkpoint.size, len(needed), wrong)
    proven = ProvenLog(checkpoint, place.read)
    spare = [path for path in place.paths() if path not in needed]
    wrong = [path for path in spare if not _is_part(proven, path, place.read(path))]
    return Checked(checkpoint.size, len(needed) + len(spare), wrong)


def _is_part(proven: ProvenLog, path: str, data: bytes | None) -> bool:
    """Whether a smaller partial tile is the beginning of today's. Beyond the checkpoint nothing is served as signed."""
    try:
        tile = parse_tile_path(path)
    except TlogError:
        return False
    level = tile.level or 0
    if (tile.index * TILE_WIDTH + tile.width) << 8 * level > proven.checkpoint.size:
        return True
    if tile.level is None:
        return data == encode_bundle(proven.bundle(tile.index)[: tile.width])
    return data == proven.tile(level, tile.index)[: tile.width * 32]
