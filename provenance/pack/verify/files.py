"""The pack's other files against its statements: the lists from the index, epcis.jsonld, attachments."""

import hashlib
from collections.abc import Container, Sequence

from provenance.pack.completeness import Completeness
from provenance.pack.read import PackFile
from provenance.pack.verify.report import Report
from provenance.pack.verify.series import Span


def check_listings(report: Report, pack: PackFile, completeness: Completeness, spans: Sequence[Span]) -> None:
    """Nothing that names a traced lot, no recall and no end of a key was left out: the log's index says so."""
    index, log = completeness.index, spans[-1]
    if not pack.has_index:
        report.not_proved = "The pack holds no proof from the log's index that nothing was left out of it."
        return
    if index is None or index.upto != log.checkpoint.size - 1:
        report.fault("The pack lacks the index leaf that its checkpoint has to end in.", log.end - 1)
        return
    lacks = list(completeness.lacks(pack.listings()))
    for lack in lacks:
        report.fault(lack.what, None if lack.leaf is None else log.first + lack.leaf)
    if lacks:
        return
    if index.v == 1:
        report.not_proved = (
            "Its log's index was of version 1, which does not say what was registered: that no party, site, plot "
            "or key in the pack had been registered before, as somebody else's, rests on its operator's word."
        )
    elif len(spans) == 1:
        report.complete = index.upto
    else:
        report.not_proved = (
            f"By its own index nothing was left out since {log.checkpoint.origin} began, up to its leaf {index.upto}. "
            "That nothing was left out of what the logs before it hold rests on their operator's word."
        )


def check_epcis(report: Report, pack: PackFile, events: Sequence[dict[str, object]]) -> None:
    if pack.epcis_events() != events:
        report.fault("epcis.jsonld does not hold the very events that were signed.")


def check_attachments(report: Report, pack: PackFile, documents: Container[str]) -> None:
    for name, pieces in pack.attachments():
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        if digest.hexdigest() != name:
            report.fault(f"The attachment {name} was changed.")
        if name not in documents:
            report.fault(f"No statement names the attachment {name}.")
