"""
Everything a log holds, leaving the site: entry bundles over HTTP, EPCIS by the audit API, static files.

    python benchmarks/export.py [--long] [--logs FOLDER]

As ``growth.py``: a log of 100,000 events, and with ``--long`` one of 1,000,000.
"""

import argparse
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from apart import Apart
from growth import HUGE, LARGE, MIDDLE, SMALL, build
from measuring import Row, in_turn, ratio, report

ROUNDS = 12
EVENTS = 20 * 256  # of a slice
API_PAGES = 2  # of 500 events


def rates(folder: Path, size: int) -> tuple[list[Row], list[float]]:
    log = Apart("exporting.py", BENCHMARK_SITE=str(folder / str(size)))
    held = log.run("size")["value"]
    turns = {name: count() for name in ("raw", "raw again", "entries", "usual")}

    def slice_of(name: str) -> float:
        """CPU an event. Each case goes through the log in slices of its own."""
        first = next(turns[name]) * EVENTS % (held - 2 * EVENTS) // 256 * 256
        took = log.run(name.removesuffix(" again"), first, EVENTS)
        return took["cpu"] / took["value"]

    def pages() -> float:
        took = log.run("api", API_PAGES)
        return took["cpu"] / took["value"]

    cases = {name: lambda name=name: slice_of(name) for name in turns}
    spent = in_turn(cases | {"api": pages}, ROUNDS)
    rows = [
        Row(
            "E1",
            "entry bundles over HTTP against a raw fetch of the same bytes, CPU",
            ratio(spent["raw"], spent["entries"]),
            0.25,
            0.45,
        ),
        Row("E2", "the same against a model's iterator and json.dumps", ratio(spent["usual"], spent["entries"]), 4, 8),
        Row("E2b", "EPCIS documents of the audit API against the same", ratio(spent["usual"], spent["api"])),
    ]
    static = log.run("static")["cpu"] / held
    what = "the log as static files, each byte proven and flushed, against the same"
    rows.append(Row("E2c", what, median(spent["usual"]) / static))
    log.close()
    return rows, [ratio(spent["raw"], spent["raw again"])]


def memory(folder: Path, sizes: list[int]) -> list[Row]:
    grown, most = {}, {}
    for size in sizes:
        log = Apart("exporting.py", BENCHMARK_SITE=str(folder / str(size)))
        grown[size], most[size] = (kilobytes / 1000 for kilobytes in log.run("memory")["value"])
        log.close()
    rows = [
        Row(f"E3.{size // 1000}k", f"MB by which memory grew while {size:,} entries went out", mb, 48, 24, below=True)
        for size, mb in grown.items()
    ]
    if HUGE in grown:
        rows.append(
            Row("E3b", "the most memory, 1,000,000 against 100,000", most[HUGE] / most[LARGE], 1.2, 1.1, below=True)
        )
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true")
    options.add_argument("--logs", type=Path)
    asked = options.parse_args()
    sizes = [LARGE, *([HUGE] if asked.long else [])]
    with TemporaryDirectory(prefix="beantrail-benchmark-") as temporary:
        folder = (asked.logs or Path(temporary)).resolve()
        build(folder, [SMALL, MIDDLE, *sizes])
        rows, aas = rates(folder, LARGE)
        rows += memory(folder, sizes)
    report(f"Export of {sizes[-1]:,} events, SQLite ({ROUNDS} rounds)", rows, aas)


if __name__ == "__main__":
    main()
