"""One fact, one row: how the ledger's facts are written as projections."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django.db.models import Model

from provenance.coffee.acts import Attributes
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import Handover, KeyFact, LotFact, PartyFact, PlotFact, Shortfall, SiteFact
from provenance.trail import models
from provenance.trail.models import Log, pk_of
from provenance.trail.services.changes import Changes

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


# What makes a row of each projection the same row, whatever it says. Others point at rows of earlier tables.
KEYED: dict[type[Model], tuple[str, ...]] = {
    models.Party: ("id",),
    models.Site: ("id",),
    models.Plot: ("id",),
    models.Key: ("log", "kid"),
    models.Lot: ("id",),
    models.Balance: ("lot", "site", "owner", "custodian"),
    models.Holder: ("lot", "party"),
    models.Handover: ("dispatch",),
    models.Shortfall: ("lot", "site"),
    models.Recall: ("lot", "event"),
    models.Correction: ("original",),
}
# Rows that are only a list under their event.
LISTED: tuple[type[Model], ...] = (models.Posting, models.LotEdge, models.Flag, models.Subject)


def rows_of(log: Log, changes: Changes, places: Places) -> dict[type[Model], list[Any]]:
    """Every row that says what ``changes`` says; ``places`` gives the primary keys of all events it names."""

    def by(uri: str) -> int:
        return places[changes.registered_by[uri]]

    return {
        models.Party: [party_row(log, fact, by(uri), places) for uri, fact in changes.parties.items()],
        models.Site: [site_row(log, fact, by(uri)) for uri, fact in changes.sites.items()],
        models.Plot: [plot_row(log, fact, by(uri)) for uri, fact in changes.plots.items()],
        models.Key: [key_row(log, fact, by(kid), places) for kid, fact in changes.keys.items()],
        models.Lot: [lot_row(log, fact, places) for fact in changes.lots.values()],
        models.Balance: balance_rows(log, changes),
        models.Holder: holder_rows(changes),
        models.Handover: [handover_row(log, fact, places) for fact in changes.handovers.values()],
        models.Shortfall: [shortfall_row(log, fact, places) for fact in changes.shortfalls.values()],
        models.Recall: recall_rows(changes, places),
        models.Correction: correction_rows(changes, places),
        **listed_rows(changes, places),
    }


def listed_rows(changes: Changes, places: Places) -> dict[type[Model], list[Any]]:
    """The rows under the events."""
    return {
        models.Posting: [
            models.Posting(
                event_id=places[event],
                lot_id=pk_of(key.lot),
                site=key.site,
                owner=key.owner,
                custodian=key.custodian,
                mg=mass_mg,
            )
            for event, postings in changes.postings.items()
            for key, mass_mg in postings
        ],
        models.LotEdge: [
            models.LotEdge(
                event_id=places[event],
                parent_id=pk_of(edge.parent) if edge.parent else None,
                child_id=pk_of(edge.child),
                mg=edge.mass_mg,
                held_mg=edge.held_mg,
            )
            for event, edges in changes.edges.items()
            for edge in edges
        ],
        models.Flag: [
            models.Flag(event_id=places[event], lot_id=pk_of(flag.lot), kind=flag.kind.value, mg=flag.mass_mg)
            for event, flags in changes.flags.items()
            for flag in flags
        ],
        models.Subject: [
            models.Subject(event_id=places[event], kind=kind, uri=uri)
            for event, subjects in changes.subjects.items()
            for kind, uri in sorted(subjects)
        ],
    }


def party_row(log: Log, fact: PartyFact, event: int, places: Places) -> models.Party:
    # The operator is first named by genesis and may then register itself.
    return models.Party(
        id=pk_of(fact.uri),
        log=log,
        uri=fact.uri,
        event_id=places[fact.registered_by] if fact.registered_by else event,
        kind=fact.kind,
        roles=list(fact.roles),
        country=fact.country or "",
        guardian=fact.guardian or "",
    )


def site_row(log: Log, fact: SiteFact, event: int) -> models.Site:
    return models.Site(
        id=pk_of(fact.uri),
        log=log,
        uri=fact.uri,
        event_id=event,
        party_id=pk_of(fact.party),
        kind=fact.kind,
        country=fact.country or "",
        geo=fact.geo or "",
    )


def plot_row(log: Log, fact: PlotFact, event: int) -> models.Plot:
    return models.Plot(
        id=pk_of(fact.uri),
        log=log,
        uri=fact.uri,
        event_id=event,
        site_id=pk_of(fact.site),
        country=fact.country,
        area_m2=fact.area_m2,
        geo=fact.geo or "",
    )


def key_row(log: Log, fact: KeyFact, event: int, places: Places) -> models.Key:
    return models.Key(
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


def lot_row(log: Log, fact: LotFact, places: Places) -> models.Lot:
    return models.Lot(
        id=pk_of(fact.uri),
        log=log,
        uri=fact.uri,
        code=lot_code_of(fact.uri),
        form=fact.form.value if fact.form else "",
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
        gained_ppm=fact.gained_ppm,
        gained_by=fact.gained_by or "",
        other_gain_ppm=fact.other_gain_ppm,
    )


def balance_rows(log: Log, changes: Changes) -> list[models.Balance]:
    return [
        models.Balance(log=log, lot_id=pk_of(key.lot), site=key.site, owner=key.owner, custodian=key.custodian, mg=mg)
        for key, mg in changes.balances.items()
    ]


def holder_rows(changes: Changes) -> list[models.Holder]:
    return [
        models.Holder(lot_id=pk_of(lot), party=party)
        for lot, parties in changes.holders.items()
        for party in sorted(parties)
    ]


def handover_row(log: Log, fact: Handover, places: Places) -> models.Handover:
    return models.Handover(
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


def shortfall_row(log: Log, fact: Shortfall, places: Places) -> models.Shortfall:
    return models.Shortfall(
        log=log,
        lot_id=pk_of(fact.lot),
        site=fact.site,
        mg=fact.mass_mg,
        opened_by_id=places[fact.opened_by],
        closed_by_id=places[fact.closed_by] if fact.closed_by else None,
    )


def recall_rows(changes: Changes, places: Places) -> list[models.Recall]:
    return [
        models.Recall(lot_id=pk_of(lot), event_id=places[event], issuer=issuer)
        for lot, standing in changes.recalls.items()
        for event, issuer in standing.items()
    ]


def correction_rows(changes: Changes, places: Places) -> list[models.Correction]:
    return [
        models.Correction(original_id=places[original], event_id=places[event])
        for original, event in changes.voided.items()
    ]
