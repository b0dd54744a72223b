"""
Starts recorders that also publish, kills them at random, and says afterwards what became of what they acknowledged.

    python -m provenance.trail.tests.nursery MUTANT KILLS

Prints one line of JSON: how many statements were acknowledged, which of them are lost or doubled, how many recorders
died of themselves, and the faults that ``verify_trail`` names. MUTANT plants a bug; "none" is the real thing.
"""

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
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
    MUTANTS[mutant](publishing, recording)
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


def two_transactions(publishing: ModuleType, recording: ModuleType) -> None:
    """Leaves and head are committed apart."""
    save = publishing.insert

    def insert(*rows: object) -> None:
        save(*rows)
        time.sleep(MOMENT)

    publishing.insert = insert
    publishing.LogHead.objects.select_for_update = publishing.LogHead.objects.all
    publishing.transaction = mock.Mock(atomic=lambda **_: nullcontext())


def no_head_lock(publishing: ModuleType, recording: ModuleType) -> None:
    """What the checkpoint builds on was read before the lock was taken."""
    sequence, waiting = publishing.publish, publishing.waiting
    heads = publishing.LogHead.objects

    def publish(log: object) -> object:
        stale, events = heads.get(log=log), waiting(log)
        time.sleep(MOMENT)
        heads.select_for_update = lambda: mock.Mock(get=lambda log: stale)
        publishing.waiting = lambda log: events
        return sequence(log)

    publishing.publish = publish


def event_and_pending_apart(publishing: ModuleType, recording: ModuleType) -> None:
    """The event is committed, and only then is it written down that it waits for its place."""
    record, save = recording.record, recording.insert

    def record_then_wait(incoming: object) -> object:
        held: list[tuple[object, ...]] = []
        recording.insert = lambda *rows: held.append(rows)
        events = record(incoming)
        time.sleep(MOMENT)
        for rows in held:
            save(*rows)
        return events

    recording.record = record_then_wait


def high_water_mark(publishing: ModuleType, recording: ModuleType) -> None:
    """Publishing takes what lies beyond the last event published. A slow recorder commits after a quick one."""
    from provenance.trail.models import Event, Leaf

    append = recording.append

    def append_slowly(*statements: object) -> object:
        appended = append(*statements)
        time.sleep(random.choice((0, MOMENT)))
        return appended

    def beyond_the_last(log: object, act: str | None = None) -> list[Event]:
        last = Leaf.objects.filter(log=log).order_by("-event").values_list("event", flat=True).first() or 0
        return list(Event.objects.filter(log=log, pending__isnull=False, pk__gt=last).order_by("pk"))

    recording.append = append_slowly
    publishing.waiting = beyond_the_last


def nothing(publishing: ModuleType, recording: ModuleType) -> None:
    """The real thing, or a bug that is planted elsewhere."""


MUTANTS: dict[str, Callable[[ModuleType, ModuleType], None]] = {
    "none": nothing,
    "early ack": nothing,
    "two transactions": two_transactions,
    "no head lock": no_head_lock,
    "event and pending apart": event_and_pending_apart,
    "high-water mark": high_water_mark,
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


class Nursery:
    """The recorders that run, what they acknowledged, and how many died of themselves."""

    def __init__(self, mutant: str) -> None:
        self.mutant = mutant
        self.acknowledged = b""
        self.died = 0
        self.running = dict(start(mutant) for _ in range(RECORDERS))

    def listen(self, seconds: float) -> bool:
        """Take in what is acknowledged within the time; False where nothing was. The dead are replaced."""
        heard = False
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for reading in select.select(list(self.running.values()), [], [], left)[0]:
                if said := os.read(reading, 65_536):
                    self.acknowledged += said
                    heard = True
                else:
                    self._bury(next(pid for pid, pipe in self.running.items() if pipe == reading))
                    self.died += 1
                    self.running.update([start(self.mutant)])
        return heard

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        while said := os.read(self.running[pid], 65_536):
            self.acknowledged += said
        self._bury(pid)

    def _bury(self, pid: int) -> None:
        os.waitpid(pid, 0)
        os.close(self.running.pop(pid))


def aftermath(acknowledged: Sequence[str], shown: Sequence[str] = ()) -> dict[str, object]:
    """
    What is left when everybody is dead: the rest is published, and every promise held against the database.

    ``acknowledged``: event ids. ``shown``: notes as JSON strings, in the order in which one client was given them.
    """
    from provenance.coffee.statement import parse
    from provenance.trail.models import Checkpoint, CheckpointRelease, Event
    from provenance.trail.services import publishing, queries, verifying

    log = queries.active_log()
    try:
        publishing.publish(log)
        faults = []
    except Exception as error:
        # A mutant may leave anything behind; what publishing stumbles over is told with the other faults.
        faults = [f"{type(error).__name__}: {error}"]
    faults += [str(fault) for fault in verifying.verify_trail(log)]
    # ``verify_trail`` holds every stored checkpoint against one replay; those that were shown must be among them.
    released = dict(Checkpoint.objects.filter(release__isnull=False).values_list("note", "size"))
    sizes = [released.get(own_lines(json.loads(note), log.origin), -1) for note in shown]
    if -1 in sizes:
        faults.append("A checkpoint was shown that the log does not know.")
    if sizes != sorted(sizes):
        faults.append("A smaller checkpoint was shown after a larger one.")
    if Checkpoint.objects.count() != CheckpointRelease.objects.count():
        faults.append("A checkpoint was not released.")
    found = {event.event_id for event in Event.objects.filter(leaf__isnull=False)}
    harvests = Event.objects.filter(act="harvest").values_list("statement", flat=True)
    lots = Counter(parse(bytes(statement)).body.output.lot for statement in harvests)
    return {
        "acknowledged": len(acknowledged),
        "events": len(found),
        "checkpoints": len(released),
        "shown": len(set(shown)),
        "lost": sorted(set(acknowledged) - found),
        "doubled": sorted(lot for lot, times in lots.items() if times > 1),
        "faults": faults,
    }


def own_lines(note: str, origin: str) -> str:
    """The note without the lines of witnesses: they come later, to the same checkpoint."""
    text, _, lines = note.partition("\n\n")
    return f"{text}\n\n" + "".join(f"{line}\n" for line in lines.splitlines() if line.split()[1] == origin)


def main(mutant: str, kills: int) -> None:
    django.setup()
    from django.db import connections

    from provenance.trail.services import publishing, recording

    chance = random.Random(307)
    # The recorders inherit no open connection.
    connections.close_all()
    nursery = Nursery(mutant)
    began = time.monotonic()
    for _ in range(kills):
        # On a busy machine nobody may have come to anything yet; killing them then would prove nothing.
        while not nursery.listen(chance.uniform(0.05, 0.3)) and not nursery.died:
            pass
        nursery.kill(chance.choice(list(nursery.running)))
        nursery.running.update([start(mutant)])
    for pid in list(nursery.running):
        nursery.kill(pid)
    seconds = time.monotonic() - began

    if mutant == "high-water mark":
        MUTANTS[mutant](publishing, recording)
    result = aftermath(nursery.acknowledged.decode().split())
    print(json.dumps({**result, "died": nursery.died, "kills": kills, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
