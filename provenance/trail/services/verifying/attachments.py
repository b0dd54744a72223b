"""Holds the stored files against the digests that the statements name."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from provenance.coffee.errors import CoffeeError
from provenance.coffee.photos import digests_named
from provenance.coffee.statement import Statement
from provenance.keyring import Unsealable
from provenance.trail.models import Attachment, Event
from provenance.trail.services.attaching.storing import Unreadable, key_of, read
from provenance.trail.services.attaching.tying import site_of
from provenance.trail.services.disclosing import open_disclosure
from provenance.trail.services.verifying.findings import Findings


def check_attachments(events: Sequence[Event], statements: Mapping[int, Statement], findings: Findings) -> None:
    """Each file is there, opens, is the one of its digest, and its statement names that digest."""
    by_pk = {event.pk: event for event in events}
    rows = Attachment.objects.filter(event__in=by_pk).select_related("disclosure").order_by("event", "pk")
    for row in rows:
        findings.counts["attachments"] += 1
        event, statement = by_pk[row.event_id], statements.get(row.event_id)
        if statement and (what := _what_is_wrong(row, statement)):
            findings.fault(f"Its attachment {row.sha256} {what}.", event.event_id, event.index)


def _what_is_wrong(row: Attachment, statement: Statement) -> str | None:
    shown = []
    try:
        if row.disclosure:
            # A disclosure that does not open is a fault of its own.
            with suppress(Unsealable, CoffeeError, UnicodeDecodeError):
                shown.append(open_disclosure(row.disclosure, statement, key_of(row.disclosure.subject)))
        if row.sha256 not in digests_named(statement.body, shown):
            return "is not named by what was signed"
        data = read(row.subject, row.sha256, key_of(row.subject))
    except Unreadable as error:
        return str(error)
    if len(data) != row.size:
        return "is not as large as it is said to be"
    return None if row.site == site_of(statement) else "is said to be about another place"
