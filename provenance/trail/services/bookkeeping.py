"""Reads from the projections the slice of the books that a batch of statements is judged by."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from provenance.coffee import ledger
from provenance.coffee.acts import Correct, Form
from provenance.coffee.epcis import act_of
from provenance.coffee.ledger.books import (
    BalanceKey,
    Books,
    Edge,
    EventFact,
    Flag,
    FlagKind,
    Handover,
    KeyFact,
    LotFact,
    Needs,
    PartyFact,
    PlotFact,
    Posting,
    Shortfall,
    SiteFact,
)
from provenance.coffee.ledger.naming import covered_by, named_by, refers_to, title_to
from provenance.coffee.statement import Statement, parse
from provenance.trail import models as rows
from provenance.trail.models import Event, Log, pk_of
from provenance.trail.services.rows import Places, attributes_from_json


@dataclass
class Slice:
    """
    The books as far as a batch needs them. ``known``: URIs and kids that have a row; ``places``: rows of events;
    ``elsewhere``: what another log of this installation speaks of.
    """

    log: Log
    books: Books = field(default_factory=Books)
    known: set[str] = field(default_factory=set)
    places: Places = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        # An event keeps the log that took it in; a retired one of the same series counts like this one.
        series = Log.objects.filter(name=self.log.name).values_list("pk", flat=True)
        self._series = {self.log.pk} if self.log.number == 1 else set(series)

    def is_ours(self, uri: str, log_id: int) -> bool:
        """Whether the row is this log's; of any other only the name is kept."""
        if log_id in self._series:
            return True
        self.elsewhere.add(uri)
        return False


def needs_of(statements: Iterable[Statement]) -> Needs:
    """What a whole batch needs."""
    each = [ledger.needs(statement) for statement in statements]
    names = ("kids", "parties", "sites", "plots", "lots", "events")
    return Needs(**{name: frozenset().union(*(getattr(need, name) for need in each)) for name in names})


@dataclass(frozen=True)
class Locks:
    """The keys (kids) and lots (primary keys) that nobody else changes now; None: nobody else writes at all."""

    kids: frozenset[str] | None = None
    lots: frozenset[Any] | None = None

    def miss(self, found: Slice) -> bool:
        """
        Whether the slice holds a key or a lot that is not locked: another recorder made it after our locks and before
        our reading. What is summed up on it would overwrite what somebody else adds at this moment.
        """
        if self.kids is None or self.lots is None:
            return False
        return not (self.kids >= found.books.keys.keys() and self.lots >= {pk_of(lot) for lot in found.books.lots})


def lock(log: Log, needs: Needs, *, ending_keys: bool) -> Locks:
    """
    Hold off whoever would change what the batch is judged by: keys first, then lots, each in one order.

    Recorders share a key's lock; a revocation waits for them, and they for it. SQLite has one writer anyway.
    """
    if connection.vendor != "postgresql":
        return Locks()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kid FROM trail_key WHERE log_id = %s AND kid = ANY(%s) ORDER BY id "
            + ("FOR UPDATE" if ending_keys else "FOR SHARE"),
            [log.pk, sorted(needs.kids)],
        )
        kids = frozenset(kid for (kid,) in cursor.fetchall())
        lots = {pk_of(uri) for uri in needs.lots} | _lots_of(needs.events)
        cursor.execute("SELECT id FROM trail_lot WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(lots)])
        return Locks(kids, frozenset(pk for (pk,) in cursor.fetchall()))


def load(log: Log, needs: Needs) -> Slice:
    """The slice, in a number of queries that does not grow with the batch."""
    found = Slice(log, Books(operator=log.operator or None))
    _load_events(found, needs.events)
    lots = {pk_of(uri) for uri in needs.lots} | _lots_of(frozenset(found.books.events))
    _load_lots(found, lots)
    _load_keys(found, log, needs.kids)
    _load_places(found, needs)
    parties = set(needs.parties)
    parties |= {key.party for key in found.books.keys.values()} | {site.party for site in found.books.sites.values()}
    parties |= {party for key in found.books.balances for party in (key.owner, key.custodian)}
    _load_parties(found, parties | {log.operator})
    return found


def _lots_of(events: frozenset[str]) -> set[Any]:
    """Primary keys of the lots that these events' postings, edges and flags name."""
    if not events:
        return set()
    uuids = [Event.uuid_of(event) for event in events]
    postings = rows.Posting.objects.filter(event__uuid__in=uuids).values_list("lot")
    subjects = rows.Subject.objects.filter(event__uuid__in=uuids, kind="lot").values_list("uri", flat=True)
    return {lot for (lot,) in postings} | {pk_of(uri) for uri in subjects}


def _load_events(found: Slice, events: frozenset[str]) -> None:
    if not events:
        return
    books = found.books
    stored = Event.objects.filter(uuid__in=[Event.uuid_of(event) for event in events])
    by_pk: dict[int, str] = {}
    for event in stored.select_related("leaf", "correction__event"):
        if not found.is_ours(event.event_id, event.log_id):
            continue
        by_pk[event.pk] = event.event_id
        found.places[event.event_id] = event.pk
        corrected = getattr(event, "correction", None)
        books.events[event.event_id] = fact_of(parse(bytes(event.statement)), event.index)._replace(
            corrected_by=corrected.event.event_id if corrected else None,
        )
        books.postings[event.event_id] = books.edges[event.event_id] = books.flags[event.event_id] = ()
    if not by_pk:
        return
    for posting in rows.Posting.objects.filter(event__in=by_pk).order_by("pk").select_related("lot"):
        key = BalanceKey(posting.lot.uri, posting.site, posting.owner, posting.custodian)
        books.postings[by_pk[posting.event_id]] += (Posting(key, posting.mg),)
    for edge in rows.LotEdge.objects.filter(event__in=by_pk).order_by("pk").select_related("parent", "child"):
        event = by_pk[edge.event_id]
        parent = edge.parent.uri if edge.parent else None
        books.edges[event] += (Edge(event, parent, edge.child.uri, edge.mg, edge.held_mg),)
    for flag in rows.Flag.objects.filter(event__in=by_pk).order_by("pk").select_related("lot"):
        event = by_pk[flag.event_id]
        books.flags[event] += (Flag(event, flag.lot.uri, FlagKind(flag.kind), flag.mg),)
    # A receipt that is corrected gives back what its dispatch had in transit.
    sites = {posting.key.site for postings in books.postings.values() for posting in postings}
    dispatches = [Event.uuid_of(site) for site in sites if ledger.is_transit(site)]
    if dispatches:
        for handover in rows.Handover.objects.filter(dispatch__uuid__in=dispatches).select_related("dispatch"):
            dispatch = handover.dispatch.event_id
            found.places[dispatch] = handover.dispatch_id
            books.handovers[dispatch] = handover_fact(dispatch, handover)


def _load_lots(found: Slice, lots: set[Any]) -> None:
    if not lots:
        return
    books = found.books
    uris: dict[Any, str] = {}
    for lot in rows.Lot.objects.filter(pk__in=lots).select_related("made_by"):
        if not found.is_ours(lot.uri, lot.log_id):
            continue
        uris[lot.pk] = lot.uri
        found.known.add(lot.uri)
        books.lots[lot.uri] = lot_fact(lot)
        if lot.made_by:
            found.places[lot.made_by.event_id] = lot.made_by_id
    if not uris:
        return
    for balance in rows.Balance.objects.filter(lot__in=uris).exclude(mg=0):
        key = BalanceKey(uris[balance.lot_id], balance.site, balance.owner, balance.custodian)
        books.balances[key] = balance.mg
    for holder in rows.Holder.objects.filter(lot__in=uris):
        books.holders.setdefault(uris[holder.lot_id], set()).add(holder.party)
    for recall in rows.Recall.objects.filter(lot__in=uris).select_related("event"):
        found.places[recall.event.event_id] = recall.event_id
        books.recalls.setdefault(uris[recall.lot_id], {})[recall.event.event_id] = recall.issuer
    for row in rows.Shortfall.objects.filter(lot__in=uris).select_related("opened_by", "closed_by"):
        fact = shortfall_fact(uris[row.lot_id], row)
        books.shortfalls[fact.lot, fact.site] = fact
        for event in (row.opened_by, row.closed_by):
            if event:
                found.places[event.event_id] = event.pk


def _load_keys(found: Slice, log: Log, kids: frozenset[str]) -> None:
    keys = rows.Key.objects.filter(log=log, kid__in=kids).select_related("event__leaf", "revoked_by__leaf")
    for key in keys:
        found.known.add(key.kid)
        found.books.keys[key.kid] = key_fact(key)
        if key.revoked_by:
            found.places[key.revoked_by.event_id] = key.revoked_by_id


def _load_places(found: Slice, needs: Needs) -> None:
    books = found.books
    sites = set(needs.sites)
    if needs.plots:
        for plot in rows.Plot.objects.filter(uri__in=needs.plots).select_related("site"):
            if not found.is_ours(plot.uri, plot.log_id):
                continue
            found.known.add(plot.uri)
            sites.add(plot.site.uri)
            books.plots[plot.uri] = PlotFact(plot.uri, plot.site.uri, plot.country, plot.area_m2, plot.geo or None)
    if sites:
        for site in rows.Site.objects.filter(uri__in=sites).select_related("party"):
            if found.is_ours(site.uri, site.log_id):
                found.known.add(site.uri)
                books.sites[site.uri] = site_fact(site)


def _load_parties(found: Slice, parties: set[str]) -> None:
    if parties:
        for party in rows.Party.objects.filter(uri__in=parties).select_related("event"):
            if found.is_ours(party.uri, party.log_id):
                found.known.add(party.uri)
                found.books.parties[party.uri] = party_fact(party)


# --- one row, one fact -----------------------------------------------------------------------------------------------


def fact_of(statement: Statement, index: int | None) -> EventFact:
    """A recorded event as the ledger keeps it, without what became of it."""
    named = ledger.needs(statement)
    lots, parties = named.lots, named.parties
    if isinstance(statement.body, Correct):
        taken_back = named_by(act_of(statement.body.original_act, statement.body.original))
        lots, parties = lots | taken_back["lots"], parties | taken_back["parties"]
    return EventFact(
        id=statement.jti,
        iss=statement.iss,
        kid=statement.kid,
        act=statement.act,
        lots=tuple(sorted(lots)),
        parties=tuple(sorted(parties)),
        payload=statement.event or {},
        refers=refers_to(statement.body),
        covers=covered_by(statement.body),
        title_to=title_to(statement),
        leaf=index,
    )


def party_fact(row: rows.Party) -> PartyFact:
    # Genesis names the operator without registering it.
    registered_by = None if row.event.act == "genesis" else row.event.event_id
    return PartyFact(row.uri, row.kind, tuple(row.roles), row.country or None, row.guardian or None, registered_by)


def site_fact(row: rows.Site) -> SiteFact:
    return SiteFact(row.uri, row.party.uri, row.kind, row.country or None, row.geo or None)


def key_fact(row: rows.Key) -> KeyFact:
    return KeyFact(
        row.kid,
        row.party,
        row.x,
        row.custody,
        row.registrar,
        from_leaf=row.event.index,
        revoked_by=row.revoked_by.event_id if row.revoked_by else None,
        revoked_leaf=row.revoked_by.index if row.revoked_by else None,
        disputed_from=row.disputed_from,
    )


def lot_fact(row: rows.Lot) -> LotFact:
    return LotFact(
        row.uri,
        form=Form(row.form) if row.form else None,
        opened_by=row.opened_by or None,
        made_by=row.made_by.event_id if row.made_by else None,
        attributes=attributes_from_json(row.attributes),
        origin=row.origin,
        day_lot=row.day_lot,
        closed=row.closed,
        poured_mg=row.poured_mg,
        pours=row.pours,
        net_mg=row.net_mg,
        count=row.count,
        gtin=row.gtin or None,
        gained_ppm=row.gained_ppm,
        gained_by=row.gained_by or None,
        other_gain_ppm=row.other_gain_ppm,
    )


def handover_fact(dispatch: str, row: rows.Handover) -> Handover:
    return Handover(
        dispatch,
        row.from_party,
        row.from_site,
        row.to_party,
        row.to_site or None,
        row.title,
        rest=dict(row.rest),
        received_mg=row.received_mg,
        refused_mg=row.refused_mg,
        withdrawn=row.withdrawn,
    )


def shortfall_fact(lot: str, row: rows.Shortfall) -> Shortfall:
    closed_by = row.closed_by.event_id if row.closed_by else None
    return Shortfall(lot, row.site, row.mg, row.opened_by.event_id, closed_by)
