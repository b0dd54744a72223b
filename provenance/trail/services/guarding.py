"""
Stands guard before the log signs: does anybody know a history that this database does not hold?

A database that was restored from a backup signs a second history with its next checkpoint, and the log is dead. So
before the first signature after a start, and hourly from then on, its head is held against everything outside it: the
fence file, what each witness has cosigned, and the checkpoint that is publicly served. A contradiction raises a fork
alarm and freezes the log. What cannot be asked is no contradiction; but a log whose policy names witnesses does not
begin to sign unless one of them answers.
"""

import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from django.conf import settings
from django.utils import timezone

from provenance import outside
from provenance.keyring import Unsealable
from provenance.tlog.canonical import parse_decimal
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint
from provenance.tlog.errors import MalformedCheckpoint, TlogError
from provenance.tlog.proofs import frontier_at
from provenance.tlog.tiles import TileReader
from provenance.trail.errors import LogFrozen
from provenance.trail.models import CheckpointRelease, Log, LogHead
from provenance.trail.services.alarms import raise_alarm
from provenance.trail.services.cosigning import PolicyUnusable, policy_of
from provenance.trail.services.exporting import ExportFailed, exported_checkpoint
from provenance.trail.services.fence import Fence, FenceBroken
from provenance.trail.services.instance import OtherInstance, bind
from provenance.trail.services.logs import freeze, frozen, vkeys_of
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.tiles import hash_reader

logger = logging.getLogger(__name__)

EVERY = 3600.0  # seconds
# ``keep`` stands guard in a thread of its own. Publishing waits for others only where that has not happened.
PATIENCE = 2 * EVERY
TIMEOUT = 5.0  # seconds
LONGEST_NOTE = 64 * 1024
SIZE_TYPE = "text/x.tlog.size"

# When this process last stood guard, by log. A child that was forked has a start of its own.
_stood: dict[tuple[int, int, str], float] = {}
_one_at_a_time = Lock()


@dataclass(frozen=True)
class Seen:
    """A checkpoint of the log that somebody outside the database knows; ``evidence``: what they gave."""

    source: str
    checkpoint: Checkpoint
    evidence: str


def stand_guard(log: Log, now: float | None = None, *, patience: float = PATIENCE) -> None:
    """
    Hold the database against everything outside it, unless this process has done so within ``patience`` seconds.

    ``now``: seconds of the monotonic clock. Raises ``LogFrozen`` where the log must not sign; it is then frozen.
    """
    with _one_at_a_time:
        at = time.monotonic() if now is None else now
        key = (os.getpid(), log.pk, log.aud)
        last = _stood.get(key)
        if last is not None and at - last < patience:
            return
        check(log, first=last is None)
        _stood[key] = at


def forget() -> None:
    """As after a start: the next signature is the first."""
    _stood.clear()


def guard_due() -> None:
    """What ``keep`` does hourly, and at once when it starts. One log's trouble does not hold up the others."""
    for log in Log.objects.filter(state=Log.State.ACTIVE):
        try:
            stand_guard(log, patience=EVERY / 2)
        except (LogFrozen, Unsealable) as error:
            logger.error("log %s: %s", log.origin, error)


def check(log: Log, *, first: bool) -> None:
    """
    Freeze the log and raise ``LogFrozen`` where anybody contradicts it, or nobody can be asked who must be.

    ``first``: nothing has been signed since the start. Not inside a transaction.
    """
    if log.state != Log.State.ACTIVE:
        raise frozen(log)
    try:
        bind(log)
    except OtherInstance as error:
        raise freeze(log, str(error)) from error
    if not CheckpointRelease.objects.filter(checkpoint__log=log).exists():
        _check_first_start(log)
        return
    outcome = look_around(log)
    if outcome.without_fence:
        raise freeze(log, outcome.without_fence)
    if contradiction := contradicted(log, outcome.seen):
        seen, what = contradiction
        raise raise_alarm(log, source=seen.source, what=what, evidence=f"{seen.evidence}\n{_own_word(log)}")
    for trouble in outcome.troubles:
        logger.warning("log %s: %s", log.origin, trouble)
    if first and outcome.unwitnessed and not _may_go_without(log):
        raise freeze(
            log,
            "None of the witnesses answered before the first signature after a start, so nobody outside says that "
            "this database is the newest. When they are back: manage.py thaw.",
        )


def _check_first_start(log: Log) -> None:
    """A database that has released nothing may be a log that begins, or an empty copy of one that has begun."""
    try:
        released = Fence.of(log).read()
    except FenceBroken as error:
        raise freeze(log, str(error)) from error
    if released is not None and released.size > LogHead.objects.get(log=log).size:
        what = f"{released.size} leaves were released, the database has released none: an old copy."
        raise raise_alarm(log, source="The fence", what=what, evidence=released.text)


@dataclass
class Outcome:
    """
    What there is to see outside the database.

    ``without_fence``: why the fence cannot be asked, or empty; ``unwitnessed``: the policy names witnesses, and none
    of them answered.
    """

    seen: list[Seen]
    troubles: list[str]
    without_fence: str = ""
    unwitnessed: bool = False


def look_around(log: Log) -> Outcome:
    """Ask the fence, every witness, and the publicly served checkpoint. Changes nothing."""
    outcome = Outcome([], [])
    fence = Fence.of(log)
    try:
        if (released := fence.read()) is None:
            # A log that was frozen before its first checkpoint has no fence yet.
            if CheckpointRelease.objects.filter(checkpoint__log=log).exists():
                gone = f"The log has released checkpoints but its fence file {fence.path.name} is gone."
                outcome.without_fence = gone
        elif released.origin != log.origin:
            outcome.without_fence = f"The fence file {fence.path.name} is of {released.origin}."
        else:
            outcome.seen.append(Seen("The fence", released, released.text))
    except FenceBroken as error:
        outcome.without_fence = str(error)
    _ask_witnesses(log, outcome)
    _ask_public(log, outcome)
    return outcome


def contradicted(log: Log, seen: list[Seen]) -> tuple[Seen, str] | None:
    """The first that this database contradicts, and how. The head is read after everything was seen."""
    head = LogHead.objects.get(log=log)
    for each in sorted(seen, key=lambda each: -each.checkpoint.size):
        known = each.checkpoint
        if known.size > head.size:
            return each, f"{known.size} leaves were released, the database holds {head.size}: an old copy."
        if known.root != root_at(log, known.size):
            return each, f"At size {known.size} another root was released than the database holds."
    return None


def root_at(log: Log, size: int) -> bytes:
    """The root over the first ``size`` leaves, from the stored leaf hashes and tiles."""
    return frontier_at(size, TileReader(size, hash_reader(log)).hash).root()


def _ask_witnesses(log: Log, outcome: Outcome) -> None:
    try:
        witnesses = policy_of(log).witnesses
    except PolicyUnusable as error:
        outcome.troubles.append(str(error))
        outcome.unwitnessed = True
        return
    answered = False
    for name, witness in witnesses.items():
        if witness.url is None:
            continue
        try:
            _ask_witness(log, f"The witness {name}", witness.url, outcome)
            answered = True
        except outside.OutsideError as error:
            outcome.troubles.append(f"The witness {name} does not answer: {error}")
    outcome.unwitnessed = bool(witnesses) and not answered


def _ask_witness(log: Log, source: str, url: str, outcome: Outcome) -> None:
    """What it last cosigned, or, where it shows that to nobody, whether it has gone beyond what we released."""
    answer = outside.fetch(monitoring_url(url, log.origin), limit=LONGEST_NOTE, timeout=TIMEOUT)
    if answer.status == 200:
        _take(log, source, answer.body, outcome)
        return
    newest = latest_checkpoint(log)
    if newest is None:
        return
    body = f"old {newest.size}\n\n{newest.note}".encode()
    answer = outside.post(f"{url.rstrip('/')}/add-checkpoint", body, limit=LONGEST_NOTE, timeout=TIMEOUT)
    if answer.status == 409 and answer.content_type == SIZE_TYPE:
        with suppress(TlogError):
            size = parse_decimal(answer.body.decode("ascii", "replace").strip(), "tree size", MalformedCheckpoint)
            if size > newest.size:
                # It gives no root; that it has seen so many leaves says enough.
                outcome.seen.append(Seen(source, Checkpoint(log.origin, size, bytes(32)), f"409 {size}"))


def monitoring_url(url: str, origin: str) -> str:
    """Where a witness shows what it last cosigned of a log."""
    return f"{url.rstrip('/')}/logs/{sha256(origin.encode()).hexdigest()}/checkpoint"


def _ask_public(log: Log, outcome: Outcome) -> None:
    """The checkpoint as the world is served it, where that is not this very server."""
    try:
        if exported := exported_checkpoint(log):
            outcome.seen.append(Seen("The static export", exported, exported.text))
    except ExportFailed as error:
        outcome.troubles.append(str(error))
    if settings.PUBLIC_CHECKPOINT_URL:
        url = settings.PUBLIC_CHECKPOINT_URL.format(name=log.name, number=log.number)
        try:
            answer = outside.fetch(url, limit=LONGEST_NOTE, timeout=TIMEOUT)
        except outside.OutsideError as error:
            outcome.troubles.append(f"The public checkpoint cannot be read: {error}")
        else:
            if answer.status == 200:
                _take(log, "The public checkpoint", answer.body, outcome)
            else:
                outcome.troubles.append(f"The public checkpoint is not there: {url} answers {answer.status}.")


def _take(log: Log, source: str, note: bytes, outcome: Outcome) -> None:
    """Only what the log's own key signed counts: nobody else can freeze it with a number."""
    try:
        checkpoint, _ = open_checkpoint(note, vkeys_of(log), origin=log.origin)
    except TlogError as error:
        outcome.troubles.append(f"{source} shows a checkpoint that this log did not sign: {error}")
    else:
        outcome.seen.append(Seen(source, checkpoint, note.decode()))


def _may_go_without(log: Log) -> bool:
    """An operator has said that the log may begin to sign although no witness answers (``manage.py thaw``)."""
    return log.unguarded_until is not None and timezone.now() < log.unguarded_until


def _own_word(log: Log) -> str:
    newest = log.checkpoints.order_by("-size").first()
    return newest.note if newest else ""
