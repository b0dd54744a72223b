"""What doors ask of the trail."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from provenance.coffee.acts import RegisterParty, RegisterPlot, RegisterSite
from provenance.coffee.statement import Disclosure as Opened
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import (
    Balance,
    Checkpoint,
    Disclosure,
    Event,
    Handover,
    Log,
    Party,
    Plot,
    Site,
    Subject,
)
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.disclosing import AUDITORS, PARTNERS, PUBLIC, disclosures_of, opened
from provenance.trail.services.logs import active_log

__all__ = [
    "AUDITORS",
    "PARTNERS",
    "PUBLIC",
    "Closure",
    "active_log",
    "closure",
    "disclosures_of",
    "event_of",
    "latest_checkpoint",
    "name_of",
    "names_among",
    "names_of",
    "open_handovers",
    "public_disclosures",
    "statements_of",
    "stock_at",
]


def event_of(event_id: str) -> Event | None:
    """The event of this id (``urn:uuid:…``) with its place, or None; also for a text that is no id."""
    try:
        uuid = Event.uuid_of(event_id)
    except ValueError:
        return None
    return Event.objects.filter(uuid=uuid).select_related("leaf").first()


def statements_of(uri: str) -> QuerySet[Event]:
    """All events that name a lot, party, site, plot or event, in the order they were recorded, with their places."""
    named = Subject.objects.filter(uri=uri).values("event")
    return Event.objects.filter(pk__in=named).select_related("leaf").order_by("pk")


def latest_checkpoint(log: Log) -> Checkpoint | None:
    """The newest checkpoint that may be shown: the fence holds it."""
    return Checkpoint.objects.filter(log=log, release__isnull=False).order_by("-size").first()


def public_disclosures(events: Collection[Event]) -> dict[int, list[Opened]]:
    """What everybody may read of the events, by the event's primary key. One query."""
    return disclosures_of(events, [PUBLIC])


def name_of(uri: str, *, audiences: Collection[str] = (PUBLIC,)) -> str | None:
    """The name of a party, site or plot, as far as these audiences may read it."""
    return names_of([uri], audiences=audiences).get(uri)


def names_of(uris: Iterable[str], *, audiences: Collection[str] = (PUBLIC,)) -> dict[str, str]:
    """Names by URI; withheld and erased ones are missing. One query."""
    uris = list(uris)
    registered = Q()
    for model in (Party, Site, Plot):
        registered |= Q(event__in=model._default_manager.filter(uri__in=uris).values("event"))
    rows = Disclosure.objects.filter(registered, name="name", audience__in=audiences).select_related("event")
    return {
        uri: one.value
        for row, one in opened(rows, {})
        if (uri := _registered(parse(bytes(row.event.statement)))) in uris
    }


def names_among(statements: Iterable[Statement], shown: Iterable[Opened]) -> dict[str, str]:
    """Names by URI, out of registrations and disclosures that were read already. No query."""
    registered = {statement.jti: _registered(statement) for statement in statements}
    return {uri: one.value for one in shown if one.name == "name" and (uri := registered.get(one.jti))}


def _registered(statement: Statement) -> str:
    match statement.body:
        case RegisterParty(party=uri) | RegisterSite(site=uri) | RegisterPlot(plot=uri):
            return uri
    return ""


def stock_at(*, sites: Iterable[str] = (), parties: Iterable[str] = ()) -> QuerySet[Balance]:
    """Balances that are not zero: at these sites, and owned or held by these parties; with their lots."""
    where = Q()
    if sites := list(sites):
        where &= Q(site__in=sites)
    if parties := list(parties):
        where &= Q(owner__in=parties) | Q(custodian__in=parties)
    return Balance.objects.filter(where).exclude(mg=0).select_related("lot").order_by("lot__code", "site", "pk")


def open_handovers(party: str) -> QuerySet[Handover]:
    """What is on its way to the party, oldest first, with the dispatches."""
    waiting = Handover.objects.filter(to_party=party, state__in=["open", "part"])
    return waiting.select_related("dispatch").order_by("dispatch")
