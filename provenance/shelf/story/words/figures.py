"""
Weights, dates, shares and lists as a reader's language writes them.

All of these make text only when it is shown, in the language of whoever it is shown to.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.dateformat import format as formatted
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.epcis import to_kg


def _later(function):
    """Text that is made anew each time it is shown."""
    return lazy(function, str)


@_later
def number(value: Decimal | float, places: int = 0) -> str:
    """Rounded, with thousands apart, without zeros that say nothing."""
    rounded = round(Decimal(str(value)), places)
    return _number(rounded.normalize() if rounded else Decimal(0), grouped=True)


@_later
def figure(said: str) -> str:
    """A figure as it was signed (``1740.5``), to its last digit."""
    return _number(Decimal(said), grouped=False)


def _number(value: Decimal, *, grouped: bool) -> str:
    exponent = value.as_tuple().exponent
    return number_format(value, decimal_pos=max(0, -exponent), use_l10n=True, force_grouping=grouped)


@_later
def money(amount: Decimal) -> str:
    """With its two places, as prices are written."""
    return number_format(round(amount, 2), decimal_pos=2, use_l10n=True, force_grouping=True)


def said_kg(mass_mg: int) -> str:
    """Milligrams as the figure stands in the signed event, in kilograms."""
    text = format(to_kg(mass_mg), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@_later
def weight(mass_mg: int) -> str:
    """Milligrams as people say them: grams below a kilogram, whole kilograms from a thousand on."""
    if mass_mg < MG_PER_KG:
        return _("{figure} g").format(figure=number(Decimal(mass_mg) / 1000, 1))
    kilograms = Decimal(mass_mg) / MG_PER_KG
    return _("{figure} kg").format(figure=number(kilograms, 0 if kilograms >= 1000 else 1))


@_later
def percent(permyriad: int) -> str:
    return _("{figure} %").format(figure=number(Decimal(permyriad) / 100, 1))


@_later
def altitude(low_m: int, high_m: int) -> str:
    if low_m == high_m:
        return _("{figure} m").format(figure=number(low_m))
    return _("{low}–{high} m").format(low=number(low_m), high=number(high_m))


@_later
def listed(words: Sequence[object]) -> str:
    """a, b and c"""
    *others, last = [str(word) for word in words]
    return _("{others} and {last}").format(others=", ".join(others), last=last) if others else last


@_later
def day(at: date | datetime) -> str:
    return formatted(at, pgettext("format of a date", "j F Y"))


@_later
def day_of_year(at: date | datetime) -> str:
    return formatted(at, pgettext("format of a date without its year", "j F"))


@_later
def moment(at: datetime) -> str:
    """On the clock of who signed it."""
    return formatted(at, pgettext("format of a date and a time", "j F Y, H:i"))


@_later
def span(first: date, last: date) -> str:
    """May 2026, or May–June 2026, or November 2025 – January 2026."""
    month_and_year = pgettext("format of a month and a year", "F Y")
    if (first.year, first.month) == (last.year, last.month):
        return formatted(first, month_and_year)
    if first.year == last.year:
        month = pgettext("format of a month", "F")
        return _("{first}–{last}").format(first=formatted(first, month), last=formatted(last, month_and_year))
    return _("{first} – {last}").format(first=formatted(first, month_and_year), last=formatted(last, month_and_year))
