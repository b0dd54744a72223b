"""
Everything a log holds, leaving the site: all statements in one stream, entry bundles, EPCIS by the audit API, files.

    python benchmarks/export.py [--long] [--logs FOLDER]

As ``growth.py``: a log of 100,000 events, and with ``--long`` one of 1,000,000. On PostgreSQL a log of 10,000.
"""

import argparse
import os
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from apart import HERE, Apart
from append import wall
from growth import HUGE, LARGE, MIDDLE, SMALL, build
from measuring import Row, in_turn, ratio, report
from posts import Server

from provenance.tests.fire.engines import PostgreSQL

ROUNDS = 12
EVENTS = 80 * 256  # of a slice
API_PAGES = 2  # of 500 events
PIECE = 256 * 1024


def served(server: Server, path: str, token: str, size: int) -> float:
    """CPU of gunicorn's worker for each statement of a whole log that goes through a socket."""
    worker, connection, lines = server.worker_seconds(), HTTPConnection("127.0.0.1", server.port), 0
    connection.request("GET", f"/{path}", headers={"Host": "localhost", "Authorization": token})
    with closing(connection), connection.getresponse() as answer:
        while piece := answer.read(PIECE):
            lines += piece.count(b"\n")
    assert lines == size + 1, f"{lines} lines"
    return (server.worker_seconds() - worker) / size


def rates(folder: Path, size: int) -> tuple[list[Row], list[float]]:
    site = str(folder / str(size))
    log = Apart("exporting.py", BENCHMARK_SITE=site)
    held = log.run("size")["value"]
    path, token = log.run("door")["value"]
    turns = {name: count() for name in ("raw", "raw again", "statements", "entries", "usual")}

    def slice_of(name: str) -> float:
        """CPU an event. Each case goes through the log in slices of its own."""
        first = next(turns[name]) * EVENTS % (held - 2 * EVENTS) // 256 * 256
        took = log.run(name.removesuffix(" again"), first, EVENTS)
        return took["cpu"] / took["value"]

    def pages() -> float:
        took = log.run("api", API_PAGES)
        return took["cpu"] / took["value"]

    server = Server(site)
    try:
        cases = {name: lambda name=name: slice_of(name) for name in turns}
        cases |= {"api": pages, "served": lambda: served(server, path, token, held)}
        spent = in_turn(cases, ROUNDS)
    finally:
        server.stop()
    each = {name: 1e6 * median(took) for name, took in spent.items()}
    print(", ".join(f"{name} {microseconds:.2f} us" for name, microseconds in each.items()), "of CPU an event")
    raw, usual = spent["raw"], spent["usual"]
    rows = [
        Row(
            "E1",
            "all statements in one stream against a raw fetch of them, CPU",
            ratio(raw, spent["statements"]),
            0.25,
            0.45,
        ),
        Row("E1b", "the same through a socket, CPU of gunicorn's worker", ratio(raw, spent["served"]), 0.25, 0.45),
        Row("E1c", "entry bundles of 256, a request each, against the same", ratio(raw, spent["entries"])),
        Row("E2", "all statements against a model's iterator and json.dumps", ratio(usual, spent["statements"]), 4, 8),
        Row("E2b", "the same through a socket", ratio(usual, spent["served"]), 4, 8),
        Row("E2c", "entry bundles against the same", ratio(usual, spent["entries"])),
        Row("E2d", "EPCIS documents of the audit API against the same", ratio(usual, spent["api"])),
    ]
    static = log.run("static")["cpu"] / held
    what = "the log as static files, each byte proven and flushed, against the same"
    rows.append(Row("E2e", what, median(usual) / static))
    log.close()
    return rows, [ratio(raw, spent["raw again"])]


def on_postgresql(size: int) -> tuple[list[Row], list[float]]:
    """Wall time: what the server's processes do is not the client's CPU."""
    server = PostgreSQL().make()
    server.start()
    try:
        with TemporaryDirectory(prefix="beantrail-benchmark-") as folder:
            database = {"BENCHMARK_DATABASE_URL": server.create_database("benchmark")}
            season = [sys.executable, HERE / "season.py", folder, str(size)]
            subprocess.run(season, check=True, env={**os.environ, **database})
            server.sql("VACUUM ANALYZE", "benchmark")
            log = Apart("exporting.py", BENCHMARK_SITE=f"{folder}/{size}", **database)
            with closing(log):
                cases = {name: wall(log, name) for name in ("copy", "psql", "every statement")}
                spent = in_turn(cases | {"copy again": wall(log, "copy")}, 3 * ROUNDS)
    finally:
        server.remove()
    each = {name: 1e6 * median(took) / size for name, took in spent.items()}
    print("PostgreSQL:", ", ".join(f"{name} {microseconds:.2f} us" for name, microseconds in each.items()), "an event")
    stream = spent["every statement"]
    rows = [
        Row("E1.pg", "all statements on PostgreSQL against COPY, wall", ratio(spent["copy"], stream), 0.30, 0.50),
        Row(
            "E2.pg", "the same against psql's \\copy of indices and statements", ratio(spent["psql"], stream), 0.6, 1.0
        ),
    ]
    return rows, [ratio(spent["copy"], spent["copy again"])]


def memory(folder: Path, sizes: list[int]) -> list[Row]:
    grown, most = {}, {}
    for size in sizes:
        log = Apart("exporting.py", BENCHMARK_SITE=str(folder / str(size)))
        grown[size], most[size] = (kilobytes / 1000 for kilobytes in log.run("memory")["value"])
        log.close()
    less, more = sizes
    return [
        *(
            Row(
                f"E3.{size // 1000}k",
                f"MB by which memory grew while {size:,} statements went out",
                mb,
                48,
                24,
                below=True,
            )
            for size, mb in grown.items()
        ),
        Row("E3b", f"the most memory, {more:,} against {less:,}", most[more] / most[less], 1.2, 1.1, below=True),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true")
    options.add_argument("--logs", type=Path)
    asked = options.parse_args()
    sizes = [LARGE, HUGE] if asked.long else [MIDDLE, LARGE]
    with TemporaryDirectory(prefix="beantrail-benchmark-") as temporary:
        folder = (asked.logs or Path(temporary)).resolve()
        build(folder, sorted({SMALL, MIDDLE, LARGE, *sizes}))
        rows, aas = rates(folder, LARGE)
        rows += memory(folder, sizes)
    more, pairs = on_postgresql(MIDDLE)
    report(f"Export of {sizes[-1]:,} events ({ROUNDS} rounds)", rows + more, aas + pairs)


if __name__ == "__main__":
    main()
