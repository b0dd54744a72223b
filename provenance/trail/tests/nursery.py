"""
Starts recorders that also publish, kills them at random, and says afterwards what became of what they acknowledged.

    python -m provenance.trail.tests.nursery MUTANT KILLS

Prints one line of JSON: how many statements were acknowledged, which of them are lost, how many recorders died of
themselves, and the faults that ``verify_trail`` names. MUTANT plants a bug; "none" is the real thing.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from itertools import count
from types import ModuleType
from unittest import mock

import django

RECORDERS = 2
# Long enough for a kill to hit the moment a planted bug opens.
MOMENT = 0.05


def record_for_ever(mutant: str, acknowledge: Callable[[str], None]) -> None:
    """One recorder: a harvest, its acknowledgement, a checkpoint; again and again."""
    from provenance.coffee.statement import parse
    from provenance.trail.services import acting, publishing, queries, recording
    from provenance.trail.tests import story

    log = queries.active_log()
    MUTANTS[mutant](publishing)
    for number in count():
        draft = acting.Draft(story.harvest(f"K-{os.getpid()}-{number}", 1))
        incoming = acting.sign_drafts(log, story.PARTY + story.ALMAZ, [draft])
        if mutant == "early ack":
            acknowledge(parse(incoming[0].jws).jti)
            time.sleep(MOMENT)
        events = recording.record(incoming)
        if mutant != "early ack":
            acknowledge(events[0].event_id)
        publishing.publish(log)


def two_transactions(publishing: ModuleType) -> None:
    """Leaves and head are committed apart."""
    save = publishing.insert

    def insert(*rows: object) -> None:
        save(*rows)
        time.sleep(MOMENT)

    publishing.insert = insert
    publishing.LogHead.objects.select_for_update = publishing.LogHead.objects.all
    publishing.transaction = mock.Mock(atomic=lambda **_: nullcontext())


def no_head_lock(publishing: ModuleType) -> None:
    """What the checkpoint builds on was read before the lock was taken."""
    sequence, waiting = publishing.publish, publishing.waiting
    heads = publishing.LogHead.objects

    def publish(log: object) -> object:
        stale, events = heads.get(log=log), waiting(log)
        time.sleep(MOMENT / 5)
        heads.select_for_update = lambda: mock.Mock(get=lambda log: stale)
        publishing.waiting = lambda log: events
        return sequence(log)

    publishing.publish = publish


MUTANTS: dict[str, Callable[[ModuleType], None]] = {
    "none": lambda publishing: None,
    "early ack": lambda publishing: None,
    "two transactions": two_transactions,
    "no head lock": no_head_lock,
}


def start(mutant: str) -> tuple[int, int]:
    """Fork a recorder: its process id, and the end of a pipe on which it acknowledges."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    try:
        record_for_ever(mutant, lambda event_id: os.write(writing, f"{event_id}\n".encode()))
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    os._exit(1)


def drained(reading: int) -> list[str]:
    """What a dead recorder had acknowledged."""
    with os.fdopen(reading) as stream:
        return stream.read().split()


def main(mutant: str, kills: int) -> None:
    django.setup()
    from django.db import connections

    from provenance.trail.models import Event
    from provenance.trail.services import publishing, queries, verifying

    chance = random.Random(307)
    acknowledged: list[str] = []
    died = 0
    # The recorders inherit no open connection.
    connections.close_all()
    running = dict(start(mutant) for _ in range(RECORDERS))
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.3))
        while dead := os.waitpid(-1, os.WNOHANG)[0] if running else 0:
            died += 1
            acknowledged += drained(running.pop(dead))
            running.update([start(mutant)])
        pid = chance.choice(list(running))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        acknowledged += drained(running.pop(pid))
        running.update([start(mutant)])
    for pid, reading in running.items():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        acknowledged += drained(reading)

    log = queries.active_log()
    try:
        publishing.publish(log)
        faults = []
    except Exception as error:
        faults = [f"{type(error).__name__}: {error}"]
    faults += [str(fault) for fault in verifying.verify_trail(log)]
    found = {event.event_id for event in Event.objects.filter(leaf__isnull=False)}
    lost = sorted(set(acknowledged) - found)
    print(json.dumps({"acknowledged": len(acknowledged), "lost": lost, "died": died, "faults": faults}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
