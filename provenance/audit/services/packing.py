"""Puts a lot's audit pack together from the trail."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from provenance.audit.services.attachments import attachments_for
from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Erased, Genesis, Index, Succession
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import Name, names_in
from provenance.coffee.statement import Disclosure, Statement, parse
from provenance.keyring import Unsealable
from provenance.pack.completeness import OF_PACKS, about_no_lot, rests_on, wanted
from provenance.pack.format import Attachment, Entry, Listing
from provenance.pack.trust import format_trust
from provenance.pack.write import Heading, stream
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.index import key_of
from provenance.trail.models import Checkpoint, Event, Key, Log, Party, Plot, Site
from provenance.trail.services.attaching.showing import bytes_of
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.cosigning import cosigned, policy_text
from provenance.trail.services.indexing import NotKept, prove
from provenance.trail.services.listing import of_all_lots
from provenance.trail.services.proofs import inclusion, read_hash
from provenance.trail.services.queries import PARTNERS, checkpoint_for, disclosures_of, genesis_of


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

    @cached_property
    def series(self) -> dict[int, Log]:
        """This log and those that it succeeded, by primary key."""
        return _series(self.log)

    @cached_property
    def checkpoints(self) -> dict[int, Checkpoint]:
        """What the proofs of each log lead to: of the retired ones, the last."""
        retired = [log for log in self.series.values() if log != self.log]
        last = {log.pk: Checkpoint.objects.filter(log=log).order_by("size").last() for log in retired}
        return {**last, self.log.pk: self.checkpoint}

    def stream(self, created: datetime | None = None) -> Iterator[bytes]:
        """The pack's bytes; of one state of the trail and one ``created`` (now, where not given) always the same."""
        events = [event for event in self.told if self._is_published(event)]
        index = self._index_leaf()
        held = _in_log_order([*events, *self._of_all_lots(index, events)])
        heading = Heading(
            self.lots,
            tuple(sorted(self.found.lots)),
            self.reader.name,
            self.log.origin,
            self.checkpoint.size,
            (created or timezone.now()).replace(microsecond=0),
            waiting=len(self.told) - len(events),
        )
        yield from stream(
            heading,
            self._entries(held, _shown(events, self.reader)),
            checkpoint=cosigned(self.checkpoint).encode(),
            policy=policy_text(self.log),
            attachments=self._attachments(events),
            retired=[at.note.encode() for pk, at in self.checkpoints.items() if pk != self.log.pk],
            listings=self._listings(index, held) if index else (),
        )

    def _attachments(self, events: Collection[Event]) -> Iterator[Attachment]:
        """The files that the reader may have, once each. One that was changed stays out; ``verify_trail`` names it."""
        sent: set[str] = set()
        for each in attachments_for(self.reader, events):
            if each.sha256 not in sent and (data := bytes_of(each)) is not None:
                sent.add(each.sha256)
                yield Attachment(each.sha256, iter([data]))

    def _is_published(self, event: Event) -> bool:
        return event.index is not None and event.index < self.checkpoints[event.leaf.log_id].size

    def _index_leaf(self) -> Event | None:
        """What the checkpoint ends in, if that is an index leaf."""
        last = Event.objects.filter(leaf__log=self.log, leaf__index=self.checkpoint.size - 1, act=Index.name)
        return last.select_related("leaf__log").first()

    def _of_all_lots(self, index: Event | None, events: Collection[Event]) -> list[Event]:
        """The index leaf, and what everybody has to know of: every recall, whatever it recalls, every erasure …"""
        if index is None:
            return []
        acts = [name for _, name in OF_PACKS]
        others = of_all_lots(self.log).filter(act__in=acts, leaf__index__lt=index.index)
        known = {event.pk for event in events}
        return [*(event for event in others.select_related("leaf__log") if event.pk not in known), index]

    def _listings(self, index: Event, events: Collection[Event]) -> list[Listing]:
        """
        Which leaves name each traced lot, register whoever is judged by, and concern all, with proofs.

        Nothing where these are not kept.
        """
        try:
            names = {name: key_of(*name) for name in self._wanted(index)}
            proofs = prove(self.log, index, names.values())
        except (NotKept, CoffeeError):
            return []
        leaves: dict[Name, list[int]] = {name: [] for name in names}
        for event in (event for event in events if event.leaf.log_id == self.log.pk):
            for name in names_in(bytes(event.statement)).intersection(names):
                leaves[name].append(event.index or 0)
        return [Listing(*name, tuple(leaves[name]), *proofs[key]) for name, key in names.items()]

    def _wanted(self, index: Event) -> list[Name]:
        """What the lists are asked for: of all that is told, and of the index leaf, since these are judged."""
        said = parse(bytes(index.statement))
        assert isinstance(said.body, Index), "the event is an index leaf"
        judged = [said]
        for event in filter(self._is_published, self.told):
            with suppress(CoffeeError):
                judged.append(self.found.statements.get(event.event_id) or parse(bytes(event.statement)))
        return wanted(self.found.lots, rests_on(judged), about_no_lot(judged), said.body.v)

    def _entries(self, events: Collection[Event], shown: Mapping[int, list[Disclosure]]) -> Iterator[Entry]:
        readers = {pk: read_hash(at) for pk, at in self.checkpoints.items()}
        for event in events:
            log = event.leaf.log_id
            yield Entry(
                event.place or 0,
                bytes(event.statement),
                tuple(inclusion(event, self.checkpoints[log], readers[log])),
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
    # The current log of the series speaks for those that it succeeded.
    log = Log.objects.filter(name=Log.objects.get(pk=first.log_id).name).order_by("number").last()
    assert log is not None, "the events are of a log"
    told = _with_registrations(log, found)
    # The newest that is witnessed leaves nothing out that is published, or it is not the one.
    own = [event.index for event in told if event.index is not None and event.leaf.log_id == log.pk]
    checkpoint = checkpoint_for(log, max(own, default=0))
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
    """
    The events by leaf, with what says that values in them are no more; and every registration that judging these, or
    another registration, asks for.
    """
    events = {event.pk: event for event in found.events}
    erasures = _erasures(log, found)
    events |= {event.pk: event for event in erasures}
    new: Collection[Statement] = [*found.statements.values(), *erasures.values()]
    while new:
        ids = rests_on(new)
        keys = Key.objects.filter(log=log, kid__in=ids)
        # Asked for in one query, SQLite would look through all events of the log.
        registered = {
            *Party.objects.filter(uri__in=ids).values_list("event", flat=True),
            *Site.objects.filter(uri__in=ids).values_list("event", flat=True),
            *Plot.objects.filter(uri__in=ids).values_list("event", flat=True),
            *keys.values_list("event", flat=True),
            *keys.exclude(revoked_by=None).values_list("revoked_by", flat=True),
        }
        rows = Event.objects.filter(pk__in=registered - events.keys(), log__name=log.name).select_related("leaf")
        more = {event.pk: event for event in rows}
        events |= more
        new = []
        for event in more.values():
            with suppress(CoffeeError):
                new.append(parse(bytes(event.statement)))
    first = Event.objects.filter(leaf__log__name=log.name, leaf__index=0, act=Succession.name)
    for event in first.select_related("leaf"):
        events.setdefault(event.pk, event)
    series = _series(log)
    for event in events.values():
        if event.index is not None:
            event.leaf.log = series[event.leaf.log_id]
    return _in_log_order(events.values())


def _erasures(log: Log, found: Closure) -> dict[Event, Statement]:
    """By whom and when it was said, anywhere in the series, that values withheld in these statements were erased."""
    withheld = {digest for statement in found.statements.values() for digest in statement.withheld.values()}
    erasures: dict[Event, Statement] = {}
    for each in _series(log).values():
        for event in of_all_lots(each).filter(act=Erased.name).select_related("leaf"):
            with suppress(CoffeeError):
                statement = parse(bytes(event.statement))
                if isinstance(statement.body, Erased) and not withheld.isdisjoint(statement.body.digests):
                    erasures[event] = statement
    return erasures


def _series(log: Log) -> dict[int, Log]:
    """The log and those that it succeeded, by primary key, the oldest first."""
    return {each.pk: each for each in Log.objects.filter(name=log.name, number__lte=log.number).order_by("number")}


def _in_log_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.index is None, event.place or 0, event.pk))


def trust_of(log: Log) -> bytes:
    """
    The log's trust file as this server gives it: to be compared with one that came another way.

    Raises ``Event.DoesNotExist`` while the log has no first leaf.
    """
    return format_trust(leaf_hash(bytes(genesis_of(log).statement)), policy_text(log))
