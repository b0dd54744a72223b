"""
Checks a pack as a court would: every signature, key, authority, place in the log, disclosure, weight and document.

Statements are judged in leaf order by the same ``coffee.rules`` and ``coffee.ledger`` that recorded them. Trust comes
from the trust file only. Without one the pack can be found consistent with itself, never more.
"""

from collections.abc import Mapping
from itertools import chain, islice

from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_uri
from provenance.coffee.ledger import Books
from provenance.coffee.statement import audience
from provenance.pack.completeness import Completeness
from provenance.pack.format import UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.trust import Trust
from provenance.pack.verify.files import check_attachments, check_epcis, check_listings
from provenance.pack.verify.lots import check_lots, check_seals, tell_disputes
from provenance.pack.verify.report import Fault, Report
from provenance.pack.verify.series import (
    Span,
    check_checkpoint,
    check_successions,
    compare_genesis,
    genesis_of,
    retired_spans,
)
from provenance.pack.verify.statements import Statements

__all__ = ["Fault", "Report", "verify"]

_BATCH = 256  # statements


def verify(pack: PackFile, trust: Trust | None) -> Report:
    """Check everything; faults are collected, not raised. Raises ``UnusablePack`` where nothing can be checked."""
    report = Report(lots=_lots(pack.manifest, "lots"))
    # Rights over other lots are not judged: what would speak for them is not in the pack.
    books = Books(traced=frozenset(_lots(pack.manifest, "traced")))
    entries = pack.entries()
    first = next(entries, None)
    if first is None or first.index != 0:
        raise UnusablePack("The pack does not begin with the log's first leaf.")
    genesis = genesis_of(first)
    spans = retired_spans(genesis, pack.retired)
    checkpoint = check_checkpoint(report, pack.checkpoint, genesis, first, len(spans), trust)
    spans.append(Span(spans[-1].end if spans else 0, checkpoint))
    report.origin, report.size = checkpoint.origin, checkpoint.size
    compare_genesis(report, first, trust)
    completeness = Completeness(books.traced or ())
    statements = Statements(report, books, completeness, audience(checkpoint.origin, first.jws), spans)
    entries = chain([first], entries)
    while batch := list(islice(entries, _BATCH)):
        statements.check(batch)
    statements.count_values()
    check_successions(report, genesis, spans, statements.quoted, trust)
    check_listings(report, pack, completeness, spans)
    check_lots(report, books)
    check_seals(report, statements.receipts)
    tell_disputes(report, books)
    check_epcis(report, pack, statements.events)
    check_attachments(report, pack, statements.documents)
    return report


def _lots(manifest: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Lots that the manifest names; whatever is no URI could write over the report on the reader's screen."""
    lots = manifest.get(name)
    try:
        if isinstance(lots, list) and lots:
            return tuple([check_uri(lot, field=name) for lot in lots])
    except (UnknownIdentifier, TypeError):
        pass
    raise UnusablePack(f"The manifest does not say in its member {name!r} which lots the pack is about.")
