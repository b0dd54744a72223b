"""One pass over all statements of a series of logs."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from provenance.coffee import ledger, rules
from provenance.coffee.acts import Genesis, Succession
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import Books
from provenance.coffee.receipts import Receipts
from provenance.coffee.statement import Statement, parse, verify
from provenance.coffee.statement.envelope import decode_b64url
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import BadSignature, TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.note import parse_note
from provenance.trail.models import Event, Leaf, Log, Pending
from provenance.trail.services.changes import Changes
from provenance.trail.services.logs import origin_of, series_of
from provenance.trail.services.projecting import READ_AT_ONCE, in_leaf_order
from provenance.trail.services.rows import Places
from provenance.trail.services.verifying.attachments import check_attachments
from provenance.trail.services.verifying.findings import Findings
from provenance.trail.services.verifying.index import IndexCheck
from provenance.trail.services.verifying.projections import compare_listed, compare_projections
from provenance.trail.services.verifying.seals import check_disclosures
from provenance.trail.services.verifying.tree import Tree, check_retired_fence


@dataclass
class Replay:
    """One pass over all statements of a series of logs; ``log`` is the current one, which has the projections."""

    log: Log
    findings: Findings
    books: Books = field(default_factory=Books)
    changes: Changes = field(default_factory=Changes)
    places: Places = field(default_factory=Places)
    receipts: Receipts = field(default_factory=Receipts)

    def run(self) -> None:
        series = list(Log.objects.filter(name=self.log.name).order_by("number"))
        self.series = {log.pk: log for log in series}
        self.trees = {log.pk: Tree(log, self.findings) for log in series}
        indexes = {log.pk: IndexCheck(log, self.findings) for log in series}
        corrected = set(Event.objects.filter(log__in=series, correction__isnull=False).values_list("pk", flat=True))
        for events in _chunks(in_leaf_order(self.log)):
            listed = Changes()
            statements: dict[int, Statement] = {}
            for event in events:
                statement = self._read(event)
                if (index := event.index) is not None:
                    digest = leaf_hash(bytes(event.statement))
                    self.trees[event.leaf.log_id].add(event, digest, index)
                    indexes[event.leaf.log_id].add(event, statement, digest, index)
                if statement:
                    statements[event.pk] = statement
                    self._carry_out(event, statement, listed, event.pk in corrected)
            compare_listed(self.log, events, listed, self.places, corrected, self.findings)
            check_disclosures(events, statements, self.books, self.findings)
            check_attachments(events, statements, self.findings)
        for log in series:
            self.trees[log.pk].finish()
            indexes[log.pk].finish()
        for event_id in self.receipts.wrong:
            what = "Its root is not that of the receipts poured into the day-lot."
            self.findings.fault(what, *self._name(self.places[event_id]))
        compare_projections(self.log, self.changes, self.places, self.findings)
        for pk in corrected - {self.places[event] for event in self.changes.voided if event in self.places}:
            self.findings.fault("A correction stands in the projections that nobody signed.", *self._name(pk))
        stray = Pending.objects.filter(event__leaf__isnull=False, log__in=series)
        for pending in stray.select_related("event__leaf"):
            self.findings.fault("It is pending although it has a leaf.", pending.event.event_id, pending.event.index)
        for leaf in Leaf.objects.filter(log__in=series).exclude(event__log__in=series).select_related("event"):
            self.findings.fault("Its leaf belongs to another log.", leaf.event.event_id, leaf.index)

    def _name(self, pk: int) -> tuple[str | None, int | None]:
        event = Event.objects.filter(pk=pk).select_related("leaf").first()
        return (event.event_id, event.index) if event else (None, None)

    def _read(self, event: Event) -> Statement | None:
        """Parse the bytes and compare every column that repeats them."""
        self.findings.counts["statements"] += 1
        jws = bytes(event.statement)
        if leaf_hash(jws) != bytes(event.leaf_hash):
            self._fault(event, "Its bytes do not give the leaf hash kept at recording.")
        if event.index is None and not Pending.objects.filter(event=event, log=self.log).exists():
            self._fault(event, "It has no leaf and waits for none.")
        try:
            statement = parse(jws)
        except CoffeeError as error:
            self._fault(event, f"Its bytes are no statement: {error}")
            return None
        for column, said in (("uuid", Event.uuid_of(statement.jti)), ("kid", statement.kid), ("act", statement.act)):
            if getattr(event, column) != said:
                self.findings.fault(f"Column {column} is not what its bytes say.", statement.jti, event.index)
        self._check_audience(event, statement)
        return statement

    def _check_audience(self, event: Event, statement: Statement) -> None:
        if not isinstance(statement.body, Genesis):
            if statement.aud != self.log.aud:
                self._fault(event, "It is addressed to another log.")
            if isinstance(statement.body, Succession):
                self._check_succession(event, statement.body)
            return
        body, log = statement.body, self.series[event.leaf.log_id] if event.index is not None else self.log
        if statement.aud != series_of(log.name) or body.origin != log.origin or log.origin != _origin(log):
            self._fault(event, "The log's name or origin is not what genesis says.")
        aud = f"{series_of(log.name)}#{sha256(statement.jws).hexdigest()[:16]}"
        if log.first_place:
            self._fault(event, "The series does not begin with the log that genesis begins.")
        if any(each.aud != aud for each in self.series.values()):
            self._fault(event, "The log's audience does not follow from genesis.")
        if any(each.operator != body.operator for each in self.series.values()):
            self._fault(event, "The log's operator is not the one genesis names.")
        if log.vkeys.splitlines() != list(body.vkeys[0]):
            self._fault(event, "The log's keys are not those genesis names.")

    def _check_succession(self, event: Event, body: Succession) -> None:
        """The new log is what its leaf 0 says, and quotes all that there is of the old one."""
        log = self.series[event.leaf.log_id] if event.index is not None else self.log
        before = next((each for each in self.series.values() if each.number == log.number - 1), None)
        if before is None or event.index not in (0, None):
            self._fault(event, "It succeeds no log that is kept here, or does not begin its own.")
            return
        if (log.origin, log.vkeys.splitlines()) != (body.origin, list(body.keys)):
            self._fault(event, "The log's origin or keys are not what its leaf 0 says.")
        grown = self.trees[before.pk].frontier
        if log.first_place != before.first_place + grown.size:
            self._fault(event, "The log does not begin where the retired one ends.")
        with suppress(TlogError):  # ``rules`` names what is wrong with the note itself
            quoted = Checkpoint.parse(parse_note(body.retired.encode()).text)
            if (quoted.size, quoted.root) != (grown.size, grown.root()):
                self._fault(event, "It quotes another root than the leaves of the retired log have.")
        if before.state != Log.State.RETIRED:
            self._fault(event, f"It succeeds {before.origin}, which is not retired.")
        check_retired_fence(before, body.lost, self.findings)

    def _carry_out(self, event: Event, statement: Statement, listed: Changes, corrected: bool) -> None:
        self.places[statement.jti] = event.pk
        try:
            body = statement.body
            key = body.operator_jwk if isinstance(body, Genesis) else self.books.keys[statement.kid].x
            verify(statement, decode_b64url(key.encode(), "key"))
            self.findings.counts["signatures"] += 1
            rules.authorise(self.books, statement, event.place)
        except KeyError:
            self._fault(event, "It is signed with a key that nobody had registered.")
        except (CoffeeError, BadSignature) as error:
            self._fault(event, str(error))
        else:
            effects = ledger.apply(self.books, statement, event.place)
            self.receipts.follow(self.books, statement, effects, statement.jws)
            listed.add(effects)
            self.changes.add(effects)
            self._forget(statement.jti, corrected)

    def _forget(self, event_id: str, corrected: bool) -> None:
        """Keep of an event only what later ones can refer to; a correction needs the whole of its original."""
        for by_event in (self.changes.postings, self.changes.edges, self.changes.flags, self.changes.subjects):
            by_event.clear()
        if not corrected:
            self.books.events[event_id] = self.books.events[event_id]._replace(payload={})
            for kept in (self.books.postings, self.books.edges, self.books.flags):
                kept.pop(event_id, None)

    def _fault(self, event: Event, what: str) -> None:
        self.findings.fault(what, event.event_id, event.index)


def _origin(log: Log) -> str:
    return origin_of(log.name, log.number)


def _chunks(events: Iterator[Event]) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for event in events:
        chunk.append(event)
        if len(chunk) == READ_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
