"""Which logs are watched, and with which keys: an operator's decision, never a visitor's."""

from collections.abc import Iterable

from django.db import transaction

from provenance.tlog.checkpoint import MAX_ORIGIN_BYTES
from provenance.tlog.keys import KeyType, VerifierKey, check_enrolment
from provenance.witness.errors import WitnessError
from provenance.witness.models import WatchedLog


def watch(origin: str, keys: Iterable[VerifierKey]) -> WatchedLog:
    """
    Watch the log of this origin; keys are added to those that it has. What was cosigned of it stays.

    Raises ``WitnessError``, and ``MalformedKey`` for a key that nobody should trust.
    """
    if not 0 < len(origin.encode()) <= MAX_ORIGIN_BYTES or any(character < " " for character in origin):
        raise WitnessError(f"An origin has 1 to {MAX_ORIGIN_BYTES} bytes and no control characters.")
    new = [_usable(key).vkey for key in keys]
    with transaction.atomic():
        log, _ = WatchedLog.objects.select_for_update().get_or_create(origin=origin)
        log.vkeys = "\n".join(dict.fromkeys([*log.vkeys.splitlines(), *new]))
        if not log.vkeys:
            raise WitnessError(f"No key is given for {origin}.")
        log.stopped = False
        log.save(update_fields=["vkeys", "stopped"])
    return log


def stop(origin: str) -> WatchedLog:
    """Cosign nothing more of this log. What was cosigned is kept, should it be watched again."""
    if not WatchedLog.objects.filter(origin=origin).update(stopped=True):
        raise WitnessError(f"The log {origin} is not watched here.")
    return WatchedLog.objects.get(origin=origin)


def watched() -> list[WatchedLog]:
    """All logs that are watched now, by origin."""
    return list(WatchedLog.objects.filter(stopped=False).order_by("origin"))


def _usable(key: VerifierKey) -> VerifierKey:
    if key.type == KeyType.COSIGNATURE_ED25519:
        raise WitnessError(f"{key.name} is the key of a witness (type 0x04). A log's keys are of type 0x01 or 0x06.")
    if key.type == KeyType.ED25519:
        check_enrolment(key.raw)
    return key
