"""Proofs that an event is in the log, and that the log only grew."""

from provenance.tlog.errors import ProofRefused
from provenance.tlog.proof_file import TlogProof, format_proof
from provenance.tlog.proofs import GetHash, consistency_proof, inclusion_proof
from provenance.tlog.tiles import TileReader
from provenance.trail.models import Checkpoint, Event, Log
from provenance.trail.services.cosigning import cosigned
from provenance.trail.services.queries import checkpoint_for, latest_checkpoint
from provenance.trail.services.tiles import hash_reader, known_reader


class NotPublished(Exception):
    """The event has no place in a released checkpoint yet."""


def read_hash(checkpoint: Checkpoint) -> GetHash:
    """``get_hash(level, index)`` of ``tlog.proofs`` over the leaves of this checkpoint. Each tile is read once."""
    return known_reader(checkpoint.log_id, checkpoint.size, bytes(checkpoint.root)).hash


def inclusion(event: Event, checkpoint: Checkpoint | None = None, get_hash: GetHash | None = None) -> list[bytes]:
    """
    The audit path of the event to the root of ``checkpoint`` (the newest released one where not given).

    Hand in one ``read_hash`` for many events of one checkpoint. Raises ``NotPublished``.
    """
    checkpoint = _checkpoint_over(event, checkpoint)
    index = event.index
    assert index is not None, "_checkpoint_over refuses such an event"
    return inclusion_proof(index, checkpoint.size, get_hash or read_hash(checkpoint))


def tlog_proof(event: Event, checkpoint: Checkpoint | None = None) -> bytes:
    """
    The event's ``.tlog-proof`` file (C2SP): index, audit path and checkpoint with the witnesses' lines.

    Against the newest witnessed checkpoint where none is given and that one holds the event. Raises ``NotPublished``.
    """
    if checkpoint is None and event.index is not None:
        checkpoint = checkpoint_for(event.leaf.log, event.index)
    checkpoint = _checkpoint_over(event, checkpoint)
    hashes = tuple(inclusion(event, checkpoint))
    return format_proof(TlogProof(event.index or 0, hashes, cosigned(checkpoint).encode()))


def consistency(log: Log, old: int, new: int) -> list[bytes]:
    """Proof that the log's first ``old`` leaves begin its first ``new`` leaves. Raises ``ProofRefused``."""
    if not 0 < old <= new:
        raise ProofRefused(f"There is no consistency proof from size {old} to size {new}.")
    return consistency_proof(old, new, TileReader(new, hash_reader(log)).hash)


def _checkpoint_over(event: Event, checkpoint: Checkpoint | None) -> Checkpoint:
    if checkpoint is None and event.index is not None:
        checkpoint = latest_checkpoint(event.leaf.log)
    if event.index is None or checkpoint is None or event.index >= checkpoint.size:
        raise NotPublished(f"Event {event.uuid} waits for its place in the log.")
    return checkpoint
