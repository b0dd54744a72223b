"""What doors ask of the trail."""

from collections.abc import Collection, Iterable
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, QuerySet

from provenance.coffee.acts import RegisterParty, RegisterPlot, RegisterSite
from provenance.coffee.statement import Disclosure as Opened
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import (
    Balance,
    Checkpoint,
    Cosignature,
    Disclosure,
    Event,
    Handover,
    Leaf,
    Log,
    Party,
    Plot,
    Site,
    Subject,
)
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.cosigning import kid_of, names_witnesses, policy_of, witnesses_among
from provenance.trail.services.disclosing import AUDITORS, PARTNERS, PUBLIC, disclosures_of, opened
from provenance.trail.services.logs import active_log

__all__ = [
    "AUDITORS",
    "PARTNERS",
    "PUBLIC",
    "Closure",
    "active_log",
    "checkpoint_for",
    "closure",
    "disclosures_of",
    "event_of",
    "genesis_of",
    "indexed_checkpoint",
    "latest_checkpoint",
    "name_of",
    "names_among",
    "names_of",
    "open_handovers",
    "public_disclosures",
    "statements_of",
    "stock_at",
    "witnessed_checkpoint",
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


def genesis_of(log: Log) -> Event:
    """Leaf 0 of the log's series: of number 1. Raises ``Event.DoesNotExist`` while there is none."""
    return Event.objects.get(leaf__log__name=log.name, leaf__log__number=1, leaf__index=0)


def latest_checkpoint(log: Log) -> Checkpoint | None:
    """The newest checkpoint that may be shown: the fence holds it."""
    return Checkpoint.objects.filter(log=log, release__isnull=False).order_by("-size").first()


def indexed_checkpoint(log: Log) -> Checkpoint | None:
    """The newest released checkpoint that ends in an index leaf: what goes to witnesses."""
    ends_in_index = Leaf.objects.filter(log=log, index=OuterRef("size") - 1, event__act="index")
    released = Checkpoint.objects.filter(Exists(ends_in_index), log=log, release__isnull=False)
    return released.order_by("-size").first()


def witnessed_checkpoint(log: Log) -> Checkpoint | None:
    """
    The newest released checkpoint that the policy's quorum cosigned.

    None where there is none, and where the policy asks for no witness. Raises ``PolicyUnusable``.
    """
    policy = policy_of(log)
    if not names_witnesses(policy):
        return None
    kids = [kid_of(witness.key) for witness in policy.witnesses.values()]
    rows = Cosignature.objects.filter(checkpoint__log=log, checkpoint__release__isnull=False, kid__in=kids)
    found = rows.order_by("-checkpoint__size").select_related("checkpoint").iterator(chunk_size=100)
    for checkpoint, cosignatures in groupby(found, key=lambda row: row.checkpoint):
        if policy.has_quorum(witnesses_among(policy, cosignatures)):
            checkpoint.log = log
            return checkpoint
    return None


def checkpoint_for(log: Log, index: int) -> Checkpoint | None:
    """
    What a proof about leaf ``index`` and those before it is made against.

    The newest witnessed checkpoint where it covers the leaf, else the newest that ends in an index leaf, else the
    newest of all.
    """
    for candidate in (witnessed_checkpoint, indexed_checkpoint):
        found = candidate(log)
        if found and found.size > index:
            return found
    return latest_checkpoint(log)


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
