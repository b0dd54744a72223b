"""Fork alarms: somebody's word contradicts the history of a log. It then signs nothing until people have looked."""

import logging

from django.db import transaction
from django.utils import timezone

from provenance.trail.errors import LogFrozen
from provenance.trail.models import ForkAlarm, Log
from provenance.trail.services.logs import freeze

logger = logging.getLogger(__name__)

LONGEST_EVIDENCE = 256 * 1024


def raise_alarm(log: Log, *, source: str, what: str, evidence: str = "") -> LogFrozen:
    """
    Keep the contradiction for ever and freeze the log; returns the error to raise. Not inside a transaction.

    ``source``: who contradicts (a witness's name, the fence). ``evidence``: what it said and what this log says, as
    they came. The same contradiction of a log that is frozen already is kept once.
    """
    logger.critical("FORK ALARM for log %s: %s: %s", log.origin, source, what)
    with transaction.atomic():
        known = ForkAlarm.objects.filter(log=log, source=source[:200], what=what[:300])
        log.refresh_from_db(fields=["state", "why_frozen"])
        if log.state != Log.State.FROZEN or not known.exists():
            ForkAlarm.objects.create(
                log=log,
                raised_at=timezone.now(),
                source=source[:200],
                what=what[:300],
                evidence=evidence.replace("\0", "\ufffd")[:LONGEST_EVIDENCE],
            )
        return freeze(log, f"{source[:1].upper()}{source[1:]}: {what}")


def standing() -> list[str]:
    """A sentence for each log that is frozen: what banners and /readyz say. Two queries at most."""
    frozen = Log.objects.filter(state=Log.State.FROZEN).prefetch_related("fork_alarms")
    return [_sentence(log) for log in frozen]


def _sentence(log: Log) -> str:
    alarms = len(log.fork_alarms.all())
    cause = f"FORK ALARM ({alarms})" if alarms else "Frozen"
    return f"{cause}: the log {log.origin} takes nothing in and signs nothing. {log.why_frozen}"
