"""One bag's label was copied: its code is opened day after day, in five countries."""

from datetime import date, timedelta
from itertools import product

from provenance.bags.models import Bag
from provenance.bags.services.counting import count, opened_often

COUNTRIES = ("AT", "DE", "CZ", "IT", "PL")
FIRST, DAYS = date(2026, 11, 10), 6


def open_often(bag: Bag) -> None:
    """Once: a bag that is known to be opened often stays as it is."""
    if opened_often(bag) is None:
        for day, country in product(range(DAYS), COUNTRIES):
            count(bag, country, FIRST + timedelta(days=day))
