"""The index leaf: the last leaf of a batch, by which the log commits to the index over all leaves before it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.utils import timezone

from provenance.coffee import ledger
from provenance.coffee.acts import Index
from provenance.coffee.indexing import VERSION
from provenance.coffee.ledger import Books, Needs
from provenance.coffee.statement import Statement, b64url, sign
from provenance.keyring import unseal_secret
from provenance.tlog.index import IndexFull
from provenance.tlog.keys import Ed25519Signer
from provenance.trail.models import Event, Key, Log, ServerKey, Subject
from provenance.trail.services.acting import HeldKey, bound_to
from provenance.trail.services.bookkeeping import lock
from provenance.trail.services.bulk import insert
from provenance.trail.services.indexing import absorb, newest_leaf, state_of
from provenance.trail.services.recording import append


class NoIndex(Exception):
    """No index leaf can be made; the log goes on without. A sentence for its operator."""


def end_with_index(log: Log, size: int, fresh: Sequence[bytes], now: float | None) -> tuple[int, Statement]:
    """
    Grow the index over the log's ``size`` leaves and the ``fresh`` statements behind them, and sign what it is now.

    Returns the new event's row and its statement, whose place is behind the fresh ones. The caller holds the head's
    lock and its transaction. Raises ``NoIndex``.
    """
    key, state, upto = _founding_key(log), state_of(log), size + len(fresh)
    try:
        absorb(log, state, upto, fresh)
    except IndexFull as error:
        raise NoIndex(f"{error} Its packs cannot prove any more that they are complete: succeed the log.") from error
    at = timezone.now() if now is None else datetime.fromtimestamp(now, UTC)
    statement, _ = sign(
        Index(v=VERSION, upto=upto, root=b64url(bytes(state.root)), prev=newest_leaf(log)),
        iss=log.operator,
        aud=log.aud,
        iat=int(at.timestamp()),
        kid=key.kid,
        signer=key.signer.sign,
    )
    (event,) = append(log, [statement], at)
    subjects = ledger.apply(Books(), statement).subjects
    insert(Subject, ("event_id", "kind", "uri"), [(event, kind, uri) for kind, uri in sorted(subjects)])
    state.leaf = upto
    state.save()
    return event, statement


def _founding_key(log: Log) -> HeldKey:
    """The operator's key that leaf 0 names, held against a revocation until this transaction ends."""
    first = Event.objects.filter(leaf__log=log, leaf__index=0).first()
    if first is None:
        raise NoIndex(f"The log {log.origin} has no first leaf yet.")
    key = Key.objects.get(log=log, kid=first.kid)
    lock(log, Needs(kids=frozenset({key.kid})), ending_keys=False)
    key.refresh_from_db(fields=["revoked_by"])
    if key.revoked_by_id is not None:
        raise NoIndex(f"The operator's key of {log.origin} is revoked, so nobody may sign its index: succeed the log.")
    held = ServerKey.objects.filter(kid=key.kid).first()
    if held is None:
        raise NoIndex(f"This server does not hold the key that leaf 0 of {log.origin} names, so it signs no index.")
    return HeldKey(key.kid, Ed25519Signer(unseal_secret(held.sealed, bound_to(key.kid))))
