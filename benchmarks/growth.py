"""
A log that grows: what appending, proving, storing and tracing cost at 1,000, 10,000 and 100,000 events.

    python benchmarks/growth.py [--long] [--logs FOLDER]

``--long`` goes on to 1,000,000. The logs are built through the real services (``season.py``); FOLDER keeps them.
"""

import argparse
import shutil
import subprocess
import sys
from itertools import count
from math import log2
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from apart import HERE, Apart
from append import cpu, wall
from measuring import Row, in_turn, ratio, report
from peers import environment

SMALL, MIDDLE, LARGE, HUGE = 1_000, 10_000, 100_000, 1_000_000
ROUNDS = 12
BATCH, BATCHES, SINGLES = 100, 5, 20
PROOFS = 40
TREE_BYTES = 32.1  # a leaf hash, and its share of the hashes above


def build(folder: Path, sizes: list[int]) -> None:
    if not all((folder / str(size) / "beantrail.sqlite3").exists() for size in sizes):
        subprocess.run([sys.executable, HERE / "season.py", folder, *map(str, sizes)], check=True)


def appending(folder: Path, sizes: list[int]) -> tuple[list[Row], list[float]]:
    """Copies of all logs are open at once and take turns. The same code at the smallest size is the limit."""
    copies = TemporaryDirectory(prefix="beantrail-benchmark-")
    logs = {}
    for size in sizes:
        site = shutil.copytree(folder / str(size), Path(copies.name) / str(size))
        logs[size] = Apart("appending.py", BENCHMARK_SITE=str(site))
    cases = {}
    for size, log in logs.items():
        log.run("prepare", 2 * (BATCH * BATCHES + SINGLES) * (ROUNDS + 1), 0)
        cases[f"{size} batches"] = cpu(log, "core", BATCHES, BATCH)
        cases[f"{size} singles"] = cpu(log, "core", SINGLES, 1)
    cases["again"] = cpu(logs[SMALL], "core", BATCHES, BATCH)
    spent = in_turn(cases, ROUNDS)
    for log in logs.values():
        log.close()
    copies.cleanup()
    rows = []
    for size in sizes[1:]:
        gated = size >= LARGE
        rows += [
            Row(
                f"G1.{size // 1000}k",
                f"append at {size:,} events against {SMALL:,}, batches of 100, CPU",
                ratio(spent[f"{SMALL} batches"], spent[f"{size} batches"]),
                0.90 if gated else None,
                0.97 if gated else None,
            ),
            Row(
                f"G1b.{size // 1000}k",
                "the same, an event a commit",
                ratio(spent[f"{SMALL} singles"], spent[f"{size} singles"]),
                0.70 if gated else None,
                0.80 if gated else None,
            ),
        ]
    return rows, [ratio(spent[f"{SMALL} batches"], spent["again"])]


def proving(folder: Path, sizes: list[int]) -> tuple[list[Row], list[float]]:
    logs = {size: Apart("grown.py", BENCHMARK_SITE=str(folder / str(size))) for size in sizes}
    peers = {size: Apart("peers/proving.py", size, python=environment.python()) for size in sizes if size >= LARGE}
    cases = {}
    for size, log in logs.items():
        log.run("draw", PROOFS)
        cases[f"{size}"] = cpu(log, "prove")
    cases["again"] = cpu(logs[SMALL], "prove")
    for size, peer in peers.items():
        cases[f"pymerkle {size}"] = cpu(peer, "prove", 2)
    spent = in_turn(cases, ROUNDS)
    rows = []
    for size in sizes[1:]:
        gate = (3.5, 2.5) if size == sizes[-1] else (None, None)
        times = ratio(spent[f"{size}"], spent[f"{SMALL}"])
        what = f"time of a proof at {size:,} against {SMALL:,} (log2: {log2(size) / log2(SMALL):.1f})"
        rows.append(Row(f"G2.{size // 1000}k", what, times, *gate, below=True))
    worst = {size: log.run("worst", 200)["value"] for size, log in logs.items()}
    hashes = max(found["hashes"] / found["most_hashes"] for found in worst.values())
    reads = max(found["reads"] / found["most_reads"] for found in worst.values())
    rows += [
        Row("G2b", "most hashes of a proof, as a share of ceil(log2 n)", hashes, 1, below=True),
        Row("G2c", "most tile reads of a proof, as a share of 2 ceil(log256 n)", reads, 1, below=True),
    ]
    for size, (gate, aim) in {LARGE: (20, 50), HUGE: (100, 400)}.items():
        if size in peers:
            times = PROOFS / 2 * ratio(spent[f"pymerkle {size}"], spent[f"{size}"])
            what = f"pymerkle's time for a proof at {size:,} against ours"
            rows.append(Row(f"G3.{size // 1000}k", what, times, gate, aim))
    for worker in (*logs.values(), *peers.values()):
        worker.close()
    return rows, [ratio(spent[f"{SMALL}"], spent["again"])]


def storing(folder: Path) -> list[Row]:
    log = Apart("grown.py", BENCHMARK_SITE=str(folder / str(LARGE)))
    own, everything, statement = log.run("bytes")["value"]
    log.close()
    floor = statement + TREE_BYTES
    print(
        f"{own:.0f} bytes an event in the log's tables, {everything:.0f} with all projections; {statement:.0f} signed"
    )
    return [
        Row(
            "G4",
            "bytes of the log's tables and indexes an event, against the signed bytes and a leaf",
            own / floor,
            1.35,
            1.20,
            below=True,
        ),
        Row("G4b", "the same with all projections", everything / floor),
    ]


def tracing(folder: Path, size: int) -> tuple[list[Row], list[float]]:
    log = Apart("grown.py", BENCHMARK_SITE=str(folder / str(size)))
    counted = log.run("count")["value"]
    lots_behind = log.run("walk", 0)["value"]
    rows_behind = log.run("rows", 0)["value"]
    turns = {name: count() for name in ("walk", "walk again", "a query a node", "rows")}

    def traced(name: str) -> float:
        return log.run(name.removesuffix(" again"), next(turns[name]))["wall"]

    cases = {name: lambda name=name: traced(name) for name in turns}
    cases |= {"by key": wall(log, "by key"), "rows by key": wall(log, "rows by key")}
    spent = in_turn(cases, 3 * ROUNDS)
    whole = [log.run("up", n)["wall"] for n in range(ROUNDS)]
    recalls = [log.run("recall", n)["wall"] for n in range(ROUNDS)]
    lots, events = log.run("recall", 0)["value"]
    log.close()
    print(
        f"{counted['event']:,} events, {counted['lot']:,} lots, {counted['lotedge']:,} edges; a trace finds "
        f"{lots_behind:,} lots and {rows_behind['event']:,} events; a recall {lots:,} lots and {events:,} events"
    )
    rows = [
        Row(
            "R5",
            f"six levels up at {size:,} events against the same lots by primary key, wall",
            ratio(spent["by key"], spent["walk"]),
            0.40,
            0.60,
        ),
        Row("R5b", "a query a node against it", ratio(spent["a query a node"], spent["walk"]), 1.3, 1.7),
        Row("R5c", "seconds to trace a recall forward, the longest", max(recalls), 2, below=True),
        Row(
            "R5d",
            "all that was said of these lots, in one query, against events, lots and edges by primary key",
            ratio(spent["rows by key"], spent["rows"]),
        ),
        Row("R5e", "seconds of a whole trace with its statements parsed, median", median(whole)),
    ]
    return rows, [ratio(spent["walk"], spent["walk again"])]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true")
    options.add_argument("--logs", type=Path)
    asked = options.parse_args()
    sizes = [SMALL, MIDDLE, LARGE, *([HUGE] if asked.long else [])]
    with TemporaryDirectory(prefix="beantrail-benchmark-") as temporary:
        folder = (asked.logs or Path(temporary)).resolve()
        build(folder, sizes)
        rows, aas = [], []
        rows += storing(folder)
        for more, pairs in (tracing(folder, sizes[-1]), proving(folder, sizes), appending(folder, sizes)):
            rows += more
            aas += pairs
    report(f"A log that grows to {sizes[-1]:,} events, SQLite ({ROUNDS} rounds)", rows, aas)


if __name__ == "__main__":
    main()
