"""
Takes in signed statements: one durable transaction, all of them or none.

Signatures are verified before anything is locked. What several threads record at once shares a transaction. Under the
locks each statement is judged by ``coffee.rules`` and carried out by ``coffee.ledger`` in memory, in the order given;
then everything is written at once. When this returns, the events are on the disk: *recorded*. Their place in the log
they get from ``publishing``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from provenance.coffee import ledger, rules
from provenance.coffee.acts import LOG_ACTS, Genesis, RegisterKey
from provenance.coffee.errors import BadDisclosure, CoffeeError, MalformedStatement, NotAuthorised
from provenance.coffee.statement import Statement, verify
from provenance.coffee.statement.envelope import decode_b64url, signing_input_of
from provenance.tlog.errors import BadSignature
from provenance.tlog.hashing import leaf_hash
from provenance.trail import models as rows
from provenance.trail.errors import EventTaken, NoLog, RecordingStopped, RecordRefused
from provenance.trail.models import Event, Log, Pending
from provenance.trail.services import projecting, room
from provenance.trail.services.attaching.tying import tie
from provenance.trail.services.batches import Batch, Incoming, Shown, joined, read
from provenance.trail.services.bookkeeping import Slice, load, lock, needs_of
from provenance.trail.services.bulk import insert, insert_numbered
from provenance.trail.services.changes import Changes
from provenance.trail.services.disclosing import AUDITORS, PARTNERS, PUBLIC, seal_disclosures
from provenance.trail.services.logs import frozen
from provenance.trail.services.queueing import Pen, Turn
from provenance.trail.triggers import triggers_differ

__all__ = ["Batch", "Incoming", "Shown", "append", "read", "record", "rehearse"]

# Two recorders may begin the same lot at the same moment; the loser reads again and is judged again.
ATTEMPTS = 5

# One transaction stays short; whoever comes after it waits for the next.
STATEMENTS_AT_ONCE = 500


class Overtaken(Exception):
    """Somebody recorded the same statement, or made a lot or key of this one, after this recorder had looked for it."""


def record(incoming: Sequence[Incoming]) -> list[Event]:
    """
    Record the statements, in this order, and return their events.

    Raises ``RecordRefused``, naming each statement and what is wrong with it; nothing is then written. A statement
    that is recorded already (same key, id and payload) gives its stored event. Raises ``RecordingStopped`` (``NoRoom``,
    ``LogFrozen``, ``NoLog``) where nothing is taken in at all.
    """
    if not incoming:
        return []
    room.check(*PEN.waiting())
    batch = read(incoming)
    for position, statement in list(batch.statements.items()):
        if statement.act in LOG_ACTS:
            batch.refuse(
                position, NotAuthorised("Only the log itself says how it begins and what it holds.", field="act")
            )
    batch.stop_if_refused()
    return record_batch(log_of(batch), batch)


def rehearse(incoming: Sequence[Incoming]) -> None:
    """Raise what ``record`` would raise as things stand now. Nothing is locked or written."""
    room.check(*PEN.waiting())
    batch = read(incoming)
    batch.stop_if_refused()
    log = log_of(batch)
    _check_open(log)
    _carry_out(batch, dict(batch.statements), load(log, needs_of(batch.statements.values())))


def log_of(batch: Batch) -> Log:
    """The log that all statements are addressed to."""
    audiences = {statement.aud for statement in batch.statements.values()}
    logs = {log.aud: log for log in Log.objects.filter(aud__in=audiences).exclude(state=Log.State.RETIRED)}
    if not logs:
        raise NoLog("These statements are addressed to a log that is not kept here.", field="aud")
    log = next(iter(logs.values()))
    for position, statement in list(batch.statements.items()):
        if statement.aud != log.aud:
            batch.refuse(position, MalformedStatement("The statement is addressed to another log.", field="aud"))
    batch.stop_if_refused()
    return log


def record_batch(log: Log, batch: Batch) -> list[Event]:
    """``record`` for statements that were read, and are addressed to this log."""
    verify_signatures(log, batch)
    batch.stop_if_refused()
    if connection.in_atomic_block:
        # Only a test may record inside a transaction. The pen's holder would wait for it, and it for the pen.
        return commit(log, batch)
    return PEN.put_down(Verified(log, batch), weight=batch.total)


class Verified(NamedTuple):
    """A batch whose signatures hold, and the log it is for: what waits for the pen."""

    log: Log
    batch: Batch


def write_together(turns: Sequence[Turn[Verified, list[Event]]]) -> None:
    """
    Commit what several callers bring at once.

    Whose statements are refused steps aside and is judged alone, after the others: nobody falls with a neighbour, and
    nobody is told of a neighbour's refusal.
    """
    for log_id in {turn.work.log.pk for turn in turns}:
        together, alone = [turn for turn in turns if turn.work.log.pk == log_id], []
        while len(together) > 1:
            refused = _commit_all(together)
            alone += refused
            together = [turn for turn in together if turn.result is None and turn not in refused]
        for turn in together + alone:
            _commit_one(turn)


def _commit_all(turns: Sequence[Turn[Verified, list[Event]]]) -> list[Turn[Verified, list[Event]]]:
    """One transaction for all of them. Those that it refuses are returned, and nothing is written."""
    brought_by = [turn for turn in turns for _ in range(turn.work.batch.total)]
    try:
        events = iter(commit(turns[0].work.log, joined([turn.work.batch for turn in turns])))
    except RecordRefused as refused:
        return list(dict.fromkeys(brought_by[problem.position] for problem in refused.problems))
    for turn in turns:
        turn.result = list(islice(events, turn.work.batch.total))
    return []


def _commit_one(turn: Turn[Verified, list[Event]]) -> None:
    try:
        turn.result = commit(*turn.work)
    except RecordRefused as refused:
        turn.error = refused


PEN: Pen[Verified, list[Event]] = Pen(write_together, most=STATEMENTS_AT_ONCE)


def commit(log: Log, batch: Batch) -> list[Event]:
    """One durable transaction; again where another recorder was faster."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                return write_batch(log, batch.fresh())
        except (IntegrityError, OperationalError, Overtaken) as error:
            # A deadlock or a row that somebody else made first. Anything else comes again and is raised.
            if attempt == ATTEMPTS or not is_race(error):
                raise
    raise AssertionError("unreachable")


def is_race(error: Exception) -> bool:
    """Whether trying again may succeed. On SQLite writers wait for each other, so it never is one."""
    if isinstance(error, Overtaken):
        return True
    if connection.vendor != "postgresql":
        return False
    # unique_violation, serialization_failure, deadlock_detected
    return getattr(error.__cause__, "sqlstate", None) in {"23505", "40001", "40P01"}


def verify_signatures(log: Log, batch: Batch) -> None:
    """Refuse every statement whose key is unknown or did not sign it. A key may be registered earlier in the batch."""
    kids = {statement.kid for statement in batch.statements.values()}
    keys: dict[str, str] = dict(rows.Key.objects.filter(log=log, kid__in=kids).values_list("kid", "x"))
    for position, statement in sorted(batch.statements.items()):
        body = statement.body
        # A genesis brings its own key; ``rules`` demands that it is the operator's.
        key = body.operator_jwk if isinstance(body, Genesis) else keys.get(statement.kid)
        try:
            if key is None:
                raise NotAuthorised("The key that signed this is not registered here.", field="kid")
            verify(statement, decode_b64url(key.encode(), "key"))
        except CoffeeError as error:
            batch.refuse(position, error)
        except BadSignature as error:
            batch.refuse(position, MalformedStatement(str(error), field="signature"))
        else:
            if isinstance(body, RegisterKey):
                keys.setdefault(body.kid, body.x)


def write_batch(log: Log, batch: Batch) -> list[Event]:
    """Judge and write statements whose signatures were verified. The caller holds the transaction."""
    _check_open(log)
    stored = _stored(batch)
    fresh = _fresh(batch, stored)
    if fresh:
        events = _take_in(log, batch, fresh)
        stored.update({event.uuid: event for event in events})
    batch.stop_if_refused()
    return [stored[Event.uuid_of(batch.statements[position].jti)] for position in range(batch.total)]


def _check_open(log: Log) -> None:
    log.refresh_from_db(fields=["state", "why_frozen"])
    if log.state != Log.State.ACTIVE:
        raise frozen(log)
    if difference := triggers_differ(connection):
        raise RecordingStopped(difference)


def _stored(batch: Batch) -> dict[UUID, Event]:
    """Events that are recorded already; another statement under their id is refused. Signatures are never compared:
    a phone that signs again makes another one over the same payload."""
    uuids = [Event.uuid_of(statement.jti) for statement in batch.statements.values()]
    found = {event.uuid: event for event in Event.objects.filter(uuid__in=uuids).select_related("leaf")}
    for position, statement in list(batch.statements.items()):
        event = found.get(Event.uuid_of(statement.jti))
        if event and signing_input_of(bytes(event.statement)) != statement.signing_input:
            batch.refuse(position, EventTaken(f"Another statement has the id {statement.jti}.", field="jti"))
    batch.stop_if_refused()
    return found


def _fresh(batch: Batch, stored: Mapping[UUID, Event]) -> dict[int, Statement]:
    """Positions of the statements to be written. One that stands twice in the batch is written once."""
    fresh: dict[str, int] = {}
    for position, statement in sorted(batch.statements.items()):
        if Event.uuid_of(statement.jti) in stored:
            continue
        first = fresh.setdefault(statement.jti, position)
        other = batch.statements[first]
        if other.signing_input != statement.signing_input:
            batch.refuse(position, EventTaken(f"Another statement has the id {statement.jti}.", field="jti"))
    batch.stop_if_refused()
    return {position: batch.statements[position] for position in fresh.values()}


def _take_in(log: Log, batch: Batch, fresh: Mapping[int, Statement]) -> list[Event]:
    needs = needs_of(fresh.values())
    locks = lock(log, needs, ending_keys=any(statement.act == "revoke_key" for statement in fresh.values()))
    found = load(log, needs)
    if locks.miss(found) or any(statement.jti in found.books.events for statement in fresh.values()):
        raise Overtaken
    changes = _carry_out(batch, fresh, found)
    _check_readers(log, batch, fresh, found)
    events = _append(log, list(fresh.values()))
    found.places.update({event.event_id: event.pk for event in events})
    projecting.write(log, changes, found.places, found.known)
    shown = [
        (event, fresh[position], *one)
        for event, position in zip(events, fresh, strict=True)
        for one in batch.disclosures[position]
    ]
    seal_disclosures(shown)
    tie([(event, batch.files[position]) for event, position in zip(events, fresh, strict=True)])
    return events


def _carry_out(batch: Batch, fresh: Mapping[int, Statement], found: Slice) -> Changes:
    """Judge and apply in memory, in order; every refusal of the batch is collected before anything is written."""
    changes = Changes()
    for position, statement in fresh.items():
        try:
            _check_log(found, statement)
            rules.authorise(found.books, statement, None)
            changes.add(ledger.apply(found.books, statement))
        except CoffeeError as error:
            batch.refuse(position, error)
    batch.stop_if_refused()
    return changes


def _check_log(found: Slice, statement: Statement) -> None:
    """Each log is judged by itself: what only another one knows would be nothing to whoever verifies this one."""
    if not found.elsewhere:
        return
    needs = ledger.needs(statement)
    named = needs.parties | needs.sites | needs.plots | needs.lots | needs.events
    for uri in sorted(named & found.elsewhere):
        raise NotAuthorised(f"{uri} belongs to another log: this log speaks of its own parties, places and lots only.")


def _check_readers(log: Log, batch: Batch, fresh: Mapping[int, Statement], found: Slice) -> None:
    """A value may be shown to a party only that this log knows."""
    known = {PUBLIC, PARTNERS, AUDITORS, *found.books.parties}
    readers = {audience for position in fresh for _, audience in batch.disclosures[position]} - known
    if readers:
        known |= set(rows.Party.objects.filter(log=log, uri__in=readers).values_list("uri", flat=True))
    for position in fresh:
        for disclosure, audience in batch.disclosures[position]:
            if audience not in known:
                what = f"{disclosure.name} is to be shown to {audience}, which is not registered as a party."
                batch.refuse(position, BadDisclosure(what, field="audience"))
    batch.stop_if_refused()


def _append(log: Log, statements: Sequence[Statement]) -> list[Event]:
    now = timezone.now()
    return [
        Event(
            pk=key,
            uuid=Event.uuid_of(statement.jti),
            log=log,
            kid=statement.kid,
            act=statement.act,
            leaf_hash=leaf_hash(statement.jws),
            statement=statement.jws,
            recorded_at=now,
        )
        for key, statement in zip(append(log, statements, now), statements, strict=True)
    ]


def append(log: Log, statements: Sequence[Statement], now: datetime) -> list[int]:
    """
    Keep the bytes of verified statements; each then waits for its place in the log. Returns the rows' keys.

    What they say is not looked at here. The caller holds the transaction.
    """
    recorded_at = connection.ops.adapt_datetimefield_value(now)
    keys = insert_numbered(
        Event,
        ("uuid", "log_id", "kid", "act", "leaf_hash", "statement", "recorded_at"),
        [
            (
                Event.uuid_of(statement.jti),
                log.pk,
                statement.kid,
                statement.act,
                leaf_hash(statement.jws),
                statement.jws,
                recorded_at,
            )
            for statement in statements
        ],
    )
    insert(Pending, ("event_id", "log_id"), [(key, log.pk) for key in keys])
    return keys
