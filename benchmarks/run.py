"""
All benchmarks, one after another, and their table in RESULTS.md, with the machine, the date and every A/A pair.

    python benchmarks/run.py [--long] [--logs FOLDER] [--dry]

``--long``: the logs grow to 1,000,000 events. ``--logs``: where grown logs are, or are kept. ``--dry``: only print.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
SCRIPTS = ("append.py", "posts.py", "index_leaf.py", "verify_pack.py", "page.py", "labels.py", "import_rows.py")
ON_GROWN_LOGS = ("growth.py", "export.py")


def run(script: str, *arguments: str) -> dict[str, Any] | None:
    """One benchmark, and once more where the machine was too noisy; None where it ended without a result."""
    told = None
    for _ in range(2):
        print(f"\n== {script} {' '.join(arguments)}", flush=True)
        with TemporaryDirectory(prefix="beantrail-benchmark-") as temporary:
            results = Path(temporary) / "results"
            environment = {**os.environ, "BENCHMARK_RESULTS": str(results)}
            subprocess.run([sys.executable, HERE / script, *arguments], env=environment, check=False)
            if results.exists():
                told = json.loads(results.read_text())
        if told is None or not told["void"]:
            break
    return told


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC. {os.cpu_count()} CPUs ({model}), {memory:.0f} GB, "
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}. Load when it ended: {load}."
    )


def table(told: list[dict[str, Any]]) -> str:
    """One table for each benchmark, as it was measured."""
    lines = [machine(), ""]
    for group in told:
        pairs = ", ".join(f"{aa:.2f}" for aa in group["aa"])
        lines += [f"### {group['title']}", ""]
        if group["void"]:
            lines += ["**This run is void: the machine was too noisy.**", ""]
        lines += ["| id | what | ratio | gate | aim | |", "| --- | --- | --- | --- | --- | --- |"]
        for row in group["rows"]:
            gate, aim = ("–" if row[name] is None else f"{row[name]:.4g}" for name in ("gate", "aim"))
            verdict = {"ok": "held", "MISSED": "**missed**", "": "reported"}[row["verdict"]]
            lines.append(f"| {row['id']} | {row['what']} | {row['ratio']:.3g} | {gate} | {aim} | {verdict} |")
        lines += ["", *([f"A/A: {pairs}.", ""] if pairs else [])]
    return "\n".join(lines)


def write(measured: str) -> None:
    """Into RESULTS.md, in place of what was measured before; what people wrote there stays."""
    text = RESULTS.read_text()
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        sys.exit(f"{RESULTS} has no place for the table: {BEGIN}{END}")
    RESULTS.write_text(before + BEGIN + measured + END + after)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true")
    options.add_argument("--logs", type=Path)
    options.add_argument("--dry", action="store_true")
    asked = options.parse_args()
    with TemporaryDirectory(prefix="beantrail-benchmark-") as temporary:
        logs = str((asked.logs or Path(temporary)).resolve())
        grown = ["--logs", logs, *(["--long"] if asked.long else [])]
        calls = [(script, ()) for script in SCRIPTS] + [(script, grown) for script in ON_GROWN_LOGS]
        told = {script: run(script, *arguments) for script, arguments in calls}
    groups = [group for group in told.values() if group]
    measured = table(groups)
    print(measured)
    if not asked.dry:
        write(measured)
    missed = [row["id"] for group in groups for row in group["rows"] if row["verdict"] == "MISSED"]
    void = [group["title"] for group in groups if group["void"]]
    lost = [script for script, group in told.items() if group is None]
    print(f"{len(missed)} gates missed: {', '.join(missed) or 'none'}. {len(void)} of {len(groups)} runs void.")
    if lost:
        print(f"No result: {', '.join(lost)}.")
    if missed or void or lost:
        sys.exit(1)


if __name__ == "__main__":
    main()
