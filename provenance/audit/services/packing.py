"""Puts a lot's audit pack together from the trail."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils import timezone

from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Genesis
from provenance.pack.format import Entry
from provenance.pack.trust import format_trust
from provenance.pack.write import Heading, stream
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Checkpoint, Event, Log
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.proofs import inclusion, read_hash
from provenance.trail.services.queries import disclosures_of, latest_checkpoint


class NothingPublished(Exception):
    """The lot has no statement in a released checkpoint yet."""


# Until this installation names witnesses of its own, its policy asks for none, and says so.
POLICY = (
    "# Keys of the log {origin}, as its operator gives them. Trust a file that you got elsewhere.\n{logs}quorum none\n"
)


@dataclass(frozen=True)
class Pack:
    """A pack about to be sent: ``stream`` reads and proves while it writes."""

    lots: tuple[str, ...]
    log: Log
    checkpoint: Checkpoint
    found: Closure
    reader: Reader

    def stream(self) -> Iterator[bytes]:
        events = [event for event in self.found.events if self._is_published(event)]
        heading = Heading(
            self.lots,
            self.reader.name,
            self.log.origin,
            self.checkpoint.size,
            timezone.now().replace(microsecond=0),
            waiting=len(self.found.events) - len(events),
        )
        yield from stream(
            heading, self._entries(events), checkpoint=self.checkpoint.note.encode(), policy=policy_of(self.log)
        )

    def _is_published(self, event: Event) -> bool:
        return event.index is not None and event.index < self.checkpoint.size

    def _entries(self, events: Collection[Event]) -> Iterator[Entry]:
        shown = disclosures_of(events, self.reader.audiences)
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
    found = closure(lots)
    first = next(iter(found.events), None)
    if first is None or not isinstance(found.statements[first.event_id].body, Genesis):
        raise NothingPublished("Nothing about this lot is in the log yet. Try again in a minute.")
    log = Log.objects.get(pk=first.log_id)
    checkpoint = latest_checkpoint(log)
    if checkpoint is None or not any(
        event.index is not None for event in found.events if set(lots) & set(found.books.events[event.event_id].lots)
    ):
        raise NothingPublished("Nothing about this lot is in the log yet. Try again in a minute.")
    return Pack(tuple(lots), log, checkpoint, found, reader)


def policy_of(log: Log) -> bytes:
    """The operator's own tlog-policy file."""
    logs = "".join(f"log {vkey}\n" for vkey in log.vkeys.splitlines())
    return POLICY.format(origin=log.origin, logs=logs).encode()


def trust_of(log: Log) -> bytes:
    """The log's trust file as this server gives it: to be compared with one that came another way."""
    genesis = Event.objects.get(log=log, leaf__index=0)
    return format_trust(leaf_hash(bytes(genesis.statement)), log.vkeys.splitlines())
