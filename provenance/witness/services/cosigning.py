"""
One add-checkpoint request, from its bytes to cosignatures (C2SP tlog-witness).

Looking at the latest cosigned checkpoint and writing the new one is one transaction under one lock, and it is committed
before anybody gets a signature to see. Otherwise two requests could each be given a signature on a history of its own.
Then the fence is put on the disk, and only then the answer leaves: even an old copy of the database is noticed.
"""

import logging
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils import timezone

from provenance.keyring import Unsealable
from provenance.tlog.checkpoint import sign_line, verify_lines
from provenance.tlog.errors import BadSignature, ProofRefused
from provenance.tlog.keys import NamedSigner
from provenance.tlog.note import Note, format_note
from provenance.tlog.proofs import check_consistency
from provenance.witness.asking import Asked, parse
from provenance.witness.errors import (
    Contradicts,
    NotConsistent,
    NotReady,
    NotSigned,
    OtherSize,
    Refusal,
    Succeeded,
    UnknownLog,
)
from provenance.witness.models import Contradiction, CosignedTree, WatchedLog
from provenance.witness.services import fencing, keys
from provenance.witness.services.succession import later_than

logger = logging.getLogger(__name__)


def add_checkpoint(body: bytes, *, now: datetime | None = None) -> str:
    """The cosignature lines that answer this request; raises a ``Refusal``. Not inside a transaction."""
    asked = parse(body)
    log = WatchedLog.objects.filter(origin=asked.checkpoint.origin, stopped=False).first()
    if log is None:
        raise UnknownLog(f"This is an unknown log here: {asked.checkpoint.origin}.")
    note = signed_by_log(log, asked)
    signers = own_signers()
    # Whole seconds, as a cosignature has them.
    now = (now or timezone.now()).astimezone(UTC).replace(microsecond=0)
    try:
        return follow(log.pk, asked, note, signers, now)
    except Refusal:
        keep_contradiction(log, asked, note, now)
        raise


def own_signers() -> list[NamedSigner]:
    """Who cosigns here; raises ``NotReady``."""
    try:
        signers = keys.signers()
    except Unsealable as error:
        logger.critical("the witness cannot sign: %s", error)
        raise NotReady("The keys of this witness do not open.") from None
    if not signers:
        raise NotReady("This installation is no witness yet: manage.py create_witness NAME.")
    return signers


def signed_by_log(log: WatchedLog, asked: Asked) -> Note:
    """The note with the log's own lines, all of them verified; raises ``NotSigned``."""
    note = asked.note.only_from(log.keys)
    try:
        lines = verify_lines(note, asked.checkpoint, log.keys)
    except BadSignature as error:
        raise NotSigned(f"This is an invalid signature of the log: {error}") from None
    if not lines:
        raise NotSigned("This is an invalid signature: no key that is trusted for this log has signed.")
    return note


def follow(pk: int, asked: Asked, note: Note, signers: list[NamedSigner], now: datetime) -> str:
    """Check against what was cosigned, sign, write, commit, advance the fence. No answer without all of these."""
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            # Whatever the server's default: an answer must outlive the machine.
            connection.cursor().execute("SET LOCAL synchronous_commit = on")
        log = WatchedLog.objects.select_for_update().get(pk=pk)
        fencing.check(log)
        check_goes_on(log)
        check_follows(log, asked)
        if log.cosigned_at and now < log.cosigned_at:
            raise NotReady("The clock of this witness is behind its latest cosignature.")
        lines = [sign_line(asked.checkpoint, signer, int(now.timestamp())) for signer in signers]
        write(log, asked, note.with_signatures(*lines), now)
    fencing.advance(log)
    return "".join(line.line for line in lines)


def check_goes_on(log: WatchedLog) -> None:
    """Raise a ``Refusal`` where the log has ended, since one that succeeds it was cosigned."""
    cosigned = WatchedLog.objects.filter(size__gt=0).values_list("origin", flat=True)
    if later := later_than(log.origin, cosigned):
        raise Succeeded(f"{log.origin} has ended: this witness has cosigned {later}, which succeeds it.")


def check_follows(log: WatchedLog, asked: Asked) -> None:
    """Raise a ``Refusal`` unless the checkpoint grows from, or is, the latest one that was cosigned."""
    latest, new = log.size or 0, asked.checkpoint
    if asked.old != latest:
        raise OtherSize(latest)
    if new.size == latest and log.root is not None and new.root != bytes(log.root):
        raise Contradicts(f"The root at size {latest} is not the one that was cosigned. The log has two histories.")
    if latest == 0 or new.size == latest:
        if asked.proof:
            raise NotConsistent("The consistency proof must be empty here.")
        return
    try:
        check_consistency(latest, bytes(log.root or b""), new.size, new.root, asked.proof)
    except ProofRefused as error:
        raise NotConsistent(f"The consistency proof is refused: {error}") from None


def write(log: WatchedLog, asked: Asked, note: Note, now: datetime) -> None:
    """Make this the latest cosigned checkpoint. The same tree again only refreshes its time."""
    text, new = format_note(note).decode(), asked.checkpoint
    if log.size != new.size:
        CosignedTree.objects.create(log=log, size=new.size, root=new.root, note=text, cosigned_at=now)
    log.size, log.root, log.note, log.cosigned_at = new.size, new.root, text, now
    log.save(update_fields=["size", "root", "note", "cosigned_at"])


def keep_contradiction(log: WatchedLog, asked: Asked, note: Note, now: datetime) -> None:
    """Keep a checkpoint of another root than was cosigned at its size, whatever the request was refused for."""
    new = asked.checkpoint
    tree = CosignedTree.objects.filter(log=log, size=new.size).first()
    if tree is None or bytes(tree.root) == new.root:
        return
    _, first = Contradiction.objects.get_or_create(
        log=log, size=new.size, root=new.root, defaults={"note": format_note(note).decode(), "received_at": now}
    )
    if first:
        logger.critical("the log %s has signed two trees of size %d", log.origin, new.size)
