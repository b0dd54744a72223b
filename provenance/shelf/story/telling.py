"""The whole page as one value, from what was read of the signed bytes and from what may be shown of the withheld."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from provenance.coffee import acts, evidence
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import ancestors, attributes, edges_of, shortfall_flags
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.drawing import Drawing, draw, place_of
from provenance.shelf.story.journey import Reading, crowds, lots_of
from provenance.shelf.story.names import Names
from provenance.shelf.story.sources import NOBODY, Gathered, Origins, countries, origins, sources
from provenance.shelf.story.steps import Teller
from provenance.shelf.story.values import Chapter, Fact, Opened, Recalled, Source, Step, Story, Telling, Verdict

Shown = Mapping[str, Mapping[str, Opened]]


def tell(reading: Reading, opened: Shown, lot: str) -> Story:
    """The story of a lot. ``opened``: by event id and name, what anybody may read of the withheld fields."""
    books = reading.books
    reading = replace(
        reading,
        journey=[replace(telling, opened=opened.get(telling.event_id, {})) for telling in reading.journey],
        registry=[replace(telling, opened=opened.get(telling.event_id, {})) for telling in reading.registry],
    )
    # What was changed after it was signed is a step that does not match, and tells nothing else of the coffee.
    unchanged = [telling for telling in reading.journey if telling.event_id not in reading.faults]
    names = Names(books)
    names.learn(reading.registry)
    teller = Teller(books, names, reading.faults)
    statements = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    began = origins(books, statements)
    told = sources(books, names, statements, began, lot)
    groups = crowds(reading, began.flows)
    steps = tuple(teller.step(group) for group in groups)
    said = attributes(edges_of(books), books.lots, lot)
    fact = books.lots.get(lot)
    return Story(
        lot_uri=lot,
        lot_code=lot_code_of(lot),
        known=fact is not None and fact.made_by is not None,
        sources=told,
        headline=_headline(told),
        coffee=_coffee(said, unchanged, told),
        verdict=_verdict(steps),
        weakest=_weakest(reading, steps),
        price=_price(unchanged),
        price_is_of_a_part=len(told) > 1,
        steps=steps,
        chapters=_chapters(told, steps, [_flow(began, statements, group[0]) for group in groups]),
        drawing=_map(reading, names),
        recalls=tuple(_recalls(reading, names, lot)),
        remarks=tuple(_remarks(reading, lot)),
        claims=said.claims,
        best_before=said.best_before,
        packed=fact.count if fact else None,
        net=words.weight(fact.net_mg) if fact and fact.net_mg else "",
        pack_root=_pack_root(reading, lot),
        one_installation=bool(steps) and all(key.custody == "server" for key in books.keys.values()),
    )


# Whose names matter most on a small map: where it grew, where it was gathered, then who kept it on the way.
RANKS = ("farm", "washing_station", "collection_point", "dry_mill", "roastery")


def _map(reading: Reading, names: Names) -> Drawing | None:
    """The sites of the journey, as far as their blurred places are open, and the ways between them."""
    said = {telling.event_id: telling.statement.body for telling in reading.journey if telling.statement}
    sites = [site for act in said.values() if (site := getattr(act, "site", None)) in reading.books.sites]
    farms = sum(reading.books.sites[uri].kind == "farm" for uri in set(sites))
    places = {}
    for uri in dict.fromkeys(sites):
        site, name = reading.books.sites[uri], names.site(uri)
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


def _headline(told: Sequence[Source]) -> str:
    """Only for several sources; one source is the headline itself."""
    named = [source for source in told if source.name]
    if not named:
        return "Nobody says where this coffee comes from"
    if len(named) == 1:
        return ""
    places = countries(named)
    if len(places) == 1:
        return f"A blend of {len(named)} origins in {places[0]}"
    return f"A blend from {words.listed(places)}" if places else f"A blend of {len(named)} origins"


def _coffee(said: acts.Attributes, journey: Sequence[Telling], told: Sequence[Source]) -> str:
    parts = []
    kind = " ".join(
        word
        for word in (
            words.PROCESSES.get(said.process or "", (said.process or "").capitalize()),
            words.listed([name.title() if name.islower() else name for name in said.variety]),
        )
        if word
    )
    if kind or said.species:
        parts.append(kind or str(said.species).capitalize())
    # Of a blend of which a part is not known, nobody can say when it was picked.
    whole = all(source.name and not source.declared_by for source in told) or len(told) == 1
    if whole and (picked := _harvest(journey)):
        parts.append(f"harvested {words.span(*picked)}")
    bodies = [telling.statement.body for telling in journey if telling.statement]
    roasted = [act.at for act in bodies if isinstance(act, acts.Process) and act.step == "roast"]
    if roasted:
        parts.append(f"roasted {words.day(max(roasted))}")
    return " · ".join(parts)


def _harvest(journey: Sequence[Telling]) -> tuple[date, date] | None:
    days: list[date] = []
    for telling in journey:
        body = telling.statement.body if telling.statement else None
        match body:
            case acts.Harvest(at=at, output=output):
                days += [output.attributes.harvest_start or at.date(), output.attributes.harvest_end or at.date()]
            case acts.Receive(begins=begins):
                spans = [(new.attributes.harvest_start, new.attributes.harvest_end) for new in begins]
                days += [day for span in spans for day in span if day]
    return (min(days), max(days)) if days else None


def _verdict(steps: Sequence[Step]) -> Verdict:
    broken = [step for step in steps if step.fault]
    if broken:
        return Verdict("mismatch", "✖", f"Does not match: {broken[0].title}.", broken[0].fault or "")
    links = [step for step in steps if step.kind in evidence.LINKS and not step.taken_back]
    if not links:
        return Verdict("nobody", "○", "Nobody says how this coffee came here.", "")
    alone = sum(step.tone == "one-side" for step in links)
    if not alone:
        return Verdict("agreed", "●", "Every step was said by both sides, or checked by a third party.", "")
    number = "Every step" if alone == len(links) else f"{alone} of {len(links)} steps"
    through_one = any(step.evidence.words == words.BOTH_BUT[evidence.Reason.ONE_INSTALLATION] for step in links)
    more = "Where both sides spoke, the operator of this site holds both keys." if through_one else ""
    return Verdict("one_side", "◐", f"{number} {'is' if alone in (1, len(links)) else 'are'} one side’s word.", more)


def _weakest(reading: Reading, steps: Sequence[Step]) -> Step | None:
    ids = [telling.event_id for telling in reading.journey if telling.event_id in reading.books.events]
    found = evidence.weakest(reading.books, ids)
    if found is None:
        return None
    return next((step for step in steps if any(ref.event_id == found.event for ref in step.events)), None)


def _price(journey: Sequence[Telling]) -> Fact:
    withheld = False
    for telling in journey:
        if telling.statement is None or "price" not in telling.statement.withheld:
            continue
        if shown := telling.opened.get("price"):
            return Fact("price", shown.value, digest=shown.digest)
        withheld = True
    return Fact("price", "withheld by those who agreed it" if withheld else "nobody says")


def _recalls(reading: Reading, names: Names, lot: str) -> list[Recalled]:
    books = reading.books
    statements = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    found = []
    for each in sorted(ancestors(edges_of(books), lot)):
        for event_id, issuer in books.recalls.get(each, {}).items():
            said = statements.get(event_id)
            if said is not None and isinstance(said.body, acts.Recall):
                reason = words.REASONS[said.body.reason]
                found.append(Recalled(lot_code_of(each), reason, names.party(issuer), said.body.at, each == lot))
    return found


def _remarks(reading: Reading, lot: str) -> list[str]:
    books = reading.books
    remarks = [
        f"{words.weight(short.mass_mg)} more of lot {lot_code_of(short.lot)} were used than anybody said were there."
        for short in shortfall_flags(edges_of(books), books.shortfalls.values(), lot)
    ]
    journey = {telling.event_id for telling in reading.journey}
    remarks += [f"One statement has no effect: {why}" for event_id, why in books.void.items() if event_id in journey]
    return remarks


def _pack_root(reading: Reading, lot: str) -> str:
    """Hex root of the serials that the standing ``pack`` of the lot states."""
    made_by = reading.books.lots[lot].made_by if lot in reading.books.lots else None
    for telling in reading.journey:
        if telling.statement and telling.event_id == made_by and isinstance(telling.statement.body, acts.Pack):
            return telling.statement.body.serials_root
    return ""
