"""
Retires a log that cannot go on, and begins the next number of its series.

Leaf 0 of the new log quotes the last checkpoint of the old one. All leaves under that carry over with everything that
stands on them: keys, parties, lots, weights. What was recorded and never published gets its place in the new log. The
audience of the series stays, so statements that were lost can be sent again as they were signed.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from provenance.coffee import ledger, rules
from provenance.coffee.acts import Genesis, Succession
from provenance.coffee.epcis.subjects import MAX_NOTE
from provenance.coffee.ledger import LogFact
from provenance.coffee.statement import Statement, parse, sign, successor
from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.hashing import EMPTY_ROOT
from provenance.trail.errors import LogFrozen, NoServerKey
from provenance.trail.models import Checkpoint, CheckpointRelease, Key, Log, LogHead, LogKey, Pending
from provenance.trail.services import guarding
from provenance.trail.services.acting import HeldKey, held_key
from provenance.trail.services.bookkeeping import load, needs_of
from provenance.trail.services.changes import Changes
from provenance.trail.services.cosigning import PolicyUnusable, cosigned
from provenance.trail.services.fence import Fence, FenceBroken
from provenance.trail.services.instance import OtherInstance, bind
from provenance.trail.services.logs import freeze
from provenance.trail.services.projecting import write
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import genesis_of
from provenance.trail.services.recording import append
from provenance.trail.services.recovering.thawing import NotMended
from provenance.trail.services.rows import KEYED
from provenance.trail.services.witnessing import ask_now


@dataclass(frozen=True)
class Outlook:
    """
    What a succession would say. ``lost``: leaves that somebody has seen and this database does not hold; ``seen_by``:
    who has seen the most; ``troubles``: who could not be asked; ``unwitnessed``: no witness of the policy answered.
    """

    retired: Checkpoint
    lost: int
    seen_by: str
    troubles: tuple[str, ...]
    unwitnessed: bool


def outlook(log: Log) -> Outlook:
    """Raises ``NotMended`` where the log cannot be succeeded."""
    head = LogHead.objects.get(log=log)
    retired = Checkpoint.objects.filter(log=log, size=head.size).first()
    if retired is None or guarding.root_at(log, head.size) != bytes(retired.root):
        raise NotMended(
            [f"The database does not give the root of its own {head.size} leaves: restore an older backup of it first."]
        )
    around = guarding.look_around(log)
    for seen in around.seen:
        if seen.checkpoint.size <= head.size and (contradiction := guarding.contradicted(log, [seen])):
            raise NotMended(
                [f"{seen.source}: {contradiction[1]} Restore an older backup, from before that, and succeed that one."]
            )
    most = max(around.seen, key=lambda seen: seen.checkpoint.size, default=None)
    lost = max(most.checkpoint.size - head.size, 0) if most else 0
    return Outlook(
        retired,
        lost,
        most.source if most else "nobody",
        tuple(filter(None, (around.without_fence, *around.troubles))),
        around.unwitnessed,
    )


def succeed(log: Log, *, lost: int = 0, without_witnesses: bool = False) -> Log:
    """
    Retire the log and begin the next; returns that, with its leaf 0 published.

    A log that is not frozen publishes what waits first, and its witnesses are asked to cosign that end. ``lost``: how
    many leaves beyond this database its operator knows to be lost; ``without_witnesses``: go on although none of them
    answers. Raises ``NotMended`` where it cannot be succeeded; nothing is then changed but that the log is frozen.
    """
    if log.state == Log.State.ACTIVE:
        with suppress(LogFrozen):  # then it ends where it stands
            _end(log)
    try:
        bind(log)
    except OtherInstance as error:
        raise NotMended([str(error)]) from error
    view = outlook(log)
    _check_agreed(log, view, lost, without_witnesses)
    _release_all(log)
    key = _signing_key(log)
    keys = _next_keys(log)
    statement = _statement(log, key, keys, view)
    with transaction.atomic(durable=True):
        following = _begin(log, statement, view.retired.size)
    guarding.forget()
    publish(following)
    return following


def _end(log: Log) -> None:
    """Its last checkpoint, with the lines of all witnesses that answer now: the successor quotes them."""
    publish(log, index=True)
    with suppress(PolicyUnusable):  # ``outlook`` says so
        ask_now(log)
    freeze(log, "Its operator retires it (manage.py succeed).")


def _check_agreed(log: Log, view: Outlook, lost: int, without_witnesses: bool) -> None:
    """What somebody has seen and this database lacks is gone for ever: the operator has to say so, in figures."""
    if view.unwitnessed and not without_witnesses:
        raise NotMended(
            [
                *view.troubles,
                "None of the witnesses answers, so nobody outside says how long this log is. To go on all the same: "
                "--without-witnesses.",
            ]
        )
    size = view.retired.size
    if lost and not view.lost:
        raise NotMended([f"Nobody has seen more than the {size} leaves of this database: none are lost."])
    if view.lost != lost:
        raise NotMended(
            [
                f"{view.seen_by} has seen {view.lost} leaves beyond the {size} of this database: refill it from a copy "
                f"(manage.py recover). If there is none: manage.py succeed {log.name} --lost {view.lost}"
            ]
        )


def _next_keys(log: Log) -> tuple[str, ...]:
    """The vkeys that leaf 0 of the series lists for the next number; this server holds them."""
    genesis = parse(bytes(genesis_of(log).statement)).body
    assert isinstance(genesis, Genesis), "leaf 0 of number 1 is a genesis"
    if log.number >= len(genesis.vkeys):
        raise NotMended(
            [f"Leaf 0 of the series lists keys for {len(genesis.vkeys)} logs, all of which are used: found another."]
        )
    keys = genesis.vkeys[log.number]
    held = set(LogKey.objects.filter(origin=successor(log.origin)).values_list("vkey", flat=True))
    if held != set(keys):
        raise NotMended([f"This server does not hold the keys that leaf 0 lists for {successor(log.origin)}."])
    return keys


def _signing_key(log: Log) -> HeldKey:
    """The operator's newest key that stands and that this server holds; it will sign the new log's index too."""
    try:
        return held_key(log, log.operator)
    except NoServerKey:
        raise NotMended(["The operator's keys are revoked or lost, and nobody else may begin a log."]) from None


def _release_all(log: Log) -> None:
    """The note that will be quoted may have been signed and not yet shown."""
    unreleased = list(Checkpoint.objects.filter(log=log, release=None).order_by("size"))
    if not unreleased:
        return
    newest = unreleased[-1]
    # A fence that says more, or cannot be read, stays as evidence: this log signs nothing any more.
    with suppress(FenceBroken):
        Fence.of(log).advance(tlog_checkpoint.Checkpoint(log.origin, newest.size, bytes(newest.root)))
    for checkpoint in unreleased:
        CheckpointRelease.objects.create(checkpoint=checkpoint, released_at=timezone.now())


def _statement(log: Log, key: HeldKey, keys: tuple[str, ...], view: Outlook) -> Statement:
    act = Succession(origin=successor(log.origin), keys=keys, retired=_quoted(view.retired, MAX_NOTE), lost=view.lost)
    now = int(timezone.now().timestamp())
    statement, _ = sign(act, iss=log.operator, aud=log.aud, iat=now, kid=key.kid, signer=key.signer.sign)
    return statement


def _quoted(checkpoint: Checkpoint, most: int) -> str:
    """The note with as many cosignatures as find room in a statement, the shortest first."""
    lines = cosigned(checkpoint).removeprefix(checkpoint.note).splitlines(keepends=True)
    return checkpoint.note + "".join(_fitting(sorted(lines, key=len), most - len(checkpoint.note)))


def _fitting(lines: Iterable[str], room: int) -> Iterable[str]:
    for line in lines:
        room -= len(line)
        if room < 0:
            return
        yield line


def _begin(log: Log, statement: Statement, size: int) -> Log:
    _hold_off_recorders(log)
    if LogHead.objects.select_for_update().get(log=log).size != size:
        raise NotMended(["The log grew meanwhile. Run it again."])
    Log.objects.filter(pk=log.pk).update(state=Log.State.RETIRED, why_frozen=f"Succeeded by number {log.number + 1}.")
    following = Log.objects.create(
        name=log.name,
        number=log.number + 1,
        origin=successor(log.origin),
        aud=log.aud,
        operator=log.operator,
        vkeys="\n".join(_keys_of(statement)),
        first_place=log.first_place + size,
    )
    LogHead.objects.create(log=following, root=EMPTY_ROOT)
    for model in KEYED:
        if any(field.name == "log" for field in model._meta.concrete_fields):
            model._default_manager.filter(log=log).update(log=following)
    _record(log, following, statement)
    Pending.objects.filter(log=log).update(log=following)
    return following


def _hold_off_recorders(log: Log) -> None:
    """
    Whoever records shares the lock of the signer's key. Those who have it are waited for, and what they write goes
    over; those who come later find no such key in the old log. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        list(Key.objects.select_for_update().filter(log=log).order_by("pk").values_list("pk"))


def _record(log: Log, following: Log, statement: Statement) -> None:
    """Judged like any other statement, by the books of the series as they stand at the retired log's end."""
    found = load(following, needs_of([statement]))
    genesis = parse(bytes(genesis_of(log).statement)).body
    assert isinstance(genesis, Genesis), "leaf 0 of number 1 is a genesis"
    found.books.log = LogFact(log.origin, statement.kid, genesis.vkeys[log.number - 1 :], log.first_place)
    rules.authorise(found.books, statement, following.first_place)
    changes = Changes()
    changes.add(ledger.apply(found.books, statement))
    (event,) = append(following, [statement], timezone.now())
    write(following, changes, {**found.places, statement.jti: event}, found.known)


def _keys_of(statement: Statement) -> tuple[str, ...]:
    assert isinstance(statement.body, Succession), "this is the succession"
    return statement.body.keys
