"""Gets from the trail what a page is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from provenance.coffee import acts
from provenance.coffee.errors import BadDisclosure
from provenance.keyring import Unsealable
from provenance.shelf.keeping.grounds import Grounds, grounds_of
from provenance.shelf.story import Opened, Reading, Source, Story, Telling, read, tell
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Event, Leaf, Lot
from provenance.trail.services.attaching.showing import Picture, pictures_at
from provenance.trail.services.cosigning import NO_WITNESSES, witness_lines
from provenance.trail.services.queries import Closure, closure, public_disclosures
from provenance.trail.services.standing import Vouched, vouchers_of

MOST_LETTERS = 20  # of a lot's code
MOST_FOUND = 20


@dataclass(frozen=True)
class Portrait:
    """
    A picture of who grew the coffee, or of where it grew. ``shows``: grower, farm, or what others share (empty).

    ``source``: the part of the coffee that it belongs to, if that is told.
    """

    picture: Picture
    shows: str
    source: Source | None


@dataclass(frozen=True)
class Page:
    """
    ``origin``: of the log, as its genesis names it.

    ``events`` stand in the order of the series. ``grounds``: what it rests on; None where more was recorded while it
    was read.
    """

    story: Story
    origin: str
    portrait: Portrait | None
    reading: Reading
    opened: dict[str, dict[str, Opened]]
    events: dict[str, Event]
    grounds: Grounds | None

    @property
    def digests(self) -> list[str]:
        """Of the withheld values that it may show."""
        return [one.digest for fields in self.opened.values() for one in fields.values()]

    @property
    def waits(self) -> bool:
        """Whether something that the page rests on has no place yet."""
        return any(event.index is None for event in self.events.values())

    @property
    def newest(self) -> Leaf | None:
        """The last that the page rests on; None where something waits for its place."""
        *_, last = self.events.values()
        return None if self.waits else last.leaf


def vouched_for(page: Page) -> Vouched | None:
    """Who vouches for the places of all that the page rests on; None while something waits for that. One query."""
    if page.newest is None or witness_lines() == NO_WITNESSES:
        return None
    # A log's leaf 0 quotes the one before it, so who vouches for the last has seen the end of the others.
    return vouchers_of(page.newest)


def page_of(lot_uri: str, *, to_keep: bool = False) -> Page | None:
    """
    What the trail says of the lot, or None where it says nothing. Three queries, however long the trail is.

    ``to_keep``: with its grounds, which is a fourth.
    """
    found = closure([lot_uri])
    if lot_uri not in found.lots:
        return None
    grounds = grounds_of(found) if to_keep else None
    reading = read(_tellings(found), lot_uri)
    events = {event.event_id: event for event in found.events}
    shown = [events[telling.event_id] for telling in (*reading.registry, *reading.journey)]
    opened = _opened([event for event in shown if event.event_id not in reading.faults])
    story = tell(reading, opened, lot_uri, timezone.now().date())
    return Page(story, _origin(reading.registry), _portrait(reading, story), reading, opened, events, grounds)


# What a shopper would rather see first: who grew it, then where.
SHOWN_FIRST = ("portrait", "farm", "harvest", "plot", "place")
GROWN_AT = frozenset({"farm", "washing_station", "collection_point"})


def _portrait(reading: Reading, story: Story) -> Portrait | None:
    """The first picture of where the coffee grew or was gathered, of those that its people show to everybody."""
    bodies = (telling.statement.body for telling in reading.journey if telling.statement)
    sites = dict.fromkeys(site for body in bodies if (site := getattr(body, "site", None)) in reading.books.sites)
    pictures = pictures_at([site for site in sites if reading.books.sites[site].kind in GROWN_AT])
    shown = [(site, one) for site, found in pictures.items() for one in found if one.kind in SHOWN_FIRST]
    if not shown:
        return None
    # Of equal pictures the one of the largest part.
    order = list(story.sources)
    site, picture = min(
        shown,
        key=lambda each: (
            SHOWN_FIRST.index(each[1].kind),
            order.index(story.sources_at[each[0]]) if each[0] in story.sources_at else len(order),
        ),
    )
    of_a_farm = reading.books.sites[site].kind == "farm"
    shows = "grower" if picture.kind == "portrait" else "farm" if of_a_farm else ""
    return Portrait(picture, shows, story.sources_at.get(site))


def _tellings(found: Closure) -> list[Telling]:
    return [
        Telling(
            event_id=event.event_id,
            act=event.act,
            jws=bytes(event.statement),
            leaf=leaf_hash(bytes(event.statement)),
            index=found.places[event.event_id],
            recorded_at=_time(event.recorded_at),
            statement=found.statements.get(event.event_id),
        )
        for event in found.events
    ]


def _time(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _opened(events: Sequence[Event]) -> dict[str, dict[str, Opened]]:
    try:
        found = public_disclosures(events)
    except (BadDisclosure, Unsealable):
        # Somebody changed a sealed row. What it said cannot be shown; the page then says "withheld", as when erased.
        return {}
    ids = {event.pk: event.event_id for event in events}
    return {
        ids[pk]: {one.name: Opened(one.value, one.digest, one.text) for one in opened} for pk, opened in found.items()
    }


def _origin(registry: Iterable[Telling]) -> str:
    for telling in registry:
        if telling.statement and isinstance(telling.statement.body, acts.Genesis):
            return telling.statement.body.origin
    return ""


def lots_in_bags(code: str) -> list[Lot]:
    """Lots that were packed into bags under this code, as printed or typed in small letters; the newest first."""
    if len(code) > MOST_LETTERS or "\x00" in code:
        return []
    packed = Lot.objects.filter(code__in={code, code.upper()}, count__isnull=False)
    return list(packed.order_by("-made_by")[:MOST_FOUND])
