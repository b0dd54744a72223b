"""Where a lot's coffee comes from, by weight; what nobody says is a share like the others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from provenance.coffee import acts
from provenance.coffee.ledger import Books, Edge, edges_of, shares
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.names import Names, country
from provenance.shelf.story.sentences import Named, Sentence, sentence
from provenance.shelf.story.values import Source

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
    """
    ``of``: how each lot that began in the trail was gathered. ``flows``: what of that is in every lot. ``sites``: where
    it grew and was gathered.
    """

    of: dict[str, Gathered]
    flows: dict[str, frozenset[Gathered]]
    sites: dict[Gathered, set[str]]


def origins(books: Books, statements: Mapping[str, Statement]) -> Origins:
    upward: dict[str, Edge] = {}
    for edge in edges_of(books):
        if edge.parent is not None:
            upward.setdefault(edge.parent, edge)
    of = {}
    sites: dict[Gathered, set[str]] = defaultdict(set)
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
            continue
        sites[of[uri]] |= {site for site in (of[uri].site, getattr(begun.body, "site", None)) if site}
    flows = {uri: frozenset({gathered}) for uri, gathered in of.items()}
    for edge in edges_of(books):
        found = frozenset({NOBODY}) if edge.parent is None else flows.get(edge.parent, frozenset())
        flows[edge.child] = flows.get(edge.child, frozenset()) | found
    return Origins(of, flows, dict(sites))


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
        return _declared(names, gathered, group)
    alone = len(group.farms) == 1 and not group.unnamed and len(group.growers) == 1
    site = next(iter(group.farms)) if alone else gathered.site
    growers, unnamed = None, None
    if group.unnamed:
        growers = _counted(
            ngettext_lazy("{number} delivery", "{number} deliveries", group.deliveries), group.deliveries
        )
        unnamed = _counted(
            ngettext_lazy(
                "{number} of them from growers whom nobody names",
                "{number} of them from growers whom nobody names",
                group.unnamed,
            ),
            group.unnamed,
        )
    elif not alone:
        number = len(group.growers)
        growers = _counted(ngettext_lazy("{number} farmer", "{number} farmers", number), number)
    else:
        growers = names.disclosed(next(iter(group.growers)))
    name = names.site(site) or Named(_("a place that is not registered"))
    return Source(
        gathered,
        group.permyriad,
        name,
        growers,
        len(group.growers),
        unnamed,
        names.where(site),
        names.country(site),
    )


def _declared(names: Names, gathered: Gathered, group: _Group) -> Source:
    land = country(gathered.country)
    where = Named(gathered.region or land or _("A place that is not named"))
    place = (land,) if land and gathered.region else ()
    by = names.party(str(gathered.declared_by))
    return Source(gathered, group.permyriad, where, place=place, country=land, declared_by=by)


def _counted(message: str, number: int) -> Sentence:
    return sentence(message, number=words.number(number))


def sources_at(told: Sequence[Source], began: Origins) -> dict[str, Source]:
    """By site the part of the coffee that grew or was gathered there: of several the largest."""
    found: dict[str, Source] = {}
    for source in told:
        for site in began.sites.get(source.key, ()):
            found.setdefault(site, source)
    return found


def countries(told: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(source.country for source in told if source.country))
