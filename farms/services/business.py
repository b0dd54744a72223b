"""A grower's own business: farms, plots, stock, who buys, and the events that name them. Nobody else's."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from farms.words import WITHHELD
from provenance.coffee.clocks import clock_of
from provenance.coffee.steps import CHERRIES
from provenance.trail.models import Balance, Event, Lot, Party, Plot, Site, Subject
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC, event_of, names_of

# Where a grower's coffee goes.
TAKING_IN = ("collection_point", "washing_station", "dry_mill", "warehouse")


@dataclass(frozen=True)
class Farm:
    uri: str
    name: str
    country: str
    plots: tuple["Land", ...]


@dataclass(frozen=True)
class Land:
    """A plot, as its grower sees it."""

    uri: str
    name: str
    area_m2: int
    geo: str


@dataclass(frozen=True)
class Station:
    """A registered place that takes coffee in."""

    site: str
    party: str
    name: str
    country: str


@dataclass(frozen=True)
class Stock:
    """So much of a lot that lies with the grower."""

    lot: str
    code: str
    form: str
    site: str
    mass_mg: int


class Business:
    """What one party may see and choose from. Each list is read once."""

    def __init__(self, party: str) -> None:
        self.party = party
        self._names: dict[str, str] = {}

    def learn(self, uris: Iterable[str]) -> None:
        """Read the names of these at once; who trades with the others may know their names."""
        unknown = set(uris) - self._names.keys()
        if unknown:
            found = names_of(unknown, audiences=[PUBLIC, PARTNERS, self.party])
            self._names.update({uri: found.get(uri, WITHHELD) for uri in unknown})

    def name(self, uri: str) -> str:
        self.learn([uri])
        return self._names[uri]

    @cached_property
    def own_name(self) -> str:
        return self._own_names([self.party]).get(self.party, "You")

    def _own_names(self, uris: Iterable[str]) -> dict[str, str]:
        """One's own names are never withheld from oneself."""
        return names_of(uris, audiences=[PUBLIC, PARTNERS, AUDITORS, self.party])

    @cached_property
    def record(self) -> Party | None:
        """None before the trail knows the party."""
        return Party.objects.filter(uri=self.party).first()

    @cached_property
    def country(self) -> str:
        """Of the first farm, else of the party: it decides which units and which clock the forms offer."""
        return next((farm.country for farm in self.farms if farm.country), self.record.country if self.record else "")

    @property
    def clock(self) -> ZoneInfo:
        return clock_of(self.country)

    @cached_property
    def farms(self) -> list[Farm]:
        sites = list(Site.objects.filter(party__uri=self.party).order_by("event"))
        plots = list(Plot.objects.filter(site__in=sites).order_by("event"))
        names = self._own_names([*(site.uri for site in sites), *(plot.uri for plot in plots)])
        self._names.update(names)
        return [
            Farm(
                site.uri,
                names.get(site.uri, WITHHELD),
                site.country,
                tuple(
                    Land(plot.uri, names.get(plot.uri, "Plot"), plot.area_m2, plot.geo)
                    for plot in plots
                    if plot.site_id == site.pk
                ),
            )
            for site in sites
        ]

    @cached_property
    def stock(self) -> list[Stock]:
        """What lies at the grower's own places, the newest lots first."""
        held = Balance.objects.filter(custodian=self.party, mg__gt=0).exclude(site__startswith="urn:uuid:")
        return [
            Stock(row.lot.uri, row.lot.code, row.lot.form, row.site, row.mg)
            for row in held.select_related("lot").order_by("-lot__made_by", "pk")
        ]

    @property
    def has_cherry(self) -> bool:
        """Whether there is something to wash or dry."""
        return any(line.form in CHERRIES for line in self.stock)

    @cached_property
    def stations(self) -> list[Station]:
        """Those of one's own country first, by name."""
        sites = list(
            Site.objects.filter(kind__in=TAKING_IN)
            .exclude(party__uri=self.party)
            .exclude(party__kind="person")
            .select_related("party")
        )
        self.learn([*(site.uri for site in sites), *(site.party.uri for site in sites)])
        stations = [Station(site.uri, site.party.uri, self._station_name(site), site.country) for site in sites]
        return sorted(stations, key=lambda station: (station.country != self.country, station.name, station.site))

    def _station_name(self, site: Site) -> str:
        place, owner = self.name(site.uri), self.name(site.party.uri)
        if WITHHELD in (place, owner) or owner.casefold() in place.casefold():
            return owner if place == WITHHELD else place
        return f"{place} ({owner})"

    def forms_of(self, lots: Iterable[str]) -> dict[str, str]:
        """What the lots are made of, by URI."""
        return dict(Lot.objects.filter(uri__in=set(lots)).values_list("uri", "form"))

    @property
    def events(self) -> QuerySet[Event]:
        """Events that name this party. What others did with the coffee later is their business."""
        mine = Subject.objects.filter(event=OuterRef("pk"), kind="party", uri=self.party)
        return Event.objects.filter(Exists(mine)).select_related("leaf", "correction__event").order_by("-pk")

    def event(self, event_id: str) -> Event | None:
        """By its ``urn:uuid:``; None for somebody else's, for none, and for a text that is no id."""
        found = event_of(event_id)
        return self.events.filter(pk=found.pk).first() if found else None
