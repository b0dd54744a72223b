"""
Checks the whole trail against its own stored bytes, as somebody would who trusts neither database nor software.

Statements stream through: each is parsed, its signature checked, judged and carried out in leaf order by the same law
as at recording, and hashed into the tree. Tiles, checkpoints, projections and sealed values are compared with what
comes out; cosignatures with the checkpoints and the keys of the operator's policy. Only facts stay in memory, about
half a kilobyte an event.

Two columns rest on nothing but this server's word, and are only held against the checkpoints' times:
``Event.recorded_at`` and ``CheckpointRelease.released_at``.
"""

from provenance.trail.models import Log
from provenance.trail.services.verifying.findings import Fault, Findings
from provenance.trail.services.verifying.replay import Replay
from provenance.trail.services.verifying.seals import check_keys
from provenance.trail.services.verifying.tree import check_database, check_fence
from provenance.trail.services.verifying.witnesses import check_witnesses

__all__ = ["Fault", "Findings", "findings_of", "verify_trail"]


def verify_trail(log: Log) -> list[Fault]:
    """Every fault of the log's series, in leaf order as far as they belong to an event. Empty: the trail is whole."""
    return findings_of(log).faults


def findings_of(log: Log) -> Findings:
    """``verify_trail`` with its counts. Logs of a series are judged together: what one said goes on in the next."""
    findings = Findings()
    check_database(findings)
    series = list(Log.objects.filter(name=log.name).order_by("number"))
    check_fence(series[-1], findings)
    Replay(series[-1], findings).run()
    check_keys(series[-1], findings)
    for each in series:
        check_witnesses(each, findings)
    return findings
