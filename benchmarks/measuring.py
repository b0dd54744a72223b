"""
How the benchmarks measure: cases in turn, in small slices, in shuffled order; the median of the per-round ratios.

Machines drift and wobble, so nothing is stated in seconds alone: every figure is a ratio to a peer or a limit of the
same run. One case always runs twice under two names (A/A): where these two differ by more than 5 %, the run is void.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

AA_LOW, AA_HIGH = 0.95, 1.05


@dataclass(frozen=True)
class Row:
    """A line of a benchmark's output: what, the ratio, and what it must and should reach (None: only reported)."""

    id: str
    what: str
    ratio: float
    gate: float | None = None
    aim: float | None = None
    below: bool = False  # the gate is an upper limit

    @property
    def passed(self) -> bool:
        if self.gate is None:
            return True
        return self.ratio <= self.gate if self.below else self.ratio >= self.gate

    @property
    def verdict(self) -> str:
        if self.gate is None:
            return ""
        return "ok" if self.passed else "MISSED"

    def __str__(self) -> str:
        def number(value: float | None) -> str:
            return "      -" if value is None else f"{value:7.5g}"

        return f"{self.id:6} {self.ratio:7.3g} {number(self.gate)} {number(self.aim)}  {self.verdict:6}  {self.what}"


def interleaved(
    cases: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """Seconds (CPU of this process, user and system) of every case in every round; the order is shuffled each round."""

    def took(case: Callable[[], object]) -> float:
        began = clock()
        case()
        return clock() - began

    return in_turn({name: lambda case=case: took(case) for name, case in cases.items()}, rounds)


def in_turn(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """The same of cases that say themselves what they took."""
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()  # warm-up
    for _ in range(rounds):
        order = list(cases)
        random.shuffle(order)
        for name in order:
            spent[name].append(cases[name]())
    return spent


def ratio(limit: Sequence[float], case: Sequence[float]) -> float:
    """Median over the rounds of limit/case: 1.0 means as fast as the limit."""
    return statistics.median(a / b for a, b in zip(limit, case, strict=True))


def report(title: str, rows: Sequence[Row], aas: Iterable[float] = ()) -> None:
    """
    Print the table and exit with 1 where a gate is missed or the run is void: ``aas`` are its A/A pairs.

    Where BENCHMARK_RESULTS names a file, a line of JSON is added to it.
    """
    aas = list(aas)
    void = not all(AA_LOW <= aa <= AA_HIGH for aa in aas)
    print(f"# {title}")
    print("id       ratio    gate     aim")
    for row in rows:
        print(row)
    if aas:
        print(f"A/A    {', '.join(f'{aa:.2f}' for aa in aas)}    (void outside {AA_LOW} to {AA_HIGH})")
    if results := os.environ.get("BENCHMARK_RESULTS"):
        told = {
            "title": title,
            "void": void,
            "aa": aas,
            "rows": [asdict(row) | {"verdict": row.verdict} for row in rows],
        }
        with open(results, "a") as file:
            file.write(json.dumps(told) + "\n")
    if void:
        sys.exit("This run is void: the machine was too noisy.")
    if not all(row.passed for row in rows):
        sys.exit(1)
