"""Which log is current, who signs for it, and how it is frozen."""

import logging
from functools import lru_cache

from django.conf import settings

from provenance.keyring import seal_secret, unseal_secret
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner, VerifierKey, parse_vkey
from provenance.trail.errors import Corrupt, LogFrozen, NoLog
from provenance.trail.models import Log, LogKey
from provenance.trail.services.instance import bound_to, check_instance, instance_id

logger = logging.getLogger(__name__)

# How many numbers of a series get their keys at the start; a succession accepts no others.
KEYS_AHEAD = 3


def active_log(name: str | None = None) -> Log:
    """The current log of the series (``TRAIL_LOG`` where not named), frozen or not. Raises ``NoLog``."""
    name = name or settings.TRAIL_LOG
    log = Log.objects.filter(name=name).exclude(state=Log.State.RETIRED).first()
    if log is None:
        raise NoLog(f"There is no log called {name}: run manage.py create_log {name}.")
    return log


def series_of(name: str) -> str:
    """The audience of the series without its genesis: what a genesis names as ``aud``."""
    return f"{settings.TRAIL_HOST}/log/{name}"


def origin_of(name: str, number: int) -> str:
    """Origin and served prefix of one log."""
    return f"{series_of(name)}/{number}"


def vkeys_of(log: Log) -> list[VerifierKey]:
    """The log's own keys: Ed25519, then ML-DSA-44."""
    return [parse_vkey(line) for line in log.vkeys.splitlines()]


def make_keys(name: str, first: int) -> list[tuple[str, list[tuple[LogKey, VerifierKey]]]]:
    """Fresh keys for the log of this number and the next ones, not yet saved: (origin, keys) each."""
    made = []
    instance = instance_id()
    for number in range(first, first + KEYS_AHEAD):
        origin = origin_of(name, number)
        signers = [
            (LogKey.Kind.ED25519, NamedSigner(origin, KeyType.ED25519, Ed25519Signer.generate())),
            (LogKey.Kind.ML_DSA_44, NamedSigner(origin, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer.generate())),
        ]
        keys = [
            (
                LogKey(
                    origin=origin,
                    kind=kind,
                    vkey=signer.verifier.vkey,
                    sealed=seal_secret(signer.signer.seed, bound_to(origin, kind, instance)),
                    instance=instance,
                ),
                signer.verifier,
            )
            for kind, signer in signers
        ]
        made.append((origin, keys))
    return made


def signers_of(log: Log) -> list[NamedSigner]:
    """Who signs this log's checkpoints. Raises ``Corrupt`` where a key is missing or belongs to another instance."""
    keys = {key.kind: key for key in LogKey.objects.filter(origin=log.origin)}
    if set(keys) != set(LogKey.Kind.values):
        raise Corrupt("The log has lost a signing key.")
    check_instance(list(keys.values()))
    return [open_key(keys[kind]) for kind in LogKey.Kind.values]


def open_key(key: LogKey) -> NamedSigner:
    """Opens for its own origin and instance only: copied to another log or installation it signs nothing."""
    return open_signer(key.origin, key.kind, bytes(key.sealed), key.instance)


@lru_cache(maxsize=16)
def open_signer(origin: str, kind: str, sealed: bytes, instance: str) -> NamedSigner:
    seed = unseal_secret(sealed, bound_to(origin, kind, instance))
    if kind == LogKey.Kind.ED25519:
        return NamedSigner(origin, KeyType.ED25519, Ed25519Signer(seed))
    return NamedSigner(origin, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(seed))


def freeze(log: Log, why: str) -> LogFrozen:
    """Make the log read-only until an operator has looked; returns the error to raise. Not inside a transaction."""
    logger.critical("log %s is frozen: %s", log.origin, why)
    Log.objects.filter(pk=log.pk).update(state=Log.State.FROZEN, why_frozen=why[:300])
    log.state = Log.State.FROZEN
    log.why_frozen = why[:300]
    return frozen(log)


def frozen(log: Log) -> LogFrozen:
    return LogFrozen(f"The log {log.origin} is frozen and takes nothing in: {log.why_frozen}")
