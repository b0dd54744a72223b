"""Somebody waits for a witnessed checkpoint, so nobody waits for the full minute."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from provenance.tlog.policy import Policy
from provenance.trail.models import Checkpoint, Leaf, Log, Pending, WitnessDemand
from provenance.trail.services.cosigning import policy_of, witnesses_among
from provenance.trail.services.queries import witnessed_checkpoint
from provenance.trail.services.witnessing.desks import desks_of


def demand(log: Log) -> bool:
    """
    Have everything that is recorded now published and witnessed as soon as can be: within 10 s where witnesses answer.

    False where that asks for nothing: the policy gives no address, or all of it is witnessed already. Raises
    ``PolicyUnusable``.
    """
    if log.state != Log.State.ACTIVE or not desks_of(policy_of(log)) or _all_is_witnessed(log):
        return False
    WitnessDemand.objects.update_or_create(log=log, defaults={"asked_at": timezone.now()})
    return True


def demanded(log: Log) -> WitnessDemand | None:
    return WitnessDemand.objects.filter(log=log).first()


def covers(checkpoint: Checkpoint, wish: WitnessDemand) -> bool:
    """Whether everything recorded before the wish stands below this checkpoint."""
    waits = Pending.objects.filter(log=checkpoint.log_id, event__recorded_at__lte=wish.asked_at)
    above = Leaf.objects.filter(log=checkpoint.log_id, index=checkpoint.size, event__recorded_at__lte=wish.asked_at)
    return not waits.exists() and not above.exists()


def settle(wish: WitnessDemand, checkpoint: Checkpoint, policy: Policy, now: datetime) -> None:
    """Take the demand away once it is met; after a minute the usual round sees to it anyway."""
    met = covers(checkpoint, wish) and policy.has_quorum(witnesses_among(policy, checkpoint.cosignatures.all()))
    if met or now - wish.asked_at > timedelta(seconds=settings.WITNESS_EVERY):
        # Somebody may have asked again meanwhile: that demand stands.
        WitnessDemand.objects.filter(log=wish.log_id, asked_at=wish.asked_at).delete()


def _all_is_witnessed(log: Log) -> bool:
    newest = witnessed_checkpoint(log)
    if newest is None:
        return False
    above = Leaf.objects.filter(log=log, index__gte=newest.size)
    return not above.exists() and not Pending.objects.filter(log=log).exists()
