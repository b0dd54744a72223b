"""
Erasing what is personal: the withheld values about one party, their key, and the files sealed under it.

What is signed stays as it is and every proof still holds; ``erased`` says on the trail which values are gone. It is
recorded before the rows are deleted: whoever is killed between the two runs it again, and no digest is named twice.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from provenance.coffee.acts import Erased
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.statement import Statement
from provenance.trail.models import Attachment, Disclosure, Event, Party, Subject, SubjectKey
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.logs import active_log

# A statement is at most 16 KiB; a digest takes 46 bytes of it.
DIGESTS_AT_ONCE = 200


def erase(party: str, *, by: str) -> list[Event]:
    """
    Erase everything personal of a party; returns the statements that say so, none where nothing was left.

    ``by``: the operator, or the party's guardian as an officer. Raises ``NotAuthorised``, ``NoServerKey`` and what
    recording raises; nothing is erased then. Files go with the daily sweep; without the key nobody reads them.
    """
    _check_registrar(party, by)
    digests = list(Disclosure.objects.filter(subject=party).order_by("pk").values_list("digest", flat=True))
    told = erased_among(digests)
    missing = [digest for digest in digests if digest not in told]
    drafts = [Draft(Erased(digests=tuple(some))) for some in _batches(missing)]
    events = record_acts(by, drafts) if drafts else []
    _destroy(party)
    return events


def _destroy(party: str) -> None:
    with transaction.atomic():
        Attachment.objects.filter(subject=party).delete()
        Disclosure.objects.filter(subject=party).delete()
        SubjectKey.objects.filter(party=party).delete()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # What was overwritten must not live on in the write-ahead log.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def erased_among(digests: Iterable[str]) -> set[str]:
    """Those of the digests whose values were erased. One query."""
    return set(Subject.objects.filter(kind="value", uri__in=set(digests)).values_list("uri", flat=True))


def erased_names(statements: Iterable[Statement]) -> dict[str, frozenset[str]]:
    """By event id: the withheld fields whose values were erased, not only kept from the reader. One query."""
    statements = list(statements)
    gone = erased_among(digest for statement in statements for digest in statement.withheld.values())
    return {
        statement.jti: frozenset(name for name, digest in statement.withheld.items() if digest in gone)
        for statement in statements
    }


def _check_registrar(party: str, by: str) -> None:
    if by == active_log().operator:
        return
    guardian = Party.objects.filter(uri=party).values_list("guardian", flat=True).first()
    if guardian != by:
        raise NotAuthorised("Only the operator, or the guardian who registered this party, may erase its data.")


def _batches(digests: Sequence[str]) -> Iterable[Sequence[str]]:
    return (digests[start : start + DIGESTS_AT_ONCE] for start in range(0, len(digests), DIGESTS_AT_ONCE))
