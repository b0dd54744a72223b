"""Looks at what witnesses have signed, and whether it is enough."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.utils import timezone

from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.cosignature import verify_cosignature
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import VerifierKey
from provenance.tlog.note import Note, claimed, parse_signature_lines
from provenance.tlog.policy import Policy
from provenance.trail.models import Checkpoint, Cosignature, Log
from provenance.trail.services.cosigning import PolicyUnusable, kid_of, names_witnesses, policy_of
from provenance.trail.services.verifying.findings import Findings

EPOCH = date(1970, 1, 1)
DAY = 86_400  # POSIX seconds


def check_witnesses(log: Log, findings: Findings) -> None:
    """Every stored cosignature is its witness's, and nothing has waited too long for the quorum of the policy."""
    try:
        policy = policy_of(log)
    except (PolicyUnusable, TlogError) as error:
        findings.fault(f"What {log.origin} demands of witnesses cannot be read: {error}")
        return
    witnessed = _check_lines(log, policy, findings)
    if names_witnesses(policy):
        _report_quorum(log, witnessed, findings)
    else:
        findings.note("The policy asks for no witness: nobody outside vouches for this log.")


def _check_lines(log: Log, policy: Policy, findings: Findings) -> Checkpoint | None:
    """The newest checkpoint whose verified cosignatures make the quorum."""
    names = {kid_of(witness.key): name for name, witness in policy.witnesses.items()}
    rows = Cosignature.objects.filter(checkpoint__log=log).select_related("checkpoint").order_by("checkpoint__size")
    witnessed = None
    strangers = set()
    for checkpoint, cosignatures in groupby(rows.iterator(), key=lambda row: row.checkpoint):
        vouching = set()
        for row in cosignatures:
            name = names.get(row.kid)
            if name is None:
                strangers.add(row.kid)
                if row.kid not in _kids_in(row.line):
                    findings.fault(f"The cosignature of {row.kid} at size {checkpoint.size} bears another key's name.")
                continue
            findings.counts["cosignatures"] += 1
            if what := _what_is_wrong(log, row, policy.witnesses[name].key):
                findings.fault(f"The cosignature of {name} at size {checkpoint.size} {what}")
            else:
                vouching.add(name)
        if policy.has_quorum(vouching):
            witnessed = checkpoint
    if strangers:
        findings.note(f"Not looked at: cosignatures of {', '.join(sorted(strangers))}, whom the policy does not name.")
    return witnessed


def _kids_in(line: str) -> set[str]:
    """Whose the line says it is, in the manner of ``kid_of``."""
    try:
        return {f"{signature.name}+{signature.key_id.hex()}" for signature in parse_signature_lines(line.encode())}
    except TlogError:
        return set()


def _what_is_wrong(log: Log, row: Cosignature, key: VerifierKey) -> str | None:
    at = row.checkpoint
    try:
        signed = tlog_checkpoint.Checkpoint(log.origin, at.size, bytes(at.root))
        signatures = parse_signature_lines(row.line.encode())
        lines = claimed(Note(signed.text, signatures), [key])
        if len(signatures) != 1 or len(lines) != 1:
            return "is not one line of its key."
        time = verify_cosignature(signed, key, lines[0][0].payload)
    except TlogError as error:
        return f"is not its: {error}"
    if time // DAY != (row.day - EPOCH).days:
        return "is kept under another day than it bears."
    return None


def _report_quorum(log: Log, witnessed: Checkpoint | None, findings: Findings) -> None:
    size = witnessed.size if witnessed else 0
    later = Checkpoint.objects.filter(log=log, size__gt=size, release__isnull=False).order_by("size")
    first, newest = later.first(), later.last()
    waiting = newest.size - size if newest else 0
    leaves = "1 leaf is" if waiting == 1 else f"{waiting} leaves are"
    if witnessed:
        findings.note(f"The newest checkpoint that meets the quorum is at size {size}; {leaves} not witnessed yet.")
    else:
        findings.note(f"No checkpoint meets the quorum; {leaves} not witnessed yet.")
    late = timedelta(hours=settings.WITNESS_LATE_HOURS)
    if first and log.state != Log.State.RETIRED and timezone.now().timestamp() - first.signed_at > late.total_seconds():
        since = datetime.fromtimestamp(first.signed_at, UTC)
        findings.fault(
            f"Leaves from {size} on wait for the quorum since {since:%d %B %Y, %H:%M} UTC, "
            f"longer than {settings.WITNESS_LATE_HOURS} hours."
        )
