"""What a mirror holds of a log, and the writing of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from provenance.pack.trust import parse_trust
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import MalformedPolicy, TlogError
from provenance.tlog.keys import VerifierKey
from provenance.tlog.note import parse_note
from provenance.tlog.policy import Policy, parse_policy
from provenance.tlog.proven import ProvenLog, Read, encode_prefix
from provenance.tlog.tiles import TILE_WIDTH, Tile, parse_tile_path
from provenance.witness.models import MirroredLog, MirroredTile

HASH_SIZE = 32


@dataclass(frozen=True)
class Trusted:
    """By which keys a log is known, and which witnesses' lines are kept. ``genesis``: the hash of leaf 0, if known."""

    policy: Policy
    genesis: bytes | None

    def keys(self, origin: str) -> list[VerifierKey]:
        return [log.key for log in self.policy.logs if log.key.name == origin]

    @property
    def witnesses(self) -> list[VerifierKey]:
        return [witness.key for witness in self.policy.witnesses.values()]


def read_trust(text: str) -> Trusted:
    """Read a trust file, or a tlog-policy without a line ``genesis``. Raises ``MalformedPolicy``."""
    data = text.encode()
    if any(line.startswith("genesis ") for line in text.splitlines()):
        trust = parse_trust(data)
        return Trusted(trust.policy, trust.genesis)
    return Trusted(parse_policy(data), None)


def trust_in(vkeys: Iterable[str]) -> str:
    """A policy of these log keys and no witness. Raises ``MalformedPolicy`` for a key that is none."""
    text = "".join(f"log {vkey}\n" for vkey in vkeys) + "quorum none\n"
    if not read_trust(text).policy.logs:
        raise MalformedPolicy("No key of the log is given.")
    return text


def said_in(note: str) -> Checkpoint:
    """The checkpoint of a note that was verified before it was kept."""
    return Checkpoint.parse(parse_note(note.encode()).text)


def held(log: MirroredLog) -> ProvenLog:
    """The tree that is held, proven once more as it is read. Raises ``TlogError`` where a disk has changed it."""
    return ProvenLog(said_in(log.note), reader_of(log))


def reader_of(log: MirroredLog) -> Read:
    """``read`` of ``tlog.proven``, and of who is served: all up to the checkpoint that is held, and nothing beyond."""

    def read(path: str) -> bytes | None:
        if path == "checkpoint":
            return served_note(log).encode() if log.note else None
        try:
            tile = parse_tile_path(path)
        except TlogError:
            return None
        return _tile(log, tile)

    return read


def served_note(log: MirroredLog) -> str:
    """The held checkpoint with the log's lines, those of known witnesses, and the mirror's own where it cosigned."""
    return log.note + (log.cosigned if log.cosigned_size == log.size else "")


def _tile(log: MirroredLog, tile: Tile) -> bytes | None:
    size = log.entries_size if tile.level is None else log.size
    if (tile.index * TILE_WIDTH + tile.width) << 8 * (tile.level or 0) > size:
        return None
    row = MirroredTile.objects.filter(log=log, level=level_of(tile), index=tile.index, width__gte=tile.width).first()
    if row is None:
        return None
    data = bytes(row.data)
    if row.width == tile.width:
        return data
    return encode_prefix(data, tile.width) if tile.level is None else data[: tile.width * HASH_SIZE]


def level_of(tile: Tile) -> int:
    """The level as rows have it."""
    return MirroredTile.ENTRIES if tile.level is None else tile.level


def keep_tiles(log: MirroredLog, tiles: Iterable[tuple[Tile, bytes]]) -> None:
    """Write proven tiles; a partial one gives way to the same one grown."""
    rows = [MirroredTile(log=log, level=level_of(t), index=t.index, width=t.width, data=data) for t, data in tiles]
    with transaction.atomic():
        MirroredTile.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["log", "level", "index"], update_fields=["width", "data"]
        )
