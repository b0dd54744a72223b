"""
Records and publishes under strace, which counts the flushes and lets single system calls fail.

    python -m provenance.tests.fire.disk flushes MUTANT [POSTMASTER'S PROCESS ID]
    python -m provenance.tests.fire.disk failures MUTANT CALLS

The first says how often an answer came without a flush before it. The second lets each of the first CALLS calls of
every kind in ``FAILURES`` fail, one at a time, each on a copy of the SQLite database, and names each wrong answer. Both
print one line of JSON. MUTANT plants a bug; "none" is the real thing. Exit code 3: strace may not trace here.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import django

from provenance.tests.fire.engines import children_of

TRACED = "trace=fdatasync,fsync,pwrite64,write"
# Enough for the writer to make that many calls.
CALLS = int(os.environ.get("CALLS", "12"))
EVENTS = max(4, CALLS // 8)
ATTEMPTS = 3
FAILURES = (("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fsync", "EIO"))
NOT_PERMITTED = 3
# With -f and -y: "4711  fdatasync(7</data/copy.sqlite3-journal>) = 0"; another process may speak in the middle of it.
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*?)(?:\) += (-?\d+)|<unfinished \.\.\.>)")


def write(mutant: str, go: int) -> None:
    """Record events and publish after each. What fails is tried again, as a phone would."""
    from django.db import DatabaseError, connection

    from provenance.coffee.statement import parse
    from provenance.trail.services import acting, publishing, queries, recording
    from provenance.trail.tests import story

    log = queries.active_log()
    if mutant == "no flush":
        off = "PRAGMA synchronous = OFF" if connection.vendor == "sqlite" else "SET synchronous_commit = off"
        with connection.cursor() as cursor:
            cursor.execute(off)
    drafts = [acting.Draft(story.harvest(f"D-{n}", 1)) for n in range(EVENTS)]
    signed = acting.sign_drafts(log, story.PARTY + story.ALMAZ, drafts)
    say("ready")
    os.read(go, 1)
    for each in signed:
        for _ in range(ATTEMPTS):
            try:
                (event,) = recording.record([each])
            except (DatabaseError, OSError) as error:
                say(f"refused {type(error).__name__}")
                connection.close()
                if mutant == "error swallowed":
                    say(f"acknowledged {parse(each.jws).jti}")
                    break
            else:
                say(f"acknowledged {event.event_id}")
                break
        with contextlib.suppress(DatabaseError, OSError):
            publishing.publish(log)


def say(what: str) -> None:
    os.write(1, f"{what}\n".encode())


def traced(mutant: str, options: Sequence[str], postmaster: int = 0) -> tuple[list[str], str]:
    """Fork a writer and trace it: what it said, and strace's record."""
    reading, answers = os.pipe()
    waiting, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.dup2(answers, 1)
        try:
            write(mutant, waiting)
        finally:
            os._exit(0)
    os.close(answers)
    os.close(waiting)
    with os.fdopen(reading) as stream:
        assert stream.readline() == "ready\n"
        said, text = follow(pid, go, stream, options, postmaster)
    os.waitpid(pid, 0)
    return said, text


def follow(pid: int, go: int, stream: TextIO, options: Sequence[str], postmaster: int) -> tuple[list[str], str]:
    # A database server's own processes are traced with it: one record keeps their calls and the answers in order.
    pids = [pid, *(children_of(postmaster) if postmaster else ())]
    record = Path(os.environ["DATA_DIR"]) / f"strace-{pid}"
    command = [
        "strace",
        "-f",
        "-y",
        "-o",
        str(record),
        *options,
        *(part for each in pids for part in ("-p", str(each))),
    ]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in pids:
        line = strace.stderr.readline()
        if "attached" not in line:
            os.kill(pid, signal.SIGKILL)
            print(line, file=sys.stderr)
            sys.exit(NOT_PERMITTED)
    os.write(go, b"g")
    os.close(go)
    said = stream.read().splitlines()
    strace.send_signal(signal.SIGINT)
    strace.communicate()
    text = record.read_text()
    record.unlink()
    return said, text


def unflushed(record: str) -> tuple[int, int]:
    """
    How many flushes of the database succeeded, and how many answers came without one.

    A flush counts that came after the last answer and after the last write to the database.
    """
    flushes, flushed, without = 0, False, 0
    begun: dict[str, str] = {}
    for line in record.splitlines():
        if not (found := CALL.match(line)):
            continue
        pid, call, arguments, result = found.groups()
        arguments = begun.pop(pid, "") + arguments
        if result is None:
            begun[pid] = arguments
        of_database = ".sqlite3" in arguments or "/pg_wal/" in arguments
        if call == "write" and '"acknowledged' in arguments and result is not None:
            without += not flushed
            flushed = False
        elif call in ("fdatasync", "fsync") and of_database and result == "0":
            flushes, flushed = flushes + 1, True
        elif call == "pwrite64" and of_database:
            flushed = False
    return flushes, without


def count_flushes(mutant: str, postmaster: int) -> dict[str, object]:
    said, record = traced(mutant, ["-e", TRACED], postmaster)
    flushes, without = unflushed(record)
    acknowledged = sum(line.startswith("acknowledged") for line in said)
    return {"acknowledged": acknowledged, "flushes": flushes, "without": without}


def fail_each(mutant: str, calls: int) -> dict[str, object]:
    """Every case on a fresh copy; a kind ends where the writer makes fewer such calls."""
    from django.conf import settings
    from django.db import connection

    original, fence = Path(connection.settings_dict["NAME"]), Path(settings.FENCE_DIR)
    connection.close()
    wrong: list[str] = []
    cases = refused = 0
    for call, error in FAILURES:
        for number in range(1, calls + 1):
            home = original.parent / "case"
            shutil.copytree(fence, home / "fence")
            shutil.copy(original, home / "copy.sqlite3")
            connection.settings_dict["NAME"], settings.FENCE_DIR = home / "copy.sqlite3", home / "fence"
            inject = ["-e", TRACED, "-e", f"inject={call}:error={error}:when={number}"]
            said, record = traced(mutant, inject)
            failed = "(INJECTED)" in record
            if failed:
                cases += 1
                refused += any(line.startswith("refused") for line in said)
                wrong += [f"{call} {number} {error}: {what}" for what in faults(said, record)]
            shutil.rmtree(home)
            if not failed:
                break
    return {"cases": cases, "refused": refused, "wrong": wrong}


def faults(said: Sequence[str], record: str) -> list[str]:
    from django.db import connection

    from provenance.trail.tests.nursery import aftermath

    acknowledged = [line.split()[1] for line in said if line.startswith("acknowledged")]
    try:
        after = aftermath(acknowledged)
    finally:
        connection.close()
    found = [f"{name}: {after[name]}" for name in ("lost", "doubled", "faults") if after[name]]
    if len(acknowledged) != EVENTS:
        found.append(f"{EVENTS - len(acknowledged)} were never taken in: {said}")
    if without := unflushed(record)[1]:
        found.append(f"{without} answers without a flush before")
    return found


def main(what: str, mutant: str, number: int = 0) -> None:
    django.setup()
    print(json.dumps(count_flushes(mutant, number) if what == "flushes" else fail_each(mutant, number)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
