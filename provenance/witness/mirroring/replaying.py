"""
A mirror that holds the entries judges each of them, and only then cosigns.

A plain witness sees sizes and roots. A replaying mirror says more: every leaf is lawful, and the index that the
checkpoint ends in leaves nothing out. So it has a key and a name of its own (``create_witness --mirror``).
"""

import logging

from django.db import connection, transaction
from django.utils import timezone

from provenance.pack.replay import Replay, ReplayRefused, predecessor
from provenance.tlog.checkpoint import Checkpoint, sign_line
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import NamedSigner
from provenance.witness.mirroring.errors import NotReplayed
from provenance.witness.mirroring.keeping import held, said_in
from provenance.witness.models import MirroredLog, WitnessKey
from provenance.witness.services import keys
from provenance.witness.services.succession import later_than

logger = logging.getLogger(__name__)


class Replays:
    """The replays of this process, by log. After a restart a log is replayed from its first leaf."""

    def __init__(self) -> None:
        self._by_origin: dict[str, Replay] = {}

    def catch_up(self, log: MirroredLog) -> int:
        """
        Replay what is new of the log up to the held checkpoint; the largest size that may be cosigned, or 0.

        Raises ``NotReplayed`` where a leaf does not stand up, or what to replay is not here.
        """
        try:
            replay = self._by_origin.get(log.origin) or self._begun(log)
            for entry in held(log).entries(replay.size):
                replay.add(entry)
        except (ReplayRefused, TlogError) as error:
            self._by_origin.pop(log.origin, None)
            raise NotReplayed(str(error)) from error
        self._by_origin[log.origin] = replay
        MirroredLog.objects.filter(pk=log.pk).update(replayed=replay.size, indexed=replay.indexed)
        log.refresh_from_db()
        return replay.indexed

    def _begun(self, log: MirroredLog) -> Replay:
        """At the first leaf, or where the log before it in its series ends."""
        if not log.size or log.entries_size < log.size:
            raise NotReplayed(f"The entries of {log.origin} are not mirrored, so they cannot be judged.")
        retired = predecessor(held(log).bundle(0)[0])
        if retired is None:
            return Replay(log.origin)
        before = MirroredLog.objects.filter(origin=retired.origin).first()
        if before is None or not before.note or said_in(before.note) != retired:
            raise NotReplayed(
                f"{log.origin} goes on from {retired.origin} at {retired.size} leaves: mirror that log first."
            )
        replay = self._begun(before)
        for entry in held(before).entries():
            replay.add(entry)
        replay.succeed(log.origin)
        return replay


def cosign(log: MirroredLog, checkpoint: Checkpoint) -> str:
    """
    The mirror's own lines under a checkpoint that ends in the newest index leaf replayed. Not inside a transaction.

    They are written before anybody sees them. Raises ``NotReplayed`` where the mirror does not vouch for it.
    """
    signers = keys.signers(WitnessKey.Role.MIRROR)
    if not signers:
        raise NotReplayed("This mirror has no keys to cosign with: manage.py create_witness NAME --mirror.")
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            connection.cursor().execute("SET LOCAL synchronous_commit = on")
        row = MirroredLog.objects.select_for_update().get(pk=log.pk)
        _check(row, checkpoint)
        lines = _lines(checkpoint, signers)
        row.cosigned_size, row.cosigned = checkpoint.size, lines
        row.save(update_fields=["cosigned_size", "cosigned"])
    log.refresh_from_db()
    return lines


def _check(log: MirroredLog, checkpoint: Checkpoint) -> None:
    if log.alarms.exists():
        raise NotReplayed(f"{log.origin} has signed two histories: this mirror vouches for neither.")
    if later := later_than(log.origin, MirroredLog.objects.filter(size__gt=0).values_list("origin", flat=True)):
        raise NotReplayed(f"{log.origin} has ended: this mirror holds {later}, which succeeds it.")
    if checkpoint.size != log.indexed or checkpoint.size < log.cosigned_size:
        raise NotReplayed(f"The newest index that was replayed ends {log.origin} at {log.indexed} leaves.")
    if held(log).root_at(checkpoint.size) != checkpoint.root:
        raise NotReplayed(f"At {checkpoint.size} leaves this mirror holds another root of {log.origin}.")


def _lines(checkpoint: Checkpoint, signers: list[NamedSigner]) -> str:
    now = int(timezone.now().timestamp())
    return "".join(sign_line(checkpoint, signer, now).line for signer in signers)


def cosign_held(log: MirroredLog) -> bool:
    """Cosign the held checkpoint, where it ends in an index leaf that was replayed; False where it does not."""
    if not log.indexed or log.indexed != log.size or log.cosigned_size == log.size:
        return False
    cosign(log, said_in(log.note))
    return True
