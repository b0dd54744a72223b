"""
How the benchmarks measure: cases in turn, in small slices, in shuffled order; the median of the per-round ratios.

Machines drift and wobble, so nothing is stated in seconds alone: every figure is a ratio to a peer or a limit of the
same run. One case always runs twice under two names (A/A): where these two differ by more than 5 %, the run is void.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

    def __str__(self) -> str:
        def number(value: float | None) -> str:
            return "      -" if value is None else f"{value:7.2f}"

        verdict = "" if self.gate is None else ("  ok" if self.passed else "  MISSED")
        return f"{self.id:6} {self.ratio:7.2f} {number(self.gate)} {number(self.aim)}{verdict}  {self.what}"


def interleaved(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds (user and system, this process) of every case in every round; the order is shuffled each round."""
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()  # warm-up
    for _ in range(rounds):
        order = list(cases)
        random.shuffle(order)
        for name in order:
            began = time.process_time()
            cases[name]()
            spent[name].append(time.process_time() - began)
    return spent


def ratio(limit: Sequence[float], case: Sequence[float]) -> float:
    """Median over the rounds of limit/case: 1.0 means as fast as the limit."""
    return statistics.median(a / b for a, b in zip(limit, case, strict=True))


def report(title: str, rows: Sequence[Row], aa: float | None = None) -> None:
    """Print the table and exit with 1 where a gate is missed or the run is void."""
    print(f"# {title}")
    print("id       ratio    gate     aim")
    for row in rows:
        print(row)
    if aa is not None:
        print(f"A/A    {aa:7.2f}    (void outside {AA_LOW} to {AA_HIGH})")
        if not AA_LOW <= aa <= AA_HIGH:
            sys.exit("This run is void: the machine was too noisy.")
    if not all(row.passed for row in rows):
        sys.exit(1)
