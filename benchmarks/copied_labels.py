"""
How soon a copied label is noticed, and how often an honest bag is taken for one: simulated, with the rule of the site.

Nobody has published how often coffee bags are scanned, so every habit below is an assumption, and a generous one: more
openings than people make. Honest bags of each kind run through their whole life; of the copies, 500 bags bear one code,
are sold over weeks, and each is opened as an honest bag is at home, by a part of the buyers only. Run:

    python benchmarks/copied_labels.py [--bags 20000] [--attacks 2000] [--seed 1]

Exit status 1 where a gate is missed: 99 % of the copied codes of each kind noticed within 20 openings, fewer than 1 %
of honest bags taken for copied, both by the far end of their 95 % confidence interval (Wilson).
"""

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from provenance.bags.services.often import DayCount, is_often

WITHIN = 20
COPIES = 500
NOTICED_GATE, FALSE_GATE = 0.99, 0.01
BEGIN = date(2026, 11, 1)
HOMES = ["AT"] * 7 + ["DE"] * 3
VISITORS = ["DE", "IT", "US", "CZ", "HU", "CH", "GB", "FR", "JP", "KR", "ES", "PL"]

Opening = tuple[int, str]  # day from the beginning, country
Life = Callable[[random.Random], list[Opening]]


def poisson(rng: random.Random, mean: float) -> int:
    """Knuth's; the means here are small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def uneven(rng: random.Random, mean: float) -> float:
    """A rate that differs from bag to bag: one in ten lies over 2.7 times its mean."""
    return rng.gammavariate(0.5, mean / 0.5)


def daily(rng: random.Random, begin: int, days: int, rate: float, countries: list[str]) -> list[Opening]:
    return [(begin + day, rng.choice(countries)) for day in range(days) for _ in range(poisson(rng, rate))]


def at_home(rng: random.Random, begin: int = 0, country: str | None = None) -> list[Opening]:
    """Opened when bought, by one person or a few, and now and then while it lasts, two to eight weeks."""
    country = country or rng.choice(HOMES)
    bought = [(begin, country)] * (1 + poisson(rng, 0.6))
    return bought + daily(rng, begin, rng.randint(14, 56), min(uneven(rng, 0.04), 0.3), [country])


def tasted(rng: random.Random) -> list[Opening]:
    """A household's bag that an evening of five to twelve guests looks at, every second of them."""
    evening = rng.randint(0, 20)
    guests = sum(rng.random() < 0.5 for _ in range(rng.randint(5, 12)))
    return at_home(rng) + [(evening, "AT")] * guests


def on_shelf(every_days: float, mean_days: int, countries: list[str]) -> Life:
    """Passers-by open it, one in so many days on average, until somebody buys it."""

    def life(rng: random.Random) -> list[Opening]:
        days = min(int(rng.expovariate(1 / mean_days)), 120)
        return daily(rng, 0, days, min(uneven(rng, 1 / every_days), 1.5), countries) + at_home(rng, days)

    return life


def on_counter(rng: random.Random) -> list[Opening]:
    """A café's kilogram that stands by the mill for a week or two; a guest in two days opens it."""
    return daily(rng, 0, rng.randint(5, 14), min(uneven(rng, 1 / 2), 2.0), ["AT"])


def on_display(rng: random.Random) -> list[Opening]:
    """The bag of a shop window, for three months. It is never sold."""
    return daily(rng, 0, 90, min(uneven(rng, 1 / 7), 1.0), HOMES)


# Kind -> (part of the opened bags of a market, habit).
HONEST: dict[str, tuple[float, Life]] = {
    "at home": (0.60, at_home),
    "at home, with a tasting": (0.03, tasted),
    "shelf": (0.28, on_shelf(14, 14, ["AT"])),
    "shelf of a slow shop": (0.05, on_shelf(30, 45, ["AT"])),
    "front of a shelf": (0.02, on_shelf(7, 10, ["AT"])),
    "shelf among tourists": (0.01, on_shelf(7, 10, ["AT"] * 8 + VISITORS)),
    "café counter": (0.008, on_counter),
    "shop window": (0.002, on_display),
}


@dataclass(frozen=True)
class Attack:
    sold_over_days: int
    opened_part: float
    countries: int

    def __str__(self) -> str:
        where = f"{self.countries} countr{'y' if self.countries == 1 else 'ies'}"
        return f"sold in {self.sold_over_days} days, {self.opened_part:.0%} opened, {where}"

    def openings(self, rng: random.Random) -> list[Opening]:
        countries = ["AT", *VISITORS][: self.countries]
        openings: list[Opening] = []
        for _ in range(COPIES):
            if rng.random() < self.opened_part:
                openings += at_home(rng, rng.randrange(self.sold_over_days), rng.choice(countries))
        return openings


ATTACKS = [
    Attack(days, part, countries) for days in (7, 30, 90) for part in (0.05, 0.10, 0.30) for countries in (1, 3, 10)
]


def noticed_at(openings: list[Opening], usual: float = 0.0) -> int | None:
    """At which opening the rule says so; None where it never does."""
    counts: Counter[Opening] = Counter()
    for number, opening in enumerate(sorted(openings), 1):
        counts[opening] += 1
        if number >= 10 and is_often(rows(counts), usual):
            return number
    return None


def rows(counts: Counter[Opening]) -> Iterator[DayCount]:
    return (DayCount(BEGIN + timedelta(days=day), country, n) for (day, country), n in counts.items())


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % confidence interval of a part."""
    z, part = 1.96, hits / of
    middle = part + z * z / (2 * of)
    half = z * math.sqrt(part * (1 - part) / of + z * z / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z * z / of)), (middle + half) / (1 + z * z / of)


def false_alarms(rng: random.Random, life: Life, bags: int, usual: float = 0.0) -> int:
    return sum(noticed_at(life(rng), usual) is not None for _ in range(bags))


def percent(part: float) -> str:
    return f"{part * 100:.2f} %"


def main(bags: int, attacks: int, seed: int) -> bool:
    rng = random.Random(seed)
    print(f"Honest bags: {bags:,} opened ones of each kind, over their whole life")
    print(f"{'kind':28} {'of market':>9} {'openings':>9} {'taken for copied':>17}   95 % interval")
    all_false, low, high = 0.0, 0.0, 0.0
    for kind, (weight, life) in HONEST.items():
        mean = sum(len(life(rng)) for _ in range(2_000)) / 2_000
        hits = false_alarms(rng, life, bags)
        ends = wilson(hits, bags)
        all_false, low, high = (
            total + weight * part for total, part in zip((all_false, low, high), (hits / bags, *ends), strict=True)
        )
        told = f"{percent(ends[0])} – {percent(ends[1])}"
        print(f"{kind:28} {weight:9.1%} {mean:9.1f} {percent(hits / bags):>17}   {told}")
    print(f"{'all of a market':28} {1:9.0%} {'':9} {percent(all_false):>17}   {percent(low)} – {percent(high)}")
    met = high < FALSE_GATE

    print(f"\nA café chain's product, all of whose bags stand on counters ({bags:,} bags)")
    counts = sorted(filter(None, (len(on_counter(rng)) for _ in range(2_000))))
    usual = counts[len(counts) * 9 // 10]
    for said, known in (("judged like any other product", 0.0), (f"knowing that one in ten has over {usual}", usual)):
        hits = false_alarms(rng, on_counter, bags, known)
        ends = wilson(hits, bags)
        print(f"  {said:40} {percent(hits / bags):>9} taken for copied   {percent(ends[0])} – {percent(ends[1])}")

    print(f"\nOne code on {COPIES} bags: {attacks:,} times each kind")
    print(f"{'copies':46} {'median':>6} {'99th':>5} {'within 20':>10}   95 % interval")
    for attack in ATTACKS:
        found = [noticed_at(attack.openings(rng)) or 10_000 for _ in range(attacks)]
        hits = sum(number <= WITHIN for number in found)
        ends = wilson(hits, attacks)
        found.sort()
        told = f"{percent(ends[0])} – {percent(ends[1])}"
        middle, late = found[attacks // 2], found[attacks * 99 // 100]
        print(f"{attack!s:46} {middle:6} {late:5} {percent(hits / attacks):>10}   {told}")
        met = met and ends[0] >= NOTICED_GATE
    print("\nBoth gates are met." if met else "\nA gate is MISSED.")
    return met


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bags", type=int, default=20_000)
    parser.add_argument("--attacks", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.exit(0 if main(arguments.bags, arguments.attacks, arguments.seed) else 1)
