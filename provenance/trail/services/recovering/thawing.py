"""Lets a frozen log go on, once everything that was wrong with it is mended."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from provenance.tlog.checkpoint import Checkpoint
from provenance.trail.models import Log
from provenance.trail.services import guarding
from provenance.trail.services.fence import Fence
from provenance.trail.services.instance import OtherInstance, bind
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.verifying import verify_trail

# How long a log may begin to sign although no witness answers, once its operator has said so.
WITHOUT_WITNESSES = timedelta(hours=24)


class NotMended(Exception):
    """The log stays frozen. ``reasons``: a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


def thaw(log: Log, *, without_witnesses: bool = False) -> None:
    """
    Make a frozen log active again.

    The whole trail is verified first, and nothing outside the database may contradict it. ``without_witnesses``: let
    it begin to sign although none of them answers. Raises ``NotMended``; the log then stays as it is.
    """
    reasons = [str(fault) for fault in verify_trail(log)] or what_contradicts(log, without_witnesses=without_witnesses)
    if reasons:
        raise NotMended(reasons)
    resume(log, without_witnesses=without_witnesses)


def resume(log: Log, *, without_witnesses: bool = False) -> None:
    """Active again. The caller has made sure that nothing contradicts the log."""
    log.state, log.why_frozen = Log.State.ACTIVE, ""
    log.unguarded_until = timezone.now() + WITHOUT_WITNESSES if without_witnesses else None
    log.save(update_fields=["state", "why_frozen", "unguarded_until"])
    guarding.forget()


def what_contradicts(log: Log, *, without_witnesses: bool = False) -> list[str]:
    """Why the log must not sign now, as its guard sees it."""
    try:
        bind(log)
    except OtherInstance as error:
        return [str(error)]
    outcome = guarding.look_around(log)
    if outcome.without_fence:
        return [f"{outcome.without_fence} See manage.py fence."]
    if contradiction := guarding.contradicted(log, outcome.seen):
        seen, what = contradiction
        return [f"{seen.source}: {what}"]
    if outcome.unwitnessed and not without_witnesses:
        return [*outcome.troubles, "None of the witnesses answers. To go on all the same: --without-witnesses."]
    return []


def accept_fence(log: Log) -> Checkpoint:
    """
    Write a lost or damaged fence anew from the newest checkpoint that the database has released; returns that.

    Raises ``NotMended`` where the fence is not lost but contradicts the database, or where anybody else does.
    """
    outcome = guarding.look_around(log)
    if contradiction := guarding.contradicted(log, outcome.seen):
        seen, what = contradiction
        raise NotMended(
            [f"{seen.source}: {what} Refill the database (manage.py recover) or retire it (manage.py succeed)."]
        )
    if not outcome.without_fence:
        raise NotMended(["The fence is there and agrees with the database."])
    newest = latest_checkpoint(log)
    if newest is None:
        raise NotMended(["The database has released nothing: there is nothing that a fence could hold."])
    released = Checkpoint(log.origin, newest.size, bytes(newest.root))
    Fence.of(log).replace(released)
    return released
