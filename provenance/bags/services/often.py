"""
Which bags were opened more often than a bag is: judged by counts for each day and country, and by nothing else.

A leaking bucket (a one-sided CUSUM, Page 1954): each opening pours 1 in and runs out in eighteen days. What a household
opens over months runs out again; what many owners of copies open adds up. A country beyond the third pours 1 more: one
bag is roasted here, drunk there and shown to a guest from elsewhere, rarely opened in ten. Figures and reasons:
docs/decisions/0066-copied-labels.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

# Openings that fill the bucket of a bag of which nothing else is known.
CAPACITY = 16.0
# Openings that run out in a day.
LEAK = 1 / 18
# The bucket of a product whose bags are opened more than others': so many times what nine in ten of them do not exceed.
TIMES_USUAL = 2
USUAL_COUNTRIES = 3
# Below this many openings nothing is said: fewer would tell who looked.
FEWEST = 10


@dataclass(frozen=True)
class DayCount:
    """How often a bag was opened on one day from one country; "" where the country is not known."""

    day: date
    country: str
    n: int


def is_often(counts: Iterable[DayCount], usual: float = 0.0) -> bool:
    """
    Whether the bag was opened often, for all that these counts tell.

    ``usual``: openings that nine in ten opened bags of the same product do not exceed; 0 where too few were opened.
    """
    ordered = sorted(counts, key=lambda one: (one.day, one.country))
    capacity = max(CAPACITY, TIMES_USUAL * usual)
    opened, level, before = 0, 0.0, None
    countries: set[str] = set()
    for day, rows in groupby(ordered, key=lambda one: one.day):
        level = max(0.0, level - LEAK * (day - before).days) if before else 0.0
        before = day
        for row in rows:
            opened += row.n
            level += row.n
            if row.country and row.country not in countries:
                countries.add(row.country)
                level += len(countries) > USUAL_COUNTRIES
        if level >= capacity and opened >= FEWEST:
            return True
    return False
