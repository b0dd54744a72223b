"""Where a lot's coffee comes from, by weight; what nobody says is a share like the others."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from provenance.coffee import acts
from provenance.coffee.ledger import Books, Edge, edges_of, shares
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.countries import COUNTRIES
from provenance.shelf.story.names import Names
from provenance.shelf.story.values import Named, Source


@dataclass(frozen=True)
class _Key:
    """One source: what one site gathered or, where a receipt is the first anybody says, what that receipt says."""

    site: str | None
    declared_by: str | None = None
    country: str | None = None
    region: str | None = None


NOBODY = _Key(None)


@dataclass
class _Group:
    permyriad: int = 0
    growers: set[str] = field(default_factory=set)
    farms: set[str] = field(default_factory=set)


def sources(books: Books, names: Names, statements: dict[str, Statement], lot: str) -> tuple[Source, ...]:
    """
    The lot's shares, told by the place that gathered them: a farm that stands alone, or the station of many farmers.

    Largest first, what nobody says last. They total exactly 10,000.
    """
    edges = list(edges_of(books))
    upward: dict[str, Edge] = {}
    for edge in edges:
        if edge.parent is not None:
            upward.setdefault(edge.parent, edge)
    groups: dict[_Key, _Group] = defaultdict(_Group)
    for share in shares(edges, lot):
        made_by = books.lots[share.origin].made_by if share.origin in books.lots else None
        begun = statements.get(made_by or "")
        if share.origin is None or begun is None:
            groups[NOBODY].permyriad += share.permyriad
        elif isinstance(begun.body, acts.Harvest):
            group = groups[_Key(_gathered_at(begun, share.origin, upward, statements))]
            group.permyriad += share.permyriad
            group.growers.add(begun.body.owner or begun.iss)
            group.farms.add(begun.body.site)
        else:
            said = books.lots[share.origin].attributes
            groups[_Key(None, begun.iss, said.country, said.region)].permyriad += share.permyriad
    known = sorted((one for one in groups.items() if one[0] != NOBODY), key=lambda one: -one[1].permyriad)
    told = [_told(names, key, group) for key, group in known]
    if NOBODY in groups:
        told.append(Source(groups[NOBODY].permyriad, None))
    return tuple(told)


def _gathered_at(begun: Statement, lot: str, upward: dict[str, Edge], statements: dict[str, Statement]) -> str:
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


def _told(names: Names, key: _Key, group: _Group) -> Source:
    if key.declared_by is not None:
        country = COUNTRIES.get(key.country or "", key.country or "")
        where = Named(key.region or country or "A place that is not named")
        country = country if key.region else ""
        return Source(group.permyriad, where, country=country, declared_by=names.party(key.declared_by))
    site = next(iter(group.farms)) if len(group.farms) == 1 else key.site
    growers = words.count(len(group.growers), "farmer") if len(group.farms) > 1 else ""
    name = names.site(site) or Named("a place that is not registered")
    return Source(group.permyriad, name, names.village(site), names.country(site), growers)


def countries(told: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(source.country for source in told if source.country))
