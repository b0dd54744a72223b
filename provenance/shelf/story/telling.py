"""The whole page as one value, from what was read of the signed bytes and from what may be shown of the withheld."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from provenance.coffee import acts
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import attributes, edges_of
from provenance.coffee.statement import Statement
from provenance.shelf.map import Drawing, draw, place_of
from provenance.shelf.story import words
from provenance.shelf.story.describing import details, headline, one_line
from provenance.shelf.story.earning import earned
from provenance.shelf.story.journey import REPLIES, Reading, crowds, lots_of
from provenance.shelf.story.judging import recalls, remarks, verdict, weakest
from provenance.shelf.story.names import Names
from provenance.shelf.story.sources import NOBODY, Gathered, Origins, origins, sources, sources_at
from provenance.shelf.story.steps import Teller
from provenance.shelf.story.values import Chapter, Opened, Source, Step, Story, Telling
from provenance.shelf.story.vouching import holding, voices, vouched, without_past

Shown = Mapping[str, Mapping[str, Opened]]


def tell(reading: Reading, opened: Shown, lot: str, today: date) -> Story:
    """
    The story of a lot. ``opened``: by event id and name, what anybody may read of the withheld fields.

    ``today``: of the certificates those are told that hold on this day.
    """
    books = reading.books
    reading = replace(
        reading,
        journey=[replace(telling, opened=opened.get(telling.event_id, {})) for telling in reading.journey],
        registry=[replace(telling, opened=opened.get(telling.event_id, {})) for telling in reading.registry],
    )
    held = holding(reading, today)
    reading = replace(reading, journey=without_past(reading, held))
    # What was changed after it was signed is a step that does not match, and tells nothing else of the coffee.
    unchanged = [telling for telling in reading.journey if telling.event_id not in reading.faults]
    names = Names(books)
    names.learn(reading.registry)
    statements = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    began = origins(books, statements)
    told = sources(books, names, statements, began, lot)
    replies = _replies(reading)
    groups = crowds(reading, began.flows, {answer.event_id for answers in replies.values() for answer in answers})
    teller = Teller(books, names, reading.faults, replies)
    steps = tuple(teller.step(group) for group in groups)
    said = attributes(edges_of(books), books.lots, lot)
    fact = books.lots.get(lot)
    return Story(
        lot_uri=lot,
        lot_code=lot_code_of(lot),
        known=fact is not None and fact.made_by is not None,
        sources=told,
        sources_at=sources_at(told, began),
        blend=headline(told),
        coffee=tuple(one_line(said, unchanged, told, names)),
        verdict=verdict(steps),
        weakest=weakest(reading, steps),
        earned=earned(books, unchanged, of_a_part=len(told) > 1),
        details=tuple(details(lot, unchanged, names)),
        steps=steps,
        chapters=_chapters(told, steps, [_flow(began, statements, group[0]) for group in groups]),
        drawing=_map(reading, names),
        recalls=tuple(recalls(reading, names, lot)),
        remarks=tuple(remarks(reading, lot)),
        voices=tuple(voices(reading, unchanged, names)),
        certificates=tuple(vouched(held, names)),
        claims=said.claims,
        packed=fact.count if fact else None,
        net=words.weight(fact.net_mg) if fact and fact.net_mg else "",
        pack_root=_pack_root(reading, lot),
        one_installation=bool(steps) and all(key.custody == "server" for key in books.keys.values()),
    )


def _replies(reading: Reading) -> dict[str, list[Telling]]:
    """Confirmations and contests that stand, by the event of the journey that they answer."""
    journey = {telling.event_id for telling in reading.journey}
    found: dict[str, list[Telling]] = defaultdict(list)
    for telling in reading.journey:
        fact = reading.books.events.get(telling.event_id)
        if telling.act not in REPLIES or telling.statement is None or fact is None or fact.corrected_by:
            continue
        if telling.event_id not in reading.faults and telling.statement.body.event in journey:
            found[telling.statement.body.event].append(telling)
    return found


# Whose names matter most on a small map: where it grew, where it was gathered, then who kept it on the way.
RANKS = ("farm", "washing_station", "collection_point", "dry_mill", "roastery")


def _map(reading: Reading, names: Names) -> Drawing | None:
    """The sites of the journey, as far as their blurred places are open, and the ways between them."""
    said = {telling.event_id: telling.statement.body for telling in reading.journey if telling.statement}
    sites = [site for act in said.values() if (site := getattr(act, "site", None)) in reading.books.sites]
    farms = sum(reading.books.sites[uri].kind == "farm" for uri in set(sites))
    places = {}
    for uri in dict.fromkeys(sites):
        site, name = reading.books.sites[uri], names.disclosed(uri)
        shown = name.text if name and (site.kind != "farm" or farms == 1) else ""
        rank = RANKS.index(site.kind) if site.kind in RANKS else len(RANKS)
        if place := place_of(site.geo, shown, rank):
            places[uri] = place
    ways = {
        (said[act.dispatch].site, act.site)
        for act in said.values()
        if isinstance(act, acts.Receive) and isinstance(said.get(act.dispatch or ""), acts.Dispatch)
    }
    return draw(places, sorted(ways), end=next((uri for uri in reversed(sites) if uri in places), ""))


def _flow(began: Origins, statements: Mapping[str, Statement], telling: Telling) -> frozenset[Gathered]:
    """Of which sources the lots are that a step is about; a correction's are those of what it takes back."""
    said = telling.statement
    if said is not None and isinstance(said.body, acts.Correct):
        said = statements.get(str(said.body.original.get("eventID")))
    lots = lots_of(said.body) if said else set()
    return frozenset().union(*(began.flows.get(lot, frozenset()) for lot in lots))


def _chapters(
    told: Sequence[Source], steps: Sequence[Step], flows: Sequence[frozenset[Gathered]]
) -> tuple[Chapter, ...]:
    """A chapter for each source of a blend, then what they went through together. One source needs no chapters."""
    if len([source for source in told if source.name]) < 2:
        return (Chapter(None, tuple(steps)),)
    own: dict[Hashable, list[Step]] = {source.key: [] for source in told if source.name}
    together: list[Step] = []
    for step, flow in zip(steps, flows, strict=True):
        named = flow - {NOBODY}
        own.get(next(iter(named)), together).append(step) if len(named) == 1 else together.append(step)
    chapters = [Chapter(source, tuple(own[source.key])) for source in told if own.get(source.key)]
    return (*chapters, Chapter(None, tuple(together)))


def _pack_root(reading: Reading, lot: str) -> str:
    """Hex root of the serials that the standing ``pack`` of the lot states."""
    made_by = reading.books.lots[lot].made_by if lot in reading.books.lots else None
    for telling in reading.journey:
        if telling.statement and telling.event_id == made_by and isinstance(telling.statement.body, acts.Pack):
            return telling.statement.body.serials_root
    return ""
