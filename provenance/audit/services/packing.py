"""Puts a lot's audit pack together from the trail."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Genesis
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import needs
from provenance.coffee.statement import Disclosure, Statement, parse
from provenance.keyring import Unsealable
from provenance.pack.format import Entry
from provenance.pack.trust import format_trust
from provenance.pack.write import Heading, stream
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Checkpoint, Event, Key, Log, Party, Plot, Site
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.cosigning import cosigned, policy_text
from provenance.trail.services.proofs import inclusion, read_hash
from provenance.trail.services.queries import PARTNERS, checkpoint_for, disclosures_of


class NothingPublished(Exception):
    """The lot has no statement in a released checkpoint yet."""


@dataclass(frozen=True)
class Pack:
    """A pack about to be sent: ``told`` is all that belongs to it, and ``stream`` proves it while it writes."""

    lots: tuple[str, ...]
    log: Log
    checkpoint: Checkpoint
    found: Closure
    told: list[Event]
    reader: Reader

    def stream(self) -> Iterator[bytes]:
        events = [event for event in self.told if self._is_published(event)]
        heading = Heading(
            self.lots,
            tuple(sorted(self.found.lots)),
            self.reader.name,
            self.log.origin,
            self.checkpoint.size,
            timezone.now().replace(microsecond=0),
            waiting=len(self.told) - len(events),
        )
        yield from stream(
            heading, self._entries(events), checkpoint=cosigned(self.checkpoint).encode(), policy=policy_text(self.log)
        )

    def _is_published(self, event: Event) -> bool:
        return event.index is not None and event.index < self.checkpoint.size

    def _entries(self, events: Collection[Event]) -> Iterator[Entry]:
        shown = _shown(events, self.reader)
        get_hash = read_hash(self.log, self.checkpoint.size)
        for event in events:
            event.log = self.log
            yield Entry(
                event.index or 0,
                bytes(event.statement),
                tuple(inclusion(event, self.checkpoint, get_hash)),
                tuple(one.text for one in shown.get(event.pk, ())),
            )


def pack_of(lots: Collection[str], reader: Reader) -> Pack:
    """
    The pack of these lots, for this reader.

    Raises ``NothingPublished`` while the genesis of their log, or all that was said of them, waits for a checkpoint.
    """
    found = _traced(lots)
    first = next(iter(found.events), None)
    if first is None or first.act != Genesis.name:
        raise NothingPublished("Nothing about this lot is in the log yet. Try again in a minute.")
    log = Log.objects.get(pk=first.log_id)
    told = _with_registrations(log, found)
    # The newest that is witnessed leaves nothing out that is published, or it is not the one.
    checkpoint = checkpoint_for(log, max((event.index for event in told if event.index is not None), default=0))
    if checkpoint is None or not any(event.index is not None and _names(found, event, lots) for event in found.events):
        raise NothingPublished("Nothing about this lot is in the log yet. Try again in a minute.")
    return Pack(tuple(lots), log, checkpoint, found, told, reader)


def _names(found: Closure, event: Event, lots: Collection[str]) -> bool:
    """Whether the event names one of the lots. One that was changed and cannot be read any more belongs to them all."""
    fact = found.books.events.get(event.event_id)
    return fact is None or not set(lots).isdisjoint(fact.lots)


def _shown(events: Collection[Event], reader: Reader) -> dict[int, list[Disclosure]]:
    """What the reader may see. Of an event whose bytes or seals were changed that is nothing; its proof says why."""
    try:
        return _disclosed(events, reader)
    except (CoffeeError, Unsealable):
        shown: dict[int, list[Disclosure]] = {}
    for event in events:
        with suppress(CoffeeError, Unsealable):
            shown |= _disclosed([event], reader)
    return shown


def _disclosed(events: Collection[Event], reader: Reader) -> dict[int, list[Disclosure]]:
    """What is for partners is not for every member: the bags of a rival are open to all, what he paid is not."""
    shown = disclosures_of(events, [audience for audience in reader.audiences if audience != PARTNERS])
    dealings = reader.dealings()
    for event, more in disclosures_of([event for event in events if event.pk in dealings], [PARTNERS]).items():
        shown[event] = [*shown.get(event, ()), *more]
    return shown


def _traced(lots: Collection[str]) -> Closure:
    """
    The lots and all they came from, in the eyes of who reads the log only.

    A correction that waits for its place has already cut what it takes back out of the projections, but not out of
    the log: what that event was made from belongs to the pack until then.
    """
    found = closure(lots)
    while True:
        known = set(lots) | found.lots.keys()
        facts = [found.books.events.get(event.event_id) for event in found.events if event.act == "correct"]
        originals = [found.books.events.get(fact.refers or "") for fact in facts if fact and fact.leaf is None]
        waiting = {lot for fact in originals if fact for lot in fact.lots}
        if waiting <= known:
            return found
        found = closure(known | waiting)


def _with_registrations(log: Log, found: Closure) -> list[Event]:
    """The events by leaf, and every registration that judging them, or another registration, asks for."""
    events = {event.pk: event for event in found.events}
    new: Collection[Statement] = found.statements.values()
    while new:
        asked = [needs(statement) for statement in new]
        parties = {uri for need in asked for uri in need.parties}
        sites = {uri for need in asked for uri in need.sites}
        plots = {uri for need in asked for uri in need.plots}
        keys = Key.objects.filter(log=log, kid__in={kid for need in asked for kid in need.kids})
        registered = (
            Q(pk__in=Party.objects.filter(uri__in=parties).values("event"))
            | Q(pk__in=Site.objects.filter(uri__in=sites).values("event"))
            | Q(pk__in=Plot.objects.filter(uri__in=plots).values("event"))
            | Q(pk__in=keys.values("event"))
            | Q(pk__in=keys.exclude(revoked_by=None).values("revoked_by"))
        )
        rows = Event.objects.filter(registered, log=log).select_related("leaf")
        more = {event.pk: event for event in rows if event.pk not in events}
        events |= more
        new = []
        for event in more.values():
            with suppress(CoffeeError):
                new.append(parse(bytes(event.statement)))
    return sorted(events.values(), key=lambda event: (event.index is None, event.index or 0, event.pk))


def trust_of(log: Log) -> bytes:
    """
    The log's trust file as this server gives it: to be compared with one that came another way.

    Raises ``Event.DoesNotExist`` while the log has no first leaf.
    """
    genesis = Event.objects.get(log=log, leaf__index=0)
    return format_trust(leaf_hash(bytes(genesis.statement)), policy_text(log))
