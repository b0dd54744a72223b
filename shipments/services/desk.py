"""
What a business has before it: its sites, its stock, what is on its way, what is not accounted for.

Everything here is restricted to one's own parties. A lot is one's own where one owns or holds it, or did; so is what
is on its way to or from one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from provenance.bags.models import Product
from provenance.members.models import Membership
from provenance.trail.models import (
    Balance,
    Event,
    Handover,
    Holder,
    Lot,
    Party,
    Posting,
    Recall,
    Shortfall,
    Site,
    Subject,
)
from provenance.trail.services.queries import PARTNERS, PUBLIC, names_of

Role = Membership.Role
ROLES = (Role.STATION, Role.MILL, Role.EXPORTER, Role.IMPORTER, Role.ROASTER)
OPEN = ("open", "part")
MOST_LOTS = 2_000
WITHHELD = "name withheld"


@dataclass(frozen=True)
class StockLine:
    """So much of a lot at one place, with its owner and who holds it."""

    lot: str
    code: str
    form: str
    site: str
    owner: str
    custodian: str
    mass_mg: int

    @property
    def key(self) -> str:
        """Names the line in a form: a balance's own number would not survive a rebuild."""
        return f"{self.lot} {self.site} {self.owner}"


@dataclass(frozen=True)
class Place:
    uri: str
    name: str
    kind: str
    country: str


@dataclass(frozen=True)
class Delivery:
    """A dispatch that is still on its way: lot URI to milligrams."""

    dispatch: str
    from_party: str
    from_site: str
    to_party: str
    to_site: str
    title: bool
    rest: dict[str, int]


def own_balances(parties: Sequence[str]) -> QuerySet[Balance]:
    return Balance.objects.filter(Q(owner__in=parties) | Q(custodian__in=parties))


def own_lots(parties: Sequence[str]) -> QuerySet[Lot]:
    travelling = Handover.objects.filter(Q(from_party__in=parties) | Q(to_party__in=parties)).values("dispatch")
    return Lot.objects.filter(
        Exists(Holder.objects.filter(lot=OuterRef("pk"), party__in=parties))
        | Exists(Posting.objects.filter(lot=OuterRef("pk"), event__in=travelling))
    )


def own_events(parties: Sequence[str]) -> QuerySet[Event]:
    """Events that name one of the parties. What others did with a lot later is their business."""
    mine = Subject.objects.filter(event=OuterRef("pk"), kind="party", uri__in=parties)
    return Event.objects.filter(Exists(mine)).select_related("leaf").order_by("-pk")


def sites_of(parties: Sequence[str]) -> QuerySet[Site]:
    """URIs of the parties' places."""
    return Site.objects.filter(party__uri__in=parties).values("uri")


class Desk:
    """Everything one party's forms choose from. Each list is read once."""

    def __init__(self, party: str) -> None:
        self.party = party
        self._names: dict[str, str] = {}

    def name(self, uri: str) -> str:
        self.learn([uri])
        return self._names[uri]

    def learn(self, uris: Iterable[str]) -> None:
        """Read many names at once; who trades with the others may know their names."""
        wanted = [uri for uri in uris if uri not in self._names]
        if wanted:
            found = names_of(wanted, audiences=[PUBLIC, PARTNERS, self.party])
            self._names.update({uri: found.get(uri, WITHHELD) for uri in wanted})

    @cached_property
    def places(self) -> list[Place]:
        sites = list(Site.objects.filter(party__uri=self.party).order_by("event"))
        self.learn(site.uri for site in sites)
        return [Place(site.uri, self.name(site.uri), site.kind, site.country) for site in sites]

    @cached_property
    def sites(self) -> list[str]:
        return [place.uri for place in self.places]

    @property
    def country(self) -> str:
        """Of the first place: it decides which units and which clock the forms offer."""
        return self.places[0].country if self.places else ""

    @cached_property
    def stock(self) -> list[StockLine]:
        """What this party holds, at whichever site, whoever owns it; the newest lots first."""
        held = Balance.objects.filter(custodian=self.party, mg__gt=0).exclude(site__startswith="urn:uuid:")
        return _lines(held)

    @cached_property
    def property_elsewhere(self) -> list[StockLine]:
        """What this party owns and others hold: it may be sold or made over, not moved."""
        owned = Balance.objects.filter(owner=self.party, mg__gt=0).exclude(custodian=self.party)
        return _lines(owned.exclude(site__startswith="urn:uuid:"))

    @property
    def property(self) -> list[StockLine]:
        return [line for line in self.stock if line.owner == self.party] + self.property_elsewhere

    @cached_property
    def day_lots(self) -> list[Lot]:
        """Day-lots that still take deliveries."""
        return list(Lot.objects.filter(day_lot=True, closed=False, opened_by=self.party).order_by("-made_by"))

    @cached_property
    def lots(self) -> list[Lot]:
        """Every lot this party holds or held, owns or owned; the newest first."""
        return list(own_lots([self.party]).order_by("-made_by")[:MOST_LOTS])

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """What others have sent and nobody has taken in."""
        waiting = Handover.objects.filter(to_party=self.party, state__in=OPEN)
        return [_delivery(handover) for handover in waiting.select_related("dispatch").order_by("dispatch")]

    @cached_property
    def shortfalls(self) -> list[Shortfall]:
        return list(
            Shortfall.objects.filter(site__in=self.sites, closed_by=None).select_related("lot").order_by("opened_by")
        )

    @cached_property
    def recalls(self) -> dict[str, list[str]]:
        """This party's own recalls that stand: event id to lot URIs."""
        found: dict[str, list[str]] = {}
        for recall in Recall.objects.filter(issuer=self.party).select_related("lot", "event").order_by("pk"):
            found.setdefault(recall.event.event_id, []).append(recall.lot.uri)
        return found

    @cached_property
    def products(self) -> list[Product]:
        return list(Product.objects.filter(party_uri=self.party))

    @cached_property
    def businesses(self) -> list[str]:
        """Other parties that a load or a title can go to: whoever trades."""
        roles = {role.value for role in ROLES}
        others = Party.objects.exclude(uri=self.party).order_by("event").values_list("uri", "roles")
        found = [uri for uri, of_party in others if roles & set(of_party)]
        self.learn(found)
        return found

    @cached_property
    def suppliers(self) -> list[str]:
        """Who may have brought a load: the businesses, one's own farmers, and whoever has sent something before."""
        farmers = Party.objects.filter(guardian=self.party).order_by("event").values_list("uri", flat=True)
        senders = Handover.objects.filter(to_party=self.party).values_list("from_party", flat=True).distinct()
        found = list(dict.fromkeys([*self.businesses, *farmers, *senders]))
        self.learn(found)
        return found

    def delivery(self, dispatch: str) -> Delivery | None:
        return next((delivery for delivery in self.deliveries if delivery.dispatch == dispatch), None)

    def event(self, event_id: str) -> Event | None:
        try:
            return own_events([self.party]).filter(uuid=Event.uuid_of(event_id)).first()
        except ValueError:
            return None

    def codes(self, lots: Sequence[str]) -> dict[str, Lot]:
        """The lots by URI, for pages that say their codes and forms."""
        return {lot.uri: lot for lot in Lot.objects.filter(uri__in=lots)}

    def held_mg(self, lot: str, site: str) -> int:
        return sum(line.mass_mg for line in self.stock if line.lot == lot and line.site == site)


def _lines(balances: QuerySet[Balance]) -> list[StockLine]:
    return [
        StockLine(
            lot=balance.lot.uri,
            code=balance.lot.code,
            form=balance.lot.form,
            site=balance.site,
            owner=balance.owner,
            custodian=balance.custodian,
            mass_mg=balance.mg,
        )
        for balance in balances.select_related("lot").order_by("-lot__made_by", "pk")
    ]


def _delivery(handover: Handover) -> Delivery:
    return Delivery(
        dispatch=handover.dispatch.event_id,
        from_party=handover.from_party,
        from_site=handover.from_site,
        to_party=handover.to_party,
        to_site=handover.to_site,
        title=handover.title,
        rest={lot: mg for lot, mg in handover.rest.items() if mg > 0},
    )
