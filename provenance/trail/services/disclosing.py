"""Withheld values: sealed under the key of the person they are about, opened for those who may read them."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import OuterRef, QuerySet, Subquery

from provenance.coffee.acts import RegisterKey, RegisterParty, RegisterPlot, RegisterSite
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import Disclosure as Opened
from provenance.coffee.statement import Statement, parse, read_disclosure
from provenance.keyring import Unsealable, seal, unseal
from provenance.trail import models as rows
from provenance.trail.models import Disclosure, Event, SubjectKey
from provenance.trail.services.sealing import open_subject_key, subject_keys

logger = logging.getLogger(__name__)

PUBLIC, PARTNERS, AUDITORS = "public", "partners", "auditors"


def seal_disclosures(shown: Sequence[tuple[Event, Statement, Opened, str]]) -> None:
    """Keep the disclosures of just recorded events: (event, statement, disclosure, audience)."""
    if not shown:
        return
    subjects = _subjects(shown)
    keys = subject_keys(set(subjects))
    Disclosure.objects.bulk_create(
        [
            Disclosure(
                event=event,
                name=opened.name,
                digest=opened.digest,
                audience=audience,
                subject=subject,
                sealed=seal(keys[subject], opened.text.encode(), bound_to(event, opened.name)),
            )
            for (event, _, opened, audience), subject in zip(shown, subjects, strict=True)
        ]
    )


def bound_to(event: Event, name: str) -> str:
    """A sealed value opens beside its own event and name only."""
    return f"{event.uuid} {name}"


def open_disclosure(row: Disclosure, statement: Statement, key: bytes) -> Opened:
    """
    The value, checked against the digest that was signed.

    Raises ``Unsealable``, or ``BadDisclosure`` where the row holds something the statement does not withhold.
    """
    text = unseal(key, row.sealed, f"{Event.uuid_of(statement.jti)} {row.name}").decode()
    return read_disclosure(text, statement)


def disclosures_of(events: Collection[Event], audiences: Collection[str]) -> dict[int, list[Opened]]:
    """What these audiences may read of the events, by the event's primary key. One query."""
    by_pk = {event.pk: event for event in events}
    found: dict[int, list[Opened]] = defaultdict(list)
    rows = Disclosure.objects.filter(event__in=by_pk, audience__in=audiences).order_by("event", "name")
    for row, one in opened(rows, by_pk):
        found[row.event_id].append(one)
    return found


def opened(rows: QuerySet[Disclosure], events: Mapping[int, Event]) -> Iterator[tuple[Disclosure, Opened]]:
    """
    Rows with what is in them, in one query. ``events``: those the rows belong to, else they are read with the rows.

    A value whose subject's key was destroyed is erased and left out. So is one that was damaged, or whose statement
    was: it hides no other, and ``verify_trail`` names it.
    """
    key = SubjectKey.objects.filter(party=OuterRef("subject")).values("sealed")[:1]
    statements: dict[int, Statement] = {}
    for row in rows.annotate(subject_key=Subquery(key)):
        if row.subject_key is None:
            continue
        try:
            if row.event_id not in statements:
                event = events.get(row.event_id) or row.event
                statements[row.event_id] = parse(bytes(event.statement))
            one = open_disclosure(row, statements[row.event_id], open_subject_key(row.subject, row.subject_key))
        except (Unsealable, CoffeeError, UnicodeDecodeError):
            logger.error("the disclosure of %s of event %s does not open", row.name, row.event_id)
        else:
            yield row, one


def _subjects(shown: Iterable[tuple[Event, Statement, Opened, str]]) -> list[str]:
    """Whom each value is about: who is registered, or the farmer it names, or else whoever signed."""
    shown = list(shown)
    named = {opened.value for _, _, opened, _ in shown if opened.name == "producer"}
    registered = set(rows.Party.objects.filter(uri__in=named).values_list("uri", flat=True)) if named else set()
    plots = {s.body.site for _, s, _, _ in shown if isinstance(s.body, RegisterPlot)}
    owners = dict(rows.Site.objects.filter(uri__in=plots).values_list("uri", "party__uri")) if plots else {}
    return [_subject(statement, opened, registered, owners) for _, statement, opened, _ in shown]


def _subject(statement: Statement, opened: Opened, registered: set[str], owners: dict[str, str]) -> str:
    body = statement.body
    if isinstance(body, RegisterParty | RegisterSite | RegisterKey):
        return body.party
    if isinstance(body, RegisterPlot):
        return owners[body.site]
    if opened.name == "producer" and opened.value in registered:
        return opened.value
    return statement.iss
