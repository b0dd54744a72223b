"""
Appending to the log: the trail core and the whole service, against bare Ed25519 verification and against peers.

    python benchmarks/append.py [ROUNDS]

*Core* is what makes an append a log's append: verify, leaf hash, row, tiles, root, signed checkpoint, durable commit.
*Service* adds what makes it a trail: strict parsing, rules, ledger and projections.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from apart import Apart, Took, slow_disk
from measuring import Row, in_turn, ratio, report
from peers import environment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from provenance.tests.fire.engines import PostgreSQL

BATCH = 100
BATCHES = 20  # that one checkpoint covers: what a busy second brings
SINGLE = 40  # events of a slice where each has a commit of its own
SHORT = 5  # batches of a slice that waits for a slow disk, or is shared by two processes
HONEST_FLUSH = 2_000  # microseconds: a disk that has really written when it says so


def cpu(worker: Apart, case: str, *arguments: object) -> Callable[[], float]:
    return lambda: worker.run(case, *arguments)["cpu"]


def wall(worker: Apart, case: str, *arguments: object) -> Callable[[], float]:
    return lambda: worker.run(case, *arguments)["wall"]


@contextmanager
def closing(*workers: Apart) -> Iterator[None]:
    yield
    for worker in workers:
        worker.close()


def against_verification(rounds: int) -> tuple[list[Row], list[float]]:
    log = Apart("appending.py")
    many = BATCH * (BATCHES + 1) * (rounds + 1)
    log.run("prepare", many, many)
    with closing(log):
        spent = in_turn(
            {
                "verify": cpu(log, "verify", BATCH * BATCHES),
                "verify again": cpu(log, "verify", BATCH * BATCHES),
                "core": cpu(log, "core", BATCHES, BATCH),
                "service": cpu(log, "service", BATCHES, BATCH),
                "verify one": cpu(log, "verify", BATCH),
                "core one": cpu(log, "core", 1, BATCH),
                "service one": cpu(log, "service", 1, BATCH),
            },
            rounds,
        )
    each = {name: 1e6 * median(spent[name]) / BATCHES / BATCH for name in ("verify", "core", "service")}
    print(", ".join(f"{name} {microseconds:.0f} us" for name, microseconds in each.items()), "of CPU a statement")
    rows = [
        Row("A1", "core append against Ed25519 verification, CPU", ratio(spent["verify"], spent["core"]), 0.70, 0.85),
        Row("A1b", "a checkpoint for every batch of 100", ratio(spent["verify one"], spent["core one"])),
        Row("A3", "service append against the same, CPU", ratio(spent["verify"], spent["service"]), None, 0.50),
        Row("A3b", "a checkpoint for every batch of 100", ratio(spent["verify one"], spent["service one"])),
    ]
    return rows, [ratio(spent["verify"], spent["verify again"])]


def on_postgresql(rounds: int) -> tuple[list[Row], list[float]]:
    """Wall time: what the server's processes do is not the client's CPU."""
    server = PostgreSQL().make()
    server.start()
    try:
        log = Apart("appending.py", BENCHMARK_DATABASE_URL=server.create_database("benchmark"))
        log.run("prepare", BATCH * BATCHES * (rounds + 1), 0)
        with closing(log):
            spent = in_turn(
                {
                    "verify": wall(log, "verify", BATCH * BATCHES),
                    "verify again": wall(log, "verify", BATCH * BATCHES),
                    "core": wall(log, "core", BATCHES, BATCH),
                },
                rounds,
            )
    finally:
        server.remove()
    rows = [Row("A2", "core append on PostgreSQL, wall", ratio(spent["verify"], spent["core"]), 0.55, 0.75)]
    return rows, [ratio(spent["verify"], spent["verify again"])]


def against_peers(rounds: int) -> tuple[list[Row], list[float]]:
    """One event a commit; one checkpoint for each slice."""
    python, log = environment.python(), Apart("appending.py")
    log.run("prepare", 0, SINGLE * (rounds + 1))
    saving = Apart("peers/keeping.py", "eventsourcing", python=python)
    auditing = Apart("peers/keeping.py", "auditlog", python=python)
    with closing(log, saving, auditing):
        spent = in_turn(
            {
                "service": cpu(log, "service", SINGLE, 1),
                "eventsourcing": cpu(saving, "save", SINGLE),
                "eventsourcing again": cpu(saving, "save", SINGLE),
                "auditlog": cpu(auditing, "save", SINGLE),
            },
            rounds,
        )
    rows = [
        Row(
            "A4",
            "service append, an event a commit, against eventsourcing and verification, CPU",
            ratio(spent["eventsourcing"], spent["service"]),
            None,
            1.0,
        ),
        Row("A5", "the same against django-auditlog", ratio(spent["auditlog"], spent["service"]), None, 2.5),
    ]
    return rows, [ratio(spent["eventsourcing"], spent["eventsourcing again"])]


def on_a_slow_disk(rounds: int) -> tuple[list[Row], list[float]]:
    log = Apart("appending.py", **slow_disk(HONEST_FLUSH))
    log.run("prepare", 0, BATCH * SHORT * (rounds + 1))
    saving = Apart("peers/keeping.py", "eventsourcing", python=environment.python(), **slow_disk(HONEST_FLUSH))
    with closing(log, saving):
        spent = in_turn(
            {
                "service": wall(log, "service", SHORT, BATCH),
                "eventsourcing": wall(saving, "save", SINGLE),
                "eventsourcing again": wall(saving, "save", SINGLE),
            },
            rounds,
        )
    times = BATCH * SHORT / SINGLE * ratio(spent["eventsourcing"], spent["service"])
    what = f"service append, {SHORT} batches of 100 and a checkpoint, against eventsourcing one at a time, 2 ms a flush"
    return [Row("A6", what, times, None, 20)], [ratio(spent["eventsourcing"], spent["eventsourcing again"])]


def flushes() -> list[Row]:
    """Exact: the same number every time."""

    def counted(took: Took, events: int) -> float:
        assert took["flushes"], "the shim was not loaded"
        return took["flushes"] / events

    log = Apart("appending.py", **slow_disk())
    log.run("prepare", 0, 10_000)
    with closing(log):
        log.run("service", 1, 1)
        recorded = counted(log.run("service", SINGLE, 1, False), SINGLE)
        log.run("service", 1, 1)
        singly = counted(log.run("service", 1, 1), 1)
        batch = counted(log.run("service", 1, BATCH), BATCH)
        second = counted(log.run("service", BATCHES, BATCH), BATCH * BATCHES)
        log.run("write-ahead")
        log.run("service", 1, 1)
        singly_wal = counted(log.run("service", 1, 1), 1)
        batch_wal = counted(log.run("service", 1, BATCH), BATCH)
    return [
        Row("A7", "flushes for an event recorded and published singly", singly, 2.05, below=True),
        Row("A7b", "flushes an event, a batch of 100 and a checkpoint", batch, 0.024, below=True),
        Row("A7c", "flushes for an event recorded singly, before it is acknowledged", recorded),
        Row("A7d", f"flushes an event, {BATCHES} batches of 100 and a checkpoint", second),
        Row("A7e", "as A7, with the write-ahead log of SQLite 3.51.3 and newer", singly_wal),
        Row("A7f", "as A7b, with the write-ahead log", batch_wal),
    ]


def two_processes(rounds: int) -> tuple[list[Row], list[float]]:
    """Wall time of as many events for each process; the first one publishes. The root is checked afterwards."""
    with TemporaryDirectory(prefix="beantrail-benchmark-") as site:
        first = Apart("appending.py", BENCHMARK_SITE=site)
        second = Apart("appending.py", BENCHMARK_SITE=site)
        sizes = {"batches": (SHORT, BATCH), "singles": (SINGLE, 1)}
        for worker in (first, second):
            worker.run("prepare", 3 * (SHORT * BATCH + SINGLE) * (rounds + 1) + 1, 0)

        def both(commits: int, size: int) -> float:
            first.start("core", commits, size, True)
            second.start("core", commits, size, False)
            return max(first.wait()["wall"], second.wait()["wall"])

        with closing(first, second):
            cases: dict[str, Callable[[], float]] = {}
            for name, (commits, size) in sizes.items():
                cases[name] = wall(first, "core", commits, size)
                cases[f"{name} again"] = wall(first, "core", commits, size)
                cases[f"{name} of two"] = lambda commits=commits, size=size: both(commits, size)
            spent = in_turn(cases, rounds)
            first.run("core", 1, 1)
            holds = first.run("root holds")["value"]
    rows = [
        Row("A10", "two processes against one, batches of 100, wall", 2 * ratio(*of(spent, "batches")), 1.6, 1.8),
        Row("A10b", "the same, an event a commit", 2 * ratio(*of(spent, "singles")), 0.85, 0.95),
        Row("A10c", "whether the root is that of all that both appended (1: yes)", holds, 1),
    ]
    return rows, [ratio(spent["batches"], spent["batches again"])]


def of(spent: dict[str, list[float]], name: str) -> tuple[list[float], list[float]]:
    return spent[name], spent[f"{name} of two"]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    rows, aas = [], []
    for group in (against_verification, on_postgresql, against_peers, on_a_slow_disk, two_processes):
        more, pairs = group(rounds)
        rows += more
        aas += pairs
    rows += flushes()
    report(
        f"Append: {BATCHES} batches of {BATCH} and one checkpoint, where nothing else is said ({rounds} rounds)",
        rows,
        aas,
    )


if __name__ == "__main__":
    main()
