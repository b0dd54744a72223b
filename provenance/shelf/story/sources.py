"""Where a lot's coffee comes from, by weight; what nobody says is a share like the others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provenance.coffee import acts
from provenance.coffee.ledger import Books, Edge, edges_of, shares
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.countries import COUNTRIES
from provenance.shelf.story.names import Names
from provenance.shelf.story.values import Named, Source

CHERRY = {acts.Form.CHERRY, acts.Form.FLOATERS}


@dataclass(frozen=True)
class Gathered:
    """What is told as one source: what one site gathered or, of coffee that came in processed, what its taker says."""

    site: str | None
    declared_by: str | None = None
    country: str | None = None
    region: str | None = None


NOBODY = Gathered(None)


@dataclass
class Origins:
    """``of``: how each lot that began in the trail was gathered. ``flows``: what of that is in every lot."""

    of: dict[str, Gathered]
    flows: dict[str, frozenset[Gathered]]


def origins(books: Books, statements: Mapping[str, Statement]) -> Origins:
    upward: dict[str, Edge] = {}
    for edge in edges_of(books):
        if edge.parent is not None:
            upward.setdefault(edge.parent, edge)
    of = {}
    for uri, fact in books.lots.items():
        begun = statements.get(fact.made_by or "")
        if begun is None or not fact.origin:
            continue
        if isinstance(begun.body, acts.Harvest):
            of[uri] = Gathered(_gathered_at(begun, uri, upward, statements))
        elif fact.form in CHERRY:
            of[uri] = Gathered(str(getattr(begun.body, "site", "")))
        else:
            of[uri] = Gathered(None, begun.iss, fact.attributes.country, fact.attributes.region)
    flows = {uri: frozenset({gathered}) for uri, gathered in of.items()}
    for edge in edges_of(books):
        found = frozenset({NOBODY}) if edge.parent is None else flows.get(edge.parent, frozenset())
        flows[edge.child] = flows.get(edge.child, frozenset()) | found
    return Origins(of, flows)


@dataclass
class _Group:
    permyriad: int = 0
    growers: set[str] = field(default_factory=set)
    farms: set[str] = field(default_factory=set)
    deliveries: int = 0
    unnamed: int = 0


def sources(
    books: Books, names: Names, statements: Mapping[str, Statement], began: Origins, lot: str
) -> tuple[Source, ...]:
    """
    The lot's shares, told by the place that gathered them: a farm that stands alone, or the station of many farmers.

    Largest first, what nobody says last. They total exactly 10,000.
    """
    groups: dict[Gathered, _Group] = defaultdict(_Group)
    for share in shares(edges_of(books), lot):
        group = groups[began.of.get(share.origin or "", NOBODY)]
        group.permyriad += share.permyriad
        begun = statements.get(books.lots[share.origin].made_by or "") if share.origin in books.lots else None
        if begun is not None:
            _count(group, begun.body, begun.iss)
    known = sorted((one for one in groups.items() if one[0] != NOBODY), key=lambda one: -one[1].permyriad)
    told = [_told(names, gathered, group) for gathered, group in known]
    if NOBODY in groups:
        told.append(Source(NOBODY, groups[NOBODY].permyriad, None))
    return tuple(told)


def _count(group: _Group, act: acts.Act, signer: str) -> None:
    group.deliveries += 1
    if isinstance(act, acts.Harvest):
        group.growers.add(act.owner or signer)
        group.farms.add(act.site)
    elif giver := getattr(act, "from_party", None):
        group.growers.add(giver)
    else:
        group.unnamed += 1


def _gathered_at(begun: Statement, lot: str, upward: dict[str, Edge], statements: Mapping[str, Statement]) -> str:
    """The first site of somebody else than the grower on the way up; the farm where there is none."""
    farm, own = str(getattr(begun.body, "site", "")), {begun.iss, getattr(begun.body, "owner", None)}
    seen: set[str] = set()
    while lot in upward and lot not in seen:
        seen.add(lot)
        said = statements.get(upward[lot].event)
        if said is None:
            break
        if said.iss not in own:
            return str(getattr(said.body, "site", farm))
        lot = upward[lot].child
    return farm


def _told(names: Names, gathered: Gathered, group: _Group) -> Source:
    if gathered.declared_by is not None:
        country = COUNTRIES.get(gathered.country or "", gathered.country or "")
        where = Named(gathered.region or country or "A place that is not named")
        country = country if gathered.region else ""
        by = names.party(gathered.declared_by)
        return Source(gathered, group.permyriad, where, country=country, declared_by=by)
    alone = len(group.farms) == 1 and not group.unnamed and len(group.growers) == 1
    site = next(iter(group.farms)) if alone else gathered.site
    growers, unnamed = "", ""
    if group.unnamed:
        growers = words.count(group.deliveries, "delivery", "deliveries")
        unnamed = f"{group.unnamed:,} of them from growers whom nobody names"
    elif not alone:
        growers = words.count(len(group.growers), "farmer")
    name = names.site(site) or Named("a place that is not registered")
    return Source(gathered, group.permyriad, name, names.village(site), names.country(site), growers, unnamed)


def countries(told: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(source.country for source in told if source.country))
