"""Writes what statements changed into the projections; rebuilding does the same from the first leaf on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from django.db import models

from provenance.coffee.acts import Attributes
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger.books import (
    BalanceKey,
    Edge,
    Effects,
    Flag,
    Handover,
    KeyFact,
    LotFact,
    PartyFact,
    PlotFact,
    Posting,
    Shortfall,
    SiteFact,
)
from provenance.trail import models as rows
from provenance.trail.models import Log, pk_of

_DATES = {"harvest_start", "harvest_end", "best_before"}
_TUPLES = {"variety", "altitude_m", "claims"}

# Event id -> primary key of its row.
Places = dict[str, int]


def attributes_to_json(attributes: Attributes) -> dict[str, Any]:
    """What is known of a lot; what is not stays out."""
    values = {each.name: getattr(attributes, each.name) for each in fields(attributes)}
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value not in (None, ())
    }


def attributes_from_json(stored: Mapping[str, Any]) -> Attributes:
    """The inverse of ``attributes_to_json``."""
    return Attributes(
        **{
            name: date.fromisoformat(value) if name in _DATES else tuple(value) if name in _TUPLES else value
            for name, value in stored.items()
        }
    )


@dataclass
class Changes:
    """What a run of statements changed, each thing as it is after the last of them."""

    parties: dict[str, PartyFact] = field(default_factory=dict)
    keys: dict[str, KeyFact] = field(default_factory=dict)
    sites: dict[str, SiteFact] = field(default_factory=dict)
    plots: dict[str, PlotFact] = field(default_factory=dict)
    lots: dict[str, LotFact] = field(default_factory=dict)
    balances: dict[BalanceKey, int] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    handovers: dict[str, Handover] = field(default_factory=dict)
    recalls: dict[str, dict[str, str]] = field(default_factory=dict)
    shortfalls: dict[tuple[str, str], Shortfall] = field(default_factory=dict)
    postings: dict[str, tuple[Posting, ...]] = field(default_factory=dict)
    edges: dict[str, tuple[Edge, ...]] = field(default_factory=dict)
    flags: dict[str, tuple[Flag, ...]] = field(default_factory=dict)
    subjects: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    voided: dict[str, str] = field(default_factory=dict)  # event id -> the correction's
    registered_by: dict[str, str] = field(default_factory=dict)  # URI or kid -> the event that first named it

    def add(self, effects: Effects) -> None:
        """Take in one statement's effects, in order."""
        event = effects.event.id
        for name in ("keys", "sites", "plots"):
            for uri in getattr(effects, name):
                self.registered_by.setdefault(uri, event)
        for name in (
            "parties",
            "keys",
            "sites",
            "plots",
            "lots",
            "balances",
            "handovers",
            "recalls",
            "shortfalls",
        ):
            getattr(self, name).update(getattr(effects, name))
        for lot, parties in effects.holders.items():
            self.holders.setdefault(lot, set()).update(parties)
        self.postings[event] = effects.postings
        self.edges[event] = effects.edges
        self.flags[event] = effects.flags
        self.subjects[event] = effects.subjects
        for voided in effects.voided:
            self.voided[voided] = event
            self.edges[voided] = self.flags[voided] = ()


def write(log: Log, changes: Changes, places: Places, known: set[str]) -> None:
    """
    Bring the rows up to what ``changes`` says.

    ``known`` holds the URIs and kids that have a row already. Those without one are plainly inserted: when somebody
    else inserts the same at the same moment, ``IntegrityError`` makes the caller read again and judge again.
    """
    _write_registry(log, changes, places, known)
    rows.Lot.objects.bulk_create([_lot(log, fact, places) for uri, fact in changes.lots.items() if uri not in known])
    _upsert(
        rows.Lot,
        [_lot(log, fact, places) for uri, fact in changes.lots.items() if uri in known],
        ["id"],
        [each.name for each in rows.Lot._meta.concrete_fields if each.name not in {"id", "log", "uri", "code"}],
    )
    _upsert(rows.Balance, _balances(log, changes), ["lot", "site", "owner", "custodian"], ["mg"])
    rows.Holder.objects.bulk_create(
        [
            rows.Holder(lot_id=pk_of(lot), party=party)
            for lot, parties in changes.holders.items()
            for party in sorted(parties)
        ],
        ignore_conflicts=True,
    )
    _upsert(
        rows.Handover,
        [_handover(log, fact, places) for fact in changes.handovers.values()],
        ["dispatch"],
        ["rest", "received_mg", "refused_mg", "withdrawn", "state"],
    )
    _upsert(
        rows.Shortfall,
        [_shortfall(log, fact, places) for fact in changes.shortfalls.values()],
        ["lot", "site"],
        ["mg", "opened_by", "closed_by"],
    )
    _write_recalls(changes, places)
    if changes.voided:
        gone = [places[event] for event in changes.voided]
        rows.LotEdge.objects.filter(event__in=gone).delete()
        rows.Flag.objects.filter(event__in=gone).delete()
        rows.Correction.objects.bulk_create(
            [rows.Correction(original_id=places[a], event_id=places[b]) for a, b in changes.voided.items()]
        )
    rows.Posting.objects.bulk_create(_postings(changes, places))
    rows.LotEdge.objects.bulk_create(_edges(changes, places))
    rows.Flag.objects.bulk_create(_flags(changes, places))
    rows.Subject.objects.bulk_create(_subjects(changes, places))


def _write_registry(log: Log, changes: Changes, places: Places, known: set[str]) -> None:
    pks = {pk_of(uri) for uri in known}

    def by(uri: str) -> int | None:
        # A known row keeps the event that first named it; the column is not written again.
        return places.get(changes.registered_by[uri])

    parties = [
        rows.Party(
            id=pk_of(fact.uri),
            log=log,
            uri=fact.uri,
            event_id=places[fact.registered_by or ""],
            kind=fact.kind,
            roles=list(fact.roles),
            country=fact.country or "",
            guardian=fact.guardian or "",
        )
        for fact in changes.parties.values()
    ]
    _put(rows.Party, parties, pks)
    sites = [
        rows.Site(
            id=pk_of(fact.uri),
            log=log,
            uri=fact.uri,
            event_id=by(fact.uri),
            party_id=pk_of(fact.party),
            kind=fact.kind,
            country=fact.country or "",
            geo=fact.geo or "",
        )
        for fact in changes.sites.values()
    ]
    _put(rows.Site, sites, pks, keep=["event"])
    plots = [
        rows.Plot(
            id=pk_of(fact.uri),
            log=log,
            uri=fact.uri,
            event_id=by(fact.uri),
            site_id=pk_of(fact.site),
            country=fact.country,
            area_m2=fact.area_m2,
            geo=fact.geo or "",
        )
        for fact in changes.plots.values()
    ]
    _put(rows.Plot, plots, pks, keep=["event"])
    new = [_key(log, fact, by(kid), places) for kid, fact in changes.keys.items() if kid not in known]
    rows.Key.objects.bulk_create(new)
    for kid in changes.keys.keys() & known:
        fact = changes.keys[kid]
        rows.Key.objects.filter(log=log, kid=kid).update(
            revoked_by=places.get(fact.revoked_by or ""), disputed_from=fact.disputed_from
        )


def _key(log: Log, fact: KeyFact, event: int | None, places: Places) -> rows.Key:
    return rows.Key(
        log=log,
        kid=fact.kid,
        party=fact.party,
        x=fact.x,
        custody=fact.custody,
        registrar=fact.registrar,
        event_id=event,
        revoked_by_id=places[fact.revoked_by] if fact.revoked_by else None,
        disputed_from=fact.disputed_from,
    )


def _lot(log: Log, fact: LotFact, places: Places) -> rows.Lot:
    return rows.Lot(
        id=pk_of(fact.uri),
        log=log,
        uri=fact.uri,
        code=lot_code_of(fact.uri),
        form=fact.form or "",
        opened_by=fact.opened_by or "",
        made_by_id=places[fact.made_by] if fact.made_by else None,
        attributes=attributes_to_json(fact.attributes),
        origin=fact.origin,
        day_lot=fact.day_lot,
        closed=fact.closed,
        poured_mg=fact.poured_mg,
        pours=fact.pours,
        net_mg=fact.net_mg,
        count=fact.count,
        gtin=fact.gtin or "",
    )


def _balances(log: Log, changes: Changes) -> list[rows.Balance]:
    return [
        rows.Balance(log=log, lot_id=pk_of(key.lot), site=key.site, owner=key.owner, custodian=key.custodian, mg=mg)
        for key, mg in changes.balances.items()
    ]


def _handover(log: Log, fact: Handover, places: Places) -> rows.Handover:
    return rows.Handover(
        dispatch_id=places[fact.dispatch],
        log=log,
        from_party=fact.from_party,
        from_site=fact.from_site,
        to_party=fact.to_party,
        to_site=fact.to_site or "",
        title=fact.title,
        rest=dict(fact.rest),
        received_mg=fact.received_mg,
        refused_mg=fact.refused_mg,
        withdrawn=fact.withdrawn,
        state=fact.state,
    )


def _shortfall(log: Log, fact: Shortfall, places: Places) -> rows.Shortfall:
    return rows.Shortfall(
        log=log,
        lot_id=pk_of(fact.lot),
        site=fact.site,
        mg=fact.mass_mg,
        opened_by_id=places[fact.opened_by],
        closed_by_id=places[fact.closed_by] if fact.closed_by else None,
    )


def _write_recalls(changes: Changes, places: Places) -> None:
    if not changes.recalls:
        return
    rows.Recall.objects.filter(lot__in=[pk_of(lot) for lot in changes.recalls]).delete()
    rows.Recall.objects.bulk_create(
        [
            rows.Recall(lot_id=pk_of(lot), event_id=places[event], issuer=issuer)
            for lot, standing in changes.recalls.items()
            for event, issuer in standing.items()
        ]
    )


def _postings(changes: Changes, places: Places) -> list[rows.Posting]:
    return [
        rows.Posting(
            event_id=places[event],
            lot_id=pk_of(key.lot),
            site=key.site,
            owner=key.owner,
            custodian=key.custodian,
            mg=mass_mg,
        )
        for event, postings in changes.postings.items()
        for key, mass_mg in postings
    ]


def _edges(changes: Changes, places: Places) -> list[rows.LotEdge]:
    return [
        rows.LotEdge(
            event_id=places[event],
            parent_id=pk_of(edge.parent) if edge.parent else None,
            child_id=pk_of(edge.child),
            mg=edge.mass_mg,
            held_mg=edge.held_mg,
        )
        for event, edges in changes.edges.items()
        for edge in edges
    ]


def _flags(changes: Changes, places: Places) -> list[rows.Flag]:
    return [
        rows.Flag(event_id=places[event], lot_id=pk_of(flag.lot), kind=flag.kind.value, mg=flag.mass_mg)
        for event, flags in changes.flags.items()
        for flag in flags
    ]


def _subjects(changes: Changes, places: Places) -> list[rows.Subject]:
    return [
        rows.Subject(event_id=places[event], kind=kind, uri=uri)
        for event, subjects in changes.subjects.items()
        for kind, uri in sorted(subjects)
    ]


def _put(model: type[models.Model], made: list[Any], known: set[Any], keep: Iterable[str] = ()) -> None:
    """Insert the rows that are new, change those that are known."""
    model._default_manager.bulk_create([row for row in made if row.pk not in known])
    changed = [row for row in made if row.pk in known]
    if changed:
        columns = [each.name for each in model._meta.concrete_fields if each.name not in {"id", "log", "uri", *keep}]
        model._default_manager.bulk_update(changed, columns)


def _upsert(model: type[models.Model], made: list[Any], unique: list[str], columns: list[str]) -> None:
    """Only for rows whose lot is locked, or was inserted by this very transaction."""
    if made:
        model._default_manager.bulk_create(made, update_conflicts=True, unique_fields=unique, update_fields=columns)
