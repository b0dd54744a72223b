"""
Clients that record one event a request, all at once, on a disk whose flushes are counted and slow.

    LD_PRELOAD=…slowsync.so SLOWSYNC_US=2000 python -m provenance.trail.tests.crowd MUTANT

Prints one line of JSON: flushes an event of one client alone, flushes an event of the crowd, and how many of what was
acknowledged is not there. MUTANT plants a bug; "none" is the real thing. Needs a founded log in DATA_DIR.
"""

import ctypes
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import django

CLIENTS = 32
EACH = 6


def main(mutant: str) -> None:
    django.setup()
    from django.db import connections

    from provenance.trail.models import Event
    from provenance.trail.services import acting, queries, recording
    from provenance.trail.tests import story

    flushes: Callable[[], int] = ctypes.CDLL(None).slowsync_count
    log = queries.active_log()
    if mutant == "no queue":
        commit_alone = lambda work, weight: recording.commit(*work)  # noqa: E731
        recording.PEN = SimpleNamespace(put_down=commit_alone, waiting=lambda: (0, 0.0))

    def signed(name: str) -> Sequence[recording.Incoming]:
        return acting.sign_drafts(log, story.PARTY + story.ALMAZ, [acting.Draft(story.harvest(name, 1))])

    def client(own: Sequence[Sequence[recording.Incoming]]) -> list[str]:
        try:
            return [recording.record(incoming)[0].event_id for incoming in own]
        finally:
            connections.close_all()

    alone = [signed(f"A-{n}") for n in range(EACH)]
    crowd = [[signed(f"C-{n}-{m}") for m in range(EACH)] for n in range(CLIENTS)]
    began = flushes()
    for incoming in alone:
        recording.record(incoming)
    between = flushes()
    with ThreadPoolExecutor(CLIENTS) as pool:
        acknowledged = [event_id for ids in pool.map(client, crowd) for event_id in ids]
    ended = flushes()
    recorded = {event.event_id for event in Event.objects.all()}
    print(
        json.dumps(
            {
                "alone": (between - began) / EACH,
                "crowd": (ended - between) / len(acknowledged),
                "acknowledged": len(acknowledged),
                "lost": len(set(acknowledged) - recorded),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
