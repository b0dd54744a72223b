"""Carrying one statement out on the Books."""

from collections import defaultdict

from provenance.coffee import acts
from provenance.coffee.acts import Attributes
from provenance.coffee.ledger.acting import HANDLERS
from provenance.coffee.ledger.books import (
    Books,
    Edge,
    Effects,
    EventFact,
    FlagKind,
    Posting,
    Shortfall,
    Signed,
)
from provenance.coffee.ledger.entry import Entry
from provenance.coffee.ledger.gains import without_gain
from provenance.coffee.ledger.naming import covered_by, named, refers_to, title_to


def apply(books: Books, statement: Signed, index: int | None = None) -> Effects:
    """
    Change the Books as the statement says and return everything that changed.

    ``index`` is the leaf; None while recording. The statement must have passed ``rules.authorise`` on the same Books.
    """
    effects = Effects(_event_fact(books, statement, index))
    entry = Entry(books, statement, index, effects)
    if isinstance(statement.body, acts.Correct):
        _take_back(entry, books.events[effects.event.refers or ""])
    else:
        HANDLERS[statement.act](entry, statement.body)
    _count_pours(entry, entry.edges, 1)
    _book(entry)
    return effects


def _event_fact(books: Books, statement: Signed, index: int | None) -> EventFact:
    refers = refers_to(statement.body)
    names = named(statement)
    lots, parties = names["lots"], names["parties"]
    if isinstance(statement.body, acts.Correct):
        original = books.events[refers or ""]
        lots |= set(original.lots)
        parties |= set(original.parties)
    return EventFact(
        id=statement.jti,
        iss=statement.iss,
        kid=statement.kid,
        act=statement.act,
        lots=tuple(sorted(lots)),
        parties=tuple(sorted(parties)),
        payload=statement.event or {},
        refers=refers,
        covers=covered_by(statement.body),
        title_to=title_to(statement),
        leaf=index,
    )


def _take_back(entry: Entry, original: EventFact) -> None:
    """Reverse the original's postings; its edges and flags count no more, and what it alone said is unsaid."""
    books, effects = entry.books, entry.effects
    for posting in books.postings.get(original.id, ()):
        entry.post(posting.key, -posting.mass_mg)
    _count_pours(entry, books.edges.get(original.id, ()), -1)
    for lot in original.lots:
        fact = entry.lot(lot)
        if fact.made_by == original.id:
            fact = fact._replace(made_by=None, attributes=Attributes(), count=None, net_mg=None, gtin=None)
        fact = without_gain(fact, original.id)
        if original.act == "close":
            fact = fact._replace(closed=False)
        if fact != books.lots.get(lot):
            effects.lots[lot] = fact
        if original.act in ("recall", "lift_recall"):
            effects.recalls[lot] = _recalls_without(entry, lot, original)
    if original.act == "dispatch":
        effects.handovers[original.id] = books.handovers[original.id]._replace(withdrawn=True)
    effects.voided = (original.id,)


def _recalls_without(entry: Entry, lot: str, original: EventFact) -> dict[str, str]:
    recalls = dict(entry.books.recalls.get(lot, {}))
    if original.act == "recall":
        recalls.pop(original.id, None)
    elif original.refers:
        recalls[original.refers] = original.iss
    return recalls


def _count_pours(entry: Entry, edges: list[Edge] | tuple[Edge, ...], sign: int) -> None:
    poured: defaultdict[str, int] = defaultdict(int)
    for edge in edges:
        poured[edge.child] += edge.mass_mg
    for lot, mass_mg in poured.items():
        fact = entry.lot(lot)
        entry.effects.lots[lot] = fact._replace(poured_mg=fact.poured_mg + sign * mass_mg, pours=fact.pours + sign)


def _book(entry: Entry) -> None:
    effects = entry.effects
    effects.postings = tuple(Posting(key, mass_mg) for key, mass_mg in sorted(entry.masses.items()) if mass_mg)
    effects.edges = tuple(entry.edges)
    _book_balances(entry)
    _book_shortfalls(entry)
    effects.flags = tuple(entry.flags)
    _book_handovers(entry)
    _book_facts(entry)


def _book_balances(entry: Entry) -> None:
    books, effects = entry.books, entry.effects
    for key, mass_mg in effects.postings:
        after_mg = books.balances.get(key, 0) + mass_mg
        effects.balances[key] = after_mg
        if after_mg:
            books.balances[key] = after_mg
        elif key in books.balances:
            del books.balances[key]
        if mass_mg > 0:
            effects.holders.setdefault(key.lot, set()).update((key.owner, key.custodian))
    named, effects.holders = effects.holders, {}
    for lot, parties in named.items():
        new = parties - books.holders.get(lot, set())
        if new and _is_vouched(entry, lot):
            effects.holders[lot] = new
            books.holders.setdefault(lot, set()).update(new)


def _is_vouched(entry: Entry, lot: str) -> bool:
    """Whether somebody who had the lot before says so: helping oneself to what others have makes nobody its holder."""
    books, event = entry.books, entry.effects.event
    before = books.holders.get(lot, set())
    if not before or entry.signer in before or entry.lot(lot).opened_by == entry.signer:
        return True
    handover = entry.handover(event.refers or "")
    dispatch = books.events.get(event.refers or "")
    return bool(handover and dispatch and handover.from_party in before and lot in dispatch.lots)


def _book_shortfalls(entry: Entry) -> None:
    """Open, change or close the shortfall of every lot and site this entry touched."""
    books, effects = entry.books, entry.effects
    for lot, site in sorted({(key.lot, key.site) for key in effects.balances}):
        masses = [books.balances[key] for key in books.balances.rows(lot) if key.site == site]
        lacking_mg = -sum([mass_mg for mass_mg in masses if mass_mg < 0])
        before = books.shortfalls.get((lot, site))
        is_open = before is not None and before.closed_by is None
        if lacking_mg == (before.mass_mg if before and is_open else 0):
            continue
        if lacking_mg > (before.mass_mg if before and is_open else 0):
            entry.flag(FlagKind.SHORTFALL, lot, lacking_mg)
        if before is None or not is_open:
            after = Shortfall(lot, site, lacking_mg, entry.jti)
        elif lacking_mg:
            after = before._replace(mass_mg=lacking_mg)
        else:
            after = before._replace(closed_by=entry.jti)
        effects.shortfalls[lot, site] = after
    books.shortfalls |= effects.shortfalls


def _book_handovers(entry: Entry) -> None:
    """Keep what is in transit, and what was received and refused, with the dispatches this entry touched."""
    books, effects = entry.books, entry.effects
    counted = books.events[effects.voided[0]] if effects.voided else effects.event
    settled = {"receive": "received_mg", "refuse": "refused_mg"}.get(counted.act)
    books.handovers |= effects.handovers
    for dispatch in sorted({key.site for key in effects.balances} & books.handovers.keys()):
        handover = books.handovers[dispatch]
        moved_mg = -sum(mass_mg for key, mass_mg in effects.postings if key.site == dispatch)
        if settled and counted.refers == dispatch:
            handover = handover._replace(**{settled: getattr(handover, settled) + moved_mg})
        lots = handover.rest.keys() | {key.lot for key in effects.balances if key.site == dispatch}
        rest = {
            lot: sum(books.balances[key] for key in books.balances.rows(lot) if key.site == dispatch)
            for lot in sorted(lots)
        }
        effects.handovers[dispatch] = books.handovers[dispatch] = handover._replace(rest=rest)


def _book_facts(entry: Entry) -> None:
    books, effects = entry.books, entry.effects
    books.operator = effects.operator or books.operator
    books.log = effects.log or books.log
    books.parties |= effects.parties
    books.keys |= effects.keys
    books.sites |= effects.sites
    books.plots |= effects.plots
    books.lots |= effects.lots
    for digest in effects.erased:
        books.erased.setdefault(digest, entry.jti)
    for lot, recalls in effects.recalls.items():
        if recalls:
            books.recalls[lot] = recalls
        else:
            books.recalls.pop(lot, None)
    for event in effects.voided:
        books.events[event] = books.events[event]._replace(corrected_by=entry.jti)
        books.edges.pop(event, None)
        books.flags.pop(event, None)
    books.events[entry.jti] = effects.event
    books.postings[entry.jti] = effects.postings
    if effects.edges:
        books.edges[entry.jti] = effects.edges
    if effects.flags:
        books.flags[entry.jti] = effects.flags
