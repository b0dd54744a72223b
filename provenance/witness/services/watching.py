"""Which logs are watched, with which keys, and from where on after a restore: an operator's decisions."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction

from provenance.tlog.checkpoint import Checkpoint, verify_lines
from provenance.tlog.errors import BadSignature, MalformedCheckpoint
from provenance.tlog.hashing import EMPTY_ROOT
from provenance.tlog.keys import KeyType, VerifierKey, check_enrolment
from provenance.tlog.note import parse_note
from provenance.witness.errors import WitnessError
from provenance.witness.models import CosignedTree, WatchedLog
from provenance.witness.services import fencing, keys


def watch(origin: str, vkeys: Iterable[VerifierKey]) -> WatchedLog:
    """
    Watch the log of this origin; keys are added to those that it has. What was cosigned of it stays.

    Raises ``WitnessError``, and ``MalformedKey`` for a key that nobody should trust.
    """
    try:
        Checkpoint(origin, 0, EMPTY_ROOT)
    except MalformedCheckpoint as error:
        raise WitnessError(str(error)) from None
    new = [_usable(key).vkey for key in vkeys]
    with transaction.atomic():
        log, _ = WatchedLog.objects.select_for_update().get_or_create(origin=origin)
        log.vkeys = "\n".join(dict.fromkeys([*log.vkeys.splitlines(), *new]))
        if not log.vkeys:
            raise WitnessError(f"No key is given for {origin}.")
        log.stopped = False
        log.save(update_fields=["vkeys", "stopped"])
    if log.size is None:
        fencing.begin(log)
    return log


def stop(origin: str) -> WatchedLog:
    """Cosign nothing more of this log. What was cosigned is kept, should it be watched again."""
    if not WatchedLog.objects.filter(origin=origin).update(stopped=True):
        raise WitnessError(f"The log {origin} is not watched here.")
    return WatchedLog.objects.get(origin=origin)


def resume(origin: str) -> WatchedLog:
    """
    After a restore: go on from the later of what the database and the fence hold, and make both hold it.

    Raises ``WitnessError`` where that cannot be told.
    """
    with transaction.atomic(durable=True):
        log = WatchedLog.objects.select_for_update().filter(origin=origin).first()
        if log is None:
            raise WitnessError(f"The log {origin} is not watched here: watch_log it first, then resume.")
        if fencing.path_of(log).exists():
            take_up(log, *fencing.read(log))
    fencing.replace(log)
    return log


def take_up(log: WatchedLog, note: str, fence: Checkpoint | None) -> None:
    """Give the row what the fence holds, where that is later."""
    known = -1 if log.size is None else log.size
    if fence is None or fence.size < known or (fence.size == known and fence.root == bytes(log.root or b"")):
        return
    if fence.size == known:
        raise WitnessError(
            f"The database and the fence have two roots at size {known}: two histories were cosigned, and this witness "
            "is over for this log. Keep both, and tell those who rely on it."
        )
    try:
        lines = verify_lines(parse_note(note.encode()), fence, keys.verifiers())
    except BadSignature:
        lines = []
    times = [line.timestamp for line in lines if line.timestamp is not None]
    if fence.origin != log.origin or not times:
        raise WitnessError("The fence does not hold a note of this log that this witness has cosigned.")
    log.size, log.root, log.note = fence.size, fence.root, note
    log.cosigned_at = datetime.fromtimestamp(max(times), UTC)
    log.save(update_fields=["size", "root", "note", "cosigned_at"])
    CosignedTree.objects.create(log=log, size=log.size, root=log.root, note=note, cosigned_at=log.cosigned_at)


def ever_watched() -> list[WatchedLog]:
    """All logs, those that are watched now first, then by origin."""
    return list(WatchedLog.objects.order_by("stopped", "origin"))


def _usable(key: VerifierKey) -> VerifierKey:
    if key.type == KeyType.COSIGNATURE_ED25519:
        raise WitnessError(f"{key.name} is the key of a witness (type 0x04). A log's keys are of type 0x01 or 0x06.")
    if key.type == KeyType.ED25519:
        check_enrolment(key.raw)
    return key
