"""
Everything the trail says about a lot's past, or about what became of it, in one query.

The query walks the edges between lots, then gathers all events that name one of these lots, the certificates of those
who took part and of their places with all that was said of these, who registered these parties, sites and keys, and the
facts that pages compute from. It reads as many rows as there are, in one go.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from provenance.coffee.acts import Form, Genesis
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import (
    Books,
    Edge,
    Flag,
    FlagKind,
    Handover,
    KeyFact,
    LotFact,
    PartyFact,
    Shortfall,
    SiteFact,
)
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import Event, Leaf, pk_of
from provenance.trail.services.bookkeeping import fact_of
from provenance.trail.services.rows import attributes_from_json

_WALK = {
    "up": "SELECT e.parent_id FROM trail_lotedge e JOIN near ON e.child_id = near.id WHERE e.parent_id IS NOT NULL",
    "down": "SELECT e.child_id FROM trail_lotedge e JOIN near ON e.parent_id = near.id",
}

_URN_IN_SQLITE = "'urn:uuid:' || " + " || '-' || ".join(
    f"substr(v.uuid, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
)

# CROSS JOIN: the other way round, SQLite would read what was ever said of anybody to find a few hundred statements.
_SQL = """
WITH RECURSIVE
near(id) AS (SELECT id FROM trail_lot WHERE id IN ({lots}) UNION {walk}),
said(id) AS (
  SELECT s.event_id FROM near JOIN trail_lot l ON l.id = near.id JOIN trail_subject s ON s.uri = l.uri
),
took_part(uri) AS (
  SELECT DISTINCT s.uri FROM said CROSS JOIN trail_subject s
    WHERE s.event_id = said.id AND s.kind IN ('party', 'site')
),
scoped(id) AS (
  SELECT s.event_id FROM took_part CROSS JOIN trail_subject s WHERE s.kind = 'scope' AND s.uri = took_part.uri
),
certified(id) AS (
  SELECT id FROM scoped
  UNION SELECT s.event_id FROM certified JOIN trail_event v ON v.id = certified.id
    CROSS JOIN trail_subject s WHERE s.uri = {urn} AND s.kind = 'event'
),
named(uri) AS (
  SELECT uri FROM took_part
  UNION SELECT s.uri FROM certified CROSS JOIN trail_subject s
    WHERE s.event_id = certified.id AND s.kind IN ('party', 'site')
),
whole(id) AS (
  SELECT id FROM said
  UNION SELECT id FROM certified
  UNION SELECT p.event_id FROM named JOIN trail_party p ON p.uri = named.uri
  UNION SELECT t.event_id FROM named JOIN trail_site t ON t.uri = named.uri
  UNION SELECT CASE a.side WHEN 1 THEN k.event_id ELSE k.revoked_by_id END
    FROM whole JOIN trail_event v ON v.id = whole.id JOIN trail_log u ON u.id = v.log_id
    JOIN trail_log w ON w.name = u.name JOIN trail_key k ON k.kid = v.kid AND k.log_id = w.id
    CROSS JOIN (SELECT 1 AS side UNION ALL SELECT 2) a
    WHERE a.side = 1 OR k.revoked_by_id IS NOT NULL
)
SELECT 'event' AS kind, v.id AS n, f."index" AS leaf, v.statement AS body,
  {object}('uuid', v.uuid, 'kid', v.kid, 'act', v.act, 'log', COALESCE(f.log_id, v.log_id),
    'first_place', g.first_place, 'recorded_at', v.recorded_at, 'corrected_by', c.event_id) AS data
  FROM whole JOIN trail_event v ON v.id = whole.id
  LEFT JOIN trail_leaf f ON f.event_id = v.id LEFT JOIN trail_log g ON g.id = f.log_id
  LEFT JOIN trail_correction c ON c.original_id = v.id
UNION ALL SELECT 'lot', 0, NULL, NULL,
  {object}('uri', l.uri, 'form', l.form, 'opened_by', l.opened_by, 'made_by', l.made_by_id,
    'attributes', {json}, 'origin', l.origin, 'day_lot', l.day_lot, 'closed', l.closed,
    'poured_mg', l.poured_mg, 'pours', l.pours, 'net_mg', l.net_mg, 'count', l.count, 'gtin', l.gtin)
  FROM near JOIN trail_lot l ON l.id = near.id
UNION ALL SELECT 'edge', e.id, NULL, NULL,
  {object}('event', e.event_id, 'parent', p.uri, 'child', l.uri, 'mg', e.mg, 'held_mg', e.held_mg)
  FROM near JOIN trail_lotedge e ON e.child_id = near.id JOIN trail_lot l ON l.id = near.id
  LEFT JOIN trail_lot p ON p.id = e.parent_id
UNION ALL SELECT 'flag', g.id, NULL, NULL,
  {object}('event', g.event_id, 'lot', l.uri, 'kind', g.kind, 'mg', g.mg)
  FROM near JOIN trail_flag g ON g.lot_id = near.id JOIN trail_lot l ON l.id = near.id
UNION ALL SELECT 'shortfall', s.id, NULL, NULL,
  {object}('lot', l.uri, 'site', s.site, 'mg', s.mg, 'opened_by', s.opened_by_id, 'closed_by', s.closed_by_id)
  FROM near JOIN trail_shortfall s ON s.lot_id = near.id JOIN trail_lot l ON l.id = near.id
UNION ALL SELECT 'recall', r.id, NULL, NULL,
  {object}('lot', l.uri, 'event', r.event_id, 'issuer', r.issuer)
  FROM near JOIN trail_recall r ON r.lot_id = near.id JOIN trail_lot l ON l.id = near.id
UNION ALL SELECT 'holder', h.id, NULL, NULL, {object}('lot', l.uri, 'party', h.party)
  FROM near JOIN trail_holder h ON h.lot_id = near.id JOIN trail_lot l ON l.id = near.id
UNION ALL SELECT 'handover', h.dispatch_id, NULL, NULL,
  {object}('from_party', h.from_party, 'from_site', h.from_site, 'to_party', h.to_party, 'to_site', h.to_site,
    'title', h.title, 'rest', {rest}, 'received_mg', h.received_mg, 'refused_mg', h.refused_mg,
    'withdrawn', h.withdrawn)
  FROM whole JOIN trail_handover h ON h.dispatch_id = whole.id
UNION ALL SELECT 'key', k.id, NULL, NULL,
  {object}('kid', k.kid, 'party', k.party, 'x', k.x, 'custody', k.custody, 'registrar', k.registrar,
    'event', k.event_id, 'revoked_by', k.revoked_by_id, 'disputed_from', k.disputed_from)
  FROM whole JOIN trail_key k ON k.event_id = whole.id
UNION ALL SELECT 'party', 0, NULL, NULL,
  {object}('uri', p.uri, 'kind', p.kind, 'roles', {roles}, 'country', p.country, 'guardian', p.guardian,
    'event', p.event_id)
  FROM whole JOIN trail_party p ON p.event_id = whole.id
UNION ALL SELECT 'site', 0, NULL, NULL,
  {object}('uri', t.uri, 'party', p.uri, 'kind', t.kind, 'country', t.country, 'geo', t.geo)
  FROM whole JOIN trail_site t ON t.event_id = whole.id JOIN trail_party p ON p.id = t.party_id
"""


@dataclass
class Closure:
    """
    Lots, and all that was said of them. ``events`` in the order of the series, those not yet published last;
    ``places``: the place of each in it, by event id. Leaves of retired logs come first.

    ``books`` holds the same for ``coffee.ledger.shares`` and ``coffee.evidence``: all but balances and postings.
    ``statements`` are the events' parsed statements, by event id; those that cannot be read any more are missing.
    """

    lots: dict[str, LotFact] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    places: dict[str, int | None] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    books: Books = field(default_factory=Books)


def closure(lot_uris: Iterable[str], *, down: bool = False) -> Closure:
    """
    What these lots were made from (or, ``down``, what was made from them), themselves included. One query.

    Besides all events that name one of the lots it holds the certificates of their parties and sites, and the
    registrations of parties, sites and keys up to the genesis, so that each signature can be checked. Lots that nobody
    named are left out.
    """
    pks = [pk_of(uri) for uri in lot_uris]
    if not pks:
        return Closure()
    by_kind: dict[str, list[tuple[int, int | None, Any, dict[str, Any]]]] = {}
    for kind, number, leaf, body, data in _rows(pks, "down" if down else "up"):
        by_kind.setdefault(kind, []).append((number, leaf, body, data))
    return _built(by_kind)


def _rows(pks: list[UUID], way: str) -> Iterator[tuple[str, int, int | None, Any, dict[str, Any]]]:
    postgresql = connection.vendor == "postgresql"
    sql = _SQL.format(
        lots=", ".join(["%s"] * len(pks)),
        walk=_WALK[way],
        object="json_build_object" if postgresql else "json_object",
        json="l.attributes" if postgresql else "json(l.attributes)",
        rest="h.rest" if postgresql else "json(h.rest)",
        roles="p.roles" if postgresql else "json(p.roles)",
        urn="'urn:uuid:' || v.uuid" if postgresql else _URN_IN_SQLITE,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, pks if postgresql else [pk.hex for pk in pks])
        for kind, number, leaf, body, data in cursor.fetchall():
            yield kind, number, leaf, body, data if isinstance(data, dict) else json.loads(data)


def _built(by_kind: dict[str, list[tuple[int, int | None, Any, dict[str, Any]]]]) -> Closure:
    found = Closure()
    books = found.books
    rows = sorted(by_kind.get("event", []), key=lambda row: (row[1] is None, _place(row) or 0, row[0]))
    found.events = [_event(*row) for row in rows]
    ids = {event.pk: event.event_id for event in found.events}
    order = {event_id: place for place, event_id in enumerate(ids.values())}
    found.places = {event.event_id: _place(row) for event, row in zip(found.events, rows, strict=True)}
    for event, (_, _, _, data) in zip(found.events, rows, strict=True):
        try:
            statement = found.statements[event.event_id] = parse(bytes(event.statement))
        except CoffeeError:
            # Somebody changed the stored bytes: nothing is known of this event any more, and a page has to say so.
            continue
        if isinstance(statement.body, Genesis):
            books.operator = statement.body.operator
        corrected_by = ids.get(data["corrected_by"])
        books.events[event.event_id] = fact_of(statement, found.places[event.event_id])._replace(
            corrected_by=corrected_by
        )
    for _, _, _, lot in by_kind.get("lot", []):
        found.lots[lot["uri"]] = _lot(lot, ids)
    books.lots = found.lots
    found.edges = sorted(
        (
            Edge(ids[edge["event"]], edge["parent"], edge["child"], edge["mg"], edge["held_mg"])
            for _, _, _, edge in sorted(by_kind.get("edge", []), key=lambda row: row[0])
        ),
        key=lambda edge: order[edge.event],
    )
    for edge in found.edges:
        books.edges[edge.event] = (*books.edges.get(edge.event, ()), edge)
    for _, _, _, flag in sorted(by_kind.get("flag", []), key=lambda row: row[0]):
        event_id = ids[flag["event"]]
        fact = Flag(event_id, flag["lot"], FlagKind(flag["kind"]), flag["mg"])
        books.flags[event_id] = (*books.flags.get(event_id, ()), fact)
    for _, _, _, row in by_kind.get("shortfall", []):
        books.shortfalls[row["lot"], row["site"]] = Shortfall(
            row["lot"], row["site"], row["mg"], ids[row["opened_by"]], ids.get(row["closed_by"])
        )
    for _, _, _, row in by_kind.get("recall", []):
        books.recalls.setdefault(row["lot"], {})[ids[row["event"]]] = row["issuer"]
    for _, _, _, row in by_kind.get("holder", []):
        books.holders.setdefault(row["lot"], set()).add(row["party"])
    for number, _, _, row in by_kind.get("handover", []):
        row |= {"to_site": row["to_site"] or None, "title": bool(row["title"]), "withdrawn": bool(row["withdrawn"])}
        books.handovers[ids[number]] = Handover(ids[number], **row)
    _add_registry(books, by_kind, ids, found.places)
    return found


def _add_registry(books: Books, by_kind: dict[str, Any], ids: dict[int, str], leaves: dict[str, int | None]) -> None:
    for _, _, _, row in by_kind.get("key", []):
        revoked_by = ids.get(row["revoked_by"])
        books.keys[row["kid"]] = KeyFact(
            row["kid"],
            row["party"],
            row["x"],
            row["custody"],
            row["registrar"],
            from_leaf=leaves[ids[row["event"]]],
            revoked_by=revoked_by,
            revoked_leaf=leaves[revoked_by] if revoked_by else None,
            disputed_from=row["disputed_from"],
        )
    for _, _, _, row in by_kind.get("party", []):
        books.parties[row["uri"]] = PartyFact(
            row["uri"],
            row["kind"],
            tuple(row["roles"]),
            row["country"] or None,
            row["guardian"] or None,
            ids[row["event"]],
        )
    for _, _, _, row in by_kind.get("site", []):
        books.sites[row["uri"]] = SiteFact(
            row["uri"], row["party"], row["kind"], row["country"] or None, row["geo"] or None
        )


def _place(row: tuple[int, int | None, Any, dict[str, Any]]) -> int | None:
    """In the series: ``row`` is (primary key, leaf, bytes, data)."""
    return None if row[1] is None else row[3]["first_place"] + row[1]


def _event(number: int, leaf: int | None, statement: bytes, data: dict[str, Any]) -> Event:
    event = Event(
        pk=number,
        uuid=UUID(data["uuid"]),
        log_id=data["log"],
        kid=data["kid"],
        act=data["act"],
        statement=bytes(statement),
        recorded_at=_time(data["recorded_at"]),
    )
    event._state.adding = False
    # Set without a query, and without asking the database whether there is a leaf.
    event._state.fields_cache["leaf"] = None if leaf is None else Leaf(event=event, log_id=data["log"], index=leaf)
    return event


def _time(text: str) -> datetime:
    """JSON has no times: SQLite writes its own text, in UTC and without saying so, PostgreSQL writes ISO 8601."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _lot(row: dict[str, Any], ids: dict[int, str]) -> LotFact:
    return LotFact(
        row["uri"],
        form=Form(row["form"]) if row["form"] else None,
        opened_by=row["opened_by"] or None,
        made_by=ids.get(row["made_by"]),
        attributes=attributes_from_json(row["attributes"]),
        origin=bool(row["origin"]),
        day_lot=bool(row["day_lot"]),
        closed=bool(row["closed"]),
        poured_mg=row["poured_mg"],
        pours=row["pours"],
        net_mg=row["net_mg"],
        count=row["count"],
        gtin=row["gtin"] or None,
    )
