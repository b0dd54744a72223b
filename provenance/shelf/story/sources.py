"""Where a lot's coffee comes from, by weight; what nobody says is a share like the others."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from provenance.coffee import acts
from provenance.coffee.ledger import Books, Edge, edges_of, shares
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.names import Names
from provenance.shelf.story.values import Named, Source


@dataclass
class _Group:
    permyriad: int = 0
    growers: set[str] = field(default_factory=set)
    farms: set[str] = field(default_factory=set)
    from_farm: bool = True


def sources(books: Books, names: Names, statements: dict[str, Statement], lot: str) -> tuple[Source, ...]:
    """
    The lot's shares, told by the place that gathered them: a farm that stands alone, or the station of many farmers.

    They total exactly 10,000.
    """
    edges = list(edges_of(books))
    upward: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.parent is not None:
            upward[edge.parent].append(edge)
    groups: dict[str | None, _Group] = defaultdict(_Group)
    for share in shares(edges, lot):
        made_by = books.lots[share.origin].made_by if share.origin in books.lots else None
        begun = statements.get(made_by or "")
        if share.origin is None or begun is None:
            groups[None].permyriad += share.permyriad
            continue
        site = _gathered_at(begun, share.origin, upward, statements)
        group = groups[site]
        group.permyriad += share.permyriad
        grower, farm = _grower(begun)
        group.growers |= {grower} if grower else set()
        group.farms |= {farm} if farm else set()
        group.from_farm &= farm is not None
    known = [(site, group) for site, group in groups.items() if site is not None]
    told = [_told(names, site, group) for site, group in sorted(known, key=lambda one: -one[1].permyriad)]
    if None in groups:
        told.append(Source(groups[None].permyriad, None, "", ""))
    return tuple(told)


def _grower(begun: Statement) -> tuple[str | None, str | None]:
    """Who grew what this event began, and on which farm; a receipt that begins a lot knows neither."""
    if isinstance(begun.body, acts.Harvest):
        return begun.body.owner or begun.iss, begun.body.site
    return getattr(begun.body, "from_party", None), None


def _gathered_at(
    begun: Statement, lot: str, upward: dict[str, list[Edge]], statements: dict[str, Statement]
) -> str | None:
    """The first site of somebody else than the grower on the way up; the grower's own where there is none."""
    grower, _ = _grower(begun)
    own = str(getattr(begun.body, "site", "")) or None
    seen: set[str] = set()
    while upward[lot] and lot not in seen:
        seen.add(lot)
        edge = upward[lot][0]
        said = statements.get(edge.event)
        if said is None:
            return own
        if said.iss not in {grower, begun.iss}:
            return getattr(said.body, "site", own)
        lot = edge.child
    return own


def _told(names: Names, site: str | None, group: _Group) -> Source:
    farm = next(iter(group.farms)) if len(group.farms) == 1 and group.from_farm else None
    shown = farm or site
    name = names.site(shown) or Named("a place that is not registered")
    village = names.village(shown)
    growers = "" if farm or not group.growers else words.count(len(group.growers), "farmer")
    return Source(group.permyriad, name, village, names.country(shown), growers)


def countries(told: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(source.country for source in told if source.country))
