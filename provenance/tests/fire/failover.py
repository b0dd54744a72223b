"""
Records without end against several PostgreSQL servers, and notes down what was acknowledged.

    python -m provenance.tests.fire.failover FILE [THREADS]

A statement whose recording failed is sent again until it is taken, as a phone would. Ends when its standard input does.
"""

import os
import sys
import threading
import time
from itertools import count

import django

PAUSE = 0.05


def main(file: str, threads: int) -> None:
    django.setup()
    from django.db import Error, connection, connections

    from provenance.coffee.statement import parse
    from provenance.trail.services import acting, queries, recording
    from provenance.trail.tests import story

    stopping = threading.Event()
    log, journal = queries.active_log(), os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    key = acting.held_key(log, story.PARTY + story.ALMAZ)

    def record(name: str) -> None:
        draft = acting.Draft(story.harvest(name, 1))
        [incoming] = acting.sign_drafts(log, story.PARTY + story.ALMAZ, [draft], key)
        while not stopping.is_set():
            try:
                [event] = recording.record([incoming])
            except Error:
                connection.close()
                time.sleep(PAUSE)
            else:
                assert event.event_id == parse(incoming.jws).jti
                os.write(journal, f"{event.event_id}\n".encode())
                return

    def client(number: int) -> None:
        for turn in count():
            if stopping.is_set():
                break
            record(f"F-{os.getpid()}-{number}-{turn}")
        connections.close_all()

    running = [threading.Thread(target=client, args=[number]) for number in range(threads)]
    for thread in running:
        thread.start()
    sys.stdin.read()
    stopping.set()
    for thread in running:
        thread.join(30)
    # A commit that waits for a standby that is gone waits for ever.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4)
